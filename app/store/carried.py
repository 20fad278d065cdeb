"""Aligns summaries with their originals."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter

import numpy as np

from app.groundedness.alignment import METHOD, Original, align
from ingest.database import alignments
from ingest.database.catalogue import Catalogue
from ingest.documents import Document, Passage
from ingest.models.load import Vectors
from ingest.progress import Progress, quiet


def summaries(catalogue: Catalogue) -> Iterator[tuple[Document, list[Passage]]]:
    """Yield the documents that name sources, each with its passages."""
    for listed in catalogue.listing():
        if listed.sources and (document := catalogue.document(listed.id)):
            yield document, _passages(catalogue, document.id)


def align_originals(catalogue: Catalogue, progress: Progress = quiet) -> None:
    """Find which passages of the originals support the sentences of the summaries.

    Only pairs that have changed since they were last aligned are done. Call it while nobody else writes and once all
    passages have vectors.
    """
    pairs = alignments.missing_pairs(catalogue, METHOD)
    original: Original | None = None
    for number, pair in enumerate(pairs):
        progress("Aligning", number, len(pairs))
        if original is None or original.document.id != pair.original:
            original = Original(*_with_vectors(catalogue, pair.original))
        supported = align(*_with_vectors(catalogue, pair.summary), pair.sources, original)
        alignments.put_alignment(catalogue, pair, METHOD, supported)
    progress("Aligning", len(pairs), len(pairs))


def _with_vectors(catalogue: Catalogue, document_id: str) -> tuple[Document, list[Passage], Vectors]:
    """Return a document, its passages and their vectors, in the same order."""
    document = catalogue.document(document_id)
    assert document is not None, "pairs are of documents that are held"
    vectors = sorted(catalogue.vectors_of([document_id]), key=itemgetter(0))  # numbered as the passages stand
    return document, _passages(catalogue, document_id), np.stack([vector for *_, vector in vectors])


def _passages(catalogue: Catalogue, document_id: str) -> list[Passage]:
    return [p for chunk in catalogue.document_chunks(document_id) for p in chunk.passages]
