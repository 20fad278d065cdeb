"""Vector search: the newest store, and exactly, in memory, what came into the catalogue after it.

A store is filled from the catalogue and thrown away at will. Readers never write and never wait for a writer. Where a store
fails, or where none is wanted, everything is searched exactly.
"""

from __future__ import annotations

import logging
import shutil
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.catalogue import Catalogue, Vector
from ingest.errors import AskError, StorageError

if TYPE_CHECKING:
    from ingest.chroma import Pairs, Store, Stores

log = logging.getLogger(__name__)

FEW = 20_000  # passages: searched exactly in 28 ms, which is less than it takes to import Chroma (2 s)
RETRY = 60.0  # seconds that a store which failed is left alone
SPARE = 3  # times as many are fetched from a store that may hold what is gone


@dataclass(frozen=True, slots=True)
class _Rest:
    """Embedded passages that are in the catalogue and not in the store, for an exact search."""

    ids: tuple[int, ...] = ()
    documents: tuple[str, ...] = ()
    vectors: NDArray[np.float32] | None = None
    """Of length 1."""

    def nearest(self, vector: Vector, limit: int, within: Sequence[str] | None) -> Pairs:
        if self.vectors is None:
            return []
        scores = self.vectors @ (vector / (np.linalg.norm(vector) + 1e-12))
        best = np.argsort(-scores, kind="stable")
        allowed = None if within is None else set(within)
        found = ((self.ids[n], float(scores[n])) for n in best if allowed is None or self.documents[n] in allowed)
        return [pair for pair, _ in zip(found, range(limit), strict=False)]


@dataclass(frozen=True, slots=True)
class _View:
    """What is searched now: a store, and the rest of the catalogue at `stamp`."""

    stamp: int
    store: Store | None = None
    rest: _Rest = _Rest()

    def holds(self, stamp: int, model: str = "") -> bool:
        """Whether the store holds all that the catalogue had at a stamp, embedded by the model where it is given."""
        ready = self.store.ready if self.store else None
        return ready is not None and ready.stamp == stamp and model in ("", ready.model)


