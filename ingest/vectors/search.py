"""Vector search: segments in Chroma, and exactly, in memory, what none of them holds.

Segments are filled from the catalogue and thrown away at will. A segment still has passages that are gone from the
catalogue; they are left out of what it finds. Readers never write and never wait for a writer. If Chroma fails, or is not
wanted, all is searched exactly.
"""

from __future__ import annotations

import logging
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.database.catalogue import PAGE_SIZE, Catalogue, Vector
from ingest.errors import AskError
from ingest.progress import Progress, quiet
from ingest.vectors.filling import Filler
from ingest.vectors.segments import Pairs, Span, origin_of, segments_to_search, uncovered_spans

if TYPE_CHECKING:
    from ingest.vectors.chroma import ChromaSegments, ChromaStore

Matrix = NDArray[np.float32]
log = logging.getLogger(__name__)
OUTSIDE = 20_000  # passages: searched exactly in 28 ms, which is less than it takes to import Chroma (2 s)
OUTSIDE_TIDY = 2_000  # passages that came lately and lie in no segment when all is tidy: found in a millisecond
MAX_ASKED = 2_048  # that a segment is asked for; if more are needed, vectors are read and compared
ASK_FACTOR = 4  # times as many are asked for if too many are gone, or not of the chosen documents


@dataclass(frozen=True, slots=True)
class Delta:
    """Embedded passages that are in the catalogue and in no segment, up to `last`.

    If `is_complete`, none of them lacked a vector.
    """

    ids: tuple[int, ...] = ()
    vectors: Matrix | None = None
    """Of length 1."""
    last: int = 0
    is_complete: bool = False

    @classmethod
    def read(cls, catalogue: Catalogue, spans: Sequence[Span], dimension: int, last: int) -> Delta:
        """Read the passages of a catalogue that no segment holds.

        Args:
            catalogue: The catalogue.
            spans: All spans of ids up to `last` that no segment covers.
            dimension: The length of a vector; passages with other vectors are left out.
            last: The highest id that is looked at.
        """
        is_complete = catalogue.first_lacking() is None  # asked first: what gets its vector meanwhile is read again
        rows = (row for span in spans for row in catalogue.vectors(span.first, span.last))
        return cls(*_unit_matrix(rows, dimension), last, is_complete)

    def is_reusable(self, catalogue: Catalogue, spans: Sequence[Span], dimension: int) -> bool:
        """Return True if later rows can be put behind: nothing in them is missing, and not half of this is gone."""
        if not self.is_complete or self.vectors is None or self.vectors.shape[1] != dimension:
            return False
        half = len(self.ids) // 2
        return sum(catalogue.between(s.first, s.last, half + 1) for s in spans) > half or not self.ids

    def extended(self, catalogue: Catalogue, last: int) -> Delta:
        """With what came after its last."""
        if self.vectors is None or last <= self.last:
            return self
        newer = Delta.read(catalogue, [Span(self.last, last)], self.vectors.shape[1], last)
        assert newer.vectors is not None
        return Delta(self.ids + newer.ids, np.concatenate([self.vectors, newer.vectors]), last, newer.is_complete)

    def nearest(self, vector: Vector, limit: int) -> Pairs:
        """Find the embedded passages that are most similar to a vector.

        Returns:
            At most `limit` pairs of a passage's id and its cosine similarity, best first; [] if no vectors of this length
            are held. Passages that are gone may be among them.
        """
        if self.vectors is None or self.vectors.shape[1] != len(vector):
            return []
        return _top(self.ids, self.vectors @ _unit(vector), limit)


def search_exactly(rows: Iterable[tuple[int, str, Vector]], vector: Vector, limit: int) -> Pairs:
    """Compare a vector with all rows of a catalogue and return the nearest ones, best first.

    Only one page of rows is in memory at a time.
    """
    top: Pairs = []
    rows = iter(rows)
    while page := list(islice(rows, PAGE_SIZE)):
        ids, vectors = _unit_matrix(page, len(vector))
        top = sorted([*top, *_top(ids, vectors @ _unit(vector), limit)], key=lambda p: -p[1])[:limit]
    return top


def _unit_matrix(rows: Iterable[tuple[int, str, Vector]], dimension: int) -> tuple[tuple[int, ...], Matrix]:
    """Return the ids and the unit vectors of the rows whose vectors have `dimension` numbers."""
    fitting = [(i, vector) for i, _, vector in rows if vector.shape == (dimension,)]
    matrix = np.stack([v for _, v in fitting]) if fitting else np.zeros((0, dimension), np.float32)
    return tuple(i for i, _ in fitting), matrix / (np.linalg.norm(matrix, axis=1, keepdims=True) + 1e-12)


