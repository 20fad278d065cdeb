"""Writes the segments of a catalogue: what none of them holds yet, neighbours in one, and those with many gaps anew."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.database.catalogue import Catalogue
from ingest.errors import AskError, IndexBusy, StorageError
from ingest.progress import Progress, quiet
from ingest.vectors.segments import Segment, Span, origin_of, segments_to_rewrite, segments_to_search, uncovered_spans

if TYPE_CHECKING:
    from ingest.vectors.chroma import ChromaSegments


@dataclass(frozen=True, slots=True)
class Filler:
    """The writer of a catalogue's segments.

    It takes the lock `lock` while it works, and does nothing if somebody else has the lock. Its methods raise an
    AskError if the Chroma server does not answer or does not find what was written, and a StorageError if nothing can be
    written.
    """

    catalogue: Catalogue
    segments: ChromaSegments
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
            while parts := segments_to_rewrite(self._searched(), lambda s: self.catalogue.between(s.first, s.last)):
                if not self._write(Span(parts[0].first, parts[-1].last), dimension, progress):
                    for part in parts:  # nothing of them is left
                        self.segments.unmark(part.name)

    def _searched(self) -> tuple[Segment, ...]:
        return segments_to_search(self.segments.ready(origin_of(self.catalogue)))

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
