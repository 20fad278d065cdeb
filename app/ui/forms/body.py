"""The sentences of an answer -> HTML in the form of its question; what fits no form stands as a paragraph."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from app.answers import Answer
from app.ui.forms.figure import clauses, figure
from app.ui.forms.pieces import Piece
from app.ui.forms.series import chart, of_rows, of_sentences
from app.ui.forms.table import compared, table, upright
from app.ui.words import Words


def body(answer: Answer, pieces: Sequence[Piece], words: Words, count: int | None = None) -> str:
    """The pieces of an answer, or the first `count` of them, in the form that fits all of them; a form that is made of
    several shows them at once."""
    head = figure(answer, pieces, words)
    if not head and (whole := of_sentences(answer, pieces) or compared(answer.sides, pieces, words)):
        return whole
    opening = "" if head else clauses(pieces[0], words)
    return head + opening + _blocks(answer, pieces, len(opening) > 0, count or len(pieces), words)


def _blocks(answer: Answer, pieces: Sequence[Piece], begin: int, end: int, words: Words) -> str:
    """Pieces in their order, those from `begin` to `end`: the rows of a table, all of them, where its first stands, so that
    it need not grow; the items of a list as a list."""
    parts: list[str] = []
    done: set[object] = set()
    for kind, together in groupby(pieces[begin:end], key=lambda p: p.kind):
        run = list(together)
        if kind == "item":
            parts.append('<ul class="points">' + "".join(f"<li>{p.html()}</li>" for p in run) + "</ul>")
        elif kind == "row":
            for row in run:
                if row.table not in done:
                    done.add(row.table)
                    rows = [p for p in pieces if p.kind == "row" and p.table == row.table]
                    parts.append(_table(answer, rows, words))
        else:
            parts += [f'<p class="sentence">{p.html()}</p>' for p in run]
    return "".join(parts)


def _table(answer: Answer, rows: Sequence[Piece], words: Words) -> str:
    return of_rows(rows) or chart(rows, answer.standalone_query, words) + table(rows, answer.sides, words)


def nearest(pieces: Sequence[Piece], places: Sequence[str], words: Words) -> str:
    """What is nearest to a question that is not answered -> a list of it, where each stands, in its words; a row with its
    headings."""
    items = []
    for piece, place in zip(pieces, places, strict=True):
        said = upright(piece, words) if piece.kind == "row" else f'<p class="quote">{piece.html()}</p>'
        items.append(f'<li><span class="place">{place}</span>{said}</li>')
    return f'<ul class="near">{"".join(items)}</ul>' if items else ""
