"""What a sync is to write, and what becomes of each file."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.documents import Chunk, Document, readable
from ingest.errors import LoadError

log = logging.getLogger(__name__)


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
class Work:
    """One document that has to be written, and the paths that hold it."""

    document: Document
    chunks: tuple[Chunk, ...]
    texts: dict[str, str]
    """What is embedded, by the key of its vector."""
    keys: list[list[str]]
    """Of each chunk those of its passages."""


@dataclass(slots=True)
class Plan:
    """What is to be written, and what becomes of each file."""

    before: dict[str, tuple[str, str]]
    """File -> (hash, document id), as it stands in the index."""
    origins: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The same, as it is to stand there."""
    works: dict[str, Work] = field(default_factory=dict)
    """Documents to write, by id."""
    shown: dict[str, str] = field(default_factory=dict)
    """File -> its name for readers, of the files that were read."""
    failed: dict[str, str] = field(default_factory=dict)

    def keep(self, name: str) -> None:
        """The file is as it was."""
        self.origins[name] = self.before[name]

    def take(self, name: str, digest: str, work: Work) -> None:
        """The file was read."""
        self.origins[name] = (digest, work.document.id)
        self.works[work.document.id] = work
        self.shown[name] = work.document.origin

    def fail(self, name: str, why: str) -> None:
        """The file cannot be indexed: its last good version stays, if there is one."""
        self.failed[name] = why
        self.shown.pop(name, None)
        self.origins.pop(name, None)
        if name in self.before:
            self.keep(name)

    def drop(self, document_id: str, error: Exception) -> None:
        """A document cannot be embedded: nor can any file that holds it."""
        del self.works[document_id]
        for name in [n for n in self.shown if self.origins[n][1] == document_id]:
            self.fail(name, reason(Path(self.shown[name]), error))

    def report(self, removed: Sequence[str], embedded: int) -> SyncReport:
        """What became of the files, in their order."""
        found: dict[str, list[str]] = {"added": [], "changed": [], "unchanged": []}
        for name in (n for n in self.origins if n not in self.failed):
            same = self.before.get(name) == self.origins[name]
            found["unchanged" if same else "changed" if name in self.before else "added"].append(name)
        added, changed, unchanged = (tuple(names) for names in found.values())
        return SyncReport(added, changed, unchanged, tuple(removed), tuple(self.failed.items()), embedded)


def reason(path: Path, error: Exception) -> str:
    """An error -> why the file is not in the index, and what to do: for the user; what nobody foresaw stands in the log."""
    if isinstance(error, LoadError):
        return error.sentence()
    if isinstance(error, OSError) and error.strerror:
        return readable(f"{path}: {error.strerror}.")
    log.warning("%s cannot be indexed", readable(str(path)), exc_info=error)
    return readable(f"{path} cannot be indexed; the log says why. Leave it out, or save it in another format.")
