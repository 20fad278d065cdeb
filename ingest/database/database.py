"""Tables that many threads and processes read while one of them writes: a SQLite file, or a schema of a PostgreSQL database.

`stamp` grows with every change, so that a reader notices. What the database refuses is raised as an `AskError` with the next
step, from whatever statement it comes. SQL outside of this file and `postgres` beside it is such as both know.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from ingest.database.fulltext import Connection, Fts5
from ingest.errors import AskError, IndexBusy, IndexDamaged, StorageError
from ingest.storage import RIGHTS, ROOM, may_write, private_file, private_folder, storage_error, storage_errors

if TYPE_CHECKING:
    from ingest.database.postgres import PostgresSchema

log = logging.getLogger(__name__)

# --- a SQLite file


_TABLES_SQL = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
_META = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);\n"
_SET_META = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"


def sqlite_error(error: Exception, path: Path) -> AskError:
    """Make the error that says why SQLite cannot use a file, and what to do."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF  # of an extended code, its kind
    if code == sqlite3.SQLITE_FULL:
        return StorageError("There is no room left on the disk for {place}.", ROOM, path)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return StorageError("{place} cannot be used ({why}).", RIGHTS, path, error)
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM):
        message = "{place} cannot be read or written ({why})."
        return StorageError(message, "Check the disk and how much room it has.", path, error)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return IndexBusy("Another process has locked {place}.", "Try again when it is done.", path)
    message = "The index in {folder} is damaged ({why})."
    step = "Run `ask-the-plan sync --rebuild`: it is made anew from the documents."
    return IndexDamaged(message, step, path.parent, error)


