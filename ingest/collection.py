"""The vectors in a Chroma collection: written as they are read, and asked for again to see that they are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from ingest.catalogue import T, Vector

PROBES = 50
BATCH = 1_000  # vectors that are written at once
Rows = Iterable[tuple[int, str, Vector]]
"""Embedded passages: id, document id, vector."""


def write(collection: Any, rows: Rows, most: int, done: Callable[[int], None]) -> tuple[int, int, list[Vector]]:
    """Rows -> at most so many of them in the collection: (how many, the id of the last, some of their vectors, evenly
    spread)."""
    left, count, last = islice(iter(rows), most), 0, 0
    probes: list[Vector] = []
    for part in _batches(left):
        collection.add(ids=[str(i) for i, _, _ in part], embeddings=np.stack([v for _, _, v in part]))
        count, last = count + len(part), part[-1][0]
        probes = _spread(probes + [v for _, _, v in _spread(part)], PROBES * 20)
        done(count)
    return count, last, _spread(probes)


def found_again(collection: Any, probes: list[Vector]) -> float:
    """Vectors that were written -> the share of them that come back at distance zero."""
    probes = [v for v in probes if v.any()]  # what could not be embedded is near to nothing
    if not probes:
        return 1.0
    found = collection.query(query_embeddings=[v.tolist() for v in probes], n_results=1, include=["distances"])
    right: int = sum(bool(row) and row[0] < 0.001 for row in found["distances"])
    return right / len(probes)


def _batches(rows: Iterator[tuple[int, str, Vector]]) -> Iterator[list[tuple[int, str, Vector]]]:
    while part := list(islice(rows, BATCH)):
        yield part


def _spread(items: list[T], wanted: int = PROBES) -> list[T]:
    return items[:: max(1, len(items) // wanted)]
