"""Make the index match folders of documents: added, changed, unchanged, removed, failed.

Vectors are stored as they are made and a document is written in one transaction, so that a sync that is killed loses
nothing and the next one goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from ingest.catalogue import SCHEMA_VERSION
from ingest.documents import Chunk, Document
from ingest.errors import CorpusError, IndexBusy, LoadError
from ingest.index import Index, vector_key
from ingest.load import LOADERS, load
from ingest.models import Embedder
from ingest.split import SPLIT_VERSION, split

log = logging.getLogger(__name__)

BATCH = 32  # vectors stored at once
Progress = Callable[[str, int, int], None]
"""Called with (what is being done, done so far, of how many)."""


def _quiet(what: str, done: int, total: int) -> None:
    del what, done, total


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did, by path; `embedded` counts the chunks whose vectors were made anew."""

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
    keys: list[str] = field(default_factory=list)


def document_files(folder: Path) -> list[Path]:
    """The files of a folder that are documents, by path; hidden ones, README.md and names with `_` in front are not.

    Raises:
        CorpusError: missing, not a folder, unreadable, or without a document.
    """
    if not folder.exists():
        raise CorpusError(f"The folder {folder} does not exist.", "Give another with --corpus or ASK_CORPUS.")
    if not folder.is_dir():
        raise CorpusError(f"{folder} is not a folder.", "Give the folder that holds the documents.")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise CorpusError(f"The folder {folder} cannot be read.", "Check its permissions.")
    found = [p for p in sorted(folder.rglob("*")) if p.is_file() and _is_document(p.relative_to(folder))]
    if not found:
        kinds = ", ".join(LOADERS)
        raise CorpusError(f"The folder {folder} holds no documents.", f"Put files of these kinds into it: {kinds}.")
    return found


def _is_document(path: Path) -> bool:
    hidden = any(part.startswith((".", "_")) for part in path.parts)
    return not hidden and path.suffix.lower() in LOADERS and path.name != "README.md"


@contextmanager
def writing(index: Index, timeout: float = 10.0) -> Iterator[None]:
    """Hold the writers' lock.

    Raises:
        IndexBusy: another process has held it for `timeout` seconds.
    """
    index.folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(index.folder / "writer.lock", timeout=timeout):
            yield
    except Timeout as error:
        raise IndexBusy(f"Another process is writing the index in {index.folder}.", "Try again when it is done.") from error


def sync(
    folders: Sequence[Path],
    index: Index,
    embedder: Embedder,
    progress: Progress = _quiet,
    rebuild: bool = False,
) -> SyncReport:
    """Make `index` hold exactly the documents in `folders`, and its vector store what its catalogue holds.

    Raises:
        CorpusError: a folder is missing, empty or unreadable.
        IndexMismatch: the index was built otherwise and `rebuild` is false.
        IndexBusy: another process is writing.
    """
    paths = [(folder, path) for folder in folders for path in document_files(folder)]
    with writing(index):
        if index.exists and not rebuild:
            index.check(embedder.fingerprint)
        report = _sync(paths, index, embedder, progress, rebuild or not index.exists)
        index.open(embedder)
    return report


def _sync(
    paths: list[tuple[Path, Path]], index: Index, embedder: Embedder, progress: Progress, everything: bool
) -> SyncReport:
    catalogue = index.catalogue
    before = catalogue.origins()
    added: list[str] = []
    changed: list[str] = []
    unchanged: list[str] = []
    failed: list[tuple[str, str]] = []
    origins: dict[str, tuple[str, str]] = {}
    works: dict[str, _Work] = {}
    for number, (root, path) in enumerate(paths, 1):
        progress("Reading", number, len(paths))
        name = path.relative_to(root).as_posix()
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if not everything and before.get(name, ("", ""))[0] == digest:
                origins[name] = before[name]
                unchanged.append(name)
                continue
            document = load(path, root)
        except (LoadError, OSError) as error:
            failed.append((name, error.sentence() if isinstance(error, LoadError) else f"{path}: {error.strerror}."))
            if name in before:  # a file that became unreadable keeps its last good version
                origins[name] = before[name]
            continue
        origins[name] = (digest, document.id)
        works[document.id] = _prepared(document, embedder)
        (changed if name in before else added).append(name)
    embedded = _embed(list(works.values()), index, embedder, progress)
    removed = sorted(before.keys() - origins.keys())
    if works or removed or everything or origins != before:
        _write(index, embedder, works, origins, progress)
    return SyncReport(tuple(added), tuple(changed), tuple(unchanged), tuple(removed), tuple(failed), embedded)


def _prepared(document: Document, embedder: Embedder) -> _Work:
    chunks = split(document)
    texts = [c.embedded(document.text, document.title) for c in chunks]
    return _Work(document, chunks, [vector_key(t, embedder.fingerprint) for t in texts])


def _embed(works: list[_Work], index: Index, embedder: Embedder, progress: Progress) -> int:
    """Make the vectors that are not known yet and store them; returns how many."""
    wanted = {k: (w.document, c) for w in works for k, c in zip(w.keys, w.chunks, strict=True)}
    known = index.catalogue.known_vectors(list(wanted))
    missing = [(k, *wanted[k]) for k in wanted if k not in known]
    for at in range(0, len(missing), BATCH):
        progress("Embedding", at, len(missing))
        part = missing[at : at + BATCH]
        vectors = embedder.passages([c.embedded(d.text, d.title) for _, d, c in part])
        index.catalogue.put_vectors([k for k, _, _ in part], vectors)
    progress("Embedding", len(missing), len(missing))
    return len(missing)


def _write(
    index: Index, embedder: Embedder, works: dict[str, _Work], origins: dict[str, tuple[str, str]], progress: Progress
) -> None:
    """One transaction: a reader sees the state before or the state after."""
    catalogue = index.catalogue
    with catalogue.transaction() as db:
        db.execute("PRAGMA defer_foreign_keys=ON")
        db.execute("DELETE FROM origins")
        for number, work in enumerate(works.values(), 1):
            progress("Writing", number, len(works))
            catalogue.put(db, work.document, work.chunks, work.keys)
        kept = {document_id for _, document_id in origins.values()}
        for gone in set(catalogue.document_ids()) - kept:
            catalogue.drop(db, gone)
        db.executemany("INSERT INTO origins VALUES (?,?,?)", [(p, h, d) for p, (h, d) in origins.items()])
        catalogue.prune(db)
        for name, value in (("schema", SCHEMA_VERSION), ("split", SPLIT_VERSION), ("model", embedder.fingerprint)):
            catalogue.set_meta(name, value)
