"""The segments of the vector store: those that count, the passages that none holds, and those to be written anew.

A segment is written once, and holds the embedded passages whose ids lie in (first, last]. Sizes of neighbours grow
geometrically, so that a passage is written anew as many times as the index doubles.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ingest.database.catalogue import Catalogue, Vector
from ingest.errors import AskError, IndexBusy, StorageError
from ingest.progress import Progress, quiet

Rows = Iterable[tuple[int, str, Vector]]
"""Embedded passages: id, document id, vector."""
Pairs = list[tuple[int, float]]
"""(embedded passage, cosine similarity)"""
MAX_SEGMENT = 250_000  # passages of one segment: it is made in memory, 400 MB


class Store(Protocol):
    """A segment that is opened."""

    @property
    def segment(self) -> Segment:
        """The segment that it is."""

    def nearest(self, vector: Vector, limit: int) -> Pairs:
        """Return the nearest, best first; passages that are gone are among them."""

    def ids(self) -> list[int]:
        """Return all that it holds."""


class Segments(Protocol):
    """A place for segments: what a vector store must be able to do.

    `ingest.vectors.chroma` does it with Chroma. The methods raise an AskError if a server does not answer.
    """

    folder: Path

    def ready(self, made_of: str) -> list[Segment]:
        """Return the segments that are complete and made of that (see `Segment.mark`)."""

    def open(self, segment: Segment) -> Store | None:
        """Return the segment to be searched; one that cannot be opened is no longer ready."""

    def write(self, span: Span, rows: Rows, made_of: str, report: Callable[[int], None]) -> Segment | None:
        """Return a segment of the rows of a span, or of the first if they are too many for one; None without any.

        Raises:
            AskError: What was written is not found, or the server does not answer.
        """

    def tidy(self, kept: Iterable[Segment], made_of: str) -> None:
        """Delete what a killed write left, what is made of something else, and what others took the place of."""

    def unmark(self, name: str) -> None:
        """Take a segment for ready no more."""

    def forget(self, store: Store) -> None:
        """Take a segment that cannot be searched for ready no more."""

    def let_go(self, store: Store) -> None:
        """Close the files of a segment that is not searched any more."""

    def close(self) -> None:
        """End the connection to a server."""


def origin_of(catalogue: Catalogue) -> str:
    """Return what segments are made of at present.

    That is the numbering of the catalogue's passages and the embedding model.
    """
    return f"{catalogue.meta('numbering')} {catalogue.meta('model')}"


@dataclass(frozen=True, slots=True)
class Filler:
    """The writer of a catalogue's segments.

    It takes the lock `lock` while it works, and does nothing if somebody else has the lock. Its methods raise an
    AskError if the Chroma server does not answer or does not find what was written, and a StorageError if nothing can be
    written.
    """

    catalogue: Catalogue
    segments: Segments
    lock: Callable[[], AbstractContextManager[None]]

    def fill(self, dimension: int, max_outside: int, progress: Progress = quiet) -> None:
        """Write the passages that no segment holds, if they are more than a few, or if there is no segment."""
        with suppress(IndexBusy), self.lock():
            self._fill(dimension, max_outside, progress)

    def tidy(self, max_outside: int, progress: Progress = quiet) -> None:
        """Write the passages that no segment holds as `fill` does, then merge and rewrite segments.

        Neighbours of similar size become one segment, and a segment with many deleted passages is written anew.
        """
        with suppress(IndexBusy), self.lock():
            dimension = self.catalogue.dimension()
            self._fill(dimension, max_outside, progress)
            while parts := segments_to_rewrite(self._searched(), self._count_living):
                if not self._write(Span(parts[0].first, parts[-1].last), dimension, progress):
                    for part in parts:  # nothing of them is left
                        self.segments.unmark(part.name)

    def _searched(self) -> tuple[Segment, ...]:
        return segments_to_search(self.segments.ready(origin_of(self.catalogue)))

    def _count_living(self, segment: Segment) -> int:
        return self.catalogue.between(segment.first, segment.last)

    def _fill(self, dimension: int, max_outside: int, progress: Progress) -> None:
        self.catalogue.numbering()
        segments, lacking = self._searched(), self.catalogue.first_lacking()
        self.segments.tidy(segments, origin_of(self.catalogue))
        spans = uncovered_spans(segments, self.catalogue.last() if lacking is None else lacking - 1)
        is_many = sum(self.catalogue.between(s.first, s.last, max_outside + 1) for s in spans) > max_outside
        if is_many or not (segments or lacking):
            for span in spans:
                self._write(span, dimension, progress)

    def _write(self, span: Span, dimension: int, progress: Progress) -> bool:
        """Segments of a span, one after another; whether there is anything in it."""
        total, has_written = self.catalogue.between(span.first, span.last), False
        while total and span.first < span.last:
            segment = self._write_segment(span, dimension, lambda n: progress("Saving", n, max(n, total)))
            if segment is None:
                break
            has_written, span = True, Span(segment.last, span.last)
            self.catalogue.set_meta("segments", secrets.token_hex(4))  # readers look again
        return has_written

    def _write_segment(self, span: Span, dimension: int, report: Callable[[int], None]) -> Segment | None:
        rows = (row for row in self.catalogue.vectors(span.first, span.last) if row[2].shape == (dimension,))
        try:
            return self.segments.write(span, rows, origin_of(self.catalogue), report)
        except AskError:
            raise
        except Exception as error:  # Chroma says in many ways that there is no room
            said = "The vectors cannot be written to {folder} ({why})."
            step = "See that it has room and may be written, then run `ask-the-plan sync`; questions are answered meanwhile."
            raise StorageError(said, step, self.segments.folder, (str(error).splitlines() or [""])[0][:200]) from error


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
