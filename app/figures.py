"""Figures in a text, English and Chinese, with their units, made comparable: 3.36 trillion yuan is 33,600亿元 is CNY 3,360bn."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from app.dates import dates

Bound = Literal["", ">", "<", "~"]

_SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen \
eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS = {w: n for n, w in enumerate(_SMALL)} | {w: n * 10 for n, w in enumerate(_TENS, 2)} | {"hundred": 100}
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "twentieth": 20,
    "hundredth": 100, "centenary": 100, "centennial": 100,
}  # fmt: skip
_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "X": 10}
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
_HAN = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "十": 10, "百": 100, "千": 1_000}
_SIZES = {
    "thousand": 1e3, "million": 1e6, "mn": 1e6, "billion": 1e9, "bn": 1e9, "trillion": 1e12, "trn": 1e12, "tn": 1e12,
    "dozen": 12, "hundred": 100, "万亿": 1e12, "千亿": 1e11, "百亿": 1e10, "十亿": 1e9, "亿": 1e8, "千万": 1e7, "百万": 1e6,
    "十万": 1e5, "万": 1e4, "千": 1e3, "百": 100,
}  # fmt: skip
UNITS: tuple[tuple[str, str, float], ...] = (
    (r"(?:percentage|percent) points?|points?\b|(?:个)?百分点", "percentage point", 1),
    (r"%|percent\b|per cent\b|pct\b", "%", 1), (r"成(?!为|立|果|员|本|功|都|交|长|就|效)", "%", 10), (r"basis points?", "percentage point", 0.01),
    (r"(?:Chinese )?yuan\b|RMB\b|CNY\b|renminbi\b|元(?!素)|人民币", "yuan", 1), (r"(?:US |U\.S\. )?dollars?\b|USD\b|美元", "dollar", 1),
    (r"euros?\b|EUR\b|欧元", "euro", 1), (r"yen\b|JPY\b|日元", "yen", 1), (r"HKD\b|Hong Kong dollars?|港元", "Hong Kong dollar", 1),
    (r"square[ -]kilomet(?:re|er)s?|km2|km²|平方公里|平方千米", "m2", 1e6), (r"square[ -]met(?:re|er)s?|m2|m²|平方米", "m2", 1),
    (r"hectares?|公顷", "m2", 1e4), (r"acres?\b", "m2", 4046.8564224), (r"mu\b|亩", "mu", 1), (r"square miles?", "m2", 2589988.110336),
    (r"(?:kilowatt[ -]hours?|kWh)\b|千瓦时|度电", "Wh", 1e3), (r"(?:megawatt[ -]hours?|MWh)\b", "Wh", 1e6),
    (r"(?:gigawatt[ -]hours?|GWh)\b", "Wh", 1e9), (r"(?:terawatt[ -]hours?|TWh)\b", "Wh", 1e12),
    (r"(?:kilowatts?|kW)\b|千瓦", "W", 1e3), (r"(?:megawatts?|MW)\b|兆瓦", "W", 1e6), (r"(?:gigawatts?|GW)\b|吉瓦", "W", 1e9),
    (r"(?:terawatts?|TW)\b", "W", 1e12), (r"watts?\b", "W", 1),
    (r"(?:nanomet(?:re|er)s?|nm)\b|纳米", "m", 1e-9), (r"(?:micromet(?:re|er)s?|microns?|μm|µm)\b|微米", "m", 1e-6),
    (r"(?:millimet(?:re|er)s?|mm)\b|毫米", "m", 1e-3), (r"(?:centimet(?:re|er)s?|cm)\b|厘米", "m", 1e-2),
    (r"(?:kilomet(?:re|er)s?|km)\b|公里|千米", "m", 1e3), (r"met(?:re|er)s?\b|米(?!克)", "m", 1), (r"miles?\b|英里", "m", 1609.344),
    (r"(?:metric )?ton(?:ne)?s?\b|吨", "g", 1e6), (r"(?:kilograms?|kg)\b|公斤|千克", "g", 1e3), (r"grams?\b|克", "g", 1),
    (r"seconds\b|second\b|秒", "s", 1), (r"minutes?\b|分钟", "s", 60), (r"hours?\b|小时", "s", 3600),
    (r"days?\b|天|日(?![元本])", "day", 1), (r"weeks?\b|周(?!年)|星期", "day", 7), (r"months?\b|个月", "month", 1),
    (r"years?\b|年", "month", 12), (r"decades?\b", "month", 120), (r"quarters?\b|季度", "quarter", 1),
    (r"(?:million )?amp(?:ere)?s?\b|安培", "A", 1), (r"volts?\b|伏", "V", 1), (r"degrees?\b|度(?!假)|°C", "degree", 1),
    (r"Gbps\b|gigabits? per second", "bit/s", 1e9), (r"Mbps\b|megabits? per second", "bit/s", 1e6),
    (r"[ZEPTGM]B\b", "byte", 1), (r"[EPT]FLOPS\b", "flop/s", 1), (r"(?:times|-?fold)\b|倍", "times", 1),
)  # fmt: skip
_UNIT = [
    (re.compile(rf"[\s-]*(?:{form})", re.IGNORECASE if form.islower() else 0), unit, size) for form, unit, size in UNITS
]
_SIZE = re.compile(rf"[\s-]*({'|'.join(sorted(_SIZES, key=len, reverse=True))})(?![a-z])", re.IGNORECASE)
_MONEY = {
    "US$": "dollar",
    "$": "dollar",
    "USD": "dollar",
    "¥": "yuan",
    "￥": "yuan",
    "RMB": "yuan",
    "CNY": "yuan",
    "€": "euro",
}

_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_HAN_NUMBER = r"[一二三四五六七八九十百千两零〇]+"
_LABEL = r"(?:No\.?|number|articles?|art\.|sections?|chapters?|phases?|class(?:es)?|grades?|tiers?|levels?|steps?|volumes?|parts?)"
_LABELLED = re.compile(rf"\b{_LABEL} (?P<l>(?:\d+|[IVX]+\b)(?:(?:, | and | to |[-–])(?:\d+|[IVX]+\b))*)", re.IGNORECASE)
_NUMBER = re.compile(
    rf"(?P<cur>US\$|[$¥￥€]|\b(?:USD|RMB|CNY) ?)?(?<![A-Za-z\d.])(?<![A-Z]-)(?<![A-Za-z]\+)(?P<num>{_DIGITS})(?P<ord>st\b|nd\b|rd\b|th\b)?"
    rf"|\b(?P<frac>(?:a|an|one|two|three|four) ?-?(?=third|quarter|fifth|sixth|eighth|tenth)|half\b)(?P<of>(?:third|quarter|fifth|sixth|eighth|tenth)s?\b)?"
    rf"|\b(?P<words>(?:{_WORD}|a(?= (?:hundred|thousand|million|billion|trillion|dozen)\b))(?:[ -](?:{_WORD})|(?<=hundred) and (?:{_WORD}))*)\b"
    rf"|\b(?P<nth>{'|'.join(_ORDINALS)})s?\b|\b(?P<twice>doubl\w+|twice|twofold|tripl\w+|threefold|tenfold)\b"
    rf"|(?P<hanof>{_HAN_NUMBER}|\d+)分之(?P<hantop>{_HAN_NUMBER}|\d+(?:\.\d+)?)|第(?P<hanth>{_HAN_NUMBER}|\d+)"
    rf"|[“\"]?(?P<plan>十[一二三四五六])五[”\"]?(?=规划|计划|时期|期间|[”\"])|(?P<han>{_HAN_NUMBER})(?=成|倍|年|个|家|项|座|条|次|位|名|种|类|所|大|届|人|天|月|日|万|亿|部|省|市|元|层|期|国|城|方面)",
    re.IGNORECASE,
)  # fmt: skip
_OVER = r"more than|over|above|beyond|at least|no (?:less|fewer) than|not (?:less|fewer) than|(?:larger|greater|higher|bigger|longer) than|upwards of|minimum of|(?:exceed|surpass|pass|top)(?:s|es|ed|ing|ped)?"
_UNDER = r"less than|under|below|fewer than|at most|up to|no more than|not (?:be )?more than|not (?:to )?exceed|(?:smaller|lower|shorter) than|within|maximum of|(?:fall|falls|fell|falling) short of|short of"
_ABOUT = r"about|around|roughly|approximately|some|nearly|almost|close to|circa|an estimated"
_BOUNDS: tuple[tuple[Bound, re.Pattern[str]], ...] = tuple(
    (bound, re.compile(rf"(?:\b(?:{english})(?: (?:a|an|the|all|only|roughly|about))*[ (]*|(?:{chinese}))$", re.IGNORECASE))  # type: ignore[misc]
    for bound, english, chinese in (
        ("<", _UNDER, "不超过|至多|最多|低于|不到|少于|以内|不足"), (">", _OVER, "超过|逾|至少|不低于|高于|多于|不少于|突破|达到或超过"),
        ("~", _ABOUT, "约|大约|近|将近|左右|大概"),
    )
)  # fmt: skip
_OR_MORE = re.compile(r"^(?: (?:a|per) year| annually)? (?:or|and) (?:more|above|higher|over)|^\+|^以上|^ or more|^多")
_OR_LESS = re.compile(r"^(?: (?:a|per) year| annually)? (?:or|and) (?:less|fewer|below|under)|^以[下内]")
_TOGETHER = re.compile(r"(?:\s?[-–—~]\s?|,? (?:to|and|or) |, |[至到和、～])$")
_CELL = re.compile(r"\(([^()]*)\): ?([^;]*)")


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


def figures(text: str) -> list[Figure]:
    """All figures in order; dates are found too, as counts, for whoever does not take them out."""
    found = sorted(_in_order(text), key=lambda f: f.start)
    for at in range(len(found) - 2, -1, -1):  # `4.5 to 5 percent`: both are percent
        one, next_ = found[at], found[at + 1]
        if not one.unit and next_.unit not in ("", "ordinal") and _TOGETHER.fullmatch(text[one.end : next_.start]):
            found[at] = _like(one, next_)
    for cell in _CELL.finditer(text):  # a row's cell behind its column's heading: `R&D (billion yuan): 2,439.3`
        size, unit, _ = _tail(" " + cell[1], 0)
        for at, one in enumerate(found):
            if cell.start(2) <= one.start < cell.end(2) and not one.unit and (unit or size > 1):
                found[at] = replace(one, value=one.value * size, unit=unit, step=one.step * size)
    return found


def _like(one: Figure, other: Figure) -> Figure:
    size = _tail(other.text, re.match(r"[^\d]*[\d.,]*", other.text).end())[0] if other.text[:1].isdigit() else 1.0  # type: ignore[union-attr]
    return replace(one, value=one.value * size, step=one.step * size, unit=other.unit)


def _in_order(text: str) -> Iterator[Figure]:
    taken = 0
    labels = {m.span("l"): m for m in _LABELLED.finditer(text)}
    for (start, end), match in labels.items():
        for part in re.finditer(r"\d+|[IVX]+\b", match["l"], re.IGNORECASE):
            value = int(part[0]) if part[0].isdigit() else _ROMAN.get(part[0].upper(), 0)
            if value:
                yield Figure(value, "ordinal", "", 1, match[0], start, end)
    for match in _NUMBER.finditer(text):
        if match.start() < taken or any(a <= match.start() < b for a, b in labels):
            continue
        figure = _figure(match, text)
        if figure:
            taken = figure.end
            yield figure


def _figure(match: re.Match[str], text: str) -> Figure | None:
    value, unit, step = _value(match)
    if value is None:
        return None
    end = match.end()
    if not unit:
        size, unit, end = _tail(text, end)
        if match["num"] and end == match.end() and re.match(r"[A-Za-z]", text[end : end + 1] or " "):
            return None  # 5G, 6G, 3D: a name
        if (match["words"] or "").lower() in ("one", "a") and not unit and size == 1:
            return None  # one of them
        if (
            match["words"]
            and unit == "month"
            and size == 12
            and value == 5
            and re.match(r" ?plan|规划|计划", text[end : end + 5], re.I)
        ):
            return None  # a five-year plan
        value, step = value * size, step * size
    if match["cur"] and not unit:
        unit = _MONEY[match["cur"].strip()]
    bound = "" if unit == "ordinal" else _bound(text, match.start(), end)
    if unit in ("month", "day") and re.search(r"\b(?:over|within) $", text[: match.start()]):
        bound = ""  # over five years: in their course
    return Figure(value, unit, bound, step, text[match.start() : end].strip(), match.start(), end)


def _value(match: re.Match[str]) -> tuple[float | None, str, float]:
    """Value, unit where the form says it, size of the last digit."""
    part = match.groupdict()
    if part["num"]:
        digits = part["num"].replace(",", "")
        step = 10.0 ** -len(digits.partition(".")[2]) if "." in digits else 10.0 ** (len(digits) - len(digits.rstrip("0")))
        return float(digits), "ordinal" if part["ord"] else "", step
    if part["nth"]:
        if part["nth"].lower() == "first" and not re.search(
            r"(?:\b(?:the|a|its|their)|['’]s) $", match.string[: match.start()], re.I
        ):
            return None, "", 1  # first proposed: an adverb
        return _ORDINALS[part["nth"].lower()], "ordinal", 1
    if part["twice"]:
        return (
            (2 if part["twice"].lower().startswith(("doubl", "tw")) else 3 if part["twice"][:2] != "te" else 10),
            "times",
            0,
        )
    if part["frac"]:
        many = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4}.get(part["frac"].strip(" -").lower(), 1)
        before = match.string[: match.start()].rstrip()
        if not part["of"] and re.search(r"(?:first|second|latter|other|and a)$", before):
            return None, "", 1
        return 100 * many / _PARTS[(part["of"] or "half").lower().rstrip("s")], "%", 1.0
    if part["words"]:
        return _english(part["words"].lower()), "", 1
    if part["hanof"]:
        return 100 * _han(part["hantop"]) / _han(part["hanof"]), "%", 10 ** -len(part["hantop"].partition(".")[2]) * 1.0
    if part["hanth"] or part["plan"]:
        return _han(part["hanth"] or part["plan"]), "ordinal", 1
    value = _han(part["han"])
    return (None if part["han"] == "一" else value), "", 1


def _english(words: str) -> float:
    total = 0
    for word in re.findall(r"[a-z]+", words):
        if word == "hundred":
            total = max(total, 1) * 100
        elif word not in ("a", "and"):
            total += _WORDS[word]
    return total or float(words == "a")


def _han(number: str) -> float:
    if re.match(r"\d", number):
        return float(number)
    if not re.search("[十百千]", number):
        return float("".join(str(_HAN[c]) for c in number))
    total = current = 0
    for c in number:
        if _HAN[c] >= 10:
            total, current = total + (current or 1) * _HAN[c], 0
        else:
            current = _HAN[c]
    return total + current


def _tail(text: str, end: int) -> tuple[float, str, int]:
    """Size and unit that follow a number, and where they end."""
    size = 1.0
    if match := _SIZE.match(text, end):
        size, end = _SIZES[match[1].lower()], match.end()
    for form, unit, factor in _UNIT:
        if match := form.match(text, end):
            return size * factor, unit, match.end()
    return size, "", end


def _bound(text: str, start: int, end: int) -> Bound:
    before, after = text[max(0, start - 32) : start], text[end : end + 24]
    if _OR_MORE.match(after):
        return ">"
    if _OR_LESS.match(after):
        return "<"
    return next((bound for bound, form in _BOUNDS if form.search(before)), "")


def same_size(claim: Figure, found: Figure) -> bool:
    """Whether the claim's figure is the one found, or its rounding where the claim says `about`, `over` or `under`."""
    if math.isclose(claim.value, found.value, rel_tol=1e-9):
        return True
    if claim.unit == "%" == found.unit and not claim.text[:1].isdigit():
        return abs(claim.value - found.value) <= 0.7  # a third is 33 percent
    over = found.value - claim.value
    near = {"": False, "~": abs(over) <= claim.step / 2, ">": 0 < over < claim.step, "<": 0 < -over < claim.step}
    return near[claim.bound] and found.bound in ("", "~")


