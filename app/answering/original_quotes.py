"""The words of the originals that are held, beside the quote of a summary that they carry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from app.sentences import Citation, OriginalQuote
from ingest.database.alignments import Carried, carried_in
from ingest.documents import Document
from ingest.index import Index

MOST = 3
"""Passages of originals that are quoted at most beside one quote: a list or a table may rest on many."""


def quote_originals(index: Index, citation: Citation) -> Citation:
    """Return a citation with what the originals that are held now say of it, the surest first; what it quoted before stays
    if they say nothing."""
    if index.searched() is None:  # none is held
        return citation
    return replace(citation, originals=surest(_quotes(index, citation)) or citation.originals)


def surest(quotes: Iterable[OriginalQuote]) -> tuple[OriginalQuote, ...]:
    """Return the surest of the quotes, each place once."""
    places: dict[tuple[str, int], OriginalQuote] = {}
    for quote in sorted(quotes, key=lambda quote: -quote.certainty):
        places.setdefault((quote.document_id, quote.start), quote)
    return tuple(places.values())[:MOST]


def _quotes(index: Index, citation: Citation) -> Iterator[OriginalQuote]:
    keys = index.catalogue.originals()
    sources = {source.key: source for source in citation.based_on}
    for original, places in carried_in(index.catalogue, citation.document_id).items():
        inside = [place for place in places if citation.start <= place.at < citation.end]
        source, document = sources.get(keys.get(original, "")), index.document(original) if inside else None
        if source and document:
            for place in inside:
                yield OriginalQuote(
                    document_id=original,
                    source=source,
                    page=document.page(place.start),
                    paragraph=_paragraph(index, document, place),
                    quote=document.text[place.start : place.end],
                    start=place.start,
                    end=place.end,
                    language=document.language,
                    certainty=place.certainty,
                )


def _paragraph(index: Index, document: Document, place: Carried) -> int:
    """The number of the paragraph that holds a place, from 1."""
    return len({p.block for p in index.passages(document.id) if p.start <= place.start})
