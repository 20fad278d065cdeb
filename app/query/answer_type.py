"""What kind of thing a question asks for (a figure, a date, a name …), and where things of that kind stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from app.text.names import MONTH, NEAR, Span, agents, meeting, places
from ingest.words import STOPWORDS, tokens

LONGEST = 4_000  # characters of a question that are looked at for what it asks
LONGEST_HEADING = 300
Kind = Literal["count", "money", "figure", "share", "duration", "date", "year", "name", "place"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The kind of thing that a question asks for; `unit` is the noun that it counts, '' where it names none."""

    kind: Kind
    unit: str = ""


_START = r"(?:^|[,.:;?!-]\s*|\b(?:and|or|but|so|since|by|until|till|from|to|for|of|with|then|tell me|say)\s+)"
_BODY = (
    "company|firm|maker|manufacturer|supplier|business|group|bank|fund|exchange|ministry|department|agency|body|committee|"
    "commission|institution|institute|organi[sz]ation|association|university|think tank|research outfit|official|minister|"
    "person|leader|scientist|author|court|party"
)
_PLACE = "city|province|country|region|district"
_ASKS: dict[Kind, str] = {
    "share": r"\b(?:what|which) (?:share|percentage|proportion|fraction|part of (?:its|their))\b|\bhow many per ?cent\b"
    r"|\bhow much of\b|\bas a percentage\b|百分之几|百分之多少|比例|比重|份额|占.{0,12}多少",
    "duration": r"\bhow (?:long|much time|many (?:seconds|minutes|hours|days|weeks|months|years))\b|多长|多久|多少[秒天年]",
    "year": r"\b(?:which|what) years?\b|哪一?年|何年",
    "date": rf"{_START}when\b(?!.*, (?:what|which|who|how)\b)|\b(?:what|which) (?:date|day|days|month)\b|\bdate\?"
    "|什么时候|何时|何日|哪一?天|哪一?日|几月|几号",
    "name": rf"{_START}whom?\b|\b(?:which|what) (?:[a-z-]+ )?(?:{_BODY})\b"
    "|谁(?!更|比)|哪(?:一?[家个位座些]|所)?(?:公司|企业|部门|机构|大学|人)",
    "place": rf"\b(?:which|what) (?:[a-z-]+ )?(?:{_PLACE})\b|哪(?:一?[个座])?(?:城市|国家|省|地方)",
    "money": r"\bhow much (?:\w+ )?(?:money|capital|revenue)\b|\bwhat (?:sum|price)\b|多少钱|多少[亿万]*元"
    r"|\b(?:how much|what) (?:did|does|do|will) (?!.* on\W*$).*\b(?:cost|pay|raise|spend)\b"
    "|(?:投入|支出|经费|花费|投资|资金|收入)(?:金?额)?[是为有达了到]*多少",
    "count": r"\bhow many\b|\bwhat number of\b|\bpopulation(?= of | does | has |\?)"
    r"|(?<![哪他的这那])几[个家名座所种项台]|多少[个家名座所种项台字人]?",
    "figure": r"\bhow (?:much(?! (?:more|higher|lower|less))|large|big|high|far|fast|thick|heavy|dense|deep|wide|tall|hot)\b"
    r"|\bwhat(?: is| was| were)?(?: the)? (?:\w+ )?(?:amount|size|cost|value|total|distance|budget|length|area|revenue)\b"
    r"|\bhow (?:strong|costly)\b|多[大高远重快]",
}
_UNIT = re.compile(
    r"\bpopulation\b"
    r"|\b(?:how many|number of)\s+((?:[\w-]+\s+){0,4}?)((?!(?:was|is|has|does|its)\b)[a-z][\w-]*s|people|staff|men|women)\b",
    re.IGNORECASE,
)


def asked(question: str) -> Asked | None:
    """What the question asks for first; None where no kind that is known here can be seen."""
    question = question[:LONGEST]
    matches = ((kind, re.search(pattern, question, re.IGNORECASE)) for kind, pattern in _ASKS.items())
    found = [(m.start(), n, kind) for n, (kind, m) in enumerate(matches) if m]
    if not found:
        return None
    kind = min(found)[2]
    unit = _UNIT.search(question) if kind == "count" else None
    return Asked(kind, (unit[2] or "inhabitants").lower() if unit else "")


