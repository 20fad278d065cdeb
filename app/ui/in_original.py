"""Passages of the originals that are held, in their own words, below our summary of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.answering.verify import surest
from app.sentences import Citation, OriginalQuote
from app.ui.escape import button, literal
from app.ui.excerpts import head, mark, tail
from app.ui.forms.pieces import Read
from app.ui.session import Visitor
from app.ui.titles import name_of
from app.ui.words import Words
from app.web.auth import may_change
from app.web.service import Service
from ingest.documents import Source
from ingest.fetch import is_address

Missing = Callable[[Source], bool]
"""True for a source whose original is not held, if the visitor may have it fetched."""


def none_missing(_: Source) -> bool:
    """Offer nothing."""
    return False


def missing_for(visitor: Visitor, service: Service) -> Missing:
    """Return a function that is True for sources whose originals the visitor may have fetched."""
    if not may_change(service.settings, visitor.elsewhere):
        return none_missing
    held = set(service.index.catalogue.originals().values())
    return lambda source: is_address(source.url) and source.key not in held


def originals_html(citations: Sequence[Citation], read: Read, words: Words, opens: bool = True) -> str:
    """Show the passages of stored originals that support what an answer cites of a summary.

    Args:
        citations: The citations of the summary.
        read: Gives the text of an original by its id, None if it is gone.
        words: The labels, in the language of the page.
        opens: True to add a button that opens the original at the passage, if the original is still held.

    Returns:
        HTML of the surest passages; '' if there are none.
    """
    return "".join(_in_original(o, read, words, opens) for o in surest(o for c in citations for o in c.originals))


def _in_original(one: OriginalQuote, read: Read, words: Words, opens: bool) -> str:
    """Render a passage of an original, marked in its surroundings, with its place and a button to it.

    If the original is gone, its words stand alone.
    """
    reading = read(one.document_id)
    text = reading.text if reading else ""
    before, after = text[: one.start].rpartition("\n\n")[2], text[one.end :].partition("\n\n")[0]
    place = words("page", n=one.page) if one.page else words("paragraph", n=one.paragraph)
    where = " · ".join((name_of(one.source, words), place, words.tongue(one.language)))
    quote = f"<p>{tail(before)}{mark(one.quote)}{head(after)}</p>"
    there = button("place", f"{one.document_id}-{one.start}-{one.end}", words("in_its_place"), "text")
    return (
        f'<section class="in-original"><p class="label">{literal(words("in_original"))}</p>'
        f'<blockquote lang="{literal(one.language)}">{quote}</blockquote>'
        f'<p class="by">{literal(where)}</p>{there if opens and reading else ""}</section>'
    )
