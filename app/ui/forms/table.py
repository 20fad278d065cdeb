"""Rows of one table -> that table: one row upright, several below their headings, or a column a side."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.ui.escape import literal, shown
from app.ui.forms.met import verdict_row
from app.ui.forms.pieces import Piece
from app.ui.forms.status import heading, of_columns
from app.ui.words import Words

SHORT = 12  # characters of what a row is about that stand in one line with its source's number


def table(rows: Sequence[Piece], sides: Sequence[str], words: Words) -> str:
    """Rows with the same headings -> a table with the asked cell marked, units and sources kept."""
    if len(rows) == 1:
        return upright(rows[0], words)
    if len(sides) >= 2 and all(any(side in row.subject for side in sides) for row in rows):
        return _turned(rows, words)
    return _grid(rows, words)


def upright(row: Piece, words: Words) -> str:
    """One row, a line a column: what it is about first, with the number of its source."""
    statuses = of_columns(row.citation.row)
    lines: list[str] = []
    for number, (name, value) in enumerate(row.citation.row):
        if value:
            links = "" if lines else f" {row.links}"
            head = heading(name, statuses[number], words)
            lines.append(f'<tr><th scope="row">{head}</th><td{_asked(row, number)}>{row.cell(number)}{links}</td></tr>')
    inside = "".join(lines) + verdict_row(row, words)
    return f'<table class="rows upright">{_caption([row], words)}<tbody>{inside}</tbody></table>'


def _grid(rows: Sequence[Piece], words: Words) -> str:
    names = [name for name, _ in rows[0].citation.row]
    columns = [n for n in range(len(names)) if any(row.citation.row[n][1] for row in rows)]
    statuses = of_columns(*(row.citation.row for row in rows))
    heads = "".join(f'<th scope="col">{heading(names[n], statuses[n], words)}</th>' for n in columns)
    lines = []
    for row in rows:
        first, *others = columns
        said = f"{row.cell(first)} {row.links}"
        said = f'<span class="whole">{said}</span>' if len(row.subject) <= SHORT else said
        cells = f'<th scope="row"{_asked(row, first)}>{said}</th>'
        cells += "".join(f"<td{_asked(row, n)}>{row.cell(n)}</td>" for n in others)
        lines.append(f"<tr>{cells}</tr>")
    body = f"<thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return _scrolling(f'<table class="rows">{_caption(rows, words)}{body}</table>')


def _turned(rows: Sequence[Piece], words: Words) -> str:
    """A column a row: what is compared stands side by side, and a cell without anything says so."""
    names = [name for name, _ in rows[0].citation.row]
    columns = [n for n in range(1, len(names)) if any(row.citation.row[n][1] for row in rows)]
    heads = f'<th scope="col">{literal(words.term(names[0]))}</th>'
    heads += "".join(f'<th scope="col">{row.cell(0)} {row.links}</th>' for row in rows)
    lines = []
    for n in columns:
        cells = "".join(f"<td{_asked(row, n)}>{row.cell(n) or empty(words('empty_cell'))}</td>" for row in rows)
        lines.append(f'<tr><th scope="row">{literal(words.term(names[n]))}</th>{cells}</tr>')
    body = f"<thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return _scrolling(f'<table class="rows sides">{_caption(rows, words)}{body}</table>')


def empty(said: str) -> str:
    """The sign of an empty cell."""
    return f'<span class="empty">{literal(said)}</span>'


def _scrolling(content: str) -> str:
    return f'<div class="wide" tabindex="0">{content}</div>'


def _caption(rows: Sequence[Piece], words: Words) -> str:
    unit = rows[0].citation.unit
    return f"<caption>{shown(words.term(unit))}</caption>" if unit else ""


def _asked(row: Piece, column: int) -> str:
    at = row.marked()
    return ' class="asked"' if at and at[0] == column else ""


def compared(sides: Sequence[str], pieces: Sequence[Piece], words: Words) -> str:
    """Sentences on the sides of a comparison -> a table; '' where none is on one side alone, or one is on no side."""
    if len(sides) < 2 or any(piece.kind != "sentence" for piece in pieces):
        return ""
    about = [_about(piece, sides) for piece in pieces]
    if not any(len(found) == 1 for found in about) or not all(about):
        return ""
    heads = "".join(f'<th scope="col">{literal(side)}</th>' for side in sides)
    columns = "".join(f"<td>{_own(side, pieces, about, words)}</td>" for side in sides)
    common = "".join(
        f'<tr><td class="across" colspan="{len(sides)}">{piece.html()}</td></tr>'
        for piece, found in zip(pieces, about, strict=True)
        if len(found) > 1
    )
    body = f"<thead><tr>{heads}</tr></thead><tbody><tr>{columns}</tr>{common}</tbody>"
    return f'<div class="wide" tabindex="0"><table class="rows sides">{body}</table></div>'


def _about(piece: Piece, sides: Sequence[str]) -> list[str]:
    return [s for s in sides if re.search(rf"(?<!\w){re.escape(s)}(?!\w)", piece.sentence.text, re.IGNORECASE)]


def _own(side: str, pieces: Sequence[Piece], about: Sequence[Sequence[str]], words: Words) -> str:
    """The sentences on one side alone, or that there are none."""
    own = [f"<p>{p.html()}</p>" for p, found in zip(pieces, about, strict=True) if list(found) == [side]]
    return "".join(own) or empty(words("empty_side"))
