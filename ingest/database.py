"""One SQLite file that many threads and processes read while one of them writes.

`stamp` grows with every change, so that a reader notices.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

_META = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);\n"


class Database:
    """One open file. Safe to share between threads: each thread gets its own connection."""

    def __init__(self, path: Path, tables: str) -> None:
        self.path = path
        self.tables = _META + tables
        self._local = threading.local()

    @cached_property
    def _made(self) -> bool:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._connect().executescript(self.tables)
        return True

    def _connect(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            db = sqlite3.connect(self.path, timeout=60, isolation_level=None)
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute("PRAGMA foreign_keys=ON")
            self._local.db = db
        return db

    @property
    def db(self) -> sqlite3.Connection:
        """This thread's connection, the tables made."""
        assert self._made
        return self._connect()

    def close(self) -> None:
        """Close this thread's connection."""
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is not None:
            db.close()
            self._local.db = None

    @contextmanager
    def unstamped(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, for what no reader looks at yet."""
        db = self.db
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; the stamp grows by one."""
        with self.unstamped() as db:
            yield db
            db.execute(
                "INSERT INTO meta VALUES ('stamp', '1') "
                "ON CONFLICT(name) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)"
            )

    def meta(self, name: str) -> str:
        """A remembered value, '' when it was never set."""
        row = self.db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def set_meta(self, name: str, value: str) -> None:
        """Remember a value."""
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    @property
    def stamp(self) -> int:
        """Grows with every change; 0 where nothing was ever written."""
        return int(self.meta("stamp") or 0)
