"""A target and its result beside each other, and what comparing the two figures comes to.

A verdict is what a document says. Where it says none the program compares two figures that are quoted, and says that it did;
"met" it says only where the target names its bound ("over 7 percent") and the result lies on that side of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ui.escape import literal, one_line, shown
from app.ui.forms.pieces import Piece, set_bold
from app.ui.forms.status import badge, of_columns
from app.ui.words import Words

if TYPE_CHECKING:
    from app.text.figures import Figure

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
    return _computed(said, words) if said else ""


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
    return f'<table class="rows met"><tbody>{lines}{_computed(said, words)}</tbody></table>'


def _computed(said: str, words: Words) -> str:
    return f'<tr class="computed"><th scope="row">{literal(words("compared"))}</th><td>{said}</td></tr>'


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
