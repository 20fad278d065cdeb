"""The vectors in a Chroma collection: written, and asked for again to see that they are found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ingest.catalogue import Vector, batched

PROBES = 50
Wanted = Mapping[int, tuple[str, Vector]]
"""Embedded passage -> (document id, vector)."""


def write(collection: Any, lost: Sequence[int], new: Sequence[int], wanted: Wanted) -> None:
    """Passages that went and that came -> the collection without the former and with the latter."""
    for part in batched(lost, 1_000):
        collection.delete(ids=[str(i) for i in part])
    for part in batched(new, 1_000):
        collection.add(
            ids=[str(i) for i in part],
            embeddings=[wanted[i][1].tolist() for i in part],
            metadatas=[{"document_id": wanted[i][0]} for i in part],
        )


def found_again(collection: Any, new: Sequence[int], wanted: Wanted) -> float:
    """What was written and all that is there -> the share of some, evenly spread, that come back at distance zero."""
    probes = [wanted[i][1] for i in (*_spread(new), *_spread(sorted(wanted)))]
    if not probes:
        return 1.0
    found = collection.query(query_embeddings=[v.tolist() for v in probes], n_results=1, include=["distances"])
    right: int = sum(bool(row) and row[0] < 0.001 for row in found["distances"])
    return right / len(probes)


def _spread(ids: Sequence[int]) -> Sequence[int]:
    return ids[:: max(1, len(ids) // PROBES)]
