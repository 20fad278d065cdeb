"""One figure, date or name that was asked for -> it first, in large, with what it is and the date of its source."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answers import Answer
from app.sentences import Citation
from app.ui.escape import literal, shown
from app.ui.forms.pieces import Piece
from app.ui.forms.series import number
from app.ui.forms.status import badge, of_piece
from app.ui.words import Words

LONGEST = 60  # characters that can be read in large
_IN_BRACKETS = re.compile(r"[(（]([^()（）]{1,40})[)）]$")
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
    value = f"<strong>{shown(first.sentence.text[slice(*span)])}</strong>{_unit(first)}"
    status = of_piece(first) if answer.wanted in _FIGURES else ""
    facts = [_what(first), literal(words("stated", date=date)) if (date := dated([first.citation], words)) else ""]
    below = " · ".join(filter(None, facts))
    below = f'<p class="whatof">{below}</p>' if below else ""
    return f'<div class="figure"><p class="large">{value} {badge(status, words)} {first.links}</p>{below}</div>'


def dated(citations: Sequence[Citation], words: Words) -> str:
    """Citations -> the date of the sources behind them, or the first and the last; '' where none has one."""
    dates = sorted({s.date for c in citations for s in c.sources if s.date})
    return " – ".join(dict.fromkeys(words.day(d) for d in (dates[:1] + dates[-1:])))


def _what(first: Piece) -> str:
    """What a cell of a table is: its column, and what its row is about."""
    at = first.marked()
    if at is None:
        return ""
    name = first.citation.row[at[0]][0]
    return shown(f"{name} · {first.subject}" if name and at[0] else name)


def _unit(first: Piece) -> str:
    """In what the figure of a cell is: what stands in brackets behind its column's name, or around its table."""
    at = first.marked()
    if at is None or number(first.citation.row[at[0]][1]) is None:
        return ""
    said = _IN_BRACKETS.search(first.citation.row[at[0]][0])
    unit = said[1] if said and at[0] else first.citation.unit
    return f' <span class="unit">{shown(unit)}</span>' if unit else ""


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
