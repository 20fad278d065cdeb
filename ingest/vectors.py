"""Vector search: the newest store, and exactly, in memory, what came into the catalogue after it.

A store is filled from the catalogue and thrown away at will. Readers never write and never wait for a writer.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.catalogue import Catalogue, Vector
from ingest.chroma import Pairs, Ready, Store, Stores
from ingest.errors import AskError

SPARE = 3  # times as many are fetched from a store that may hold what is gone


@dataclass(frozen=True, slots=True)
class _Rest:
    """Embedded passages that are in the catalogue and not in the store, for an exact search."""

    ids: tuple[int, ...] = ()
    documents: tuple[str, ...] = ()
    vectors: NDArray[np.float32] | None = None

    def nearest(self, vector: Vector, limit: int, within: Sequence[str] | None) -> Pairs:
        if self.vectors is None:
            return []
        scores = self.vectors @ vector / (np.linalg.norm(self.vectors, axis=1) * np.linalg.norm(vector) + 1e-12)
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
    """Nearest passages by cosine. Safe to share between threads."""

    def __init__(self, catalogue: Catalogue, folder: Path, url: str = "", collection: str = "ask-the-plan") -> None:
        self.catalogue, self.folder = catalogue, folder
        self._stores = Stores(folder, url, collection)
        self._lock = threading.RLock()
        self._view = _View(-1)

    def refresh(self, dimension: int) -> bool:
        """Look at the newest state, for readers; whether the store itself is up to date.

        Raises:
            AskError: the Chroma server does not answer.
        """
        with self._lock:
            view, stamp, model = self._view, self.catalogue.stamp, self.catalogue.meta("model")
            if view.stamp == stamp and view.holds(stamp, model):
                return True
            place, ready = self._stores.newest(model)
            if ready is None:
                view = _View(-1)
            elif view.store is None or ready != view.store.ready:
                view = _View(-1, self._stores.opened(place, ready))
            if view.stamp != stamp:
                view = _View(stamp, view.store, self._rest(view.store, stamp, dimension))
            self._show(view)
            return view.holds(stamp)

    def fill(self, dimension: int) -> None:
        """Make a store that holds what the catalogue holds; does nothing where there is one. For the holder of the writers'
        lock only; searching goes on meanwhile.

        Raises:
            AskError: the Chroma server does not answer, or Chroma does not find what was written.
        """
        if self.refresh(dimension):
            return
        wanted = {i: (d, v) for i, d, v in self.catalogue.vectors() if v.shape == (dimension,)}
        ready = Ready(self.catalogue.stamp, max(wanted, default=0), 0, self.catalogue.meta("model"))
        store = self._stores.filled(ready, wanted, fresh=False) or self._stores.filled(ready, wanted, fresh=True)
        if store is None:
            raise AskError("The vector store does not find what was just written to it.", f"Delete {self.folder}.")
        self._show(_View(ready.stamp, store))

    def nearest(self, vector: Vector, limit: int, within: Sequence[str] | None = None) -> Pairs:
        """(embedded passage, cosine similarity), best first; only of the documents `within` where given.

        While a store is being written there may be more than `limit`, since passages that are gone may be among them.
        """
        if limit <= 0 or (within is not None and not within):
            return []
        with self._lock:
            view = self._view
            found = view.rest.nearest(vector, limit, within)
            spare = 1 if view.holds(view.stamp) else SPARE
            if view.store is not None:
                found += view.store.nearest(vector, limit * spare, within)
        return sorted(found, key=lambda pair: -pair[1])[: limit * spare]

    def count(self) -> int:
        """How many vectors the store holds."""
        store = self._view.store
        return 0 if store is None else store.count()

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            self._show(_View(-1))
            self._stores.close()

    def _rest(self, store: Store | None, stamp: int, dimension: int) -> _Rest:
        ready = store.ready if store else None
        if ready is not None and ready.stamp == stamp:
            return _Rest()
        rows = [r for r in self.catalogue.vectors(ready.last if ready else 0) if r[2].shape == (dimension,)]
        if not rows:
            return _Rest()
        ids, documents, vectors = zip(*rows, strict=True)
        return _Rest(ids, documents, np.stack(vectors))

    def _show(self, view: _View) -> None:
        """Search in this view from now on."""
        with self._lock:
            before, self._view = self._view.store, view
            same = before is not None and view.store is not None and before.client is view.store.client
            if before is not None and not same:
                self._stores.let_go(before)