class VectorStore:
    """Nearest passages by cosine. Safe to share between threads. `exact`: no store where there are few passages."""

    def __init__(
        self, catalogue: Catalogue, folder: Path, url: str = "", collection: str = "ask-the-plan", exact: bool = False
    ) -> None:
        self.catalogue, self.folder, self.exact = catalogue, folder, exact
        self._server = (url, collection)
        self._lock = threading.RLock()
        self._view = _View(-1)
        self._retry = 0.0  # when a store that failed is looked at again
        if not exact:
            self._stores  # noqa: B018  # imported now, not while others wait for the writers' lock

    @cached_property
    def _stores(self) -> Stores:
        from ingest.chroma import Stores  # takes seconds, and an exact search does without

        return Stores(self.folder, *self._server)

    def refresh(self, dimension: int) -> bool:
        """Look at the newest state, for readers; whether no store has to be filled for it."""
        with self._lock:
            view, stamp, model = self._view, self.catalogue.stamp, self.catalogue.meta("model")
            without = self._without()
            if view.stamp == stamp and (view.holds(stamp, model) or (without and view.store is None)):
                return True
            store = None if without else self._newest(view.store, model)
            if view.stamp != stamp or store is not view.store:
                view = _View(stamp, store, self._rest(store, stamp, dimension))
            self._show(view)
            return view.holds(stamp) or self._without()  # which may be so since a moment ago

    def _without(self) -> bool:
        """Whether everything is searched exactly for now."""
        return time.monotonic() < self._retry or (self.exact and self.catalogue.between(0, sys.maxsize, FEW + 1) <= FEW)

    def _newest(self, store: Store | None, model: str) -> Store | None:
        """The newest store of the model, `store` where it is that one; None where there is none, or it cannot be used."""
        try:
            place, ready = self._stores.newest(model)
            if ready is None or (store is not None and ready == store.ready):
                return store if ready else None
            return self._stores.opened(place, ready)
        except (AskError, OSError) as error:
            self.leave_alone(error)
            return None

    def leave_alone(self, error: Exception) -> None:
        """The store failed: it is not looked at for a while."""
        said = error.sentence() if isinstance(error, AskError) else str(error)
        log.warning("Chroma cannot be used: %s The passages are searched exactly until the next sync.", said)
        self._retry = time.monotonic() + RETRY

    def fill(self, dimension: int) -> None:
        """Make a store that holds what the catalogue holds; does nothing where there is one. For the holder of the writers'
        lock only; searching goes on meanwhile.

        Raises:
            AskError: the Chroma server does not answer, or Chroma does not find what was written.
            StorageError: nothing can be written.
        """
        self._retry = 0.0
        if self.refresh(dimension) and time.monotonic() >= self._retry:
            return
        wanted = {i: (d, v) for i, d, v in self.catalogue.vectors() if v.shape == (dimension,)}
        try:
            store = self._filled(wanted)
        except AskError:
            raise
        except Exception as error:  # Chroma says in many ways that there is no room
            self._stores.sweep()
            said = f"The vectors cannot be written to {self.folder} ({(str(error).splitlines() or [''])[0][:200]})."
            step = "See that it has room and may be written, then run `ask-the-plan sync`; questions are answered meanwhile."
            raise StorageError(said, step) from error
        if store is None:
            raise AskError("The vector store does not find what was just written to it.", f"Delete {self.folder}.")
        self._retry = 0.0
        self._show(_View(store.ready.stamp, store))

    def _filled(self, wanted: dict[int, tuple[str, Vector]]) -> Store | None:
        from ingest.chroma import Ready

        ready = Ready(self.catalogue.stamp, max(wanted, default=0), 0, self.catalogue.meta("model"))
        return self._stores.filled(ready, wanted, fresh=False) or self._stores.filled(ready, wanted, fresh=True)

    def nearest(self, vector: Vector, limit: int, within: Sequence[str] | None = None) -> Pairs:
        """(embedded passage, cosine similarity), best first; only of the documents `within` where given.

        While a store is being written there may be more than `limit`, since passages that are gone may be among them.
        """
        if limit <= 0 or (within is not None and not within):
            return []
        with self._lock:
            view = self._view
            spare = 1 if view.store is None or view.holds(view.stamp) else SPARE
            found = self._stored(view.store, vector, limit * spare, within) if view.store is not None else []
            found += self._view.rest.nearest(vector, limit, within)  # all of them, where the store just failed
        return sorted(found, key=lambda pair: -pair[1])[: limit * spare]

    def _stored(self, store: Store, vector: Vector, limit: int, within: Sequence[str] | None) -> Pairs:
        """What the store finds; where it fails, nothing, and from now on all passages are searched exactly."""
        try:
            return store.nearest(vector, limit, within)
        except Exception as error:  # of many kinds, from a library of another language
            log.debug("the search in Chroma failed", exc_info=True)
            self.leave_alone(error)
            stamp = self.catalogue.stamp
            self._view = _View(stamp, None, self._rest(None, stamp, len(vector)))
            self._stores.forget(store)
            return []

    def delete(self) -> None:
        """Throw away all that is in the folder."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def count(self) -> int:
        """How many vectors the store holds."""
        store = self._view.store
        return 0 if store is None else store.count()

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            self._show(_View(-1))
            if "_stores" in self.__dict__:
                self._stores.close()

    def _rest(self, store: Store | None, stamp: int, dimension: int) -> _Rest:
        ready = store.ready if store else None
        if ready is not None and ready.stamp == stamp:
            return _Rest()
        rows = [r for r in self.catalogue.vectors(ready.last if ready else 0) if r[2].shape == (dimension,)]
        if not rows:
            return _Rest()
        ids, documents, vectors = zip(*rows, strict=True)
        stacked = np.stack(vectors)
        return _Rest(ids, documents, stacked / (np.linalg.norm(stacked, axis=1, keepdims=True) + 1e-12))

    def _show(self, view: _View) -> None:
        """Search in this view from now on."""
        with self._lock:
            before, self._view = self._view.store, view
            same = before is not None and view.store is not None and before.client is view.store.client
            if before is not None and not same:
                self._stores.let_go(before)
