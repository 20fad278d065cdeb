"""One figure, date or name that was asked for -> it first, in large, with what it is and the date of its source.

A verdict on a target is what a document says. If it says none, the program compares two figures that are quoted, and says
that it did; "met" it says only if the target names its bound ("over 7 percent") and the result lies on that side of it.
Whether a figure is a target or a result is told by the heading of its column, or by the clause that it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from app.answers import Answer
from app.sentences import Citation
from app.ui.escape import hidden, literal, one_line, shown
from app.ui.forms.pieces import Piece, set_bold
from app.ui.forms.series import number
from app.ui.words import Words

if TYPE_CHECKING:
    from app.text.figures import Figure


STATUSES = {"planned": "a_target", "done": "a_result"}
"""What the checks call a status -> the page's word for it."""


_YEAR = re.compile(r"(?:19|20)\d\d")


@lru_cache(maxsize=1_024)
def of_heading(name: str) -> str:
    """A column's name -> `planned`, `done` or ''."""
    from app.groundedness.quantities import status_of  # reads a dictionary, which only tables and figures need

    return status_of(name)


def of_span(text: str, span: tuple[int, int]) -> str:
    """A sentence and the place of a figure in it -> `planned`, `done` or ''."""
    from app.groundedness.quantities import statuses

    return next((status for figure, status in statuses(text) if figure.start < span[1] and span[0] < figure.end), "")


def of_piece(piece: Piece) -> str:
    """A piece with a figure in bold -> `planned` where that is a target, else ''."""
    if at := piece.marked():
        found = of_columns(piece.citation.row)[at[0]]
    else:
        found = of_span(piece.sentence.text, piece.sentence.highlight) if piece.sentence.highlight else ""
    return found if found == "planned" else ""


def of_quote(citation: Citation) -> str:
    """A sentence or item that is quoted -> `planned` where all its figures are targets, else ''; those of a row stand at its
    columns."""
    from app.groundedness.quantities import statuses

    if citation.row:
        return ""
    found = {status for figure, status in statuses(citation.read) if figure.unit != "ordinal"}
    return "planned" if found == {"planned"} else ""


def of_columns(*rows: Sequence[tuple[str, str]]) -> list[str]:
    """Rows of one table, as named cells -> the status of each column: the first holds what a row is about, a year alone is
    neither target nor result, and a result is told apart only where there is a target."""
    found = [of_heading(name) for name, _ in rows[0]]
    years = [all(_YEAR.fullmatch(row[n][1] or "2000") for row in rows) for n in range(len(found))]
    found = ["" if n == 0 or years[n] else status for n, status in enumerate(found)]
    return found if "planned" in found else [""] * len(found)


def badge(status: str, words: Words) -> str:
    """A status -> its mark, with its word."""
    return f'<span class="status {status}">{literal(words(STATUSES[status]))}</span>' if status else ""


def heading(name: str, status: str, words: Words) -> str:
    """A column's name with its mark; the word is for screen readers, unless the name says it already."""
    word, name = words(STATUSES[status]) if status else "", words.term(name)
    said = "" if word.lower() in name.lower() else hidden(words("in_brackets", said=word))
    return f'<span class="status alone {status}"></span>{literal(name)}{said}' if status else literal(name)


_CLAUSE = re.compile(r"(?<=[,:;，：；])\s*(?!\d)")


@dataclass(frozen=True, slots=True)
class _Clause:
    """A part of a sentence that holds one figure, with the figure's status; `status` is '' where it holds none."""

    text: str
    status: str = ""
    figure: Figure | None = None


def verdict_row(row: Piece, words: Words) -> str:
    """A table's row that has a target and a result and nothing besides -> a line that compares their figures; '' where the
    table says more than that itself, or the figures are not plain."""
    filled = [n for n, (_, value) in enumerate(row.citation.row) if value and n]
    statuses = of_columns(row.citation.row)
    if sorted(statuses[n] for n in filled) != ["done", "planned"]:
        return ""
    cells = {statuses[n]: row.citation.row[n][1] for n in filled}
    said = _compared(_one_figure(cells["planned"]), _one_figure(cells["done"]), words)
    return f'<tr class="computed"><th scope="row">{literal(words("compared"))}</th><td>{said}</td></tr>' if said else ""


