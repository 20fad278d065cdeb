"""Figures in a text, English and Chinese, made comparable: 3.36 trillion yuan is 33,600亿元 is CNY 3,360bn."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from string import ascii_letters
from typing import Literal

from app.text.lexicon import lexicon
from app.text.names import dates, match_before, overlap_test

Bound = Literal["", ">", "<", "~"]

SIZES = {
    "thousand": 1e3, "million": 1e6, "mn": 1e6, "billion": 1e9, "bn": 1e9, "trillion": 1e12, "trn": 1e12, "tn": 1e12,
    "dozen": 12, "hundred": 100, "万亿": 1e12, "千亿": 1e11, "百亿": 1e10, "十亿": 1e9, "亿": 1e8, "千万": 1e7, "百万": 1e6,
    "十万": 1e5, "万": 1e4, "千": 1e3, "百": 100,
}  # fmt: skip
MONEY = {
    "US$": "dollar", "$": "dollar", "USD": "dollar", "¥": "yuan", "￥": "yuan", "RMB": "yuan", "CNY": "yuan", "€": "euro"
}  # fmt: skip
"""Currencies that stand before a number."""
UNITS: tuple[tuple[str, str, float], ...] = (  # (form, base unit, factor); the first that fits counts
    (r"(?:percentage|percent) points?|points?\b|(?:个)?百分点", "percentage point", 1),
    (r"%|percent\b|per cent\b|pct\b", "%", 1),
    (r"成(?!为|立|果|员|本|功|都|交|长|就|效)", "%", 10),
    (r"basis points?", "percentage point", 0.01),
    (r"(?:Chinese )?yuan\b|RMB\b|CNY\b|renminbi\b|元(?!素)|人民币", "yuan", 1),
    (r"(?:US |U\.S\. )?dollars?\b|USD\b|美元", "dollar", 1),
    (r"euros?\b|EUR\b|欧元", "euro", 1),
    (r"yen\b|JPY\b|日元", "yen", 1),
    (r"HKD\b|Hong Kong dollars?|港元", "Hong Kong dollar", 1),
    (r"square[ -]kilomet(?:re|er)s?|km2|km²|平方公里|平方千米", "m2", 1000000.0),
    (r"square[ -]met(?:re|er)s?|m2|m²|平方米", "m2", 1),
    (r"hectares?|公顷", "m2", 10000.0),
    (r"acres?\b", "m2", 4046.8564224),
    (r"mu\b|亩", "mu", 1),
    (r"square miles?", "m2", 2589988.110336),
    (r"(?:kilowatt[ -]hours?|kWh)\b|千瓦时|度电", "Wh", 1000.0),
    (r"(?:megawatt[ -]hours?|MWh)\b", "Wh", 1000000.0),
    (r"(?:gigawatt[ -]hours?|GWh)\b", "Wh", 1000000000.0),
    (r"(?:terawatt[ -]hours?|TWh)\b", "Wh", 1000000000000.0),
    (r"(?:kilowatts?|kW)\b|千瓦", "W", 1000.0),
    (r"(?:megawatts?|MW)\b|兆瓦", "W", 1000000.0),
    (r"(?:gigawatts?|GW)\b|吉瓦", "W", 1000000000.0),
    (r"(?:terawatts?|TW)\b", "W", 1000000000000.0),
    (r"watts?\b", "W", 1),
    (r"(?:nanomet(?:re|er)s?|nm)\b|纳米", "m", 1e-09),
    (r"(?:micromet(?:re|er)s?|microns?|μm|µm)\b|微米", "m", 1e-06),
    (r"(?:millimet(?:re|er)s?|mm)\b|毫米", "m", 0.001),
    (r"(?:centimet(?:re|er)s?|cm)\b|厘米", "m", 0.01),
    (r"(?:kilomet(?:re|er)s?|km)\b|公里|千米", "m", 1000.0),
    (r"met(?:re|er)s?\b|米(?!克)", "m", 1),
    (r"miles?\b|英里", "m", 1609.344),
    (r"(?:metric )?ton(?:ne)?s?\b|吨", "g", 1000000.0),
    (r"(?:kilograms?|kg)\b|公斤|千克", "g", 1000.0),
    (r"grams?\b|克", "g", 1),
    (r"seconds\b|second\b|秒", "s", 1),
    (r"minutes?\b|分钟", "s", 60),
    (r"hours?\b|小时", "s", 3600),
    (r"days?\b|天|日(?![元本])", "day", 1),
    (r"weeks?\b|周(?!年)|星期", "day", 7),
    (r"months?\b|个月", "month", 1),
    (r"years?\b|年", "month", 12),
    (r"decades?\b", "month", 120),
    (r"quarters?\b|季度", "quarter", 1),
    (r"(?:million )?amp(?:ere)?s?\b|安培", "A", 1),
    (r"volts?\b|伏", "V", 1),
    (r"degrees?\b|度(?!假)|°C", "degree", 1),
    (r"Gbps\b|gigabits? per second", "bit/s", 1000000000.0),
    (r"Mbps\b|megabits? per second", "bit/s", 1000000.0),
    (r"[ZEPTGM]B\b", "byte", 1),
    (r"[EPT]FLOPS\b", "flop/s", 1),
    (r"(?:times|-?fold)\b|倍", "times", 1),
)
_ANY_UNIT = re.compile(rf"[\s-]*(?:{'|'.join(form for form, _, _ in UNITS)})", re.IGNORECASE)
"""Most numbers have no unit behind them: one look tells."""
_SIZE = re.compile(rf"[\s-]*({'|'.join(sorted(SIZES, key=len, reverse=True))})(?![a-z])", re.IGNORECASE)
NUMBER_WORDS = (
    {"zero": 0, "hundred": 100}
    | {w: n for n, w in enumerate(lexicon().words["cardinals"], 1)}
    | {w: n * 10 for n, w in enumerate(lexicon().words["tens"], 2)}
)
_ORDINALS = {w: n for n, w in enumerate(lexicon().words["ordinals"], 1)} | {
    "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "twentieth": 20, "hundredth": 100,
    "centenary": 100, "centennial": 100,
}  # fmt: skip
_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "X": 10}
_DENOMINATORS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
_MULTIPLES = {"doub": 2, "twic": 2, "twof": 2, "trip": 3, "thre": 3, "tenf": 10}
_HAN = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "十": 10, "百": 100, "千": 1_000}
_WORD = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_HAN_DIGITS = "".join(_HAN)
_HAN_NUMBER = f"(?<![{_HAN_DIGITS}])[{_HAN_DIGITS}]++"
_LABEL = r"(?:No\.?|number|articles?|art\.|sections?|chapters?|phases?|class(?:es)?|grades?|tiers?|levels?|steps?|parts?)"
_LABELLED = re.compile(rf"\b{_LABEL} (?P<l>(?:\d+|[IVX]+\b)(?:(?:, | and | to |[-–])(?:\d+|[IVX]+\b))*)", re.IGNORECASE)
_FRACTION = "third|quarter|fifth|sixth|eighth|tenth"
_MEASURE_WORDS = "成|倍|年|个|家|项|座|条|次|位|名|种|类|所|大|届|人|天|月|日|万|亿|部|省|市|元|层|期|国|城|方面"
_NUMBER = re.compile(
    "|".join((
        rf"(?P<cur>US\$|[$¥￥€]|\b(?:USD|RMB|CNY)\ ?)?(?<![A-Za-z\d.])(?<![A-Z]-)(?<![A-Za-z]\+)(?P<num>{_DIGITS})"
        r"(?P<ord>st\b|nd\b|rd\b|th\b)?",
        rf"\b(?P<top>{_WORD}|\d{{1,2}})\ (?:in|out\ of)\ (?:every\ )?(?P<base>ten|five|four|three|10|100)\b(?!\ (?:year"
        rf"|month|day|week)s?\b)",
        rf"\b(?P<frac>(?:a|an|one|two|three|four)\ ?-?(?={_FRACTION})|half\b|halv(?:es|ed|ing)\b)"
        rf"(?P<of>(?:{_FRACTION})s?\b)?",
        rf"\b(?P<words>(?:{_WORD}|a(?=\ (?:hundred|thousand|million|billion|trillion|dozen)\b))"
        rf"(?:[ -](?:{_WORD})|(?<=hundred)\ and\ (?:{_WORD})){{0,8}}(?:\ and\ a\ half)?)\b",
        rf"\b(?P<nth>{'|'.join(_ORDINALS)})s?\b",
        r"\b(?P<twice>doubl\w+|twice|twofold|tripl\w+|threefold|tenfold)\b",
        rf"(?P<hanof>{_HAN_NUMBER}|(?<!\d)\d++)分之(?P<hantop>{_HAN_NUMBER}|\d+(?:\.\d+)?)",
        rf"第(?P<hanth>{_HAN_NUMBER}|\d+)",
        rf"(?P<hanlabel>{_HAN_NUMBER})(?=[期届]|世纪)",
        r"[“\"]?(?P<plan>十[一二三四五六])五[”\"]?(?=规划|计划|时期|期间|[”\"])",
        rf"(?P<han>{_HAN_NUMBER})(?=[多余]?(?:{_MEASURE_WORDS}))",
    )),
    re.IGNORECASE,
)  # fmt: skip
_OVER = (
    r"more than|over|above|beyond|at least|(?:no|not)(?: to)?(?: be)? (?:less|fewer|lower|smaller|shorter)(?: than)?"
    r"|(?:larger|greater|higher|bigger|longer) than|upwards of|minimum of|(?:exceed|surpass|pass|top)(?:s|es|ed|ing|ped)?"
)
_UNDER = (
    r"less than|under|below|fewer than|at most|up to|not (?:to |be )?exceed(?:ing|ed)?"
    r"|(?:no|not)(?: to)?(?: be)? (?:more|higher|greater|larger|longer|over|above)(?: than)?"
    r"|(?:smaller|lower|shorter) than|within|maximum of|(?:(?:fall|falls|fell|falling) )?short of"
)
_ABOUT = r"about|around|roughly|approximately|some|nearly|almost|close to|circa|an estimated"
_NOT = "不(?:得|应|能|会|可|宜)?"
_BOUNDS_BEHIND: tuple[tuple[Bound, re.Pattern[str]], ...] = (
    (
        ">",
        re.compile(
            r"(?: (?:a|per) year| annually)? (?:or|and) (?:more|above|higher|over)| at (?:the )?least|\+|以上| or more|多"
            r"|或更?[高多大长]|或以上"
        ),
    ),
    (
        "<",
        re.compile(
            r"(?: (?:a|per) year| annually)? (?:or|and) (?:less|fewer|below|under)| at (?:the )?most|以[下内]"
            r"|或更?[低少小短]|或以下"
        ),
    ),
    ("~", re.compile("左右(?![两手侧])|上下(?![游级半文])")),
)
_RANGE_JOINER = re.compile(r"(?:\s?[-–—~]\s?|,? (?:to|and|or) |, |[至到和、～])$")
_CELL = re.compile(r"\(([^()]*)\): ?([^;]*)")
_DURING = re.compile(r"\b(?:over|within) $")
_DETERMINER = re.compile(r"(?:\b(?:the|a|its|their)|['’]s) $", re.IGNORECASE)
_ORDINAL_NOUN = re.compile("世纪|[届期](?!间)")
MAX_DIGITS = 100  # digits of a figure


def _flags(form: str) -> re.RegexFlag:
    return re.IGNORECASE if form.islower() else re.NOFLAG


_UNIT_PATTERNS = [(re.compile(rf"[\s-]*(?:{form})", _flags(form)), unit, size) for form, unit, size in UNITS]


def _words_before(english: str, chinese: str) -> re.Pattern[str]:
    """Compile the pattern of the words that stand directly before a number."""
    article = "(?: (?:a|an|all|only|roughly|about|some))*"
    return re.compile(rf"(?:\b(?:{english}){article}[ (]*|(?:{chinese})有?)$", re.IGNORECASE)


_BOUNDS: tuple[tuple[Bound, re.Pattern[str]], ...] = (
    ("<", _words_before(_UNDER, f"{_NOT}(?:超过|高于|多于|大于|逾)|至多|最多|低于|不到|少于|不足")),
    (">", _words_before(_OVER, f"超过|逾|至少|{_NOT}(?:低于|少于|小于)|高于|多于|突破")),
    ("~", _words_before(_ABOUT, "大约|(?<![契条合])约|接近|将近|(?<![最附靠])近|大概")),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in a base unit, from `start` to `end` (exclusive) of its text.

    `unit` is '' for a count, 'ordinal' for a place in an order. `step` is the size of its last digit, `bound` what is said
    before it: more than, less than, about.
    """

    value: float
    unit: str
    bound: Bound
    step: float
    text: str
    start: int
    end: int

    def scaled(self, size: float, unit: str) -> Figure:
        """Return the figure in another unit, with its value and step multiplied by a size."""
        return replace(self, value=self.value * size, step=self.step * size, unit=unit)


