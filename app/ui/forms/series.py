"""Rows that are years of one quantity -> bars above the table that has the same figures and sources.

The drawing is SVG without a view box, which the chat's sanitising takes out: places are in percent, heights in pixels.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.answers import Answer
from app.ui.escape import literal, one_line, shown
from app.ui.forms.pieces import Piece
from app.ui.words import Words
from ingest.words import STOPWORDS, tokens

if TYPE_CHECKING:
    from app.text.dates import Date


FEWEST_YEARS = 3  # years
WIDEST = 20  # years from the first to the last that have a place of their own each
LABELLED = 6  # places up to which each bar has its figure above it
TOP, BASE = 22, 142  # pixels from the drawing's upper edge
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ONE_NUMBER = re.compile(r"[^\d−–-]{0,24}(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)[^\d]{0,24}")


@dataclass(frozen=True, slots=True)
class Bar:
    """A year, its figure, and the words of its cell."""

    year: int
    value: float
    said: str


def number(cell: str) -> float | None:
    """A cell with one figure and few words -> the figure; None for any other."""
    found = _ONE_NUMBER.fullmatch(cell.strip())
    return float(found[1].replace(",", "")) if found else None


def chart(rows: Sequence[Piece], question: str, words: Words) -> str:
    """Rows of one table -> a chart of the quantity that is asked for; '' where they are no series of years."""
    years = [_YEAR.findall(row.subject) for row in rows]
    if any(len(found) != 1 for found in years) or len({found[0] for found in years}) < FEWEST_YEARS:
        return ""
    column = _quantity(rows, question)
    if column is None:
        return ""
    pairs = zip(years, (row.citation.row[column][1] for row in rows), strict=True)
    # of two figures for a year (preliminary, final) the later one is drawn; the table below has both
    by_year = {int(year): Bar(int(year), value, cell) for (year,), cell in pairs if (value := number(cell)) is not None}
    bars = [by_year[year] for year in sorted(by_year)]
    if len(bars) < FEWEST_YEARS:
        return ""
    name = words.term(rows[0].citation.row[column][0])
    links = "".join(row.links for row in rows)
    title = words("chart", name=name, first=bars[0].year, last=bars[-1].year)
    return f'<figure class="series"><figcaption>{literal(name)} {links}</figcaption>{_drawn(bars, title)}</figure>'


def _quantity(rows: Sequence[Piece], question: str) -> int | None:
    """The column with something in bold, else the one whose name the question says most of, the first of them."""
    names = [name for name, _ in rows[0].citation.row]
    held = [sum(number(r.citation.row[n][1]) is not None for r in rows) for n in range(1, len(names))]
    figures = [n for n, count in enumerate(held, 1) if count >= FEWEST_YEARS]
    marked = [at[0] for row in rows if (at := row.marked())]
    asked = {word for word in tokens(question) if word not in STOPWORDS}
    figures.sort(key=lambda n: (n not in marked, -len(asked & set(tokens(names[n])))))
    return figures[0] if figures else None


def _drawn(bars: Sequence[Bar], title: str) -> str:
    first, last = bars[0].year, bars[-1].year
    known = [bar.year for bar in bars]
    places = list(range(first, last + 1)) if last - first < WIDEST else known
    width, most = 100 / len(places), max(bar.value for bar in bars) or 1.0
    parts = []
    for bar in bars:
        left = places.index(bar.year) * width + width * 0.14
        labelled = len(places) <= LABELLED or bar.year in (first, last)
        parts.append(_bar(bar, left, width * 0.72, (BASE - TOP) * bar.value / most, labelled))
    for year in known:
        middle = places.index(year) * width + width / 2
        parts.append(_label(middle, BASE + 16, str(year) if len(places) <= 2 * LABELLED else f"’{year % 100:02}"))
    axis = f'<line x1="0" x2="100%" y1="{BASE}" y2="{BASE}" stroke="currentColor"></line>'
    return f'<svg class="bars" width="100%" height="{BASE + 22}"><title>{literal(title)}</title>{"".join(parts)}{axis}</svg>'


def _bar(bar: Bar, left: float, width: float, height: float, labelled: bool) -> str:
    top, said = BASE - height, literal(one_line(bar.said))
    rect = f'<rect x="{left:.2f}%" y="{top:.1f}" width="{width * 0.94:.2f}%" height="{height:.1f}" fill="currentColor">'
    found = _ONE_NUMBER.fullmatch(bar.said.strip())
    label = _label(left + width / 2, top - 6, literal(found[1])) if labelled and found else ""
    return f"{rect}<title>{bar.year}: {said}</title></rect>{label}"


def _label(x: float, y: float, said: str) -> str:
    """Words at a place of the drawing; visible without a style sheet, on dark paper too."""
    return f'<text x="{x:.2f}%" y="{y:.1f}" text-anchor="middle" fill="currentColor" font-size="12">{said}</text>'


FEWEST = 3  # sentences; a table says itself that its rows are dates
OPENING = 4  # characters in front of a date that a sentence begins with: "In ", "On ", "By "


def of_rows(rows: Sequence[Piece]) -> str:
    """Rows that begin with a date and say in words what happened -> a timeline; '' for other tables."""
    words_only = all(number(value) is None for row in rows for _, value in row.citation.row[1:] if value)
    found = [_dates(row.subject) for row in rows]
    dates_only = all(len(d) == 1 and len(r.subject) <= len(d[0].text) + 3 for d, r in _with(found, rows))
    if len(rows) < 2 or not words_only or not dates_only:
        return ""
    events = [(d[0], row.cell(0), _event(row)) for d, row in _with(found, rows)]
    return _line(events)


def of_sentences(answer: Answer, pieces: Sequence[Piece]) -> str:
    """Sentences of an answer to a question for dates -> a timeline of those that have one date each, or begin with theirs,
    the others below it; '' where these are few: of several dates the sentence alone says which is meant."""
    if answer.wanted not in ("date", "year") or any(piece.kind != "sentence" for piece in pieces):
        return ""
    found = [_own(piece.sentence.text) for piece in pieces]
    if len({d[0].text for d in found if len(d) == 1}) < FEWEST:
        return ""
    line = _line([(d[0], literal(d[0].text), piece.html()) for d, piece in _with(found, pieces) if len(d) == 1])
    return line + "".join(f'<p class="sentence">{piece.html()}</p>' for d, piece in _with(found, pieces) if len(d) != 1)


_HEAD = re.compile(r"([^:：]{4,40})[:：]\s*")


def steps(items: Sequence[Piece], whole: Sequence[Piece]) -> str:
    """Items of a list that each begin with a date and a colon -> a timeline; '' where one of the whole list does not."""
    if len(whole) < FEWEST or not all(_when(piece) for piece in whole):
        return ""
    events = []
    for piece in items:
        text, head = piece.sentence.text, _HEAD.match(piece.sentence.text)
        if head and (date := _when(piece)):
            said = shown(text[head.end() :][:1].upper() + text[head.end() + 1 :])
            events.append((date, literal(head[1]), f"{said} {piece.links}"))
    return _line(events)


def _when(piece: Piece) -> Date | None:
    """The date before the colon, if nothing else stands there."""
    head = _HEAD.match(piece.sentence.text)
    found = _dates(head[1]) if head else ()
    return found[0] if head and len(found) == 1 and len(head[1]) <= len(found[0].text) + 3 else None


def _with(found: Sequence[tuple[Date, ...]], pieces: Sequence[Piece]) -> list[tuple[tuple[Date, ...], Piece]]:
    return list(zip(found, pieces, strict=True))


def _event(row: Piece) -> str:
    """The other cells of a row; of several each behind its column's name."""
    filled = [n for n, (_, value) in enumerate(row.citation.row) if value and n]
    said = [row.cell(n) if len(filled) == 1 else f"{shown(row.citation.row[n][0])}: {row.cell(n)}" for n in filled]
    return f"{'; '.join(said)} {row.links}"


def _line(events: Sequence[tuple[Date, str, str]]) -> str:
    ordered = sorted(events, key=lambda event: (event[0].year or 0, event[0].month or 0, event[0].day or 0))
    items = "".join(
        f'<li><span class="when">{when}</span> <span class="what">{what}</span></li>' for _, when, what in ordered
    )
    return f'<ol class="timeline">{items}</ol>'


def _own(text: str) -> tuple[Date, ...]:
    """The date that a sentence begins with, else all that it has."""
    found = _dates(text)
    return found[:1] if found and found[0].start <= OPENING else found


def _dates(text: str) -> tuple[Date, ...]:
    from app.text.dates import dates

    return tuple(d for d in dates(text) if d.year)
