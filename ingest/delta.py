"""Exact search: of what lies in no segment, in memory, and of rows as they are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ingest.catalogue import PAGE, Catalogue, Vector
from ingest.segments import Span

Matrix = NDArray[np.float32]
Pairs = list[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Delta:
    """Embedded passages that are in the catalogue and in no segment, up to `last`. `whole`: none of them lacked a vector."""

    ids: tuple[int, ...] = ()
    vectors: Matrix | None = None
    """Of length 1."""
    last: int = 0
    whole: bool = False

    @classmethod
    def read(cls, catalogue: Catalogue, spans: Sequence[Span], dimension: int, last: int) -> Delta:
        """A catalogue's passages with ids in these spans, which are all up to `last` that no segment holds."""
        whole = catalogue.first_lacking() is None  # asked first: what gets its vector meanwhile is read again
        rows = (row for span in spans for row in catalogue.vectors(span.first, span.last))
        return cls(*_stacked(rows, dimension), last, whole)

    def holds(self, catalogue: Catalogue, spans: Sequence[Span], dimension: int) -> bool:
        """Whether what came later can be put behind: nothing in it is missing, and not half of it is gone."""
        if not self.whole or self.vectors is None or self.vectors.shape[1] != dimension:
            return False
        half = len(self.ids) // 2
        return sum(catalogue.between(s.first, s.last, half + 1) for s in spans) > half or not self.ids

    def grown(self, catalogue: Catalogue, last: int) -> Delta:
        """With what came after its last."""
        if self.vectors is None or last <= self.last:
            return self
        came = Delta.read(catalogue, [Span(self.last, last)], self.vectors.shape[1], last)
        assert came.vectors is not None
        return Delta(self.ids + came.ids, np.concatenate([self.vectors, came.vectors]), last, came.whole)

    def nearest(self, vector: Vector, limit: int) -> Pairs:
        """(embedded passage, cosine similarity), best first; passages that are gone may be among them."""
        if self.vectors is None or self.vectors.shape[1] != len(vector):
            return []
        return _best(self.ids, self.vectors @ _unit(vector), limit)


def exactly(rows: Iterable[tuple[int, str, Vector]], vector: Vector, limit: int) -> Pairs:
    """Rows of a catalogue -> the nearest of them, best first; a page of them is held at a time."""
    best: Pairs = []
    rows = iter(rows)
    while part := list(islice(rows, PAGE)):
        ids, vectors = _stacked(part, len(vector))
        best = sorted([*best, *_best(ids, vectors @ _unit(vector), limit)], key=lambda p: -p[1])[:limit]
    return best


def _stacked(rows: Iterable[tuple[int, str, Vector]], dimension: int) -> tuple[tuple[int, ...], Matrix]:
    """The ids and the vectors, of length 1, of those that have so many numbers."""
    kept = [(i, vector) for i, _, vector in rows if vector.shape == (dimension,)]
    stacked = np.stack([v for _, v in kept]) if kept else np.zeros((0, dimension), np.float32)
    return tuple(i for i, _ in kept), stacked / (np.linalg.norm(stacked, axis=1, keepdims=True) + 1e-12)


def _best(ids: Sequence[int], scores: NDArray[np.float32], limit: int) -> Pairs:
    if limit < len(ids):
        near = np.argpartition(-scores, limit)[:limit]
        near = near[np.argsort(-scores[near], kind="stable")]
    else:
        near = np.argsort(-scores, kind="stable")
    return [(ids[n], float(scores[n])) for n in near.tolist()]


def _unit(vector: Vector) -> Vector:
    return vector / (np.linalg.norm(vector) + 1e-12)
