"""Segments are written: what none of them holds, neighbours as one, and those anew of which much is gone.

Whoever does so is alone at it; searching goes on meanwhile, and so does changing documents. It may be killed at any moment.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.catalogue import Catalogue
from ingest.errors import AskError, IndexBusy, StorageError
from ingest.progress import Progress, quiet
from ingest.segments import Segment, Span, chosen, gaps, to_rewrite

if TYPE_CHECKING:
    from ingest.chroma import Segments


def made_of(catalogue: Catalogue) -> str:
    """What segments of a catalogue are made of, as it is now: the numbering of its passages, and the embedding model."""
    return f"{catalogue.meta('numbering')} {catalogue.meta('model')}"


@dataclass(frozen=True, slots=True)
class Filler:
    """Writes the segments of a catalogue. `alone` is held meanwhile; where somebody else holds it, nothing is done.

    What can go wrong: an AskError where the Chroma server does not answer, or does not find what was written, a StorageError
    where nothing can be written.
    """

    catalogue: Catalogue
    segments: Segments
    alone: Callable[[], AbstractContextManager[None]]

    def fill(self, dimension: int, few: int, progress: Progress = quiet) -> None:
        """Write what no segment holds, where it is more than a few passages, or where there is no segment."""
        with suppress(IndexBusy), self.alone():
            self._fill(dimension, few, progress)

    def tidy(self, few: int, progress: Progress = quiet) -> None:
        """The same, and neighbours of like size become one, and one of which much is gone is written anew."""
        with suppress(IndexBusy), self.alone():
            dimension = self.catalogue.dimension()
            self._fill(dimension, few, progress)
            while parts := to_rewrite(self._chosen(), self._living):
                if not self._write(Span(parts[0].first, parts[-1].last), dimension, progress):
                    for part in parts:  # nothing of them is left
                        self.segments.unmark(part.name)

    def _chosen(self) -> tuple[Segment, ...]:
        return chosen(self.segments.ready(made_of(self.catalogue)))

    def _living(self, segment: Segment) -> int:
        return self.catalogue.between(segment.first, segment.last)

    def _fill(self, dimension: int, few: int, progress: Progress) -> None:
        self.catalogue.numbering()
        found, lacking = self._chosen(), self.catalogue.first_lacking()
        self.segments.tidy(found, made_of(self.catalogue))
        spans = gaps(found, self.catalogue.last() if lacking is None else lacking - 1)
        many = sum(self.catalogue.between(s.first, s.last, few + 1) for s in spans) > few
        if many or not (found or lacking):
            for span in spans:
                self._write(span, dimension, progress)

    def _write(self, span: Span, dimension: int, progress: Progress) -> bool:
        """Segments of a span, one after another; whether there is anything in it."""
        total, wrote = self.catalogue.between(span.first, span.last), False
        while total and span.first < span.last:
            segment = self._written(span, dimension, lambda n: progress("Storing vectors", n, max(n, total)))
            if segment is None:
                break
            wrote, span = True, Span(segment.last, span.last)
            self.catalogue.set_meta("segments", secrets.token_hex(4))  # readers look again
        return wrote

    def _written(self, span: Span, dimension: int, done: Callable[[int], None]) -> Segment | None:
        rows = (row for row in self.catalogue.vectors(span.first, span.last) if row[2].shape == (dimension,))
        try:
            return self.segments.written(span, rows, made_of(self.catalogue), done)
        except AskError:
            raise
        except Exception as error:  # Chroma says in many ways that there is no room
            said = f"The vectors cannot be written to {self.segments.folder} ({(str(error).splitlines() or [''])[0][:200]})."
            step = "See that it has room and may be written, then run `ask-the-plan sync`; questions are answered meanwhile."
            raise StorageError(said, step) from error
