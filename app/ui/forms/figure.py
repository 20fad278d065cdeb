"""One figure, date or name that was asked for -> it first, in large, with what it is and the date of its source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from app.answers import Answer
from app.sentences import Citation
from app.ui.escape import literal, shown
from app.ui.forms.pieces import Piece
from app.ui.forms.series import number
from app.ui.forms.status import badge, of_piece
from app.ui.words import Words

_POLAR = re.compile(
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b|.*(?:吗|是否|有没有|能不能)", re.IGNORECASE
)
_VERDICT = re.compile(
    r"(?:(?:Yes|No|Not yet|Partly|是的?|不是|没有)(?=[,.:，。：])|[^:,;：，；\d]{4,48}(?=: |：))[,.:，。：]\s*(?=\S)"
)
"""A word of yes or no, or what stands before a colon: "China met the target: …"."""


def opening(answer: Answer, pieces: Sequence[Piece], words: Words) -> tuple[str, list[Piece]]:
    """The figure, date or name that was asked for in large, or a yes or no -> that, and what is left to be said below it;
    '' and all of it where there is no such thing."""
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
    """The cells of a row that stands alone without the one that stands above it in large, and its subject."""
    first, at = pieces[0], pieces[0].marked()
    row = first.citation.row
    if at is None or at[1:] != (0, len(row[at[0]][1])) or any(p.table == first.table and p is not first for p in pieces):
        return list(pieces)
    above = {at[0], 0} if row[at[0]][0] else {at[0]}
    left = tuple(cell for n, cell in enumerate(row) if n not in above and cell[1])
    rest = replace(first, citation=replace(first.citation, row=left), sentence=replace(first.sentence, highlight=None))
    return [*([rest] if left else []), *pieces[1:]]


LONGEST = 60  # characters that can be read in large
_IN_BRACKETS = re.compile(r"[(（]([^()（）]{1,40})[)）]$")
_PERCENT = re.compile(r"(?<=\d) ?percent\b(?! points?)")
_FIGURES = ("count", "money", "figure", "share")


def figure(answer: Answer, pieces: Sequence[Piece], words: Words) -> str:
    """An answer that begins with the one thing that was asked for -> that in large; '' where it gives several such, or a
    sentence has more than one that it may be."""
    first = pieces[0]
    span = first.sentence.highlight
    if span is None or any(p.sentence.highlight for p in pieces[1:]) or answer.sides or span[1] - span[0] > LONGEST:
        return ""
    if _divided(pieces) or _one_of_many_dates(answer, first):
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
    """Citations -> the date of the sources behind them, or the first and the last; '' where none has one."""
    dates = sorted({s.date for c in citations for s in c.sources if s.date})
    first, last = dates[:1], dates[-1:]
    return words.day(last[0]) if first and last[0].startswith(first[0]) else " – ".join(map(words.day, first + last))


def _what(first: Piece, words: Words) -> str:
    """The name of a cell's column, and what its row is about."""
    at = first.marked()
    if at is None:
        return ""
    name = first.citation.row[at[0]][0]
    return shown(f"{words.term(name)} · {first.subject}" if name and at[0] else words.term(name))


def _unit(first: Piece, words: Words) -> str:
    """The unit of a cell's figure, from the brackets behind its column's name, or from around its table."""
    at = first.marked()
    if at is None or number(first.citation.row[at[0]][1]) is None:
        return ""
    said = _IN_BRACKETS.search(first.citation.row[at[0]][0])
    unit = said[1] if said and at[0] else first.citation.unit
    term = words.term(unit)
    return f'{"" if term.startswith("%") else " "}<span class="unit">{shown(term)}</span>' if unit else ""


def _divided(pieces: Sequence[Piece]) -> bool:
    """True if rows of one table say different things of the same subject: then there is not one answer."""
    rows = [p for p in pieces if p.kind == "row"]
    return len({(p.table, p.subject) for p in rows}) < len(rows)


def _one_of_many_dates(answer: Answer, first: Piece) -> bool:
    """True if a date was asked for and the sentence has several: its words say which is meant."""
    if answer.wanted not in ("date", "year") or first.kind == "row":
        return False
    from app.text.dates import dates

    return len(dates(first.sentence.text)) > 1
