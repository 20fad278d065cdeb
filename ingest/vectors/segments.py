"""The segments of the vector store: those that count, the passages that none holds, and those to be written anew.

A segment is written once, and holds the embedded passages whose ids lie in (first, last]. Sizes of neighbours grow
geometrically, so that a passage is written anew as many times as the index doubles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ingest.database.catalogue import Catalogue, Vector

Rows = Iterable[tuple[int, str, Vector]]
"""Embedded passages: id, document id, vector."""
Pairs = list[tuple[int, float]]
"""(embedded passage, cosine similarity)"""
MAX_SEGMENT = 250_000  # passages of one segment: it is made in memory, 400 MB


def origin_of(catalogue: Catalogue) -> str:
    """Return what segments are made of at present.

    That is the numbering of the catalogue's passages and the embedding model.
    """
    return f"{catalogue.meta('numbering')} {catalogue.meta('model')}"


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
    def read(cls, name: str, mark: str, made_of: str) -> Segment | None:
        """Read a segment from its name and its mark; None if it is incomplete or made of something else."""
        *numbers, origin = mark.split(" ", 3)
        if len(numbers) != 3 or not all(map(str.isdecimal, numbers)) or origin != made_of:
            return None
        first, last, count = map(int, numbers)
        return cls(first, last, count, name)

    def mark(self, made_of: str) -> str:
        """Return the text of the segment's mark.

        `made_of` names the numbering of the ids and the embedding model.
        """
        return f"{self.first} {self.last} {self.count} {made_of}"


def segments_to_search(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Choose the segments to search among all complete ones: the largest of each stretch of ids.

    They are sorted by id.
    """
    searched: list[Segment] = []
    for segment in sorted(segments, key=lambda s: (s.first, -s.last, s.count, s.name)):
        if not searched or segment.first >= searched[-1].last:
            searched.append(segment)
    return tuple(searched)


def uncovered_spans(segments: Sequence[Segment], last: int) -> tuple[Span, ...]:
    """Return the spans of ids, up to `last`, that none of the searched segments covers."""
    ends = [0, *(s.last for s in segments)]
    starts = [*(s.first for s in segments), max(last, ends[-1])]
    return tuple(Span(end, start) for end, start in zip(ends, starts, strict=True) if end < start)


def segments_to_rewrite(segments: Sequence[Segment], living: Callable[[Segment], int]) -> Sequence[Segment]:
    """Choose neighbours to write as one segment, or one segment with more than 30 % deleted passages.

    An older neighbour is merged if it is less than twice as large.

    Args:
        segments: The segments that are searched, sorted by id.
        living: Counts the passages of a segment that are not deleted.

    Returns:
        The segments to replace by one; () if there is nothing to do.
    """
    living_counts = [living(s) for s in segments]
    for newest in range(len(segments) - 1, 0, -1):
        oldest, size = newest, living_counts[newest]
        while oldest and living_counts[oldest - 1] < 2 * size and size + living_counts[oldest - 1] <= MAX_SEGMENT:
            oldest -= 1
            size += living_counts[oldest]
        if oldest < newest:
            return segments[oldest : newest + 1]
    return next(((s,) for s, n in zip(segments, living_counts, strict=True) if n < s.count * 0.7), ())
