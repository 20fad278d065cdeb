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
from ingest.errors import AskError, IndexBusy, LoadError
from ingest.folders import Shelf, shelf_of
from ingest.index import Index, vector_key
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.models.load import Embedder, Vectors
from ingest.progress import Progress, quiet
from ingest.split import SPLIT_VERSION, split
from ingest.vectors.shipped import shipped_vectors

log = logging.getLogger(__name__)


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
    def wrote(self) -> bool:
        """True if the index is another than before."""
        return bool(self.added or self.changed or self.removed)


@dataclass(slots=True)
class Work:
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
    works: dict[str, Work] = field(default_factory=dict)
    """Documents to write, by id."""
    shown: dict[str, str] = field(default_factory=dict)
    """The name for readers of each file that was read."""
    failed: dict[str, str] = field(default_factory=dict)

    def keep(self, name: str) -> None:
        """Keep a file as it is in the index."""
        self.origins[name] = self.before[name]

    def take(self, name: str, digest: str, work: Work) -> None:
        """Plan to write the document that was read from a file."""
        self.origins[name] = (digest, work.document.id)
        self.works[work.document.id] = work
        self.shown[name] = work.document.origin

    def fail(self, name: str, why: str) -> None:
        """Record that a file cannot be indexed; its last good version stays, if there is one."""
        self.failed[name] = why
        self.shown.pop(name, None)
        self.origins.pop(name, None)
        if name in self.before:
            self.keep(name)

    def drop(self, document_id: str, error: Exception) -> None:
        """Record that a document cannot be embedded, so that all files that contain it fail."""
        del self.works[document_id]
        for name in [n for n in self.shown if self.origins[n][1] == document_id]:
            self.fail(name, reason(Path(self.shown[name]), error))

    def report(self, removed: Sequence[str], embedded: int) -> SyncReport:
        """Return the results for the files, in their order."""
        found: dict[str, list[str]] = {"added": [], "changed": [], "unchanged": []}
        for name in (n for n in self.origins if n not in self.failed):
            same = self.before.get(name) == self.origins[name]
            found["unchanged" if same else "changed" if name in self.before else "added"].append(name)
        added, changed, unchanged = (tuple(names) for names in found.values())
        return SyncReport(added, changed, unchanged, tuple(removed), tuple(self.failed.items()), embedded)


def reason(path: Path, error: Exception) -> str:
    """Return why a file is not in the index, and what to do, for the user.

    Details of an unforeseen error are only written to the log.
    """
    if isinstance(error, LoadError):
        return error.sentence()
    if isinstance(error, OSError) and error.strerror:
        return readable(f"{path}: {error.strerror}.")
    log.warning("%s cannot be indexed", readable(str(path)), exc_info=error)
    return readable(f"{path} cannot be indexed; the log says why. Leave it out, or save it in another format.")


BATCH = 32  # vectors stored at once
SOON = 200  # vectors that are made at once also if the others may come later: two seconds
ASK_AGAIN = 1.0  # seconds between two looks whether to go on waiting for another process


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
    shelf_of(folders, added)
    with _turn(index, patience, progress):
        if rebuild:
            index.mend()
        elif index.exists:
            index.check(embedder.fingerprint)
        if index.exists and index.built_with()[0] != SCHEMA_VERSION:
            index.catalogue.start_over()
        everything = rebuild or not index.exists
        brought = partial(shipped_vectors, folders, dimension=embedder.dimension)
        soon = SOON if later else None
        report = _sync(shelf_of(folders, added), index, embedder, progress, everything, limits, brought, soon)
        index.check(embedder.fingerprint)
        if index.lacking and not later:  # they were left by a sync before this one
            report = replace(report, embedded=report.embedded + embed_lacking(index, embedder, progress))
        index.vectors.fill(embedder.dimension)
    return report


