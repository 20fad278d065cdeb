"""The index: catalogue and vector search together, opened for one embedding model.

The index remembers what built it; opening it with another model or another way of splitting is refused with the next step.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.database.catalogue import SCHEMA_VERSION, Catalogue, Vector
from ingest.documents import Chunk, Document, Passage
from ingest.errors import AskError, IndexMismatch, IndexMissing
from ingest.models.load import HUB, Embedder
from ingest.split import SPLIT_VERSION
from ingest.vectors.search import VectorStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChunkHit:
    """A chunk that a search found; `score` is the search's own, higher is better."""

    id: int
    chunk: Chunk
    score: float


def vector_key(text: str, fingerprint: str) -> str:
    """Return the key of a text's vector under a model.

    An unchanged passage keeps its key, so it is never embedded twice.
    """
    return hashlib.sha256(f"{fingerprint}\x00{text}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Index:
    """A folder with `catalogue.db` (the truth) and `chroma/` (derived from it). Readers never wait for a writer.

    `exact`: few passages are searched in memory, without Chroma, which takes seconds to import and is worth it only for
    a process that stays. `database`: the catalogue lies in this PostgreSQL database. `on_lock` is called by whoever has come
    to hold the writers' lock.
    """

    def __init__(
        self,
        folder: Path,
        chroma_url: str = "",
        exact: bool = False,
        database: str = "",
        on_lock: Callable[[], object] = lambda: None,
    ) -> None:
        self.folder, self.database, self.on_lock = folder, database, on_lock
        self._cache: dict[str, tuple[int, Document]] = {}  # the documents read last, oldest first, and at which stamp
        self._searched_documents: tuple[int, Sequence[str] | None] = (-1, None)  # the stamp, and what is searched at it
        self._lock = threading.Lock()
        self._model = ""  # whose vectors are asked for
        self.catalogue = Catalogue(folder / "catalogue.db", database)
        self.vectors = VectorStore(self.catalogue, folder / "chroma", self._segments_lock, chroma_url, exact=exact)

    @property
    def exists(self) -> bool:
        """True if something was ever written here."""
        return self.catalogue.exists

    def built_with(self) -> tuple[str, str, str]:
        """Return what built the index: schema version, split version, embedding model's fingerprint."""
        return tuple(self.catalogue.meta(n) for n in ("schema", "split", "model"))  # type: ignore[return-value]

    @property
    def lacking(self) -> int:
        """The number of passages without a vector; equal texts of a document count once.

        These are still being embedded, or the process that did so was stopped. No vector store is filled before all
        passages have a vector.
        """
        return int(self.catalogue.meta("lacking") or 0)

    def count_lacking(self) -> None:
        """Look anew how many that are; searches see what has been embedded by now."""
        with self.catalogue.transaction():
            self.catalogue.set_meta("lacking", str(sum(self.catalogue.lacking().values())))

    def fits_program(self) -> bool:
        """Return True if this version of the program built it."""
        return self.built_with()[:2] == (SCHEMA_VERSION, SPLIT_VERSION)

    def check(self, fingerprint: str) -> None:
        """Refuse an index that another model or program version built.

        Raises:
            IndexMissing: there is none.
            IndexMismatch: it says with what it was built, and what is asked for.
        """
        if not self.exists:
            raise IndexMissing("There is no index in {folder}.", "Run `ask-the-plan sync`.", self.folder)
        if difference := self._difference(fingerprint):
            name, built, now = difference
            message = "The index in {folder} was built with {name} {was}, and {now} is asked for."
            step = "Run `ask-the-plan sync --rebuild`, or set the former model again."
            raise IndexMismatch(message, step, self.folder, name, built, now)

    def outdated_reason(self, fingerprint: str, is_chosen: bool) -> str:
        """Return a sentence if an earlier version of the program built the index, so that it is rebuilt.

        It is '' if the index is missing or fits. It is also '' if a setting is the reason: the model in use was
        `is_chosen`, or the index's own was, and the two are not versions of one model.
        """
        if not self.exists:
            return ""
        model, difference = self.built_with()[2], self._difference(fingerprint)
        is_other_model = model.rpartition("@")[0] != fingerprint.rpartition("@")[0]
        if difference is None or (is_other_model and (is_chosen or model.endswith(HUB))):
            return ""
        name, built, now = difference
        return f"The index in {self.folder} was built with {name} {built}, this version has {now}: it is built anew."

    def _difference(self, fingerprint: str) -> tuple[str, str, str] | None:
        """Return the first difference to the index as (what, as built, as needed now), or None."""
        required = (SCHEMA_VERSION, SPLIT_VERSION, fingerprint)
        parts = zip(("layout", "splitting", "embedding model"), self.built_with(), required, strict=True)
        return next((part for part in parts if part[1] != part[2]), None)

    def open(self, embedder: Embedder) -> None:
        """Make ready for searching; cheap when nothing changed since the last call.

        Raises:
            IndexMissing, IndexMismatch: see `check`.
        """
        self.check(embedder.fingerprint)
        self._model = embedder.fingerprint
        if self.vectors.refresh(embedder.dimension) or self.lacking:
            return
        try:  # nobody has filled the store: it was deleted, or its writer was killed
            self.vectors.fill(embedder.dimension)
            self.vectors.refresh(embedder.dimension)
        except AskError as error:  # the store is only for speed: without one the search goes on
            self.vectors.disable_chroma(error)

    @contextmanager
    def writing(self, timeout: float = 10.0) -> Iterator[None]:
        """Hold the writers' lock; what others have written is seen from then on.

        Raises:
            IndexBusy, StorageError: see `SqliteFile.locked`.
        """
        with self.catalogue.locked("writer", timeout):
            self.on_lock()
            yield

    def _segments_lock(self) -> AbstractContextManager[None]:
        """Hold the lock for writing segments of vectors.

        Raises:
            IndexBusy: somebody else holds it; this does not wait.
        """
        return self.catalogue.locked("segments", 0)

    def delete_if_damaged(self) -> None:
        """Delete a damaged index, which is derived from the documents, so that it can be rebuilt.

        An index that is whole stays, with its vectors. Only the holder of the writers' lock may call this.
        """
        catalogue = self.catalogue
        older = catalogue.is_sound(("meta", "vectors")) and self.built_with()[0] != SCHEMA_VERSION
        if not older and not catalogue.is_sound():
            log.warning("the index in %s is damaged and is made anew", self.folder)
            self.close()
            catalogue.delete()
            self.vectors.delete()

    def dense(self, vector: Vector, limit: int, within: Sequence[str] | None = None) -> list[ChunkHit]:
        """Find the chunks whose passages are nearest to a vector, best first.

        A chunk's score is the cosine similarity of its nearest passage. For `within` see `searched`.

        Raises:
            IndexMismatch: the index was rebuilt with another model since it was opened.
        """
        within = self.searched_documents(within)

        def search() -> Sequence[tuple[int, float]]:
            self.vectors.refresh(len(vector))
            nearest = self.vectors.nearest(vector, limit * 4, within)  # several may be of one chunk
            chunk_ids = self.catalogue.chunks_around([i for i, _ in nearest])
            scores: dict[int, float] = {}
            for embedded, cosine in nearest:
                scores.setdefault(chunk_ids.get(embedded, -embedded), cosine)  # no chunk has the number of one that is gone
            return list(scores.items())

        if self._model:
            self.check(self._model)
        hits = self._hits(search, limit)
        if self._model:  # looked at again: vectors of two models may have the same dimension, and mean nothing to each other
            self.check(self._model)
        return hits

    def searched_documents(self, within: Sequence[str] | None = None) -> Sequence[str] | None:
        """Return the ids of the documents to search; None means all of them.

        These are the chosen ones, `within`. Without a choice originals are left out, since they would crowd out the
        summaries that are based on them.
        """
        if within is not None:
            return within
        stamp = self.catalogue.stamp
        if self._searched_documents[0] != stamp:
            originals = self.catalogue.originals()
            remaining = [d for d in self.catalogue.document_ids() if d not in originals] if originals else None
            self._searched_documents = stamp, remaining
        return self._searched_documents[1]

    def cosines(self, chunk_ids: Sequence[int], vector: Vector) -> dict[int, tuple[float, ...]]:
        """Return the cosine similarity of each passage of the chunks, in their order, by chunk id.

        A chunk is left out if it no longer exists, or if one of its passages has no vector yet.
        """
        return {
            chunk_id: tuple((np.stack(vectors) @ vector).tolist())
            for chunk_id, vectors in self.catalogue.vectors_in(chunk_ids).items()
        }

    def words(self, question: str, limit: int, within: Sequence[str] | None = None) -> list[ChunkHit]:
        """Chunks by BM25, best first; the score is minus the rank; see `searched`."""
        within = self.searched_documents(within)

        def search() -> Sequence[tuple[int, float]]:
            ids = self.catalogue.word_search(question, limit, within)
            return [(i, -float(rank)) for rank, i in enumerate(ids, 1)]

        return self._hits(search, limit)

    def _hits(self, search: Callable[[], Sequence[tuple[int, float]]], limit: int) -> list[ChunkHit]:
        """Return the chunks that a search finds, at most `limit`.

        The search is repeated if documents were replaced before their chunks could be read.
        """
        hits: list[ChunkHit] = []
        for _ in range(4):  # until one meets no change
            pairs = search()
            chunks = self.catalogue.chunks([i for i, _ in pairs])
            hits = [ChunkHit(i, chunks[i], score) for i, score in pairs if i in chunks][:limit]
            if len(hits) in (limit, len(pairs)):
                break
        return hits

    def document(self, document_id: str) -> Document | None:
        """Return a document, or None if it no longer exists.

        A document that was replaced a moment ago is still returned from memory, so that an answer ends on the text that
        it began with.
        """
        stamp, (cached_stamp, cached) = self.catalogue.stamp, self._cache.get(document_id, (0, None))
        document = cached if cached_stamp == stamp else self.catalogue.document(document_id)
        if document is None:
            return cached
        with self._lock:
            self._cache.pop(document_id, None)
            self._cache[document_id] = stamp, document
            while len(self._cache) > 64:
                del self._cache[next(iter(self._cache))]
        return document

    def passages(self, document_id: str) -> tuple[Passage, ...]:
        """Return a document's passages in order; () if it no longer exists."""
        return tuple(p for chunk in self.catalogue.document_chunks(document_id) for p in chunk.passages)

    def close(self) -> None:
        """Let go of the files."""
        self.vectors.close()
        self.catalogue.close()
