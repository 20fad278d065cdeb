"""Make the index match folders of documents: added, changed, unchanged, removed, failed.

Vectors are stored as they are made and a document is written in one transaction, so that a sync that is killed loses
nothing and the next one goes on where it stopped.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ingest.catalogue import SCHEMA_VERSION
from ingest.documents import Chunk, Document
from ingest.errors import IndexBusy, LoadError
from ingest.folders import Shelf, shelf_of
from ingest.index import Index, vector_key
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.models import Embedder
from ingest.progress import Progress, quiet
from ingest.reading import in_place
from ingest.split import SPLIT_VERSION, split
from ingest.storage import visible

BATCH = 32  # vectors stored at once
ASK_AGAIN = 1.0  # seconds between two looks whether to go on waiting for another process


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did, by path; `embedded` counts the passages whose vectors were made anew."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    embedded: int = 0

    @property
    def wrote(self) -> bool:
        """Whether the index is another than before."""
        return bool(self.added or self.changed or self.removed)


@dataclass(slots=True)
class _Work:
    """One document that has to be written, and the paths that hold it."""

    document: Document
    chunks: tuple[Chunk, ...]
    texts: dict[str, str]
    """What is embedded, by the key of its vector."""
    keys: list[list[str]]
    """Of each chunk those of its passages."""


def sync(
    folders: Sequence[Path],
    index: Index,
    embedder: Embedder,
    progress: Progress = quiet,
    rebuild: bool = False,
    added: Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
    patience: float = 10.0,
) -> SyncReport:
    """Make `index` hold exactly the documents in `folders` and `added`, and its vector store what its catalogue holds.

    Another process that is writing is waited for, `patience` seconds. Readers see the former state until all is done.

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
        report = _sync(shelf_of(folders, added), index, embedder, progress, everything, limits)
        index.check(embedder.fingerprint)
        index.vectors.fill(embedder.dimension)
    return report


@contextmanager
def _turn(index: Index, patience: float, progress: Progress) -> Iterator[None]:
    """The writers' lock; that another process has it is said at once."""
    waiting, until = "Waiting for another process that writes the index", time.monotonic() + patience
    with ExitStack() as held:
        try:
            held.enter_context(index.writing(0))
        except IndexBusy:
            while True:
                progress(waiting, 0, 1)
                left = until - time.monotonic()
                try:
                    held.enter_context(index.writing(max(min(left, ASK_AGAIN), 0)))
                    break
                except IndexBusy:
                    if left <= ASK_AGAIN:
                        raise
            progress(waiting, 1, 1)
        yield


def _sync(
    shelf: Shelf, index: Index, embedder: Embedder, progress: Progress, everything: bool, limits: Limits
) -> SyncReport:
    catalogue = index.catalogue
    before = catalogue.origins()
    added: list[str] = []
    changed: list[str] = []
    unchanged: list[str] = []
    failed = [(u.name, u.reason) for u in shelf.unread]
    origins = {n: known for n, known in before.items() if any(u.covers(n) for u in shelf.unread)}  # they stay as they were
    files = shelf.files
    works: dict[str, _Work] = {}
    shown: dict[str, str] = {}
    lost = _lost({f.name for f in files} | origins.keys(), before)
    for number, file in enumerate(files, 1):
        progress("Reading", number, len(files))
        name = file.name
        try:
            digest = file.digest(limits)
            known = before.get(name, ("", ""))
            if not everything and known[0] == digest and known[1] not in lost:
                origins[name] = known
                unchanged.append(name)
                continue
            document = file.load(limits)
        except (LoadError, OSError) as error:
            said = error.sentence() if isinstance(error, LoadError) else f"{file.path}: {error.strerror}."
            failed.append((name, visible(said)))
            if name in before:  # a file that became unreadable keeps its last good version
                origins[name] = before[name]
            continue
        origins[name] = (digest, document.id)
        works[document.id] = _prepared(document, embedder)
        shown[name] = document.origin
        (unchanged if known == origins[name] else changed if name in before else added).append(name)
    embedded = _embed(list(works.values()), index, embedder, progress)
    removed = sorted(before.keys() - origins.keys())
    if works or removed or everything or origins != before:
        _write(index, embedder, works, origins, shown, progress)
    return SyncReport(tuple(added), tuple(changed), tuple(unchanged), tuple(removed), tuple(failed), embedded)


def _lost(names: set[str], before: dict[str, tuple[str, str]]) -> set[str]:
    """Documents that lost one of several files: they are read again, since their details may be the lost file's."""
    return {document_id for name, (_, document_id) in before.items() if name not in names}


def _prepared(document: Document, embedder: Embedder) -> _Work:
    chunks = split(document)
    texts = [in_place(c, document) for c in chunks]
    keys = [[vector_key(t, embedder.fingerprint) for t in own] for own in texts]
    return _Work(document, chunks, dict(zip(chain(*keys), chain(*texts), strict=True)), keys)


def _embed(works: list[_Work], index: Index, embedder: Embedder, progress: Progress) -> int:
    """Make the vectors that are not known yet and store them; returns how many."""
    wanted = {key: text for work in works for key, text in work.texts.items()}
    known = index.catalogue.known_vectors(list(wanted))
    missing = [k for k in wanted if k not in known]
    for at in range(0, len(missing), BATCH):
        progress("Embedding", at, len(missing))
        part = missing[at : at + BATCH]
        index.catalogue.put_vectors(part, embedder.passages([wanted[k] for k in part]))
    progress("Embedding", len(missing), len(missing))
    return len(missing)


def _write(
    index: Index,
    embedder: Embedder,
    works: dict[str, _Work],
    origins: dict[str, tuple[str, str]],
    shown: dict[str, str],
    progress: Progress,
) -> None:
    """One transaction: a reader sees the state before or the state after."""
    catalogue = index.catalogue
    with catalogue.transaction() as db:
        db.execute("PRAGMA defer_foreign_keys=ON")
        before = catalogue.origins()
        gone = [(p,) for p in before if p not in origins or p in shown]
        db.executemany("DELETE FROM origins WHERE path = ?", gone)
        for number, work in enumerate(works.values(), 1):
            progress("Writing", number, len(works))
            catalogue.put(db, work.document, work.chunks, work.keys)
        kept = {document_id for _, document_id in origins.values()}
        for document_id in set(catalogue.document_ids()) - kept:
            catalogue.drop(db, document_id)
        db.executemany("INSERT INTO origins VALUES (?,?,?,?)", [(p, *origins[p], name) for p, name in shown.items()])
        catalogue.prune(db)
        for name, value in (("schema", SCHEMA_VERSION), ("split", SPLIT_VERSION), ("model", embedder.fingerprint)):
            catalogue.set_meta(name, value)