def figures(text: str) -> list[Figure]:
    """Find all figures of a text, in order.

    The numbers of dates are included, as counts; `undated_figures` leaves them out.
    """
    result = sorted(_scan(text), key=lambda f: f.start)
    for index in range(len(result) - 2, -1, -1):  # `4.5 to 5 percent`: both are percent
        figure, following = result[index], result[index + 1]
        lacks_unit = not figure.unit and following.unit not in ("", "ordinal")
        if lacks_unit and _RANGE_JOINER.fullmatch(text, figure.end, following.start):
            result[index] = _with_unit_of(figure, following)
    starts = [f.start for f in result]
    for cell in _CELL.finditer(text):  # a row's cell behind its column's heading: `R&D (billion yuan): 2,439.3`
        size, unit, _ = read_unit(" " + cell[1], 0)
        for index in range(bisect_left(starts, cell.start(2)), bisect_left(starts, cell.end(2))):
            if not (figure := result[index]).unit and (unit or size > 1):
                result[index] = figure.scaled(size, unit)
    return result


def undated_figures(text: str) -> list[Figure]:
    """Find the figures of a text that are not part of a date."""
    in_date = overlap_test([(d.start, d.end) for d in dates(text)])
    return [f for f in figures(text) if not in_date((f.start, f.end))]