def clauses(piece: Piece, words: Words) -> str:
    """A sentence that has one target and one result, each in a clause of its own -> a table of its clauses, whole and in
    their words; '' for any other."""
    parts = [_clause(text) for text in _CLAUSE.split(one_line(piece.sentence.text)) if text]
    by_status = {status: [p for p in parts if p.status == status] for status in ("planned", "done")}
    if piece.kind != "sentence" or any(len(found) != 1 for found in by_status.values()):
        return ""
    (target,), (result,) = by_status["planned"], by_status["done"]
    said = _compared(target.figure, result.figure, words)
    if not said:
        return ""
    lines = "".join(_line(part, f" {piece.links}" if part is parts[-1] else "", words) for part in parts)
    compared = f'<tr class="computed"><th scope="row">{literal(words("compared"))}</th><td>{said}</td></tr>'
    return f'<table class="rows met"><tbody>{lines}{compared}</tbody></table>'


def _line(part: _Clause, links: str, words: Words) -> str:
    if part.figure is None:
        return f'<tr><td colspan="2" class="across">{shown(part.text)}{links}</td></tr>'
    said = set_bold(part.text, (part.figure.start, part.figure.end))
    return f'<tr><th scope="row">{badge(part.status, words)}</th><td>{said}{links}</td></tr>'


def _clause(text: str) -> _Clause:
    from app.groundedness.quantities import status_of

    figure = _one_figure(text)
    return _Clause(text, status_of(text), figure) if figure else _Clause(text)


def _one_figure(text: str) -> Figure | None:
    """The one figure of a text that is no date and no place in an order; None where it has several, or none."""
    from app.text.figures import undated

    found = [f for f in undated(text) if f.unit != "ordinal"]
    return found[0] if len(found) == 1 else None


def _compared(target: Figure | None, result: Figure | None, words: Words) -> str:
    if not target or not result or target.unit != result.unit:
        return ""
    sign = ">" if result.value > target.value else "<" if result.value < target.value else "="
    if result.bound and result.bound != sign:  # "over 13" may be more than 17
        return ""
    met = target.bound in (">", "<") and sign == target.bound
    key = "compared_met" if met else "compared_as"
    return literal(words(key, result=result.text, sign=sign, target=target.text))


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
    """What a row that stands alone says besides the cell that stands above it in large, with its column and subject."""
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
    if _divided(first, pieces) or _one_of_many_dates(answer, first):
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
    """What a cell of a table is: its column, and what its row is about."""
    at = first.marked()
    if at is None:
        return ""
    name = first.citation.row[at[0]][0]
    return shown(f"{words.term(name)} · {first.subject}" if name and at[0] else words.term(name))


def _unit(first: Piece, words: Words) -> str:
    """In what the figure of a cell is: what stands in brackets behind its column's name, or around its table."""
    at = first.marked()
    if at is None or number(first.citation.row[at[0]][1]) is None:
        return ""
    said = _IN_BRACKETS.search(first.citation.row[at[0]][0])
    unit = said[1] if said and at[0] else first.citation.unit
    term = words.term(unit)
    return f'{"" if term.startswith("%") else " "}<span class="unit">{shown(term)}</span>' if unit else ""


def _divided(first: Piece, pieces: Sequence[Piece]) -> bool:
    """Whether rows of one table say different things of the same subject: then there is not one answer."""
    rows = [p for p in pieces if p.kind == "row"]
    alike = [(a, b) for n, a in enumerate(rows) for b in rows[n + 1 :] if a.table == b.table and a.subject == b.subject]
    return bool(alike) and first.sentence.highlight is not None


def _one_of_many_dates(answer: Answer, first: Piece) -> bool:
    """Whether a date was asked for and the sentence has several: which is meant its words say."""
    if answer.wanted not in ("date", "year") or first.kind == "row":
        return False
    from app.text.dates import dates

    return len(dates(first.sentence.text)) > 1