def years_of(text: str) -> list[str]:
    """The years that a text names, each once, in order; no part of a number or span."""
    return list(dict.fromkeys(_BARE_YEAR.findall(text)))


# --- things of a kind in a text

_WORDS = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|"
    "nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|half a|a third|one-third|two-thirds|half|dozens"
)
_ABOUT = (
    "(?:(?:(?:more|less|fewer) than|at least|at most|about|around|nearly|almost|over|up to|roughly|some|approximately) )?"
)
_DIGITS = rf"(?:\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?|(?:{_WORDS})\b)"
_N = rf"(?<![\w.,/-]){_DIGITS}"
_SCALE = r"(?:[ -](?:hundred|thousand|million|billion|trillion)\b)?"
_RANGE = rf"(?:\s?(?:to|–|-)\s?{_DIGITS}{_SCALE})?"
_MONEY = r"(?:yuan|renminbi|RMB|US dollars|dollars|euros?|yen|pounds)"
_LENGTH = r"(?:square )?(?:kilo|centi|milli|nano)?met(?:er|re)s?"
_TIME = r"(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?)"
_SHARE = r"(?:[%％]|per ?cent(?:age points?)?\b)"
_MEASURE = (
    rf"(?:{_MONEY}|{_LENGTH}|{_TIME}|per ?cent(?:age points?)?|hectares|tonnes|tons|kilograms|amperes|qubits"
    r"|degrees(?: Celsius)?|(?:mega|kilo|giga)?watts?|[km]?bps|pages|times|people|persons|workers)\b"
)
_PERCENT = re.compile(
    rf"{_ABOUT}{_N}{_RANGE}\s?{_SHARE}|百分之[零一二三四五六七八九十百\d.]+|(?<!\d)\d++(?:\.\d++)?[%％]", re.IGNORECASE
)
_NO_YEAR = r"(?!(?:(?<=\bin )|(?<=\bby )|(?<=\bsince ))(?:1[6-9]|20)\d\d (?:to|and|or) )"
"""In front of a figure: "in 2020 to 245" holds a year and a figure, no range."""
_FIGURE = re.compile(
    rf"{_NO_YEAR}{_ABOUT}(?:[$€£¥]\s?)?{_N}{_SCALE}{_RANGE}(?:\s?[%％]|[ -]{_MEASURE})?"
    r"|\d[\d,.]*\d?\s?[万千百十亿]*[多余]?(?:元|美元|人|家|个|名|座|项|台|公里|平方公里|米|吨|秒|天|年|倍|种|字)?"
    r"|(?<![一二两三四五六七八九十百千万])[一二两三四五六七八九十百千万]++[多余]?(?:家|个|名|座|项|台|人|种|倍|天|秒)",
    re.IGNORECASE,
)
_DURATION = re.compile(
    rf"{_ABOUT}{_N}{_SCALE}{_RANGE}[ -](?:(?:full|whole|working|calendar) )?"
    rf"(?:{_TIME}|{_LENGTH}|pages|chapters|(?:Chinese )?characters|words)\b"
    r"|(?!(?:19|20)\d\d年)(?<![\d,.])\d[\d,.]*+\s?[万千]*+[多余]?(?:秒|分钟|小时|天|周|个月|年(?!\d|月)|公里|千米|米)",
    re.IGNORECASE,
)
YEAR = r"(?:(?:1[6-9]|20)\d\d)"
_BARE_YEAR = re.compile(rf"(?<![\d.,–/-]){YEAR}(?![\d.,–/-]\d|\d)")
_ANY_YEAR = r"(?:(?:1\d|20)\d\d)"
_BEFORE_YEARS = "|".join(rf"(?<=\b{word} )" for word in "in since by from until till after before around".split())
"""What a year before 1600 stands behind; without it the number may count things."""
_PART = r"(?:(?:early|mid|late|the end of|the beginning of|the middle of)[- ])?"
_DATE = re.compile(
    rf"\b(?:\d{{1,2}}(?:\s?(?:to|and|–|-)\s?\d{{1,2}})? {MONTH}(?:,? {_ANY_YEAR})?"
    rf"|{_PART}{MONTH}(?: \d{{1,2}},?)?(?: {_ANY_YEAR}\b)?|{YEAR}-\d\d(?:-\d\d)?"
    rf"|(?:the )?(?:first|second|third|fourth) (?:quarter|half) of {YEAR})\b"
    rf"|{YEAR}年(?:\d{{1,2}}月(?:\d{{1,2}}日)?)?|\d{{1,2}}月\d{{1,2}}日"
)
_YEARS = re.compile(
    rf"{_PART}(?<![\w.,/–〔\[-]){YEAR}(?!\w|[,.]\d|[–/-]\d)|(?<!\d){_ANY_YEAR}(?=年)"
    rf"|(?:{_BEFORE_YEARS})1[0-5]\d\d(?!\w|[,.]\d|[–/-]\d| [a-z]+s\b)",
    re.IGNORECASE,
)
_NAMED_YEAR = re.compile(r"(?:in China|Vision|Plan|Outline|Agenda|Expo|Horizon|Robot\+) $")
_CURRENCY = re.compile(rf"{_MONEY}\b|[$€£¥元]")
_NUMBER_OF = re.compile(
    r"(?:Article|Articles|Chapter|Section|No\.|Part|Table|Volume|Announcement|phase|HL|Robot|per|Number:) $"
)
_IN_CELL = re.compile(r": (?:\w+ than |about |over )?$")
_WORD_BEHIND = re.compile(r"-?[A-Za-z]")


