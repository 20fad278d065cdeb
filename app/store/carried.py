"""Where the originals that are held carry the sentences of the summaries that rest on them, and which none carries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.groundedness.alignment import METHOD, Original, Vectors, align
from ingest.database import alignments
from ingest.database.catalogue import Catalogue, Vector
from ingest.documents import Document, Passage
from ingest.progress import Progress, quiet


def summaries(catalogue: Catalogue) -> Iterator[tuple[Document, tuple[Passage, ...]]]:
    """The documents that name sources, each with its passages."""
    for listed in catalogue.listing():
        if listed.sources and (document := catalogue.document(listed.id)):
            yield document, tuple(p for chunk in catalogue.document_chunks(document.id) for p in chunk.passages)


def align_originals(catalogue: Catalogue, progress: Progress = quiet) -> None:
    """Find where the originals carry the sentences of the summaries, for each pair that changed since it was last done.
    To be called while nobody else writes, once all passages have vectors."""
    waiting = alignments.missing(catalogue, METHOD)
    ready: Original | None = None
    for number, pair in enumerate(waiting):
        progress("Aligning", number, len(waiting))
        if ready is None or ready.document.id != pair.original:
            ready = Original(*_read(catalogue, pair.original))
        carried = align(*_read(catalogue, pair.summary), pair.sources, ready)
        alignments.put(catalogue, pair, METHOD, carried)
    progress("Aligning", len(waiting), len(waiting))


def _read(catalogue: Catalogue, document_id: str) -> tuple[Document, list[Passage], Vectors]:
    """A document, its passages and their vectors."""
    document = catalogue.document(document_id)
    assert document is not None, "pairs are of documents that are held"
    ids = catalogue.numbered_chunks(document_id)
    vectors: dict[int, list[Vector]] = {}
    for at in range(0, len(ids), 500):
        vectors |= catalogue.vectors_in([i for i, _ in ids[at : at + 500]])
    return document, [p for _, c in ids for p in c.passages], np.stack([v for i, _ in ids for v in vectors[i]])


@dataclass(frozen=True, slots=True)
class Uncarried:
    """A sentence of ours that none of the originals held of its sources carries."""

    file: str
    sentence: str
    sources: tuple[str, ...]


def uncarried(catalogue: Catalogue) -> tuple[int, list[Uncarried]]:
    """How many sentences rest on sources whose originals are held, and those of them that none of these carries."""
    originals, found, many = catalogue.originals(), [], 0
    keys = set(originals.values())
    for document, passages in summaries(catalogue):
        titles = {s.id: s.title for s in document.sources if s.key in keys}
        carried = {c.at for every in alignments.carried_in(catalogue, document.id).values() for c in every}
        for passage in passages:
            if resting := [titles[i] for i in passage.sources if i in titles]:
                many += 1
                if passage.start not in carried:
                    found.append(Uncarried(document.origin, passage.introduced(document.text), tuple(resting)))
    return many, found
