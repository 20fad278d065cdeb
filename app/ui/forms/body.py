"""The sentences of an answer -> HTML: quotes in the form of the question, what was written in its own blocks."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby

from app.answers import Answer
from app.ui.escape import shown
from app.ui.forms.figure import opening
from app.ui.forms.met import clauses
from app.ui.forms.pieces import Piece
from app.ui.forms.series import chart, of_rows, of_sentences, steps
from app.ui.forms.table import compared, table
from app.ui.words import Words


def body(answer: Answer, pieces: Sequence[Piece], words: Words, count: int | None = None) -> str:
    """The pieces of an answer, or the first `count` of them, in the form that fits all of them; a form that is made of
    several shows them at once. Nothing is said twice."""
    pieces, count = once(pieces), count or len(pieces)
    head, rest = opening(answer, pieces, words)
    if not head and (whole := of_sentences(answer, pieces) or compared(answer.sides, pieces, words)):
        return whole
    if not head and (both := clauses(pieces[0], words)):
        head, rest = both, pieces[1:]
    return head + _blocks(answer, rest, count - (len(pieces) - len(rest)), words)


_FIGURE = re.compile(r"(?<![\d.,])(?!(?:19|20)\d\d(?![\d.,]))\d+(?:[.,]\d+)*")  # a year alone tells one fact from no other


def once(pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces -> the same without those that say again what a row before them says: its subject, and no figure besides its
    own. Their numbers stand with the row."""
    kept: list[Piece] = []
    for piece in pieces:
        says = next((n for n, row in enumerate(kept) if row.kind == "row" and _says(row, piece)), None)
        if says is None:
            kept.append(piece)
        else:
            kept[says] = replace(kept[says], links=kept[says].links + piece.links)
    return kept


def _says(row: Piece, piece: Piece) -> bool:
    subject, text = row.subject.casefold(), piece.sentence.text
    about = subject == piece.subject.casefold() if piece.kind == "row" else subject in text.casefold()
    if not subject or not about or row.table == piece.table:
        return False
    own = _figures(piece) - set(_FIGURE.findall(subject))
    return bool(own) and own <= _figures(row)


def _figures(piece: Piece) -> set[str]:
    said = " ".join(value for _, value in piece.citation.row) if piece.kind == "row" else piece.sentence.text
    return set(_FIGURE.findall(said))


def _blocks(answer: Answer, pieces: Sequence[Piece], count: int, words: Words) -> str:
    """The first `count` pieces in their order: the rows of a table, all of them, where its first stands, so that
    it need not grow; the items of a list as a list."""
    parts: list[str] = []
    done: set[object] = set()
    for kind, together in groupby(pieces[: max(0, count)], key=lambda p: p.kind):
        run = list(together)
        if kind == "item":
            parts.append(_list(run, words))
        elif kind == "row":
            for row in run:
                if row.table not in done:
                    done.add(row.table)
                    rows = [p for p in pieces if p.kind == "row" and p.table == row.table]
                    parts.append(_rows(answer, rows, words))
        else:
            parts.append(_sentences(run))
    return "".join(parts)


def _rows(answer: Answer, rows: Sequence[Piece], words: Words) -> str:
    return of_rows(rows) or chart(rows, answer.standalone_query, words) + table(rows, answer.sides, words)


def written(answer: Answer | None, pieces: Sequence[Piece], words: Words, count: int | None = None) -> str:
    """A written answer, by a language model or beforehand, in its blocks; of a whole answer first what was asked for."""
    head, rest = opening(answer, pieces, words) if answer else ("", pieces)
    if answer and (line := steps(rest[:count], rest)):
        return head + line
    parts = [head]
    for place, together in groupby(rest[:count], key=_block):
        run, whole = list(together), [p for p in rest if _block(p) == place]
        if place and answer and place[1] == "table":
            parts.append(chart([_as_row(p) for p in whole], answer.standalone_query, words))
        line = steps(run, whole) if place and answer and place[1] == "list" else ""
        parts.append(line or (_WRITTEN[place[1]](run, words) if place else _sentences(run)))
    return "".join(parts)


def _as_row(piece: Piece) -> Piece:
    """A row that was written -> the same as if it had been quoted, so that it can be drawn; its numbers stand below."""
    cells = piece.sentence.place.cells if piece.sentence.place else ()
    said = replace(piece.sentence, highlight=None)
    return replace(piece, kind="row", links="", citation=replace(piece.citation, row=cells), sentence=said)


def _block(piece: Piece) -> tuple[int, str] | None:
    place = piece.sentence.place
    return (place.block, place.kind) if place else None


def _sentences(run: Sequence[Piece]) -> str:
    return "".join(f'<p class="sentence">{p.html()}</p>' for p in run)


def _paragraph(block: Sequence[Piece], _: Words) -> str:
    return "<p>" + " ".join(f'<span class="statement">{piece.html()}</span>' for piece in block) + "</p>"


def _list(block: Sequence[Piece], _: Words) -> str:
    return '<ul class="points">' + "".join(f"<li>{piece.html()}</li>" for piece in block) + "</ul>"


def _table(block: Sequence[Piece], words: Words) -> str:
    """Rows below the headings of the first; the numbers stand in the last cell."""
    first = block[0].sentence.place
    names = [name for name, _ in first.cells] if first else []
    heads = "".join(f'<th scope="col">{shown(words.term(n))}</th>' for n in names)
    rows = []
    for sentence, links in ((piece.sentence, piece.links) for piece in block):
        values = [shown(value) for _, value in sentence.place.cells] if sentence.place else []
        *before, last = values or [shown(sentence.text)]
        width = f' colspan="{len(names)}"' if not values and len(names) > 1 else ""
        rows.append("<tr>" + "".join(f"<td>{v}</td>" for v in before) + f"<td{width}>{last} {links}</td></tr>")
    head = f"<thead><tr>{heads}</tr></thead>" if any(names) else ""
    return f'<div class="wide" tabindex="0"><table>{head}<tbody>{"".join(rows)}</tbody></table></div>'


_WRITTEN: dict[str, Callable[[Sequence[Piece], Words], str]] = {"paragraph": _paragraph, "list": _list, "table": _table}
"""Statements with the links of their numbers -> the block that they make."""