@contextmanager
def _turn(index: Index, patience: float, progress: Progress) -> Iterator[None]:
    """Hold the writers' lock, waiting up to `patience` seconds for it.

    The progress reports at once that another process has the lock.
    """
    waiting, until, wait = "Waiting for another process to finish writing the index", time.monotonic() + patience, 0.0
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(index.writing(wait))
                break
            except IndexBusy:
                if (left := until - time.monotonic()) <= 0:
                    raise
                progress(waiting, 0, 1)
                wait = min(left, ASK_AGAIN)
        if wait:
            progress(waiting, 1, 1)
        yield


def _sync(
    shelf: Shelf,
    index: Index,
    embedder: Embedder,
    progress: Progress,
    everything: bool,
    limits: Limits,
    brought: Callable[[list[str]], dict[str, Vector]],
    soon: int | None,
) -> SyncReport:
    before = index.catalogue.origins()
    plan = Plan(before, failed={u.name: u.reason for u in shelf.unread})
    for name in (n for n in before if any(u.covers(n) for u in shelf.unread)):
        plan.keep(name)
    there = {f.name for f in shelf.files} | plan.origins.keys()
    # documents that lost one of several files are read again, since their details may be the lost file's
    lost = {document_id for name, (_, document_id) in before.items() if name not in there}
    for number, file in enumerate(shelf.files, 1):
        progress("Reading", number, len(shelf.files))
        try:
            digest = file.digest(limits)
            known = before.get(file.name, ("", ""))
            if not everything and known[0] == digest and known[1] not in lost:
                plan.keep(file.name)
            else:
                document = file.load(limits)
                plan.take(file.name, digest, _prepared(document, split(document), embedder))
        except Exception as error:  # whatever one file brings, the others go on
            plan.fail(file.name, reason(file.path, error))
    if everything:
        _keep_last_good(plan, index, embedder)
    _take(plan, index, brought)
    embedded = _embed(plan, index, embedder, progress, soon)
    removed = sorted(before.keys() - plan.origins.keys())
    if plan.works or removed or everything or plan.origins != before:
        _write(index, embedder, plan, progress)
    return plan.report(removed, embedded)


def _prepared(document: Document, chunks: Sequence[Chunk], embedder: Embedder) -> Work:
    texts = [contextualised_texts(c, document) for c in chunks]
    keys = [[vector_key(t, embedder.fingerprint) for t in own] for own in texts]
    return Work(document, tuple(chunks), dict(zip(chain(*keys), chain(*texts), strict=True)), keys)


def _keep_last_good(plan: Plan, index: Index, embedder: Embedder) -> None:
    """Of a file that cannot be read any more its last good version gets the vectors of today's model as well."""
    for document_id in {document_id for _, document_id in plan.origins.values()} - plan.works.keys():
        if document := index.catalogue.document(document_id):
            plan.works[document_id] = _prepared(document, index.catalogue.document_chunks(document_id), embedder)


def _take(plan: Plan, index: Index, brought: Callable[[list[str]], dict[str, Vector]]) -> None:
    """Store the vectors that the folders bring along."""
    wanted = [key for work in plan.works.values() for key in work.texts]
    known = index.catalogue.known_vectors(wanted)
    found = brought([k for k in wanted if k not in known])
    index.catalogue.put_vectors(list(found), list(found.values()))


def _embed(plan: Plan, index: Index, embedder: Embedder, progress: Progress, soon: int | None = None) -> int:
    """Make and store the vectors that do not exist yet, and return how many were made.

    None are made if more than `soon` are missing. If embedding fails, the documents at fault are found one by one and
    dropped from the plan.
    """
    wanted = {key: text for work in plan.works.values() for key, text in work.texts.items()}
    known = index.catalogue.known_vectors(list(wanted))
    missing = [k for k in wanted if k not in known]
    if soon is not None and len(missing) > soon:
        return 0
    for at in range(0, len(missing), BATCH):
        progress("Embedding", at, len(missing))
        part = missing[at : at + BATCH]
        try:
            vectors = embedder.passages([wanted[k] for k in part])
        except AskError:  # the model is at fault, no document
            raise
        except Exception as error:
            if len(plan.works) > 1:
                return at + _one_by_one(plan, index, embedder, progress)
            plan.drop(next(iter(plan.works)), error)
            return at
        index.catalogue.put_vectors(part, vectors)
    progress("Embedding", len(missing), len(missing))
    return len(missing)


