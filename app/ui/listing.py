"""The list of documents as HTML, a page at a time. Everything in them is shown as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from app.ui.escape import button, literal
from app.ui.titles import SourceList, name_of, resting, span, title_html
from app.ui.words import Words
from ingest.database.catalogue import Listed

TITLES_SHOWN = 2
"""Titles that the Ask tab names of the documents that are asked."""


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
    known = {row.id for row in rows}
    return [one for one in chosen if one in known]


def narrow_html(rows: Sequence[Listed], chosen: Sequence[str], words: Words, place: str = "all") -> str:
    """Render a line that says which documents are searched, with a button to search all again.

    The result is '' if all are searched. `place` distinguishes the buttons of two such lines.
    """
    wanted = set(chosen)
    titles = [name_of(row, words) for row in rows if row.id in wanted]
    if not titles:
        return ""
    named = words("marks.semicolon").join([*titles[:TITLES_SHOWN], *(["…"] if len(titles) > TITLES_SHOWN else [])])
    said = words("narrowed", n=len(titles), all=len(rows), titles=named)
    return f'<p class="narrow" role="status">{literal(said)} {button("all", place, words("search_all"), "text")}</p>'


ROWS = 25  # documents on a page
PUBLISHERS_SHOWN = 2  # publishers that a row names


@dataclass(frozen=True, slots=True)
class Row:
    """A document of the list, what it rests on, and how many known questions it answers."""

    listed: Listed
    sources: SourceList
    known: int = 0


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page of the list: its rows, its number from 0, how many documents fit the filters, how many are held in all."""

    rows: Sequence[Row]
    number: int
    fit: int
    held: int

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(0, -(-self.fit // ROWS) - 1)


def listing_html(leaf: Leaf, chosen: Set[str], words: Words) -> str:
    """Render a page of the list as a table; only the `chosen` documents are searched."""
    if not leaf.fit:
        return f'<p class="empty">{literal(words("none_fits" if leaf.held else "not_yet"))}</p>'
    heads = ("title", "listed_sources", "years", "known_of", "by_language", "asked_only")
    head = "".join(f'<th scope="col">{literal(words(h))}</th>' for h in heads)
    said, less = (_count(leaf.fit - gone, leaf.held - gone, words) for gone in (0, 1))
    only = button("shown", "all", words("only_shown"), "text") if leaf.fit < leaf.held else ""
    rows = "".join(_row(row, row.listed.id in chosen, words) for row in leaf.rows)
    return (
        f'<div class="above"><p class="count" role="status" data-less="{literal(less)}">{literal(said)}</p>'
        f"{only}{_leaves(leaf, words)}</div>"
        f'<table class="documents"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _count(fit: int, held: int, words: Words) -> str:
    return words.count("held_one", "held", held) if fit == held else words("some_of", n=fit, all=held)


def _leaves(leaf: Leaf, words: Words) -> str:
    if not leaf.last:
        return ""
    before = button("leaf", leaf.number - 1, words("before"), "text") if leaf.number else ""
    after = button("leaf", leaf.number + 1, words("after"), "text") if leaf.number < leaf.last else ""
    said = literal(words("page_of", n=leaf.number + 1, all=leaf.last + 1))
    return f'<nav class="leaves" aria-label="{literal(words("pages"))}">{before}<span>{said}</span>{after}</nav>'


def _row(row: Row, chosen: bool, words: Words) -> str:
    listed = row.listed
    name = literal(name_of(listed, words))
    read = f'<button type="button" class="act link" id="act-read-{listed.id}">{title_html(listed, words)}</button>'
    kind = [words("a_summary")] * (listed.authorship == "summary") + [words("added_here")] * listed.added
    by = " · ".join([*kind, listed.origin, words.count("passage_one", "passages_n", listed.passages)])
    file = f'<span class="by">{literal(by)}</span>'
    pressed = "true" if chosen else "false"
    ask = (
        f'<button type="button" class="act toggle" id="act-toggle-{listed.id}" aria-pressed="{pressed}" '
        f'aria-label="{literal(words("asked_only"))}: {name}"><span class="sign tick"></span></button>'
    )
    cells = (
        ("title", read + file),
        ("listed_sources", _publishers(row.sources, words)),
        ("years", literal(span(row.sources.years))),
        ("known_of", f"{row.known:,}" if row.known else ""),
        ("by_language", literal(words.tongue(listed.language))),
        ("asked_only", ask),
    )
    return "<tr>" + "".join(f'<td class="{key}" data-head="{literal(words(key))}">{c}</td>' for key, c in cells) + "</tr>"


def _publishers(listed: SourceList, words: Words) -> str:
    """Render the publishers of a document's sources, and how many of the sources are official."""
    names = [literal(p) for p in listed.publishers[:PUBLISHERS_SHOWN]]
    more = len(listed.publishers) - PUBLISHERS_SHOWN
    if more > 0:
        names.append(literal(words("and_more", n=more)))
    said = words("marks.semicolon").join(names)
    if not listed.sources:
        return said
    return f'{said}<span class="by">{literal(resting(listed, words))}</span>'
