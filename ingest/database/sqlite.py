"""One SQLite file that many threads and processes read while one of them writes: what a `Database` is by default.

What SQLite refuses (damage, no room, no permission) is raised as an `AskError` with the next step, from whatever statement.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Self, cast

from filelock import FileLock, Timeout

from ingest.database.fulltext import Connection, FullText
from ingest.errors import AskError, IndexBusy, IndexDamaged, StorageError
from ingest.storage import RIGHTS, ROOM, private_file, private_folder, refusal, told

_MADE = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"


def refused(error: sqlite3.DatabaseError, path: Path) -> AskError:
    """SQLite's error -> why the file cannot be used, with the next step."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF  # of an extended code, its kind
    if code == sqlite3.SQLITE_FULL:
        return StorageError(f"There is no room left on the disk for {path}.", ROOM)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return StorageError(f"{path} cannot be used ({error}).", RIGHTS)
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM):
        return StorageError(f"{path} cannot be read or written ({error}).", "Check the disk and how much room it has.")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return IndexBusy(f"Another process has locked {path}.", "Try again when it is done.")
    said = f"The index in {path.parent} is damaged ({error})."
    return IndexDamaged(said, "Run `ask-the-plan sync --rebuild`: it is made anew from the documents.")


@contextmanager
def _asking(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.DatabaseError as error:
        raise refused(error, path) from error


class _Cursor(sqlite3.Cursor):
    """A cursor whose refusals are sentences."""

    @property
    def _path(self) -> Path:
        return cast(_Connection, self.connection).path

    def execute(self, sql: str, parameters: Any = (), /) -> Self:
        with _asking(self._path):
            return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> Self:
        with _asking(self._path):
            return super().executemany(sql, parameters)

    def executescript(self, script: str, /) -> Self:
        with _asking(self._path):
            super().executescript(script)
            return self

    def fetchone(self) -> Any:
        with _asking(self._path):
            return super().fetchone()

    def fetchall(self) -> list[Any]:
        with _asking(self._path):
            return super().fetchall()

    def __next__(self) -> Any:
        try:  # not the context: a search reads many thousands of rows
            return super().__next__()
        except sqlite3.DatabaseError as error:
            raise refused(error, self._path) from error


class _Connection(sqlite3.Connection):
    """A connection whose cursors are of the kind above, and whose own statements go through them."""

    path: Path
    file: tuple[int, int] | None
    """The file that it has open, which may have been replaced since."""

    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)

    def execute(self, sql: str, parameters: Any = (), /) -> _Cursor:
        found: _Cursor = self.cursor().execute(sql, parameters)
        return found

    def executemany(self, sql: str, parameters: Any, /) -> _Cursor:
        found: _Cursor = self.cursor().executemany(sql, parameters)
        return found

    def executescript(self, script: str, /) -> _Cursor:
        found: _Cursor = self.cursor().executescript(script)
        return found


class _OfThread:
    """A thread's connection, closed as soon as the thread is over. Left alone it would stay open until Python collects
    cycles, for it and its cache of statements refer to each other."""

    def __init__(self, db: _Connection) -> None:
        self.db = db

    def __del__(self) -> None:
        self.db.close()


class SqliteFile:
    """One open file. Safe to share between threads: each thread gets its own connection, which ends with it."""

    def __init__(self, path: Path, tables: str, words: FullText) -> None:
        self.path, self.tables, self.words = path, tables, words
        self._local = threading.local()

    @property
    def db(self) -> sqlite3.Connection:
        """This thread's connection, the tables made; a new one where the file was replaced by another.

        Raises:
            AskError: the file is damaged, may not be used, or has no room.
        """
        held: _OfThread | None = getattr(self._local, "held", None)
        if held is None or not (held.db.in_transaction or self._file() in (None, held.db.file)):
            self.close()
            held = self._local.held = _OfThread(self._opened())
        return held.db

    def _opened(self) -> _Connection:
        with told(self.path.parent):
            private_folder(self.path.parent)
            private_file(self.path)  # SQLite gives its own files beside it the same mode
        with _asking(self.path):
            db = sqlite3.connect(
                self.path, timeout=60, isolation_level=None, factory=_Connection,
                check_same_thread=False,  # another thread may let go of this object, and then closes them all
            )  # fmt: skip
        db.path, db.file = self.path, self._file()
        try:
            for name, value in (("journal_mode", "WAL"), ("synchronous", "NORMAL"), ("foreign_keys", "ON")):
                db.execute(f"PRAGMA {name}={value}")
            db.executescript(self.tables)
        except BaseException:
            db.close()
            raise
        return db

    def _file(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @property
    def there(self) -> bool:
        """Whether the file is there."""
        with told(self.path.parent):
            return self.path.is_file()

    def sound(self, tables: Sequence[str] = ()) -> bool:
        """Whether the file is whole, and those of its tables (all where none is named) are as this program makes them."""
        try:
            whole = self.db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            made = dict(self.db.execute(_MADE))
        except IndexDamaged:
            return False
        with closing(sqlite3.connect(":memory:")) as fresh:
            fresh.executescript(self.tables)
            wanted = {n: sql for n, sql in fresh.execute(_MADE) if n in self.tables and (not tables or n in tables)}
        return whole and wanted.items() <= made.items()

    def delete(self) -> None:
        """Throw the file away, with those that SQLite keeps beside it."""
        self.close()
        with told(self.path.parent):
            for ending in ("-wal", "-shm", "-journal", ""):
                self.path.with_name(self.path.name + ending).unlink(missing_ok=True)

    def close(self) -> None:
        """Close this thread's connection."""
        held: _OfThread | None = getattr(self._local, "held", None)
        if held is not None:
            held.db.close()
            del self._local.held

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """One state for several statements that read, whatever others write meanwhile."""
        db = self.db
        db.execute("BEGIN")
        try:
            yield db
        finally:
            if db.in_transaction:
                db.execute("COMMIT")

    @contextmanager
    def unstamped(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, for what no reader looks at yet."""
        db = self.db
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:  # on a full disk SQLite has rolled back by itself
                db.execute("ROLLBACK")
            raise

    @contextmanager
    def locked(self, name: str, timeout: float) -> Iterator[None]:
        """Hold a lock, which is a file beside it.

        Raises:
            IndexBusy, StorageError: see `Database.locked`.
        """
        folder = self.path.parent
        with ExitStack() as held:
            try:
                private_folder(folder)
                held.enter_context(FileLock(folder / f"{name}.lock", timeout=timeout, mode=0o600))
            except Timeout as error:
                message = f"Another process is writing the index in {folder}."
                raise IndexBusy(message, "Try again when it is done.") from error
            except OSError as error:
                raise refusal(error, folder) from error
            yield

    def later(self, db: Connection) -> None:
        """Look whether rows name each other rightly at the end of this transaction only."""
        db.execute("PRAGMA defer_foreign_keys=ON")

    def empty(self, tables: Sequence[str]) -> None:
        """Make some of its tables anew, with nothing in them."""
        self.db.executescript("".join(f"DROP TABLE IF EXISTS {t};" for t in tables) + self.tables)
