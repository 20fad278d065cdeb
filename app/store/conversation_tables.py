"""The tables of conversations, in a SQLite file or a shared database: work on them -> what it brings, or why it could not be
done.

A file that is damaged is set aside under another name, and another one begun.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from app.errors import AskError
from ingest.database.fulltext import Connection
from ingest.database.kept import shared_tables
from ingest.storage import private_file, private_folder

log = logging.getLogger(__name__)
T = TypeVar("T")
PATIENCE = 1.0  # seconds that a file which another process writes is waited for: a reader waits for the answer meanwhile
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_REASONS = {
    "SQLITE_BUSY": ("another process is writing them", "Try again in a moment."),
    "SQLITE_LOCKED": ("another process is writing them", "Try again in a moment."),
    "SQLITE_READONLY": ("they may not be written", "Whoever runs the page can allow that."),
    "SQLITE_CANTOPEN": ("they cannot be opened", "Whoever runs the page can look at the permissions."),
    "SQLITE_FULL": ("the disk is full", "Whoever runs the page can make room."),
    "SQLITE_IOERR": ("the disk does not take it", "Whoever runs the page can make room or look after the disk."),
}

_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
  id TEXT PRIMARY KEY, visitor TEXT NOT NULL, title TEXT NOT NULL, changed TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_visitor ON conversations(visitor, changed);
CREATE TABLE IF NOT EXISTS records (
  conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
  position INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (conversation, position));
CREATE TABLE IF NOT EXISTS shared (
  id TEXT PRIMARY KEY, conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE, record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS preferences (visitor TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class NotSaved(AskError):
    """What is saved cannot be read or written just now."""


class ConversationTables:
    """The tables, in the database at the `url` where there is one. Safe to share between threads: every call opens the file
    anew."""

    def __init__(self, path: Path, url: str = "") -> None:
        self.path, self.url = path, url
        self._lock = threading.Lock()
        self._aside = ""

    @property
    def aside(self) -> str:
        """A sentence where a damaged file was set aside; else ''."""
        with self._lock:
            return self._aside

    def do(self, work: Callable[[Connection], T], writes: bool = False) -> T:
        """What the work brings; where it `writes`, nobody else does so between its statements.

        Raises:
            NotSaved: the file is locked, read-only, unreadable or the disk full, or the database is away.
        """
        if self.url:
            return self._shared(work, writes)
        try:
            if not self.path.exists():
                private_folder(self.path.parent)
            try:
                with self._open(writes) as db:
                    return work(db)
            except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
                if not _damage(error):
                    raise
                self._set_aside()
            with self._open(writes) as db:
                return work(db)
        except (sqlite3.Error, OSError) as error:
            raise _not_saved(self.path, error) from error

    def _shared(self, work: Callable[[Connection], T], writes: bool) -> T:
        tables = shared_tables(self.url)
        try:
            if not writes:
                return work(tables.db)
            with tables.unstamped() as db:
                return work(db)
        except AskError as error:
            raise NotSaved(f"Conversations cannot be kept or read just now: {error}", error.next_step) from error

    @contextmanager
    def _open(self, writes: bool) -> Iterator[sqlite3.Connection]:
        with self._held(fcntl.LOCK_SH):
            private_file(self.path)
            with closing(sqlite3.connect(self.path, timeout=PATIENCE)) as db:
                db.text_factory = _text
                db.execute("PRAGMA foreign_keys=ON")
                db.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten
                db.executescript(_SCHEMA)
                with db:
                    if writes:
                        db.execute("BEGIN IMMEDIATE")
                    yield db

    @contextmanager
    def _held(self, how: int) -> Iterator[None]:
        """The folder is locked for all who use the file (`LOCK_SH`), or for the one who renames it (`LOCK_EX`).

        SQLite finds a journal by its name. If it is renamed under an open connection, SQLite says that the disk failed, and
        what belongs to the damaged file could be written into the new one.
        """
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, how)
            yield
        finally:
            os.close(folder)

    def _set_aside(self) -> None:
        """Give a damaged file another name, unless somebody else has done so."""
        with self._held(fcntl.LOCK_EX), self._lock:
            if _whole(self.path):
                return
            there = self.path.with_name(f"{self.path.stem}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}{self.path.suffix}")
            self.path.replace(there)
            journal = self.path.with_name(f"{self.path.name}-journal")  # it belongs to the damaged file
            if journal.exists():
                journal.replace(there.with_name(f"{there.name}-journal"))
            self._aside = f"The kept conversations were damaged. They are set aside in {there.name}; new ones are kept."
            log.error("%s: %s", there, self._aside)


def _whole(path: Path) -> bool:
    with closing(sqlite3.connect(path, timeout=PATIENCE)) as db:
        try:
            found: str = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            return not _damage(error)
        return found == "ok"


def _damage(error: Exception) -> bool:
    """Whether the file is damaged; what SQLite says of a damaged schema quotes it, and may be no UTF-8."""
    return isinstance(error, UnicodeDecodeError) or _name(error) in _DAMAGED


def _text(raw: bytes) -> str:
    """A text as it is kept; one letter that is damaged hides none of the others."""
    return raw.decode(errors="replace")


def _name(error: Exception) -> str:
    """SQLITE_READONLY for SQLITE_READONLY_DIRECTORY and the like; '' for errors that are not SQLite's."""
    return "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])


def _not_saved(path: Path, error: Exception) -> NotSaved:
    log.error("%s: %s", path, error)
    reason, next_step = _REASONS.get(_name(error), ("they cannot be used", "The page's log says more."))
    return NotSaved(f"Conversations cannot be kept or read just now: {reason}.", next_step)
