"""Segments of vectors in Chroma: each is written once, and marked when it is complete. The only importer of chromadb.

A killed write can leave an embedded Chroma folder that crashes the process on every open, two writers lose vectors, and an
open client never sees another process's changes. So each segment is a folder of its own (`chroma/NAME`), which nobody
changes once `READY` is its last file, or on a server (`url`) a collection of its own, whose metadata say the same.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import chromadb
import chromadb.errors
import numpy as np
from chromadb.config import Settings

from ingest.database.catalogue import Vector
from ingest.errors import AskError
from ingest.storage import close_to_others, private_folder
from ingest.vectors.segments import MAX_SEGMENT, Pairs, Rows, Segment, Span

T = TypeVar("T")
PROBE_COUNT = 50
BATCH_SIZE = 1_000  # vectors that are written at once
log = logging.getLogger(__name__)
_HNSW = {"space": "cosine", "ef_construction": 200, "ef_search": 200}
GRACE_PERIOD = 60.0  # seconds that a segment stays whose place another took: other processes may still have it open


def write_rows(collection: Any, rows: Rows, limit: int, report: Callable[[int], None]) -> tuple[int, int, list[Vector]]:
    """Add at most `limit` rows to a collection.

    `report` is called with the number of rows added so far.

    Returns:
        The number of rows added, the id of the last one (0 if none), and some of their vectors, evenly spread.
    """
    remaining, count, last = islice(iter(rows), limit), 0, 0
    probes: list[Vector] = []
    while batch := list(islice(remaining, BATCH_SIZE)):
        collection.add(ids=[str(i) for i, _, _ in batch], embeddings=np.stack([v for _, _, v in batch]))
        count, last = count + len(batch), batch[-1][0]
        probes = _sample(probes + [v for _, _, v in _sample(batch)], PROBE_COUNT * 20)
        report(count)
    return count, last, _sample(probes)


def recall_of_written(collection: Any, probes: list[Vector]) -> float:
    """Return the share of the written vectors that a search finds at distance zero.

    Vectors of zeros do not count, because they are near to nothing. The share is 1 if no others are left.
    """
    probes = [v for v in probes if v.any()]  # what could not be embedded is near to nothing
    if not probes:
        return 1.0
    results = collection.query(query_embeddings=[v.tolist() for v in probes], n_results=1, include=["distances"])
    found: int = sum(bool(row) and row[0] < 0.001 for row in results["distances"])
    return found / len(probes)


def _sample(items: list[T], size: int = PROBE_COUNT) -> list[T]:
    return items[:: max(1, len(items) // size)]


@dataclass(frozen=True, slots=True)
class ChromaStore:
    """A segment that is opened."""

    segment: Segment
    collection: Any
    client: Any

    def nearest(self, vector: Vector, limit: int) -> Pairs:
        """(embedded passage, cosine similarity), best first; passages that are gone are among them."""
        results = self.collection.query(query_embeddings=[vector.tolist()], n_results=limit, include=["distances"])
        pairs = zip(results["ids"][0], results["distances"][0], strict=True)
        return [(int(i), 1.0 - float(d)) for i, d in pairs]

    def ids(self) -> list[int]:
        """All that it holds, page by page."""
        size = self.collection.count()
        pages = (self.collection.get(include=[], limit=10_000, offset=at)["ids"] for at in range(0, size, 10_000))
        return [int(i) for page in pages for i in page]


class ChromaSegments:
    """All segments in `folder`, or on the Chroma server at `url`; an AskError says that the server does not answer."""

    def __init__(self, folder: Path, url: str, name: str) -> None:
        self.folder, self.url, self.name = folder, url, name
        self._client: Any = None  # the one client of a server

    def ready(self, made_of: str) -> list[Segment]:
        """Return the complete segments that are made of `made_of` (see `Segment.mark`)."""
        segments = (Segment.read(name, mark, made_of) for name, mark in self._marks().items())
        return [segment for segment in segments if segment is not None]

    def open(self, segment: Segment) -> ChromaStore | None:
        """Open a segment to search it, or return None if Chroma cannot open it.

        A segment that cannot be opened no longer counts as ready.

        Raises:
            AskError: The server does not answer.
        """
        try:
            client = self._server() if self.url else _local_client(self.folder / segment.name)
            collection = client.get_collection(self._collection(segment.name), embedding_function=None)
            collection.count()
        except AskError:
            raise
        except Exception:
            log.warning("Chroma's folder %s could not be opened; it will be filled again", segment.name, exc_info=True)
            self.unmark(segment.name)
            return None
        return ChromaStore(segment, collection, client)

    def write(self, span: Span, rows: Rows, made_of: str, report: Callable[[int], None]) -> Segment | None:
        """Write a segment of the rows of a span, or of the first rows if they are too many for one segment.

        `rows` are sorted by id. `report` is called with the number of rows written so far.

        Returns:
            The segment, or None if there are no rows.

        Raises:
            AskError: A search does not find what was written, or the server does not answer.
        """
        name = f"{self.name}-{secrets.token_hex(6)}" if self.url else secrets.token_hex(6)
        try:
            segment = self._write_segment(Segment(span.first, span.last, 0, name), rows, report)
            if segment.count:
                self._mark(segment, made_of)
                return segment
        except BaseException:
            with suppress(Exception):  # the next sweep does it
                self._delete(name)
            raise
        self._delete(name)
        return None

    def _write_segment(self, segment: Segment, rows: Rows, report: Callable[[int], None]) -> Segment:
        client, collection = self._create_collection(segment.name)
        try:
            count, last, probes = write_rows(collection, rows, MAX_SEGMENT, report)
            if recall_of_written(collection, probes) < 0.9:  # a graph search may miss one among many that are alike
                message = "The vector store does not find what was just written to it."
                raise AskError(message, "Delete {folder}.", self.folder)
        finally:
            if not self.url:
                client.close()
        return replace(segment, count=count, last=last if count == MAX_SEGMENT else segment.last)

    def tidy(self, kept: Iterable[Segment], made_of: str) -> None:
        """Delete the segments that are not needed any more.

        These are what a killed write left, segments that are made of something else, and segments that were replaced
        more than `GRACE_PERIOD` seconds ago. Only a process that holds the writers' lock may call this.
        """
        complete = {s.name for s in self.ready(made_of)}
        is_grace_over = time.time() - self._latest() > GRACE_PERIOD
        for name in self._names() - {s.name for s in kept}:
            if is_grace_over or name not in complete:
                self._delete(name)

    def forget(self, store: ChromaStore) -> None:
        """Close a segment that cannot be searched; it no longer counts as ready."""
        self.let_go(store)
        self.unmark(store.segment.name)

    def let_go(self, store: ChromaStore) -> None:
        """Close the files of a segment that is not searched any more."""
        if not self.url:
            store.client.close()

    def close(self) -> None:
        """End the connection to the server."""
        if self._client is not None:
            for client in (self._client, self._client._admin_client):  # Chroma's own close leaves their connections open
                client._server._session.close()
            self._client = None

    # --- where they lie

    def _collection(self, name: str) -> str:
        return name if self.url else self.name

    def _names(self) -> set[str]:
        """Return the names of all segments in the folder or on the server, complete or not."""
        if self.url:
            return {c.name for c in self._collections()}
        return {p.name for p in self.folder.iterdir()} if self.folder.is_dir() else set()

    def _marks(self) -> dict[str, str]:
        if self.url:
            return {c.name: str((c.metadata or {}).get("ready", "")) for c in self._collections()}
        marks = {}
        for name in self._names():
            with suppress(OSError):
                marks[name] = (self.folder / name / "READY").read_text(encoding="utf-8")
        return marks

    def _mark(self, segment: Segment, made_of: str) -> None:
        mark = segment.mark(made_of)
        if self.url:
            collection = self._server().get_collection(self._collection(segment.name), embedding_function=None)
            collection.modify(metadata={"ready": mark, "made": time.time()})
        else:
            draft = self.folder / segment.name / "READY.draft"
            draft.write_text(mark, encoding="utf-8")
            close_to_others(draft.parent)
            draft.rename(draft.with_name("READY"))

    def unmark(self, name: str) -> None:
        """Remove a segment's mark, so that it no longer counts as ready.

        A failure is ignored: the next reader finds out the same about the segment.
        """
        with suppress(Exception):  # if it may not be changed, the next reader finds out the same
            if self.url:
                self._server().get_collection(name, embedding_function=None).modify(metadata={"ready": ""})
            else:
                (self.folder / name / "READY").unlink()

    def _latest(self) -> float:
        """Return the Unix time at which the latest segment was completed, 0 if there is none."""
        if self.url:
            return max((float((c.metadata or {}).get("made", 0.0)) for c in self._collections()), default=0.0)
        return max((p.stat().st_mtime for p in self.folder.glob("*/READY")), default=0.0)

    def _delete(self, name: str) -> None:
        if self.url:
            with suppress(chromadb.errors.NotFoundError):
                self._server().delete_collection(self._collection(name))
            return
        self.unmark(name)
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    def _create_collection(self, name: str) -> tuple[Any, Any]:
        """Client and collection of a segment that is not ready yet."""
        if self.url:
            client = self._server()
        else:
            private_folder(self.folder)
            private_folder(self.folder / name)
            client = _local_client(self.folder / name)
        settings = {"hnsw": _HNSW}
        return client, client.create_collection(self._collection(name), embedding_function=None, configuration=settings)

    def _collections(self) -> list[Any]:
        """Return the index's collections on the server.

        Their names begin with the index's name. A former version used that name alone.
        """
        return [c for c in self._server().list_collections() if c.name.startswith(self.name)]

    def _server(self) -> Any:
        parts = urlsplit(self.url)
        try:
            self._client = self._client or chromadb.HttpClient(
                host=parts.hostname or "", port=parts.port or 8000, ssl=parts.scheme == "https", settings=_settings()
            )
        except Exception as error:
            message = "The Chroma server at {url} does not answer ({why})."
            step = "Start it, or unset CHROMA_URL to use the built-in store."
            raise AskError(message, step, self.url, type(error).__name__) from error
        return self._client


def _settings() -> Settings:
    return Settings(anonymized_telemetry=False)


def _local_client(folder: Path) -> Any:
    return chromadb.PersistentClient(str(folder), settings=_settings())