def _with_unit_of(figure: Figure, neighbour: Figure) -> Figure:
    """Copy a figure with the size and unit of the figure next to it.

    Both are percent in `4.5 to 5 percent`.
    """
    digits = re.match(r"\W*[\d.,]*", neighbour.text)
    size = read_unit(neighbour.text, digits.end())[0] if digits and neighbour.text[:1].isdigit() else 1.0
    return figure.scaled(size, neighbour.unit)


def _scan(text: str) -> Iterator[Figure]:
    scanned_to = 0
    labels = {m.span("l"): m for m in _LABELLED.finditer(text)}
    for (start, end), match in labels.items():
        for number in re.finditer(r"\d+|[IVX]+\b", match["l"], re.IGNORECASE):
            value = int(number[0][:MAX_DIGITS]) if number[0].isdigit() else _ROMAN.get(number[0].upper(), 0)
            if value:
                yield Figure(value, "ordinal", "", 1, match[0], start, end)
    in_label = overlap_test(list(labels))
    for match in _NUMBER.finditer(text):
        if match.start() < scanned_to or in_label((match.start(), match.start() + 1)):
            continue
        figure = _figure(match, text)
        if figure:
            scanned_to = figure.end
            yield figure


def _figure(match: re.Match[str], text: str) -> Figure | None:
    value, unit, step = _value(match)
    if value is None:
        return None
    end = match.end()
    if not unit:
        size, unit, end = read_unit(text, end)
        if match["num"] and end == match.end() and (text[end : end + 1] or " ") in ascii_letters:
            return None  # 5G, 6G, 3D: a name
        if (match["words"] or "").lower() in ("one", "a") and not unit and size == 1:
            return None  # one of them
        if (
            match["words"]
            and (value, size, unit) == (5, 12, "month")
            and text[end : end + 5].lower().startswith(("plan", " plan", "规划", "计划"))
        ):
            return None  # a five-year plan
        value, step = value * size, step * size
    if match["cur"] and not unit:
        unit = MONEY[match["cur"].strip()]
    bound = "" if unit == "ordinal" else bounded(text, match.start(), end)[0]
    if unit in ("month", "day") and match_before(_DURING, text, match.start()):
        bound = ""  # over five years: in their course
    return Figure(value, unit, bound, step, text[match.start() : end].strip(), match.start(), end)


