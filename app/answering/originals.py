"""The words of the stored originals beside the quote of a summary that they support."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from app.sentences import Citation, OriginalQuote
from ingest.database.alignments import AlignedPassage, aligned_passages
from ingest.documents import Document
from ingest.index import Index


def quote_originals(index: Index, citation: Citation) -> Citation:
    """Return a citation with what the stored originals now say about it, the surest first.

    If they say nothing, the quotes of originals that it already has stay.
    """
    if index.searched_documents() is None:  # none is held
        return citation
    return replace(citation, originals=surest(_quotes(index, citation)) or citation.originals)


def surest(quotes: Iterable[OriginalQuote]) -> tuple[OriginalQuote, ...]:
    """Return the three surest of the quotes, each place once: a list or a table may rest on many."""
    places: dict[tuple[str, int], OriginalQuote] = {}
    for quote in sorted(quotes, key=lambda quote: -quote.certainty):
        places.setdefault((quote.document_id, quote.start), quote)
    return tuple(places.values())[:3]


def _quotes(index: Index, citation: Citation) -> Iterator[OriginalQuote]:
    keys = index.catalogue.originals()
    sources = {source.key: source for source in citation.based_on}
    for original, places in aligned_passages(index.catalogue, citation.document_id).items():
        carried = [place for place in places if citation.start <= place.at < citation.end]
        source, document = sources.get(keys.get(original, "")), index.document(original) if carried else None
        if source and document:
            for place in carried:
                yield OriginalQuote(
                    document_id=original,
                    source=source,
                    page=document.page(place.start),
                    paragraph=_paragraph_number(index, document, place),
                    quote=document.text[place.start : place.end],
                    start=place.start,
                    end=place.end,
                    language=document.language,
                    certainty=place.certainty,
                )


def _paragraph_number(index: Index, document: Document, place: AlignedPassage) -> int:
    """Return the number of the paragraph that holds a place, from 1."""
    return len({p.block for p in index.passages(document.id) if p.start <= place.start})
