"""Vector search in Chroma, filled from the catalogue and thrown away at will. The only importer of chromadb.

A killed write can leave an embedded Chroma folder that crashes the process on every open, and an open client never sees
another process's changes. So a `READY` file in the folder names the catalogue's stamp and model that it holds:
removed before the first write, written after the last. Without it the folder is deleted and filled again.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import chromadb
import chromadb.errors
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings

from ingest.catalogue import Catalogue, Vector
from ingest.errors import AskError

log = logging.getLogger(__name__)

_HNSW = {"hnsw": {"space": "cosine", "ef_search": 200}}


class VectorStore:
    """Nearest chunks by cosine. Safe to share between threads."""

    def __init__(self, folder: Path, url: str = "", collection: str = "ask-the-plan") -> None:
        self.folder, self.url, self.name = folder, url, collection
        self._lock = threading.RLock()
        self._collection: Any = None
        self._http: Any = None  # the one client of a server
        self._stamp = -1

    def sync(self, catalogue: Catalogue, dimension: int) -> None:
        """Make the store hold what the catalogue holds; does nothing when it already does.

        Raises:
            AskError: the Chroma server at `url` does not answer.
        """
        stamp = catalogue.stamp
        with self._lock:
            if self._collection is not None and self._stamp == stamp:
                return
            model = catalogue.meta("model")
            held = self._ready()
            if held == (stamp, model) and self._open():
                self._stamp = stamp
                return
            trusted = held is not None and held[1] == model
            self._fill(catalogue, (stamp, model), dimension, fresh=not trusted)

    def nearest(self, vector: Vector, limit: int, within: Sequence[str] | None = None) -> list[tuple[int, float]]:
        """(chunk id, cosine similarity), best first; only of the documents `within` where given."""
        if self._collection is None or limit <= 0 or (within is not None and not within):
            return []
        where = {"document_id": {"$in": list(within)}} if within is not None else None
        with self._lock:
            found = self._collection.query(
                query_embeddings=[vector.tolist()], n_results=limit, where=where, include=["distances"]
            )
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        return [(int(i), 1.0 - float(d)) for i, d in pairs]

    def close(self) -> None:
        """Let go of the folder."""
        with self._lock:
            self._collection = None
            if self._http is not None:
                for client in (self._http, self._http._admin_client):  # Chroma's own close leaves their connections open
                    client._server._session.close()
                self._http = None
            SharedSystemClient.clear_system_cache()

    # --- filling

    @property
    def _marker(self) -> Path:
        return self.folder / "READY"

    def _ready(self) -> tuple[int, str] | None:
        """Stamp and model of the catalogue that the store was completely filled from; None when that cannot be said."""
        try:
            if self.url:
                collection = self._client().get_collection(self.name, embedding_function=None)
                said = str((collection.metadata or {})["ready"])
            else:
                said = self._marker.read_text(encoding="utf-8")
            stamp, _, model = said.partition(" ")
            return int(stamp), model
        except (OSError, ValueError, KeyError, chromadb.errors.NotFoundError):
            return None

    def _client(self) -> Any:
        settings = Settings(anonymized_telemetry=False)
        if self.url:
            parts = urlsplit(self.url)
            try:
                self._http = self._http or chromadb.HttpClient(
                    host=parts.hostname or "", port=parts.port or 8000, ssl=parts.scheme == "https", settings=settings
                )
            except Exception as error:
                message = f"The Chroma server at {self.url} does not answer ({type(error).__name__})."
                raise AskError(message, "Start it, or unset CHROMA_URL to use the built-in store.") from error
            return self._http
        return chromadb.PersistentClient(str(self.folder), settings=settings)

    def _open(self) -> bool:
        SharedSystemClient.clear_system_cache()  # an open client would show the state it was opened with
        try:
            self._collection = self._client().get_collection(self.name, embedding_function=None)
            self._collection.count()
        except AskError:
            raise
        except Exception:
            log.warning("Chroma's folder %s could not be opened; it is filled again", self.folder, exc_info=True)
            self._collection = None
            return False
        return True

    def _fill(self, catalogue: Catalogue, ready: tuple[int, str], dimension: int, fresh: bool) -> None:
        """Write what differs, or everything into a new collection where what stands there cannot be trusted."""
        self._mark(None)
        if fresh or not self._open():
            self._start_over()
        wanted = {str(i): (d, v) for i, d, v in catalogue.chunk_vectors() if v.shape == (dimension,)}
        held = set(self._collection.get(include=[])["ids"])
        for part in _batches(sorted(held - wanted.keys()), 1_000):
            self._collection.delete(ids=part)
        for part in _batches(sorted(wanted.keys() - held, key=int), 1_000):
            self._collection.add(
                ids=part,
                embeddings=[wanted[i][1].tolist() for i in part],
                metadatas=[{"document_id": wanted[i][0]} for i in part],
            )
        self._stamp = ready[0]
        if not self._finds_itself(wanted):
            if not fresh:
                log.warning("Chroma does not find what it holds; it is filled again")
                self._fill(catalogue, ready, dimension, fresh=True)
                return
            raise AskError("The vector store does not find what was just written to it.", f"Delete {self.folder}.")
        self._mark(ready)

    def _mark(self, ready: tuple[int, str] | None) -> None:
        """Say that the store is complete, or (None) that it is being written."""
        said = f"{ready[0]} {ready[1]}" if ready else ""
        if self.url:
            if self._collection is not None:
                self._collection.modify(metadata={"ready": said})
        elif ready:
            self._marker.write_text(said, encoding="utf-8")
        else:
            self._marker.unlink(missing_ok=True)

    def _start_over(self) -> None:
        self._collection = None
        SharedSystemClient.clear_system_cache()
        if self.url:
            client = self._client()
            if self.name in {c.name for c in client.list_collections()}:
                client.delete_collection(self.name)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True, exist_ok=True)
            client = self._client()
        self._collection = client.create_collection(self.name, embedding_function=None, configuration=_HNSW)

    def _finds_itself(self, wanted: dict[str, tuple[str, Vector]]) -> bool:
        """A few vectors, asked for, come back at distance zero."""
        probes = sorted(wanted, key=int)
        for probe in probes[:: max(1, len(probes) // 3)][:4]:
            (_, similarity), *_ = self.nearest(wanted[probe][1], 1) or [(0, 0.0)]
            if similarity < 0.999:
                return False
        return True


def _batches(items: list[str], size: int) -> list[list[str]]:
    return [items[at : at + size] for at in range(0, len(items), size)]
