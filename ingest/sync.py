"""Make the index match folders of documents: added, changed, unchanged, removed, failed.

Vectors are stored as they are made and a document is written in one transaction, so that a sync that is killed loses
nothing and the next one goes on where it stopped.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice
from pathlib import Path

import numpy as np

from ingest.database.catalogue import SCHEMA_VERSION, Vector
from ingest.documents import Chunk, Document, contextualised_texts, readable
from ingest.errors import AskError, IndexBusy, LoadError, Translatable
from ingest.folders import FolderFiles, list_files
from ingest.index import Index, vector_key
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.models.load import Embedder, Vectors
from ingest.progress import Progress, quiet
from ingest.split import SPLIT_VERSION, split
from ingest.vectors.shipped import shipped_vectors

log = logging.getLogger(__name__)
BATCH_SIZE = 32  # vectors stored at once
MAX_IMMEDIATE = 200  # vectors that are made at once also if the others may come later: two seconds
REFRESH_INTERVAL = 1_000  # vectors after which searches look at what there is by now


@dataclass(frozen=True, slots=True)
class SyncReport:
    """The result of a sync, by path; `embedded` counts the passages whose vectors were made anew."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    embedded: int = 0

    @property
    def has_changes(self) -> bool:
        """True if the index is another than before."""
        return bool(self.added or self.changed or self.removed)


@dataclass(slots=True)
class PendingDocument:
    """One document that has to be written, and the paths that hold it."""

    document: Document
    chunks: tuple[Chunk, ...]
    texts: dict[str, str]
    """The texts that are embedded, by the keys of their vectors."""
    keys: list[list[str]]
    """Of each chunk those of its passages."""


