"""Tells a target from a result by the heading of its column, or by the clause that it stands in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from app.sentences import Citation
from app.ui.escape import hidden, literal
from app.ui.forms.pieces import Piece
from app.ui.words import Words

STATUSES = {"planned": "a_target", "done": "a_result"}
"""The checks' name of a status -> the page's word for it."""
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
