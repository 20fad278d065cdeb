"""Shows the one figure, date or name that was asked for first and in large, and rows of years as bars.

What it is and the date of its source are shown with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.answers import Answer
from app.sentences import Citation
from app.text.words import one_line
from app.ui.escape import literal, shown
from app.ui.forms.pieces import Piece, badge, of_piece
from app.ui.words import Words
from ingest.words import STOPWORDS, tokens

if TYPE_CHECKING:
    from app.text.names import Date


FEWEST_YEARS = 3  # years
WIDEST = 20  # years from the first to the last that have a place of their own each
LABELLED = 6  # places up to which each bar has its figure above it
TOP, BASE = 22, 142  # pixels from the drawing's upper edge
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ONE_NUMBER = re.compile(r"[^\d−–-]{0,24}(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)[^\d]{0,24}")
FEWEST = 3  # sentences; a table says itself that its rows are dates
OPENING = 4  # characters in front of a date that a sentence begins with: "In ", "On ", "By "
_HEAD = re.compile(r"([^:：]{4,40})[:：]\s*")
_POLAR = re.compile(
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b|.*(?:吗|是否|有没有|能不能)", re.IGNORECASE
)
_VERDICT = re.compile(
    r"(?:(?:Yes|No|Not yet|Partly|是的?|不是|没有)(?=[,.:，。：])"
    r"|(?=[^:：\s]+ |[^:：\s]*[一-鿿])[^:,;：，；\d]{4,48}(?=: |：))[,.:，。：]\s*(?=\S)"
)
"""A word of yes or no, or what stands before a colon: "China met the target: …". One word there ("Target: …") is a label."""
LONGEST = 60  # characters that can be read in large
_IN_BRACKETS = re.compile(r"[(（]([^()（）]{1,40})[)）]$")
_PERCENT = re.compile(r"(?<=\d) ?percent\b(?! points?)")
_FIGURES = ("count", "money", "figure", "share")


@dataclass(frozen=True, slots=True)
class Bar:
    """A year, its figure, and the words of its cell."""

    year: int
    value: float
    said: str


def number(cell: str) -> float | None:
    """Return the figure of a cell that has one figure and few words; None for any other cell."""
    found = _ONE_NUMBER.fullmatch(cell.strip())
    return float(found[1].replace(",", "")) if found else None


def chart(rows: Sequence[Piece], question: str, words: Words) -> str:
    """Render the rows of a table as a chart of the quantity that is asked for.

    The result is '' if the rows are no series of years.
    """
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
    """Choose the column to draw, or None if none has enough figures.

    A column with something in bold comes first, then the one of whose name the question has the largest part; of equal
    ones the first is chosen.
    """
    names = [_named(name) for name, _ in rows[0].citation.row]
    held = [sum(number(r.citation.row[n][1]) is not None for r in rows) for n in range(1, len(names))]
    figures = [n for n, count in enumerate(held, 1) if count >= FEWEST_YEARS]
    marked = [at[0] for row in rows if (at := row.marked())]
    asked = _named(question)
    figures.sort(key=lambda n: (n not in marked, -len(asked & names[n]) / max(1, len(names[n]))))
    return figures[0] if figures else None


def _named(text: str) -> set[str]:
    """Return the words of a text that mean something, with a percent sign as "percent"."""
    return {word for word in tokens(text.replace("%", " percent ")) if word not in STOPWORDS}


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


def of_rows(rows: Sequence[Piece]) -> str:
    """Draw the rows of a table as a timeline.

    Returns:
        Its HTML; '' unless there are two rows or more, each begins with one date, and no other cell is a number.
    """
    words_only = all(number(value) is None for row in rows for _, value in row.citation.row[1:] if value)
    found = [_dates(row.subject) for row in rows]
    dates_only = all(len(d) == 1 and len(r.subject) <= len(d[0].text) + 3 for d, r in _with(found, rows))
    if len(rows) < 2 or not words_only or not dates_only:
        return ""
    events = [(d[0], row.cell(0), _event(row)) for d, row in _with(found, rows)]
    return _line(events)


def of_sentences(answer: Answer, pieces: Sequence[Piece]) -> str:
    """Render sentences that answer a question for dates as a timeline.

    It has the sentences that have one date each or begin with one; the others follow below it. The result is '' if it
    would have fewer than three dates. If a sentence has several dates, only its words say which is meant.
    """
    if answer.wanted not in ("date", "year") or any(piece.kind != "sentence" for piece in pieces):
        return ""
    found = [_own(piece.sentence.text) for piece in pieces]
    if len({d[0].text for d in found if len(d) == 1}) < FEWEST:
        return ""
    line = _line([(d[0], literal(d[0].text), piece.html()) for d, piece in _with(found, pieces) if len(d) == 1])
    return line + "".join(f'<p class="sentence">{piece.html()}</p>' for d, piece in _with(found, pieces) if len(d) != 1)


def steps(items: Sequence[Piece], whole: Sequence[Piece]) -> str:
    """Render list items that each begin with a date and a colon as a timeline.

    The result is '' if an item of the whole list does not, or if the list has fewer than three items.
    """
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
    """Return the date before the colon, or None if anything else stands there."""
    head = _HEAD.match(piece.sentence.text)
    found = _dates(head[1]) if head else ()
    return found[0] if head and len(found) == 1 and len(head[1]) <= len(found[0].text) + 3 else None


def _with(found: Sequence[tuple[Date, ...]], pieces: Sequence[Piece]) -> list[tuple[tuple[Date, ...], Piece]]:
    return list(zip(found, pieces, strict=True))


def _event(row: Piece) -> str:
    """Render the other cells of a row; if there are several, each after the name of its column."""
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
    """Return the date that a sentence begins with, or else all its dates."""
    found = _dates(text)
    return found[:1] if found and found[0].start <= OPENING else found


def _dates(text: str) -> tuple[Date, ...]:
    from app.text.names import dates

    return tuple(d for d in dates(text) if d.year)


# --- one figure, date or name in large


def opening(answer: Answer, pieces: Sequence[Piece], words: Words) -> tuple[str, list[Piece]]:
    """Render the figure, date or name that was asked for, or a yes or no, in large print.

    Returns:
        Its HTML, and the pieces that remain to be shown below it; '' and all pieces if there is no such thing.
    """
    if large := figure(answer, pieces, words):
        return large, _without_large(pieces)
    said = pieces[0].sentence
    asked = _POLAR.match(answer.question) or _POLAR.match(answer.standalone_query)
    found = _VERDICT.match(said.text) if asked and said.place and said.place.kind == "paragraph" else None
    if not found:
        return "", list(pieces)
    left = said.text[found.end() :]
    first = replace(pieces[0], sentence=replace(said, text=left[0].upper() + left[1:], highlight=None))
    word = shown(found[0].strip().rstrip(",.:，。："))
    return f'<div class="figure"><p class="large"><strong>{word}</strong></p></div>', [first, *pieces[1:]]


def _without_large(pieces: Sequence[Piece]) -> list[Piece]:
    """Remove from a row the cell that is shown above it in large print, and its subject.

    Only a row that stands alone is changed.
    """
    first, at = pieces[0], pieces[0].marked()
    row = first.citation.row
    if at is None or at[1:] != (0, len(row[at[0]][1])) or any(p.table == first.table and p is not first for p in pieces):
        return list(pieces)
    above = {at[0], 0} if row[at[0]][0] else {at[0]}
    left = tuple(cell for n, cell in enumerate(row) if n not in above and cell[1])
    rest = replace(first, citation=replace(first.citation, row=left), sentence=replace(first.sentence, highlight=None))
    return [*([rest] if left else []), *pieces[1:]]


def figure(answer: Answer, pieces: Sequence[Piece], words: Words) -> str:
    """Render the one thing that was asked for in large print, if the answer begins with it.

    The result is '' if the answer has several such things or none that is sure (`app.answering.highlight`), or is as likely
    wrong as right, so that other questions are offered.
    """
    first = pieces[0]
    span = first.sentence.highlight
    several = answer.sides or any(p.sentence.highlight for p in pieces[1:])
    if span is None or several or answer.suggestions or span[1] - span[0] > LONGEST:
        return ""
    said = _PERCENT.sub("%", first.sentence.text[slice(*span)])
    value = f"<strong>{shown(said)}</strong>{_unit(first, words)}"
    status = of_piece(first) if answer.wanted in _FIGURES else ""
    quoted = first.sentence.place is None  # what was written rests on several quotes, of which the first may be the oldest
    date = max((s.date for s in first.citation.sources), default="") if quoted else ""
    facts = [_what(first, words), literal(words("stated", date=words.day(date))) if date else ""]
    below = " · ".join(filter(None, facts))
    below = f'<p class="whatof">{below}</p>' if below else ""
    links = first.links if first.kind == "row" else ""  # a sentence stands below, with its numbers
    return f'<div class="figure"><p class="large">{value} {badge(status, words)} {links}</p>{below}</div>'


def dated(citations: Sequence[Citation], words: Words) -> str:
    """Return the date of the sources behind citations, or the first and the last; '' if none has one."""
    dates = sorted({s.date for c in citations for s in c.sources if s.date})
    first, last = dates[:1], dates[-1:]
    return words.day(last[0]) if first and last[0].startswith(first[0]) else " – ".join(map(words.day, first + last))


def _what(first: Piece, words: Words) -> str:
    """Render the name of the marked cell's column, and what its row is about; '' without such a cell."""
    at = first.marked()
    if at is None:
        return ""
    name = first.citation.row[at[0]][0]
    return shown(f"{words.term(name)} · {first.subject}" if name and at[0] else words.term(name))


def _unit(first: Piece, words: Words) -> str:
    """Render the unit of the marked cell's figure; '' if it has none.

    The unit comes from the brackets after the name of the column, or from the words around the table.
    """
    at = first.marked()
    if at is None or number(first.citation.row[at[0]][1]) is None:
        return ""
    said = _IN_BRACKETS.search(first.citation.row[at[0]][0])
    unit = said[1] if said and at[0] else first.citation.unit
    term = words.term(unit)
    return f'{"" if term.startswith("%") else " "}<span class="unit">{shown(term)}</span>' if unit else ""
