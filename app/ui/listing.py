"""The documents as HTML: the table of all, and one opened. Everything in them is shown as text."""

from __future__ import annotations

from collections.abc import Sequence

from app.ui.cards import is_web_address
from app.ui.render import literal, one_line
from app.ui.words import Words
from ingest.catalogue import Listed
from ingest.documents import Document, Passage

LONGEST = 1_500  # passages of an opened document that are shown


def listing_html(rows: Sequence[Listed], held: int, words: Words) -> str:
    """Documents -> a table of them; `held` are there in all."""
    if not rows:
        return f'<p class="empty">{literal(words("none_fits" if held else "not_yet"))}</p>'
    heads = ("title", "by_source", "date", "by_language", "characters", "passages")
    head = "".join(f'<th scope="col">{literal(words(h))}</th>' for h in heads)
    said = words.count("held_one", "held", held) if len(rows) == held else words("some_of", n=len(rows), all=held)
    return (
        f'<div class="rows" role="region" tabindex="0" aria-label="{literal(words("documents_tab"))}">'
        f'<table class="documents"><caption>{literal(said)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, rows))}</tbody></table></div>"
    )


def _row(row: Listed) -> str:
    title = literal(one_line(row.title)) or "Untitled"
    if is_web_address(row.url):
        title = f'<a href="{literal(row.url)}" target="_blank" rel="noopener noreferrer">{title}</a>'
    source = ", ".join(literal(t) for t in (row.publisher, row.origin) if t)
    cells = (title, source, literal(row.date), literal(row.language), f"{row.characters:,}", f"{row.passages:,}")
    return f"<tr>{''.join(f'<td>{c}</td>' for c in cells)}</tr>"


def document_html(document: Document, passages: Sequence[Passage]) -> str:
    """A document -> its passages in order, under their headings and pages. Everything in it is shown as text."""
    parts, heading, page = [], "", None
    for passage in passages[:LONGEST]:
        if (number := document.page(passage.start)) != page:
            page = number
            parts.append(f'<p class="page">p. {page}</p>')
        if passage.heading != heading:
            heading = passage.heading
            parts.append(f"<h4>{literal(one_line(heading))}</h4>" if heading else "")
        parts.append(f'<p class="{passage.kind}">{literal(passage.read(document.text))}</p>')
    if len(passages) > LONGEST:
        parts.append(f'<p class="empty">{len(passages) - LONGEST:,} further passages are not shown.</p>')
    head = f"<h3>{literal(one_line(document.title))}</h3>"
    return f'<article class="opened" tabindex="0" lang="{literal(document.language)}">{head}{"".join(parts)}</article>'