def _top(ids: Sequence[int], scores: NDArray[np.float32], limit: int) -> Pairs:
    order = np.argpartition(-scores, limit)[:limit] if limit < len(ids) else np.arange(len(ids))
    order = order[np.argsort(-scores[order], kind="stable")]
    return [(ids[n], float(scores[n])) for n in order.tolist()]


def _unit(vector: Vector) -> Vector:
    return vector / (np.linalg.norm(vector) + 1e-12)


@dataclass(frozen=True, slots=True)
class _View:
    """The segments and the rest of the catalogue, as they are searched now.

    `state` is the state that it shows: the catalogue's stamp, that of the segments, their numbering and model, and True if
    segments are left out.
    """

    state: tuple[int, str, str, bool] = (-1, "", "", False)
    stores: tuple[ChromaStore, ...] = ()
    delta: Delta = field(default_factory=Delta)


class VectorStore:
    """The passages of an index, searched by cosine similarity; safe to share between threads.

    If `exact`, no segments are used while there are few passages. `alone` is the lock that is taken to write segments;
    taking it fails if somebody else has it.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        folder: Path,
        lock: Callable[[], AbstractContextManager[None]],
        url: str = "",
        collection: str = "ask-the-plan",
        exact: bool = False,
    ) -> None:
        self.catalogue, self.folder, self.exact = catalogue, folder, exact
        self._segments_lock, self._server = lock, (url, collection)
        self._lock = threading.RLock()
        self._view = _View()
        self._retry_at = 0.0  # when Chroma is looked at again after it failed
        if not exact:
            self._segments  # noqa: B018  # imported now, not while others wait for the writers' lock

    @cached_property
    def _segments(self) -> ChromaSegments:
        from ingest.vectors.chroma import ChromaSegments  # takes seconds, and an exact search does without

        return ChromaSegments(self.folder, *self._server)

    # --- reading

    def refresh(self, dimension: int) -> bool:
        """Look at the newest state, for readers; whether no segment has to be written for it."""
        with self._lock:
            state = self._state()
            if self._view.state != state:
                stores = () if state[-1] else self._open_stores(state[2])
                state = self._state()  # Chroma may have failed a moment ago
                self._show(_View(state, stores, self._delta(state, stores, dimension)))
            view = self._view
            return state[-1] or (bool(view.stores) and len(view.delta.ids) <= OUTSIDE) or not self.catalogue.last()

    def _state(self) -> tuple[int, str, str, bool]:
        catalogue = self.catalogue
        return catalogue.stamp, catalogue.meta("segments"), origin_of(catalogue), self._is_exact()

    def _is_exact(self) -> bool:
        """Return True if all passages are searched exactly for now, without segments."""
        is_small = self.exact and self.catalogue.between(0, sys.maxsize, OUTSIDE + 1) <= OUTSIDE
        return is_small or time.monotonic() < self._retry_at

    def _open_stores(self, origin: str) -> tuple[ChromaStore, ...]:
        """Return the segments to search, keeping those that are open already.

        Returns () if Chroma cannot be used.
        """
        open_stores = {s.segment: s for s in self._view.stores}
        try:
            stores = [open_stores.get(s) or self._segments.open(s) for s in segments_to_search(self._segments.ready(origin))]
        except (AskError, OSError) as error:
            self.disable_chroma(error)
            return ()
        return tuple(s for s in stores if s is not None)

    def disable_chroma(self, error: Exception) -> None:
        """Chroma failed: it is not looked at for a while."""
        message = error.sentence() if isinstance(error, AskError) else str(error)
        log.warning("Chroma cannot be used: %s The passages are searched exactly for a minute.", message)
        self._retry_at = time.monotonic() + 60.0

    def _delta(self, state: tuple[int, str, str, bool], stores: tuple[ChromaStore, ...], dimension: int) -> Delta:
        """Return the passages that no segment holds.

        If the segments have not changed, only the passages that came since are read, if that is enough.
        """
        view, last = self._view, self.catalogue.last()
        segments = [s.segment for s in stores]
        last = max(last, segments[-1].last if segments else 0)  # the newest may be gone
        spans = uncovered_spans(segments, last)
        is_same = view.state[2:] == state[2:] and view.stores == stores
        if is_same and view.delta.is_reusable(self.catalogue, spans, dimension):
            return view.delta.extended(self.catalogue, last)
        return Delta.read(self.catalogue, spans, dimension, last)

    def nearest(self, vector: Vector, limit: int, within: Sequence[str] | None = None) -> Pairs:
        """Find the embedded passages that are most similar to a vector.

        Returns:
            At most `limit` pairs of a passage's id and its cosine similarity, best first; only of the documents `within`
                if that is given.
        """
        if limit <= 0 or (within is not None and not within):
            return []
        count = limit
        if within is not None:
            newest = self.catalogue.last()
            candidates = self.catalogue.passages_of(within, newest)
            count += limit * newest // max(candidates, 1)  # somewhat more than are needed if they lie evenly
            if count > min(MAX_ASKED, candidates // 2):  # a vector that is read takes half the time of one that is found
                return search_exactly(self.catalogue.vectors_of(within), vector, limit)
        with self._lock:
            try:
                return self._nearest(vector, limit, within, count)
            except _SearchFailed as failure:
                self.disable_chroma(failure)
                self._segments.forget(failure.store)
                state = self._state()
                self._show(_View(state, (), self._delta(state, (), len(vector))))
                return self._nearest(vector, limit, within, count)

    def _nearest(self, vector: Vector, limit: int, within: Sequence[str] | None, count: int) -> Pairs:
        """Search the segments and the passages outside them, and merge what is found.

        Each source is asked for `count` passages at first. It is asked for more if deleted or unwanted passages leave too
        few.
        """
        view, allowed = self._view, None if within is None else set(within)
        sources: list[Delta | _SegmentSource] = [
            view.delta,
            *(_SegmentSource(s, self.catalogue, limit) for s in view.stores),
        ]
        hits: dict[int, Pairs] = {}
        living: dict[int, str] = {}
        top: Pairs = []
        limits = dict.fromkeys(range(len(sources)), count)
        while limits:
            if within is not None and max(limits.values()) > MAX_ASKED:
                return search_exactly(self.catalogue.vectors_of(within), vector, limit)
            hits |= {n: sources[n].nearest(vector, most) for n, most in limits.items()}
            living |= self.catalogue.documents_of([i for n in limits for i, _ in hits[n] if i not in living])
            pairs = (p for n in hits for p in hits[n] if p[0] in living and (allowed is None or living[p[0]] in allowed))
            top = sorted(pairs, key=lambda p: -p[1])[:limit]
            floor = top[-1][1] if len(top) == limit else -2.0
            limits = {n: most * ASK_FACTOR for n, most in limits.items() if len(hits[n]) >= most and hits[n][-1][1] > floor}
        return top

    def count(self) -> int:
        """Return the number of passages that a search can find and that are not deleted."""
        with self._lock:
            ids = {*self._view.delta.ids, *(i for store in self._view.stores for i in store.ids())}
        return len(self.catalogue.documents_of(sorted(ids)))

    # --- writing

    @cached_property
    def _filler(self) -> Filler:
        return Filler(self.catalogue, self._segments, self._segments_lock)

    def fill(self, dimension: int, max_outside: int = 0, progress: Progress = quiet) -> None:
        """Write the passages that no segment holds, if there are enough of them.

        They are also written if there is no segment yet and every passage has its vector.

        Args:
            dimension: The length of a vector.
            max_outside: The number of passages that may stay outside segments; 0 stands for `OUTSIDE`.
            progress: Called while segments are written.

        Raises:
            AskError: The Chroma server does not answer, or does not find what was written.
            StorageError: The vectors cannot be written.
        """
        self._retry_at = 0.0
        if not self._is_exact():
            self._filler.fill(dimension, max_outside or OUTSIDE, progress)

    def tidy(self, progress: Progress = quiet) -> None:
        """Do the upkeep of the segments that may take longer than the change that caused it.

        See `Filler.tidy`.

        Raises:
            AskError: The Chroma server does not answer, or does not find what was written.
            StorageError: The vectors cannot be written.
        """
        if not self._is_exact():
            self._filler.tidy(OUTSIDE_TIDY, progress)

    def delete(self) -> None:
        """Throw away all that is in the folder."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            self._show(_View())
            if "_segments" in self.__dict__:
                self._segments.close()

    def _show(self, view: _View) -> None:
        """Search in this view from now on."""
        with self._lock:
            stores, self._view = self._view.stores, view
            for store in stores:
                if store not in view.stores:
                    self._segments.let_go(store)


class _SearchFailed(Exception):
    """A segment could not be searched."""

    def __init__(self, store: ChromaStore, error: Exception) -> None:
        super().__init__(str(error))
        self.store = store


@dataclass(frozen=True, slots=True)
class _SegmentSource:
    """A segment; asked for very many, it gives the nearest `limit` of those that are still there, from the catalogue."""

    store: ChromaStore
    catalogue: Catalogue
    limit: int

    def nearest(self, vector: Vector, limit: int) -> Pairs:
        """(embedded passage, cosine similarity), best first."""
        if limit > MAX_ASKED:
            span = self.store.segment
            return search_exactly(self.catalogue.vectors(span.first, span.last), vector, self.limit)
        try:
            return self.store.nearest(vector, limit)
        except Exception as error:  # of many kinds, from a library of another language
            log.debug("the search in Chroma failed", exc_info=True)
            raise _SearchFailed(self.store, error) from error