def things(kind: Kind, text: str) -> list[Span]:
    """Where things of a kind stand in a text, in order and apart from each other."""
    return list(_FINDERS[kind](text))


def _dates(text: str) -> Iterator[Span]:
    spans = [m.span() for m in _DATE.finditer(text)]
    taken = meeting(spans)
    yield from sorted([*spans, *(s for s in _years(text) if not taken(s))])


def _years(text: str) -> Iterator[Span]:
    """Years that are no part of a name ("Made in China 2025")."""
    for match in _YEARS.finditer(text):
        if not _NAMED_YEAR.search(text, max(0, match.start() - NEAR), match.start()):
            yield match.span()


def _figures(text: str) -> Iterator[Span]:
    """Figures that belong to no date and are no year, ordinal or number of a name."""
    taken = meeting([m.span() for m in _DATE.finditer(text)] + [m.span() for m in _YEARS.finditer(text)])
    for match in _FIGURE.finditer(text):
        start, end = match.span()
        named = taken((start, end)) or _NUMBER_OF.search(text, max(0, start - NEAR), start)
        if not named and "-Year" not in match[0] and not _WORD_BEHIND.match(text, end):
            yield start, end


def _money(text: str) -> Iterator[Span]:
    """Figures with a currency, or in a cell whose heading names one."""
    yield from ((a, b) for a, b in _figures(text) if _CURRENCY.search(text[a:b]) or _CURRENCY.search(heading(text, a)))


def _shares(text: str) -> Iterator[Span]:
    """Percentages, and figures in a cell whose heading says that it holds them."""
    spans = [m.span() for m in _PERCENT.finditer(text)]
    taken = meeting(spans)
    cells = ((a, b) for a, b in _figures(text) if re.search(_SHARE, heading(text, a), re.IGNORECASE))
    yield from sorted({*spans, *(s for s in cells if not taken(s))})


def heading(text: str, at: int) -> str:
    """The heading of a table's cell that begins at a place of the text, '' where none does; of one that nobody would read
    the end."""
    if not _IN_CELL.search(text, max(0, at - NEAR), at):
        return ""
    return re.split(r"[;.] ", text[max(0, at - LONGEST_HEADING) : at])[-1]


_FINDERS = {
    "count": _figures,
    "figure": _figures,
    "money": _money,
    "share": _shares,
    "duration": lambda text: (m.span() for m in _DURATION.finditer(text)),
    "date": _dates,
    "year": _years,
    "name": agents,
    "place": places,
}


def content(text: str) -> set[str]:
    """The words of a text that mean something, cut to their stems as well as five letters do it."""
    return {stem(w) for w in tokens(text) if w not in STOPWORDS}


def stem(word: str) -> str:
    """Enough of a word to know its other forms."""
    return word if len(word) <= 5 or not word.isalpha() or not word.isascii() else word[:5]
