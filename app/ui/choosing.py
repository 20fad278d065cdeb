"""Which documents are asked, what their list may be narrowed to, and how the Ask tab says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.ui.render import button, literal
from app.ui.titles import name_of
from app.ui.words import Words
from ingest.database.catalogue import Listed

NAMED = 2
"""Titles that the Ask tab names of the documents that are asked."""


def sources(rows: Sequence[Listed]) -> list[str]:
    """Documents -> all publishers, by name."""
    return sorted({p for row in rows for p in row.publishers}, key=str.lower)


def years(rows: Sequence[Listed]) -> list[str]:
    """Documents -> all years, the latest first."""
    return sorted({y for row in rows for y in row.years}, reverse=True)


def languages(rows: Sequence[Listed]) -> list[str]:
    """Documents -> all languages."""
    return sorted({row.language for row in rows})


def still_there(chosen: Iterable[str], rows: Sequence[Listed]) -> list[str]:
    """Chosen ids -> those whose documents have not been removed meanwhile."""
    known = {row.id for row in rows}
    return [one for one in chosen if one in known]


def narrow_html(rows: Sequence[Listed], chosen: Sequence[str], words: Words, place: str = "all") -> str:
    """Documents and chosen ids -> a line that says which documents are asked, with a button that asks all again; '' where
    all are. `place` tells the buttons of two such lines apart."""
    wanted = set(chosen)
    titles = [name_of(row, words) for row in rows if row.id in wanted]
    if not titles:
        return ""
    named = words("apart").join([*titles[:NAMED], *(["…"] if len(titles) > NAMED else [])])
    said = words("narrowed", n=len(titles), all=len(rows), titles=named)
    return f'<p class="narrow" role="status">{literal(said)} {button("all", place, words("widen"), "text")}</p>'
