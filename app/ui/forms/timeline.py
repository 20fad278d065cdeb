"""Events with their dates -> a line of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.answers import Answer
from app.ui.escape import literal, shown
from app.ui.forms.pieces import Piece
from app.ui.forms.series import number

if TYPE_CHECKING:
    from app.text.dates import Date

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