def _value(match: re.Match[str]) -> tuple[float | None, str, float]:
    """Read the value, the unit and the step of a matched number.

    Returns:
        The value (None if the match is no figure), the unit if the form itself gives one ('' if not), and the size of
            the last digit.
    """
    groups = match.groupdict()
    if groups["num"]:
        digits = groups["num"].replace(",", "")
        if len(digits) > MAX_DIGITS:
            return None, "", 1  # nobody counts so far
        step = 10.0 ** -len(digits.partition(".")[2]) if "." in digits else 10.0 ** (len(digits) - len(digits.rstrip("0")))
        ordinal = groups["ord"] or _ORDINAL_NOUN.match(match.string, match.end())
        return float(digits), "ordinal" if ordinal else "", step
    if groups["top"]:
        numerator, denominator = (float(n) if n.isdigit() else _english(n.lower()) for n in (groups["top"], groups["base"]))
        return 100 * numerator / denominator, "%", 1.0
    if groups["nth"]:
        if groups["nth"].lower() == "first" and not match_before(_DETERMINER, match.string, match.start()):
            return None, "", 1  # first proposed: an adverb
        return _ORDINALS[groups["nth"].lower()], "ordinal", 1
    if groups["twice"]:
        return _MULTIPLES[groups["twice"][:4].lower()], "times", 0
    if groups["frac"]:
        count = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4}.get(groups["frac"].strip(" -").lower(), 1)
        before = match.string[max(0, match.start() - 60) : match.start()].rstrip()
        if not groups["of"] and before.endswith(("first", "second", "latter", "other", "and a")):
            return None, "", 1
        return 100 * count / _DENOMINATORS[(groups["of"] or "half").lower().rstrip("s")], "%", 1.0
    if groups["words"]:
        return _english(groups["words"].lower()), "", 1
    if groups["hanof"]:
        divisor, digits = han_number(groups["hanof"]), len(groups["hantop"].partition(".")[2])
        return (100 * han_number(groups["hantop"]) / divisor, "%", 10.0**-digits) if divisor else (None, "", 1)
    if label := groups["hanth"] or groups["plan"] or groups["hanlabel"]:
        return han_number(label), "ordinal", 1
    value = han_number(groups["han"])
    return (None if groups["han"] == "一" else value), "", 1


