"""The list of documents as HTML, a page at a time. Everything in them is shown as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from markupsafe import Markup

from app.ui.template import macros
from app.ui.titles import SourceList, name_of
from app.ui.words import Words
from ingest.database.catalogue import Listed

TITLES_SHOWN = 2
"""Titles that the Ask tab names of the documents that are asked."""
ROWS = 25  # documents on a page
PUBLISHERS_SHOWN = 2  # publishers that a row names


def sources(rows: Sequence[Listed]) -> list[str]:
    """List all publishers of some documents, by name."""
    return sorted({p for row in rows for p in row.publishers}, key=str.lower)


def years(rows: Sequence[Listed]) -> list[str]:
    """List all years of some documents, the latest first."""
    return sorted({y for row in rows for y in row.years}, reverse=True)


def languages(rows: Sequence[Listed]) -> list[str]:
    """List all languages of some documents."""
    return sorted({row.language for row in rows})


def still_there(chosen: Iterable[str], rows: Sequence[Listed]) -> list[str]:
    """Return the chosen ids whose documents have not been removed since."""
    present = {row.id for row in rows}
    return [one for one in chosen if one in present]


def narrow_html(
    rows: Sequence[Listed], chosen: Sequence[str], words: Words, place: str = "all", questions: Sequence[str] = ()
) -> Markup:
    """Render a line that says which documents are searched, with a button to search all again, and `questions` to them.

    The result is '' if all are searched. `place` distinguishes the buttons of two such lines.
    """
    wanted = set(chosen)
    titles = [name_of(row, words) for row in rows if row.id in wanted]
    return macros("listing", words).narrow(titles, TITLES_SHOWN, len(rows), place, questions)


@dataclass(frozen=True, slots=True)
class Row:
    """A document of the list, what it rests on, and how many known questions it answers."""

    listed: Listed
    sources: SourceList
    questions: int = 0


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page of the list: its rows, its number from 0, how many documents fit the filters, how many there are in all."""

    rows: Sequence[Row]
    number: int
    fit: int
    total: int

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(0, -(-self.fit // ROWS) - 1)


def listing_html(leaf: Leaf, chosen: Set[str], words: Words) -> Markup:
    """Render a page of the list as a table; only the `chosen` documents are searched."""
    return macros("listing", words).listing(leaf, chosen, PUBLISHERS_SHOWN)