def _one_by_one(plan: Plan, index: Index, embedder: Embedder, progress: Progress) -> int:
    embedded = 0
    for document_id, work in list(plan.works.items()):
        alone = replace(plan, works={document_id: work})
        embedded += _embed(alone, index, embedder, progress)
        if not alone.works:
            del plan.works[document_id]
    return embedded


def _write(index: Index, embedder: Embedder, plan: Plan, progress: Progress) -> None:
    """One transaction: a reader sees the state before or the state after."""
    catalogue = index.catalogue
    with catalogue.transaction() as db:
        catalogue.engine.later(db)
        gone = [(p,) for p in plan.before if p not in plan.origins or p in plan.shown]
        db.executemany("DELETE FROM origins WHERE path = ?", gone)
        for number, work in enumerate(plan.works.values(), 1):
            progress("Writing", number, len(plan.works))
            catalogue.put(db, work.document, work.chunks, work.keys)
        kept = {document_id for _, document_id in plan.origins.values()}
        for document_id in {document_id for _, document_id in plan.before.values()} - kept:
            catalogue.drop(db, document_id)
        db.executemany("INSERT INTO origins VALUES (?,?,?,?)", [(p, *plan.origins[p], n) for p, n in plan.shown.items()])
        catalogue.prune(db)
        for name, value in (("schema", SCHEMA_VERSION), ("split", SPLIT_VERSION), ("model", embedder.fingerprint)):
            catalogue.set_meta(name, value)
        catalogue.set_meta("lacking", str(sum(catalogue.lacking().values())))


# --- what a sync left for later: full text finds the passages meanwhile; of the search by meaning they are missing

FEW = 8  # vectors that are made at once: a question that is asked meanwhile waits for no more
SHOWN = 1_000  # vectors after which searches look at what there is by now


def embed_lacking(index: Index, embedder: Embedder, progress: Progress = quiet) -> int:
    """Make the vectors that passages of the index lack, until none does, and return how many were made.

    It needs no writers' lock: documents may be added and removed meanwhile, and new ones are embedded as well. It ends
    if another process rebuilds the index with another model.

    Raises:
        AskError: the model or the disk cannot be used; the vectors that were made until then are kept.
        Stopped: `progress` raised it.
    """
    made, catalogue = 0, index.catalogue
    while index.lacking and (lacking := catalogue.lacking()):
        before, total = made, made + sum(lacking.values())
        texts = chain.from_iterable(_texts_lacking(index, d, embedder).items() for d in lacking)
        while part := dict(islice(texts, FEW)):
            progress("Embedding", made, total)
            catalogue.put_vectors(list(part), _vectors(embedder, list(part.values())))
            if made // SHOWN < (made := made + len(part)) // SHOWN:
                index.count_lacking()
                index.vectors.fill(embedder.dimension)
        index.count_lacking()
        progress("Embedding", made, max(total, made))
        if made == before:
            break
    return made


def _texts_lacking(index: Index, document_id: str, embedder: Embedder) -> dict[str, str]:
    """Return the texts of a document's passages without a vector, by the keys of their vectors.

    It is {} if the document no longer exists, or if the index has another model by now.
    """
    document = index.catalogue.document(document_id)
    if document is None or index.built_with()[2] != embedder.fingerprint:
        return {}
    wanted = _prepared(document, index.catalogue.document_chunks(document_id), embedder).texts
    known = index.catalogue.known_vectors(list(wanted))
    return {key: text for key, text in wanted.items() if key not in known}


def _vectors(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    """One a text; of one that the model cannot take all zeros, which is near to nothing: its words are found still."""
    try:
        return embedder.passages(texts)
    except AskError:  # the model is at fault, no text
        raise
    except Exception as error:
        if len(texts) > 1:
            return np.concatenate([_vectors(embedder, [text]) for text in texts])
        log.warning("a passage cannot be embedded: %s", texts[0][:200], exc_info=error)
        return np.zeros((1, embedder.dimension), np.float32)