def _english(words: str) -> float:
    total = 0
    for word in words.replace("-", " ").split():
        if word == "hundred":
            total = max(total, 1) * 100
        elif word not in ("a", "and", "half"):
            total += NUMBER_WORDS[word]
    return total + 0.5 * words.endswith("half") or float(words == "a")


def han_number(number: str) -> float:
    """Read a number in Chinese numerals or in digits.

    The numerals may be written in full, up to thousands, or digit by digit.
    """
    if number[:1].isdecimal():
        return float(number)
    if not set("十百千") & set(number):
        return float("".join(str(_HAN[c]) for c in number))
    total = current = 0
    for c in number:
        if _HAN[c] >= 10:
            total, current = total + (current or 1) * _HAN[c], 0
        else:
            current = _HAN[c]
    return total + current


def bounded(text: str, start: int, end: int) -> tuple[Bound, int, int]:
    """Read the words before or behind a figure that say that it is a bound: "over", 以上.

    Returns:
        The bound ('' if there is none), and the start and the end (exclusive) of the figure with these words.
    """
    begins = max(0, start - 32)
    before, after = text[begins:start], text[end : end + 24]
    for bound, pattern in _BOUNDS_BEHIND:
        if words := pattern.match(after):
            return bound, start, end + words.end()
    if not before[-1:].isalpha() and before[-1:] not in (" ", "("):
        return "", start, end  # no word stands right before it
    found = [(words.start(), bound) for bound, pattern in _BOUNDS if (words := pattern.search(before))]
    first, bound = min(found, default=(start - begins, ""))  # "not less than" begins before "less than"
    lead = before[first:]
    apart = "(" in lead or lead.lower().startswith(("pass", "top"))  # these words are not shown with the figure
    return bound, start if apart else begins + first, end


def read_unit(text: str, end: int) -> tuple[float, str, int]:
    """Read the size word and the unit that follow a number.

    Args:
        text: The text of the number.
        end: The end of the number in it (exclusive).

    Returns:
        The factor (1 if there is none), the base unit ('' if there is none), and the end of what was read.
    """
    size = 1.0
    if match := _SIZE.match(text, end):
        size, end = SIZES[match[1].lower()], match.end()
    for pattern, unit, factor in _UNIT_PATTERNS if _ANY_UNIT.match(text, end) else ():
        if match := pattern.match(text, end):
            return size * factor, unit, match.end()
    return size, "", end


def mentions_unit(text: str, unit: str) -> bool:
    """Return True if a text names a unit anywhere, as a table does in its head."""
    return any(re.search(form, text, _flags(form)) for form, name, _ in UNITS if name == unit)