_MAY_STAND: dict[Bound, str] = {"": "~", "~": "~", ">": ">", "<": "<"}
_SAID: dict[Bound, str] = {"": "exactly", "~": "about", ">": "more than", "<": "at most"}


def missing_figure(claim: str, evidence: str) -> str:
    """What is wrong with the claim's figures, '' where the evidence holds them all with their units and bounds."""
    known = undated(evidence)
    for figure in undated(claim):
        if (
            figure.value < 4
            and re.search(r"\b(?:are|were) $", claim[: figure.start])
            and claim[figure.end :].startswith(" of the")
        ):
            continue  # A and B are two of the 77: counted from what the sentence names
        same = [k for k in known if same_size(figure, k)]
        if not same:
            return f"The figure {figure.text} is not in the evidence."
        same = [k for k in same if _unit_fits(figure, k, claim, evidence)]
        if not same:
            return f"The evidence gives {figure.text} in another unit."
        if not any(_bound_fits(figure, k) for k in same):
            return f"The evidence does not say “{_SAID[figure.bound]} {figure.text}”."
    return ""


def undated(text: str) -> list[Figure]:
    """The figures of a text that are no part of a date."""
    taken = [(d.start, d.end) for d in dates(text)]
    return [f for f in figures(text) if not any(a < f.end and f.start < b for a, b in taken)]


def _unit_fits(claim: Figure, found: Figure, said: str, evidence: str) -> bool:
    if claim.unit == found.unit:
        return True
    if claim.unit == "times" and not found.unit and not re.match(r"(?:doub|trip)l|\w+fold", claim.text, re.I):
        return True  # met three times: three meetings
    if not found.unit:  # a bare number: its unit may stand elsewhere, as at the head of a table
        return claim.unit == "ordinal" or any(form.search(evidence) for form, unit, _ in _UNIT if unit == claim.unit)
    counted = re.match(r"[ -]?[a-z]{3,}", said[claim.end :])  # `41 firms` is not 41 percent; `up from 41` may be
    return not claim.unit and (not counted or counted[0].strip(" -") in _SMALL_WORDS) and found.unit != "ordinal"


_SMALL_WORDS = frozenset("and but for from that the then while with was were were are against compared after before".split())


def _bound_fits(claim: Figure, found: Figure) -> bool:
    if not math.isclose(claim.value, found.value, rel_tol=1e-9):
        return found.bound in ("", "~", claim.bound)
    return found.bound in (claim.bound, _MAY_STAND[claim.bound]) or (claim.bound == "~" and not found.bound)
