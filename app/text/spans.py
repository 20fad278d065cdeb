"""Where things of a kind (a figure, a date, a name …) stand in a text, and the words of it that mean something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.text.lexicon import YEAR, alternatives, lexicon
from app.text.names import MONTH, NEAR, Span, agents, meeting, places
from ingest.words import STOPWORDS, tokens

LONGEST_HEADING = 300

_CARDINALS = "|".join(lexicon().words["cardinals"][1:])
_WORDS = rf"{_CARDINALS}|{alternatives('tens')}|half a|a third|one-third|two-thirds|half|dozens"
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


def find_spans(kind: str, text: str) -> list[Span]:
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


def years_of(text: str) -> list[str]:
    """The years that a text names, each once, in order; no part of a number or span."""
    return list(dict.fromkeys(_BARE_YEAR.findall(text)))