@contextmanager
def _translating(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # SQLite quotes a damaged schema, which may not be UTF-8
        raise sqlite_error(error, path) from error


def _translated(method: Any) -> Any:
    """Wrap a method of SQLite's cursor, so that its refusals are sentences."""

    @wraps(method)
    def translated(cursor: _Cursor, *arguments: Any) -> Any:
        with _translating(cursor.connection.path):
            return method(cursor, *arguments)

    return translated


class _Cursor(sqlite3.Cursor):
    """A cursor whose refusals are sentences."""

    connection: _Connection
    execute = _translated(sqlite3.Cursor.execute)
    executemany = _translated(sqlite3.Cursor.executemany)
    executescript = _translated(sqlite3.Cursor.executescript)
    fetchone = _translated(sqlite3.Cursor.fetchone)
    fetchall = _translated(sqlite3.Cursor.fetchall)

    def __next__(self) -> Any:
        try:  # not the context: a search reads many thousands of rows
            return super().__next__()
        except sqlite3.DatabaseError as error:
            raise sqlite_error(error, self.connection.path) from error


class _Connection(sqlite3.Connection):
    """A connection whose cursors are of the kind above, and whose own statements go through them."""

    path: Path
    file: tuple[int, int] | None
    """The file that it has open, which may have been replaced since."""

    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        return self.cursor().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        return self.cursor().executemany(sql, parameters)

    def executescript(self, script: str, /) -> Any:
        return self.cursor().executescript(script)

    def __del__(self) -> None:
        """Close the connection, since Python 3.13 warns of one that is still open.

        Objects in a reference cycle are freed in any order, so this one may be freed before its `_ThreadConnection`.
        """
        with suppress(sqlite3.ProgrammingError):  # it never came to be open
            self.close()


class _ThreadConnection:
    """A thread's connection, closed as soon as the thread is over.

    Left alone it would stay open until Python collects cycles, since it and its cache of statements refer to each other.
    """

    def __init__(self, db: _Connection) -> None:
        self.db = db

    def __del__(self) -> None:
        self.db.close()


class SqliteFile:
    """One open file. Safe to share between threads: each thread gets its own connection, which ends with it."""

    timeout = 60.0  # seconds that a connection waits for another
    pragmas: tuple[str, ...] = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")
    text_factory: Any = str

    def __init__(self, path: Path, tables: str) -> None:
        self.path, self.tables, self.words = path, tables, Fts5()
        self._local = threading.local()

    @property
    def db(self) -> sqlite3.Connection:
        """This thread's connection, the tables made; a new one if the file was replaced by another.

        Raises:
            AskError: the file is damaged, may not be used, or has no room.
        """
        connection: _ThreadConnection | None = getattr(self._local, "held", None)
        if connection is None or not (connection.db.in_transaction or self._file() in (None, connection.db.file)):
            self.close()
            connection = self._local.held = _ThreadConnection(self._open())
        return connection.db

    def _open(self) -> _Connection:
        if self.path.is_file() and not may_write(self.path.parent):
            return self._open_to_read()
        with storage_errors(self.path.parent):
            private_folder(self.path.parent)
            private_file(self.path)  # SQLite gives its own files beside it the same mode
        with _translating(self.path):
            db = sqlite3.connect(
                self.path, timeout=self.timeout, isolation_level=None, factory=_Connection,
                check_same_thread=False,  # another thread may let go of this object, and then closes them all
            )  # fmt: skip
        db.path, db.file, db.text_factory = self.path, self._file(), self.text_factory
        try:
            for pragma in self.pragmas:
                db.execute(f"PRAGMA {pragma}")
            db.executescript(self.tables)
        except BaseException:
            db.close()
            raise
        return db

    def _open_to_read(self) -> _Connection:
        """Open a file in a folder that may only be read, where SQLite can make no files of its own.

        If nobody else keeps such files there, nobody writes, and the file is taken as one that does not change.
        """
        kept = self.path.with_name(f"{self.path.name}-shm").exists()
        address = f"{self.path.resolve().as_uri()}?{'mode=ro' if kept else 'immutable=1'}"
        with _translating(self.path):
            db = sqlite3.connect(address, uri=True, isolation_level=None, factory=_Connection, check_same_thread=False)
        db.path, db.file = self.path, self._file()
        return db

    def _file(self) -> tuple[int, int] | None:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    @property
    def exists(self) -> bool:
        """True if the file is there."""
        with storage_errors(self.path.parent):
            return self.path.is_file()

    def is_whole(self) -> bool:
        """Return True if nothing in the file is damaged."""
        try:
            return bool(self.db.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok")
        except IndexDamaged:
            return False

    def is_sound(self, tables: Sequence[str] = ()) -> bool:
        """Return True if the file is whole, and the named tables (all if none is named) are as this program makes them."""
        with closing(sqlite3.connect(":memory:")) as fresh:
            fresh.executescript(self.tables)
            expected = {n: sql for n, sql in fresh.execute(_TABLES_SQL) if n in self.tables and (not tables or n in tables)}
        return self.is_whole() and expected.items() <= dict(self.db.execute(_TABLES_SQL)).items()

    def delete(self) -> None:
        """Set the file aside under another name, in place of a former one, with those that SQLite keeps beside it."""
        self.close()
        aside = self.path.with_stem(f"{self.path.stem}.damaged")
        with storage_errors(self.path.parent):
            for ending in ("-wal", "-shm", "-journal", ""):
                kept = aside.with_name(aside.name + ending)
                kept.unlink(missing_ok=True)
                with suppress(FileNotFoundError):
                    self.path.with_name(self.path.name + ending).rename(kept)
        log.error("%s was damaged. It has been renamed to %s and is made anew.", self.path, aside.name)

    def close(self) -> None:
        """Close this thread's connection."""
        connection: _ThreadConnection | None = getattr(self._local, "held", None)
        if connection is not None:
            connection.db.close()
            del self._local.held

    def snapshot(self) -> AbstractContextManager[sqlite3.Connection]:
        """One state for several statements that read, whatever others write meanwhile."""
        return self._transaction("BEGIN")

    def unstamped(self) -> AbstractContextManager[sqlite3.Connection]:
        """All or nothing, for rows that no reader looks at yet."""
        return self._transaction("BEGIN IMMEDIATE")

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        db = self.db
        db.execute(begin)
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:  # on a full disk SQLite has rolled back by itself
                db.execute("ROLLBACK")
            raise

    @contextmanager
    def locked(self, name: str, timeout: float) -> Iterator[None]:
        """Hold a lock, `writer` or another with a name of its own, which is a file beside it.

        Raises:
            IndexBusy: another process, or another thread of this one, has held it for `timeout` seconds.
            StorageError: the folder may not be written.
        """
        folder = self.path.parent
        with ExitStack() as stack:
            try:
                private_folder(folder)
                stack.enter_context(FileLock(folder / f"{name}.lock", timeout=timeout, mode=0o600))
            except Timeout as error:
                message = "Another process is writing the index in {folder}."
                raise IndexBusy(message, "Try again when it is done.", folder) from error
            except OSError as error:
                raise storage_error(error, folder) from error
            yield

    def empty(self, tables: Sequence[str]) -> None:
        """Make some of its tables anew, with nothing in them."""
        self.db.executescript("".join(f"DROP TABLE IF EXISTS {t};" for t in tables) + self.tables)


# --- either kind of database


class Database:
    """One open database. Safe to share between threads.

    It is the file at `path`, with these tables, or in the PostgreSQL database at `url` a schema that is called like the file
    and its folder. The tables are given as SQLite makes them.
    """

    def __init__(self, path: Path, tables: str, url: str, sqlite: type[SqliteFile] = SqliteFile) -> None:
        self.path = path
        self.engine = _schema(url, path, _META + tables) if url else sqlite(path, _META + tables)
        engine = self.engine  # what follows is the engine's alone
        self.is_sound, self.delete, self.close, self.locked = engine.is_sound, engine.delete, engine.close, engine.locked
        self.snapshot: Callable[[], AbstractContextManager[Connection]] = engine.snapshot
        self.unstamped: Callable[[], AbstractContextManager[Connection]] = engine.unstamped

    @property
    def db(self) -> Connection:
        """This thread's connection, the tables made.

        Raises:
            AskError: it is damaged, may not be used, has no room, or the server does not answer.
        """
        return self.engine.db

    @property
    def exists(self) -> bool:
        """True if something was ever written here."""
        return self.engine.exists and self.stamp > 0

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
        """Return a remembered value; '' if it was never set."""
        row = self.db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def set_meta(self, name: str, value: str) -> None:
        """Remember a value."""
        self.db.execute(_SET_META, (name, value))

    @property
    def stamp(self) -> int:
        """A number that grows with every change; 0 if nothing was ever written."""
        return int(self.meta("stamp") or 0)


def _schema(url: str, path: Path, tables: str) -> PostgresSchema:
    # imported here: who does without PostgreSQL has no driver for it
    from ingest.database.postgres import PostgresSchema

    return PostgresSchema(url, f"{path.parent.name}_{path.stem}", tables)
