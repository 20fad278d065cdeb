"""Passages of the originals that are stored, in their own words, below our summary of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from app.answering.verify import surest
from app.sentences import Citation, OriginalQuote
from app.ui.excerpts import head, tail
from app.ui.forms.pieces import Read
from app.ui.session import Visitor
from app.ui.template import macros
from app.ui.words import Words
from app.web.auth import may_change
from app.web.service import Service
from app.web.shelf import Reading
from ingest.documents import Source
from ingest.fetch import is_address

Missing = Callable[[Source], bool]
"""True for a source whose original is not stored, if the visitor may have it fetched."""


def none_missing(_: Source) -> bool:
    """Offer nothing."""
    return False


def missing_for(visitor: Visitor, service: Service) -> Missing:
    """Return a function that is True for sources whose originals the visitor may have fetched."""
    if not may_change(service.settings, visitor.elsewhere):
        return none_missing
    stored = set(service.index.catalogue.originals().values())
    return lambda source: is_address(source.url) and source.key not in stored


def originals_html(citations: Sequence[Citation], read: Read, words: Words, opens: bool = True) -> Markup:
    """Show the passages of stored originals that support what an answer cites of a summary.

    Args:
        citations: The citations of the summary.
        read: Gives the text of an original by its id, None if it is gone.
        words: The labels, in the language of the page.
        opens: True to add a button that opens the original at the passage, if the original is still stored.

    Returns:
        HTML of the surest passages; '' if there are none.
    """
    quotes = surest(quote for citation in citations for quote in citation.originals)
    return Markup().join(_passage(quote, read(quote.document_id), words, opens) for quote in quotes)


def _passage(quote: OriginalQuote, reading: Reading | None, words: Words, opens: bool) -> Markup:
    """Render a passage of an original, marked in its surroundings, with its place and a button to it.

    If the original is gone, its words stand alone.
    """
    text = reading.text if reading else ""
    before, after = text[: quote.start].rpartition("\n\n")[2], text[quote.end :].partition("\n\n")[0]
    return macros("in_original", words).passage(quote, tail(before), head(after), opens and reading is not None)
