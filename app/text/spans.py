"""Finds the places of things of a kind (a figure, a date, a name …) in a text, and its words that mean something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.text.figures import MONEY, bounded, undated
from app.text.lexicon import YEAR
from app.text.names import NEAR, Span, agents, dates, meeting, places
from ingest.words import STOPWORDS, tokens

LONGEST_HEADING = 300

_COUNTED = re.compile(r" (?:people|persons|workers|pages|qubits)\b|[多余]?[万亿]?[人家个名座项台种字]")
_RANGE = re.compile(r"(?<!cent)(?<!yuan)(?<![s%元])\s?(?:to|–|-)\s?")
_MONEY = frozenset((*MONEY.values(), "yen", "Hong Kong dollar"))
_LASTS = frozenset("s day month m".split())
_EXTENT = re.compile(r" (?:pages|chapters|(?:Chinese )?characters|words)\b|字")
_BARE_YEAR = re.compile(rf"(?<![\d.,–/-]){YEAR}(?![\d.,–/-]\d|\d)")
_PART = re.compile(
    r"(?:(?:early|mid|late|the end of|the beginning of|the middle of)[- ]"
    r"|(?:the )?(?:first|second|third|fourth) (?:quarter|half) of )$"
)
"""In front of a month or year, and of the date."""
_DAYS = re.compile(r"(?<!\d)\d{1,2}\s?(?:to|and|–|-)\s?$")
_JOINED = re.compile(r"(?<=[–/〔\[-])\d{4}|(?<=[^\W\d])\d{4}(?!年)|\d{4}[–/-]\d")
"""A year of a span or a name."""
_NAMED_YEAR = re.compile(r"(?:in China|Vision|Plan|Outline|Agenda|Expo|Horizon|Robot\+) $")
_CURRENCY = re.compile(r"(?:yuan|renminbi|RMB|dollars|euros?|yen|pounds)\b|[$€£¥元]")
_SHARE = re.compile(r"[%％]|per ?cent(?:age points?)?\b", re.IGNORECASE)
_NUMBER_OF = re.compile(
    r"(?:Article|Articles|Chapter|Section|No\.|Part|Table|Volume|Announcement|phase|HL|Robot|per|Number:) $"
)
_IN_CELL = re.compile(r": (?:\w+ than |about |over )?$")
_WORD_BEHIND = re.compile(r"-?[A-Za-z]")


def find_spans(kind: str, text: str) -> list[Span]:
    """Find the spans of one kind in a text, in order and without overlaps."""
    return list(_FINDERS[kind](text))


def _dates(text: str) -> Iterator[Span]:
    """Dates, and years that are no part of a name ("Made in China 2025") or of a span."""
    for date in dates(text):
        if date.month is not None or _alone(text, date.start):
            part = (_DAYS if date.day else _PART).search(text, max(0, date.start - NEAR), date.start)
            yield part.start() if part else date.start, date.end - text.endswith(".", date.start, date.end)


def _years(text: str) -> Iterator[Span]:
    """Yield the years of dates, and the years that stand alone.

    A year that is part of a name ("Made in China 2025") or of a span is left out.
    """
    for date in dates(text):
        at = text.find(str(date.year), date.start, date.end)
        if at >= 0 and _alone(text, at):
            part = _PART.search(text, max(0, at - NEAR), at)
            yield part.start() if part else at, at + 4


def _alone(text: str, year: int) -> bool:
    return not _JOINED.match(text, year) and not _NAMED_YEAR.search(text, max(0, year - NEAR), year)


def _figures(text: str) -> Iterator[Span]:
    """Figures that belong to no date and are no year, ordinal or number of a name."""
    return ((start, end) for start, end, _ in _measured(text))


def _measured(text: str) -> list[tuple[int, int, str]]:
    """Find the figures of a text with their units; a range is one figure.

    Returns:
        Start, end (exclusive) and unit of each figure. A range has the unit of its second number.
    """
    found: list[tuple[int, int, str]] = []
    dated = meeting(list(_dates(text)))
    for figure in undated(text):
        counted = None if figure.unit else _COUNTED.match(text, figure.end)
        _, start, end = bounded(text, figure.start, counted.end() if counted else figure.end)
        if figure.unit == "ordinal" or not figure.step or dated((start, end)):
            continue  # a place in an order, doubled, the first day of several
        named = "-Year" in figure.text or _NUMBER_OF.search(text, max(0, start - NEAR), start)
        if found and _RANGE.fullmatch(text, found[-1][1], figure.start):
            found[-1] = (found[-1][0], end, figure.unit)
        elif not named and not _WORD_BEHIND.match(text, end):
            found.append((start, end, figure.unit))
    return found


def _money(text: str) -> Iterator[Span]:
    """Figures with a currency, or in a cell whose heading names one."""
    return ((a, b) for a, b, unit in _measured(text) if unit in _MONEY or _CURRENCY.search(heading(text, a)))


def _shares(text: str) -> Iterator[Span]:
    """Percentages, and figures in a cell whose heading says that it holds them."""
    return ((a, b) for a, b, unit in _measured(text) if unit in ("%", "percentage point") or _SHARE.search(heading(text, a)))


def _durations(text: str) -> Iterator[Span]:
    """Figures of time, length and pages."""
    for start, end, unit in _measured(text):
        extent = _EXTENT.match(text, end)
        if unit in _LASTS or extent:
            yield start, extent.end() if extent else end


def heading(text: str, at: int) -> str:
    """Return the heading of the table cell that begins at a place of a text, '' if no cell begins there.

    Of a heading of more than LONGEST_HEADING characters, only the end is returned.
    """
    if not _IN_CELL.search(text, max(0, at - NEAR), at):
        return ""
    return re.split(r"[;.] ", text[max(0, at - LONGEST_HEADING) : at])[-1]


_FINDERS = {
    "count": _figures,
    "figure": _figures,
    "money": _money,
    "share": _shares,
    "duration": _durations,
    "date": _dates,
    "year": _years,
    "name": agents,
    "place": places,
}


def content(text: str) -> set[str]:
    """Return the stems of the words of a text, without stop words.

    A stem is the first five letters of a word, which is good enough here.
    """
    return {stem(w) for w in tokens(text) if w not in STOPWORDS}


def stem(word: str) -> str:
    """Enough of a word to know its other forms."""
    return word if len(word) <= 5 or not word.isalpha() or not word.isascii() else word[:5]


def years_of(text: str) -> list[str]:
    """Find the years that a text names, each once and in order.

    A year that is part of a number or of a span is left out.
    """
    return list(dict.fromkeys(_BARE_YEAR.findall(text)))