@dataclass(slots=True)
class Plan:
    """The documents that are to be written, and the result for each file."""

    before: dict[str, tuple[str, str]]
    """The hash and document id of each file, as they are in the index."""
    origins: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The same, as they are to be there."""
    pending: dict[str, PendingDocument] = field(default_factory=dict)
    """Documents to write, by id."""
    shown: dict[str, str] = field(default_factory=dict)
    """The name for readers of each file that was read."""
    failed: dict[str, str] = field(default_factory=dict)

    def keep(self, name: str) -> None:
        """Keep a file as it is in the index."""
        self.origins[name] = self.before[name]

    def take(self, name: str, digest: str, pending: PendingDocument) -> None:
        """Plan to write the document that was read from a file."""
        self.origins[name] = (digest, pending.document.id)
        self.pending[pending.document.id] = pending
        self.shown[name] = pending.document.origin

    def fail(self, name: str, reason: str) -> None:
        """Record that a file cannot be indexed; its last good version stays, if there is one."""
        self.failed[name] = reason
        self.shown.pop(name, None)
        self.origins.pop(name, None)
        if name in self.before:
            self.keep(name)

    def drop(self, document_id: str, error: Exception) -> None:
        """Record that a document cannot be embedded, so that all files that contain it fail."""
        del self.pending[document_id]
        for name in [n for n in self.shown if self.origins[n][1] == document_id]:
            self.fail(name, failure_reason(Path(self.shown[name]), error))

    def report(self, removed: Sequence[str], embedded: int) -> SyncReport:
        """Return the results for the files, in their order."""
        by_status: dict[str, list[str]] = {"added": [], "changed": [], "unchanged": []}
        for name in (n for n in self.origins if n not in self.failed):
            is_same = self.before.get(name) == self.origins[name]
            by_status["unchanged" if is_same else "changed" if name in self.before else "added"].append(name)
        added, changed, unchanged = (tuple(names) for names in by_status.values())
        return SyncReport(added, changed, unchanged, tuple(removed), tuple(self.failed.items()), embedded)


def failure_reason(path: Path, error: Exception) -> str:
    """Return why a file is not in the index, and what to do, for the user.

    Details of an unforeseen error are only written to the log.
    """
    if isinstance(error, LoadError):
        return error.sentence()
    if isinstance(error, OSError) and error.strerror:
        return Translatable("{path}: {why}.", path=path, why=error.strerror)
    log.warning("%s cannot be indexed", readable(str(path)), exc_info=error)
    message = "{path} cannot be indexed; the log says why."
    return LoadError(message, "Leave it out, or save it in another format.", path).sentence()


def sync(
    folders: Sequence[Path],
    index: Index,
    embedder: Embedder,
    progress: Progress = quiet,
    rebuild: bool = False,
    added: Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
    patience: float = 10.0,
    later: bool = False,
) -> SyncReport:
    """Make `index` hold exactly the documents in `folders` and `added`, and its vector store what its catalogue holds.

    Another process that is writing is waited for, `patience` seconds. Readers see the former state until all is done. If
    many vectors are to be made and `later` is true, they are left to `embed_lacking`.

    Raises:
        CorpusError: a folder is missing, empty or unreadable.
        IndexMismatch: the index was built otherwise and `rebuild` is false.
        IndexBusy: another process is writing.
        IndexDamaged: its file is not what was written, and `rebuild` is false.
        StorageError: the disk is full, or a folder may not be written.
        Stopped: `progress` says so; the documents are those of before, vectors that were made are kept.
    """
    list_files(folders, added)
    with _writer_lock(index, patience, progress):
        if rebuild:
            index.delete_if_damaged()
        elif index.exists:
            index.check(embedder.fingerprint)
        if index.exists and index.built_with()[0] != SCHEMA_VERSION:
            index.catalogue.start_over()
        everything = rebuild or not index.exists
        shipped = partial(shipped_vectors, folders, dimension=embedder.dimension)
        limit = MAX_IMMEDIATE if later else None
        report = _sync(list_files(folders, added), index, embedder, progress, everything, limits, shipped, limit)
        index.check(embedder.fingerprint)
        if index.lacking and not later:  # they were left by a sync before this one
            report = replace(report, embedded=report.embedded + embed_lacking(index, embedder, progress))
        index.vectors.fill(embedder.dimension)
    return report


@contextmanager
def _writer_lock(index: Index, patience: float, progress: Progress) -> Iterator[None]:
    """Hold the writers' lock, waiting up to `patience` seconds for it.

    The progress reports at once that another process has the lock.
    """
    message, deadline, timeout = "Waiting for another process to finish writing the index", time.monotonic() + patience, 0.0
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(index.writing(timeout))
                break
            except IndexBusy:
                if (remaining := deadline - time.monotonic()) <= 0:
                    raise
                progress(message, 0, 1)
                timeout = min(remaining, 1.0)
        if timeout:
            progress(message, 1, 1)
        yield


def _sync(
    listing: FolderFiles,
    index: Index,
    embedder: Embedder,
    progress: Progress,
    rebuild: bool,
    limits: Limits,
    shipped: Callable[[list[str]], dict[str, Vector]],
    limit: int | None,
) -> SyncReport:
    before = index.catalogue.origins()
    plan = Plan(before, failed={u.name: u.reason for u in listing.unreadable})
    for name in (n for n in before if any(u.covers(n) for u in listing.unreadable)):
        plan.keep(name)
    names = {f.name for f in listing.files} | plan.origins.keys()
    # documents that lost one of several files are read again, since their details may be the lost file's
    incomplete = {document_id for name, (_, document_id) in before.items() if name not in names}
    for number, file in enumerate(listing.files, 1):
        progress("Reading", number, len(listing.files))
        try:
            digest = file.digest(limits)
            entry = before.get(file.name, ("", ""))
            if not rebuild and entry[0] == digest and entry[1] not in incomplete:
                plan.keep(file.name)
            else:
                document = file.load(limits)
                plan.take(file.name, digest, _prepare(document, split(document), embedder))
        except Exception as error:  # whatever one file brings, the others go on
            plan.fail(file.name, failure_reason(file.path, error))
    if rebuild:
        _keep_last_good(plan, index, embedder)
    _store_shipped(plan, index, shipped)
    embedded = _embed(plan, index, embedder, progress, limit)
    removed = sorted(before.keys() - plan.origins.keys())
    if plan.pending or removed or rebuild or plan.origins != before:
        _write(index, embedder, plan, progress)
    return plan.report(removed, embedded)


def _prepare(document: Document, chunks: Sequence[Chunk], embedder: Embedder) -> PendingDocument:
    texts = [contextualised_texts(c, document) for c in chunks]
    keys = [[vector_key(t, embedder.fingerprint) for t in chunk_texts] for chunk_texts in texts]
    return PendingDocument(document, tuple(chunks), dict(zip(chain(*keys), chain(*texts), strict=True)), keys)


def _keep_last_good(plan: Plan, index: Index, embedder: Embedder) -> None:
    """Of a file that cannot be read any more its last good version gets the vectors of today's model as well."""
    for document_id in {document_id for _, document_id in plan.origins.values()} - plan.pending.keys():
        if document := index.catalogue.document(document_id):
            plan.pending[document_id] = _prepare(document, index.catalogue.document_chunks(document_id), embedder)


def _store_shipped(plan: Plan, index: Index, shipped: Callable[[list[str]], dict[str, Vector]]) -> None:
    """Store the vectors that the folders bring along."""
    keys = [key for pending in plan.pending.values() for key in pending.texts]
    stored = index.catalogue.known_vectors(keys)
    vectors = shipped([k for k in keys if k not in stored])
    index.catalogue.put_vectors(list(vectors), list(vectors.values()))


