"""Stores of vectors in Chroma: each is written once, and marked when it is complete. The only importer of chromadb.

A killed write can leave an embedded Chroma folder that crashes the process on every open, two writers lose vectors, and an
open client never sees another process's changes. So a store is written once: `chroma/1`, `chroma/2`, … each by the holder
of the writers' lock, from a copy of the one before, and `READY` is its last file. It names the catalogue's stamp, the
highest passage and the model that the store holds. On a server (`url`) there is one store, which says the same of itself.
"""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import chromadb
import chromadb.errors
from chromadb.config import Settings

from ingest.catalogue import Vector
from ingest.collection import Wanted, found_again, write
from ingest.errors import AskError
from ingest.storage import close_to_others, private_folder

log = logging.getLogger(__name__)

_HNSW = {"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 200}}
WORN = 0.25  # of the vectors may have been deleted before a store is begun anew: its graph gets thinner
FRESH_ENOUGH = 0.9  # of the probes that a new store must find: a graph search may miss one among many that are alike
Pairs = list[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Ready:
    """What a store holds: all passages up to `last` that the catalogue had at `stamp`, embedded by `model`; `gone` counts
    the vectors that were deleted from it since it was begun, which lie in its graph still."""

    stamp: int
    last: int
    gone: int
    model: str

    @classmethod
    def read(cls, said: str) -> Ready | None:
        """From the words of the mark; None where they are none."""
        found = re.fullmatch(r"(\d+) (\d+) (\d+) (.+)", said)
        return cls(int(found[1]), int(found[2]), int(found[3]), found[4]) if found else None

    def __str__(self) -> str:
        return f"{self.stamp} {self.last} {self.gone} {self.model}"


@dataclass(frozen=True, slots=True)
class Store:
    """One store that is ready, opened."""

    ready: Ready
    collection: Any
    client: Any
    mark: Path
    """The file that says what it holds; a server has none."""

    def nearest(self, vector: Vector, limit: int, within: Sequence[str] | None) -> Pairs:
        """(embedded passage, cosine similarity), best first; only of the documents `within` where given."""
        where = {"document_id": {"$in": list(within)}} if within is not None else None
        found = self.collection.query(
            query_embeddings=[vector.tolist()], n_results=limit, where=where, include=["distances"]
        )
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        return [(int(i), 1.0 - float(d)) for i, d in pairs]

    def count(self) -> int:
        """How many vectors it holds."""
        return int(self.collection.count())


class Stores:
    """All stores in `folder`, or the one on the Chroma server at `url`; an AskError says that the server does not answer."""

    def __init__(self, folder: Path, url: str, name: str) -> None:
        self.folder, self.url, self.name = folder, url, name
        self._http: Any = None  # the one client of a server

    def newest(self, model: str) -> tuple[Path, Ready | None]:
        """The newest store of the model that was completely filled, with what it holds."""
        if self.url:
            try:
                collection = self._server().get_collection(self.name, embedding_function=None)
                ready = Ready.read(str((collection.metadata or {}).get("ready", "")))
            except chromadb.errors.NotFoundError:
                ready = None
            return self.folder, ready if ready and ready.model == model else None
        for number in sorted(_numbers(self.folder), reverse=True):
            place = self.folder / str(number)
            try:
                ready = Ready.read((place / "READY").read_text(encoding="utf-8"))
            except OSError:
                continue
            if ready is not None and ready.model == model:
                return place, ready
        return self.folder, None

    def opened(self, place: Path, ready: Ready) -> Store | None:
        """The store, or None where Chroma cannot open it: it is no longer taken for ready then."""
        try:
            client = self._server() if self.url else _local(place)
            collection = client.get_collection(self.name, embedding_function=None)
            collection.count()
        except AskError:
            raise
        except Exception:
            log.warning("Chroma's folder %s could not be opened; it will be filled again", place, exc_info=True)
            _unmark(place / "READY")
            return None
        return Store(ready, collection, client, place / "READY")

    def filled(self, ready: Ready, wanted: Wanted, fresh: bool) -> Store | None:
        """A store with what is wanted, written from a copy of the newest or (`fresh`) from nothing; None where it fails."""
        place, before = self.newest(ready.model)
        if before is None and not fresh:
            return None
        client, collection, target = self._begun(place, fresh)
        try:
            held = {int(i) for i in collection.get(include=[])["ids"]}
            lost = sorted(held - wanted.keys())
            gone = len(lost) + (before.gone if before and not fresh else 0)
            done = fresh or gone <= len(wanted) * WORN
            if done:
                new = sorted(wanted.keys() - held)
                write(collection, lost, new, wanted)
                done = found_again(collection, new, wanted) >= (FRESH_ENOUGH if fresh else 1.0)
        except Exception:
            if fresh:
                raise
            done = False
        if not done:
            log.info("the vectors are written into a new store")
            if not self.url:
                client.close()
            return None
        ready = replace(ready, gone=gone)
        if self.url:
            collection.modify(metadata={"ready": str(ready)})
        else:
            (target / "READY").write_text(str(ready), encoding="utf-8")
            close_to_others(target)
            _tidy(self.folder, {target.name, place.name})
        return Store(ready, collection, client, target / "READY")

    def sweep(self) -> None:
        """Delete what a failed write left. For the holder of the writers' lock only."""
        for number in _numbers(self.folder):
            if not (self.folder / str(number) / "READY").exists():
                shutil.rmtree(self.folder / str(number), ignore_errors=True)

    def forget(self, store: Store) -> None:
        """A store that cannot be searched is not taken for ready any more; it is filled anew."""
        self.let_go(store)
        _unmark(store.mark)

    def let_go(self, store: Store) -> None:
        """Close the files of a store that is not searched any more."""
        if not self.url:
            store.client.close()

    def close(self) -> None:
        """End the connection to the server."""
        if self._http is not None:
            for client in (self._http, self._http._admin_client):  # Chroma's own close leaves their connections open
                client._server._session.close()
            self._http = None

    def _server(self) -> Any:
        parts = urlsplit(self.url)
        try:
            self._http = self._http or chromadb.HttpClient(
                host=parts.hostname or "", port=parts.port or 8000, ssl=parts.scheme == "https", settings=_settings()
            )
        except Exception as error:
            message = f"The Chroma server at {self.url} does not answer ({type(error).__name__})."
            raise AskError(message, "Start it, or unset CHROMA_URL to use the built-in store.") from error
        return self._http

    def _begun(self, place: Path, fresh: bool) -> tuple[Any, Any, Path]:
        """Client, collection and folder of a store that is not ready yet."""
        if self.url:
            client = self._server()
            if fresh and self.name in {c.name for c in client.list_collections()}:
                client.delete_collection(self.name)
            target = self.folder
        else:
            target = self.folder / str(max(_numbers(self.folder), default=0) + 1)
            private_folder(self.folder)
            if fresh:
                private_folder(target)
            else:
                shutil.copytree(place, target, ignore=shutil.ignore_patterns("READY"))
            client = _local(target)
        if fresh:
            return client, client.create_collection(self.name, embedding_function=None, configuration=_HNSW), target
        collection = client.get_collection(self.name, embedding_function=None)
        if self.url:
            collection.modify(metadata={"ready": ""})
        return client, collection, target


def _unmark(mark: Path) -> None:
    with suppress(OSError):  # where it may not be deleted, the next reader finds the same out
        mark.unlink()


def _settings() -> Settings:
    return Settings(anonymized_telemetry=False)


def _local(place: Path) -> Any:
    return chromadb.PersistentClient(str(place), settings=_settings())


def _numbers(folder: Path) -> list[int]:
    return [int(p.name) for p in folder.iterdir() if p.name.isdigit()] if folder.is_dir() else []


def _tidy(folder: Path, kept: set[str]) -> None:
    """Delete all but the newest store and the one before, which other processes may still have open."""
    for path in folder.iterdir():
        if path.name not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
