"""Tables that many threads and processes read while one of them writes: a SQLite file, or a schema of a PostgreSQL database.

`stamp` grows with every change, so that a reader notices. What the database refuses is raised as an `AskError` with the next
step, from whatever statement it comes. SQL outside of `sqlite` and `postgres` beside this file is such as both know.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from ingest.database.fulltext import Connection, Fts5, FullText
from ingest.database.sqlite import SqliteFile

_META = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);\n"
_REMEMBER = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"


class Engine(Protocol):
    """What differs between the two."""

    @property
    def words(self) -> FullText:
        """Full text."""

    @property
    def db(self) -> Connection:
        """This thread's connection, the tables made."""

    @property
    def there(self) -> bool:
        """Whether anything is there."""

    def snapshot(self) -> AbstractContextManager[Connection]:
        """See `Database.snapshot`."""

    def unstamped(self) -> AbstractContextManager[Connection]:
        """See `Database.unstamped`."""

    def locked(self, name: str, timeout: float) -> AbstractContextManager[None]:
        """See `Database.locked`."""

    def sound(self, tables: Sequence[str] = ()) -> bool:
        """See `Database.sound`."""

    def later(self, db: Connection) -> None:
        """Look whether rows name each other rightly at the end of this transaction only."""

    def empty(self, tables: Sequence[str]) -> None:
        """Make some of its tables anew, with nothing in them."""

    def delete(self) -> None:
        """Throw everything away."""

    def close(self) -> None:
        """Let go of what this thread has open."""


class Database:
    """One open database. Safe to share between threads.

    It is the file at `path`, with these tables, or in the PostgreSQL database at `url` a schema that is called like the file
    and its folder, whose tables `ingest.migrations` makes. `words`: the full text of a file, where it is not plain FTS5.
    """

    def __init__(self, path: Path, tables: str, url: str = "", words: FullText | None = None) -> None:
        self.path = path
        self.engine: Engine = _schema(url, path) if url else SqliteFile(path, _META + tables, words or Fts5())

    @property
    def db(self) -> Connection:
        """This thread's connection, the tables made.

        Raises:
            AskError: it is damaged, may not be used, has no room, or the server does not answer.
        """
        return self.engine.db

    @property
    def exists(self) -> bool:
        """Whether something was ever written here."""
        return self.engine.there and self.stamp > 0

    def sound(self, tables: Sequence[str] = ()) -> bool:
        """Whether it is whole, and those of its tables (all where none is named) are as this program makes them."""
        return self.engine.sound(tables)

    def delete(self) -> None:
        """Throw it away."""
        self.engine.delete()

    def close(self) -> None:
        """Let go of what this thread has open."""
        self.engine.close()

    def snapshot(self) -> AbstractContextManager[Connection]:
        """One state for several statements that read, whatever others write meanwhile."""
        return self.engine.snapshot()

    def unstamped(self) -> AbstractContextManager[Connection]:
        """All or nothing, for what no reader looks at yet."""
        return self.engine.unstamped()

    def locked(self, name: str, timeout: float) -> AbstractContextManager[None]:
        """Hold a lock: `writer`, or another with a name of its own.

        Raises:
            IndexBusy: another process, or another thread of this one, has held it for `timeout` seconds.
            StorageError: the folder may not be written, or the server does not answer.
        """
        return self.engine.locked(name, timeout)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing; the stamp grows by one."""
        with self.unstamped() as db:
            yield db
            db.execute(
                "INSERT INTO meta VALUES ('stamp', ?) "
                "ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT)",
                (str(int(time.time())),),  # what takes the place of one that was deleted has other stamps
            )

    def meta(self, name: str) -> str:
        """A remembered value, '' when it was never set."""
        row = self.db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def set_meta(self, name: str, value: str) -> None:
        """Remember a value."""
        self.db.execute(_REMEMBER, (name, value))

    @property
    def stamp(self) -> int:
        """Grows with every change; 0 where nothing was ever written."""
        return int(self.meta("stamp") or 0)


def _schema(url: str, path: Path) -> Engine:
    """Imported here: who does without PostgreSQL has no driver for it."""
    from ingest.database.postgres import PostgresSchema

    return PostgresSchema(url, f"{path.parent.name}_{path.stem}", path.stem)