def _embed(plan: Plan, index: Index, embedder: Embedder, progress: Progress, limit: int | None = None) -> int:
    """Make and store the vectors that do not exist yet, and return how many were made.

    None are made if more than `limit` are missing. If embedding fails, the documents at fault are found one by one and
    dropped from the plan.
    """
    texts = {key: text for pending in plan.pending.values() for key, text in pending.texts.items()}
    stored = index.catalogue.known_vectors(list(texts))
    missing = [k for k in texts if k not in stored]
    if limit is not None and len(missing) > limit:
        return 0
    for done in range(0, len(missing), BATCH_SIZE):
        progress("Embedding", done, len(missing))
        batch = missing[done : done + BATCH_SIZE]
        try:
            vectors = embedder.passages([texts[k] for k in batch])
        except AskError:  # the model is at fault, no document
            raise
        except Exception as error:
            if len(plan.pending) > 1:
                return done + _one_by_one(plan, index, embedder, progress)
            plan.drop(next(iter(plan.pending)), error)
            return done
        index.catalogue.put_vectors(batch, vectors)
    progress("Embedding", len(missing), len(missing))
    return len(missing)


def _one_by_one(plan: Plan, index: Index, embedder: Embedder, progress: Progress) -> int:
    embedded = 0
    for document_id, pending in list(plan.pending.items()):
        single = replace(plan, pending={document_id: pending})
        embedded += _embed(single, index, embedder, progress)
        if not single.pending:
            del plan.pending[document_id]
    return embedded


def _write(index: Index, embedder: Embedder, plan: Plan, progress: Progress) -> None:
    """One transaction: a reader sees the state before or the state after."""
    catalogue = index.catalogue
    with catalogue.transaction() as db:
        outdated_paths = [(p,) for p in plan.before if p not in plan.origins or p in plan.shown]
        db.executemany("DELETE FROM origins WHERE path = ?", outdated_paths)
        for number, pending in enumerate(plan.pending.values(), 1):
            progress("Writing", number, len(plan.pending))
            catalogue.put(db, pending.document, pending.chunks, pending.keys)
        document_ids = {document_id for _, document_id in plan.origins.values()}
        for document_id in {document_id for _, document_id in plan.before.values()} - document_ids:
            catalogue.drop(db, document_id)
        db.executemany("INSERT INTO origins VALUES (?,?,?,?)", [(p, *plan.origins[p], n) for p, n in plan.shown.items()])
        catalogue.prune(db)
        for name, value in (("schema", SCHEMA_VERSION), ("split", SPLIT_VERSION), ("model", embedder.fingerprint)):
            catalogue.set_meta(name, value)
        catalogue.set_meta("lacking", str(sum(catalogue.lacking().values())))


# --- what a sync left for later: full text finds the passages meanwhile; of the search by meaning they are missing


def embed_lacking(index: Index, embedder: Embedder, progress: Progress = quiet) -> int:
    """Make the vectors that passages of the index lack, until none does, and return how many were made.

    It needs no writers' lock: documents may be added and removed meanwhile, and new ones are embedded as well. It ends
    if another process rebuilds the index with another model.

    Raises:
        AskError: the model or the disk cannot be used; the vectors that were made until then are kept.
        Stopped: `progress` raised it.
    """
    done, catalogue = 0, index.catalogue
    while index.lacking and (lacking := catalogue.lacking()):
        done_before, total = done, done + sum(lacking.values())
        texts = chain.from_iterable(_texts_lacking(index, d, embedder).items() for d in lacking)
        while batch := dict(islice(texts, 8)):  # a question that is asked meanwhile waits for no more
            progress("Embedding", done, total)
            catalogue.put_vectors(list(batch), _embed_texts(embedder, list(batch.values())))
            if done // REFRESH_INTERVAL < (done := done + len(batch)) // REFRESH_INTERVAL:
                index.count_lacking()
                index.vectors.fill(embedder.dimension)
        index.count_lacking()
        progress("Embedding", done, max(total, done))
        if done == done_before:
            break
    return done


def _texts_lacking(index: Index, document_id: str, embedder: Embedder) -> dict[str, str]:
    """Return the texts of a document's passages without a vector, by the keys of their vectors.

    It is {} if the document no longer exists, or if the index has another model by now.
    """
    document = index.catalogue.document(document_id)
    if document is None or index.built_with()[2] != embedder.fingerprint:
        return {}
    texts = _prepare(document, index.catalogue.document_chunks(document_id), embedder).texts
    stored = index.catalogue.known_vectors(list(texts))
    return {key: text for key, text in texts.items() if key not in stored}


def _embed_texts(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    """One a text; of one that the model cannot take all zeros, which is near to nothing: its words are found still."""
    try:
        return embedder.passages(texts)
    except AskError:  # the model is at fault, no text
        raise
    except Exception as error:
        if len(texts) > 1:
            return np.concatenate([_embed_texts(embedder, [text]) for text in texts])
        log.warning("a passage cannot be embedded: %s", texts[0][:200], exc_info=error)
        return np.zeros((1, embedder.dimension), np.float32)
