"""Finds the places of things of a kind (a figure, a date, a name …) in a text, and its words that mean something."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from functools import partial

from app.text.figures import MONEY, bounded, undated_figures
from app.text.lexicon import YEAR
from app.text.names import Span, agents, dates, match_before, overlap_test, places
from ingest.words import STOPWORDS, tokens

_COUNTED_NOUN = re.compile(r" (?:people|persons|workers|pages|qubits)\b|[多余]?[万亿]?[人家个名座项台种字]")
_RANGE = re.compile(r"(?<!cent)(?<!yuan)(?<![s%元])\s?(?:to|–|-)\s?")
_CURRENCY_UNITS = frozenset((*MONEY.values(), "yen", "Hong Kong dollar"))
_DURATION_UNITS = frozenset("s day month m".split())
_LENGTH_NOUN = re.compile(r" (?:pages|chapters|(?:Chinese )?characters|words)\b|字")
_BARE_YEAR = re.compile(rf"(?<![\d.,–/-]){YEAR}(?![\d.,–/-]\d|\d)")
_PART_OF_PERIOD = re.compile(
    r"(?:(?:early|mid|late|the end of|the beginning of|the middle of)[- ]"
    r"|(?:the )?(?:first|second|third|fourth) (?:quarter|half) of )$"
)
"""In front of a month or year, and of the date."""
_FIRST_DAYS = re.compile(r"(?<!\d)\d{1,2}\s?(?:to|and|–|-)\s?$")
_YEAR_OF_NAME_OR_SPAN = re.compile(r"(?<=[–/〔\[-])\d{4}|(?<=[^\W\d])\d{4}(?!年)|\d{4}[–/-]\d")
"""A year of a span or a name."""
_NAMES_BEFORE_YEAR = ("in China ", "Vision ", "Plan ", "Outline ", "Agenda ", "Expo ", "Horizon ", "Robot+ ")
_CURRENCY_NAME = re.compile(r"(?:yuan|renminbi|RMB|dollars|euros?|yen|pounds)\b|[$€£¥元]")
_PERCENT = re.compile(r"[%％]|per ?cent(?:age points?)?\b", re.IGNORECASE)
_LABELS_BEFORE = tuple(
    f"{label} "
    for label in "Article Articles Chapter Section No. Part Table Volume Announcement phase HL Robot per Number:".split()
)
_CELL_START = re.compile(r": (?:\w+ than |about |over )?$")
_FOLLOWING_WORD = re.compile(r"-?[A-Za-z]")


def find_spans(kind: str, text: str) -> list[Span]:
    """Find the spans of one kind in a text, in order and without overlaps."""
    return list(_FINDERS[kind](text))


def _dates(text: str) -> Iterator[Span]:
    """Yield dates, and years that are no part of a name ("Made in China 2025") or of a span."""
    for date in dates(text):
        if date.month is not None or _stands_alone(text, date.start):
            start = _extended(_FIRST_DAYS if date.day else _PART_OF_PERIOD, text, date.start)
            yield start, date.end - text.endswith(".", date.start, date.end)


def _years(text: str) -> Iterator[Span]:
    """Yield the years of dates, and the years that stand alone.

    A year that is part of a name ("Made in China 2025") or of a span is left out.
    """
    for date in dates(text):
        start = text.find(str(date.year), date.start, date.end)
        if start >= 0 and _stands_alone(text, start):
            yield _extended(_PART_OF_PERIOD, text, start), start + 4


def _extended(pattern: re.Pattern[str], text: str, start: int) -> int:
    """Return where the words begin that belong to a span and stand before its start; the start if there are none."""
    match = match_before(pattern, text, start)
    return match.start() if match else start


def _stands_alone(text: str, year: int) -> bool:
    return not _YEAR_OF_NAME_OR_SPAN.match(text, year) and not text.endswith(_NAMES_BEFORE_YEAR, 0, year)


def _figures(text: str) -> Iterator[Span]:
    """Return the figures that belong to no date and are no year, ordinal or number of a name."""
    return ((start, end) for start, end, _ in _figure_spans(text))


def _figure_spans(text: str) -> list[tuple[int, int, str]]:
    """Find the figures of a text with their units; a range is one figure.

    Returns:
        Start, end (exclusive) and unit of each figure. A range has the unit of its second number.
    """
    result: list[tuple[int, int, str]] = []
    in_date = overlap_test(list(_dates(text)))
    for figure in undated_figures(text):
        noun = None if figure.unit else _COUNTED_NOUN.match(text, figure.end)
        _, start, end = bounded(text, figure.start, noun.end() if noun else figure.end)
        if figure.unit == "ordinal" or not figure.step or in_date((start, end)):
            continue  # a place in an order, doubled, the first day of several
        is_label = "-Year" in figure.text or text.endswith(_LABELS_BEFORE, 0, start)
        if result and _RANGE.fullmatch(text, result[-1][1], figure.start):
            result[-1] = (result[-1][0], end, figure.unit)
        elif not is_label and not _FOLLOWING_WORD.match(text, end):
            result.append((start, end, figure.unit))
    return result


def _in_units(units: Set[str], names: re.Pattern[str], text: str) -> Iterator[Span]:
    """Yield the figures in some units, and those in a cell whose heading names one of them."""
    for start, end, unit in _figure_spans(text):
        if unit in units or names.search(cell_heading(text, start)):
            yield start, end


def _durations(text: str) -> Iterator[Span]:
    """Yield figures of time, length and pages."""
    for start, end, unit in _figure_spans(text):
        extent = _LENGTH_NOUN.match(text, end)
        if unit in _DURATION_UNITS or extent:
            yield start, extent.end() if extent else end


def cell_heading(text: str, position: int) -> str:
    """Return the heading of the table cell that begins at a place of a text, '' if no cell begins there.

    Of a heading of more than 300 characters, only the end is returned.
    """
    if not match_before(_CELL_START, text, position):
        return ""
    return re.split(r"[;.] ", text[max(0, position - 300) : position])[-1]


_FINDERS: dict[str, Callable[[str], Iterator[Span]]] = {
    "count": _figures,
    "figure": _figures,
    "money": partial(_in_units, _CURRENCY_UNITS, _CURRENCY_NAME),
    "share": partial(_in_units, {"%", "percentage point"}, _PERCENT),
    "duration": _durations,
    "date": _dates,
    "year": _years,
    "name": agents,
    "place": places,
}


def content_stems(text: str) -> set[str]:
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
