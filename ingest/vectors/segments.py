"""The segments of the vector store: those that count, the passages that none holds, and those to be written anew.

A segment is written once, and holds the embedded passages whose ids lie in (first, last]. Sizes of neighbours grow
geometrically, so that a passage is written anew as many times as the index doubles.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ingest.database.catalogue import Catalogue, Vector

Rows = Iterable[tuple[int, str, Vector]]
"""Embedded passages: id, document id, vector."""
Pairs = list[tuple[int, float]]
"""(embedded passage, cosine similarity)"""


def made_of(catalogue: Catalogue) -> str:
    """The numbering of a catalogue's passages and the embedding model, as they are now: segments are made of them."""
    return f"{catalogue.meta('numbering')} {catalogue.meta('model')}"


LIKE = 2  # an older neighbour that is less than so many times as large is merged
WORN = 0.3  # of a segment's passages may be gone before it is written anew
LARGEST = 250_000  # passages of one segment: it is made in memory, 400 MB


@dataclass(frozen=True, slots=True)
class Span:
    """The ids of embedded passages in (first, last]."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Segment(Span):
    """One that is complete; `count` vectors were written into it. `name` tells it from another of the same span."""

    count: int
    name: str

    @classmethod
    def read(cls, name: str, said: str, made_of: str) -> Segment | None:
        """A name and the words of its mark -> the segment; None if it is not complete, or is made of something else."""
        found = re.fullmatch(r"(\d+) (\d+) (\d+) (.+)", said)
        if found is None or found[4] != made_of:
            return None
        return cls(int(found[1]), int(found[2]), int(found[3]), name)

    def mark(self, made_of: str) -> str:
        """The words of its mark; `made_of` names the numbering of the ids and the embedding model."""
        return f"{self.first} {self.last} {self.count} {made_of}"


def chosen(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """All that are complete -> those that are searched, by their ids: the largest of each stretch."""
    found: list[Segment] = []
    for segment in sorted(segments, key=lambda s: (s.first, -s.last, s.count, s.name)):
        if not found or segment.first >= found[-1].last:
            found.append(segment)
    return tuple(found)


def gaps(segments: Sequence[Segment], last: int) -> tuple[Span, ...]:
    """The segments that are searched, and the highest id -> the spans of ids that none of them holds."""
    ends = [0, *(s.last for s in segments)]
    starts = [*(s.first for s in segments), max(last, ends[-1])]
    return tuple(Span(end, start) for end, start in zip(ends, starts, strict=True) if end < start)


def to_rewrite(segments: Sequence[Segment], living: Callable[[Segment], int]) -> Sequence[Segment]:
    """The segments that are searched -> neighbours to write as one, or one with too many passages that are gone; () if all
    is well. `living` counts the passages of one that are still there."""
    alive = [living(s) for s in segments]
    for newest in range(len(segments) - 1, 0, -1):
        oldest, size = newest, alive[newest]
        while oldest and alive[oldest - 1] < LIKE * size and size + alive[oldest - 1] <= LARGEST:
            oldest -= 1
            size += alive[oldest]
        if oldest < newest:
            return segments[oldest : newest + 1]
    return next(((s,) for s, n in zip(segments, alive, strict=True) if n < s.count * (1 - WORN)), ())
