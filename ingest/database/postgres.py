"""A schema of a PostgreSQL database that many processes on many machines read and write: what a `Database` is with a URL.

Connections come from a pool and are looked at before they are used, so that a server that was away is used again by the next
statement. What it refuses is raised as an `AskError` with the next step.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool, PoolTimeout

from ingest.database.fulltext import Bm25
from ingest.errors import AskError, DatabaseDown, IndexBusy, IndexDamaged, StorageError
from ingest.storage import ROOM

FOLDER = Path(__file__).parent / "migrations"


@cache
def newest_revision(family: str) -> str:
    """Return the revision of the tables that this version of the program works with."""
    return max(path.stem for path in (FOLDER / family).glob("[0-9]*.py"))


@cache
def tables_of(family: str) -> tuple[str, ...]:
    """Return the tables that the migrations of a family make."""
    sql = "".join(path.read_text(encoding="utf-8") for path in (FOLDER / family).glob("[0-9]*.py"))
    return tuple(re.findall(r"CREATE TABLE (\w+)", sql))


def revision(db: psycopg.Connection[Any], schema: str) -> str:
    """Return the revision of a schema's tables; '' if there are none."""
    table = f"{schema}.alembic_version"
    table_row = db.execute("SELECT to_regclass(%s)", (table,)).fetchone()
    row = db.execute(f"SELECT version_num FROM {table}".encode()).fetchone() if table_row and table_row[0] else None
    return str(row[0]) if row else ""


def upgrade(url: str, schema: str, family: str, where: str, anew: bool = False) -> None:
    """Make a schema's tables those of this version, one process at a time, all or nothing; `anew`: from nothing.

    Raises:
        AskError: a newer version of the program has made them.
        psycopg.Error: the database does not do it.
    """
    from alembic.util import CommandError
    from sqlalchemy import NullPool, create_engine, text
    from sqlalchemy.exc import DBAPIError

    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(20261128)"))
            if anew:
                connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
            connection.execute(text(f"SET LOCAL search_path TO {schema}"))
            _to_head(connection, schema, family)
    except CommandError as error:
        message = f"A newer version of this program has changed the tables in {where}."
        raise AskError(message, "Install that version here as well, or bring back a copy from before.") from error
    except DBAPIError as error:
        raise (error.orig or error) from error


def _to_head(connection: Any, schema: str, family: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("version_locations", str(FOLDER / family))
    config.set_main_option("path_separator", "newline")
    config.attributes |= {"connection": connection, "schema": schema}
    command.upgrade(config, "head")


CONNECT_TIMEOUT = 5  # seconds that a connection is waited for
_OPTIONS: dict[str, Any] = {
    "connect_timeout": CONNECT_TIMEOUT,
    "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000,  # a lost network
    "application_name": "ask-the-plan",
}  # fmt: skip
# The server, too, finds out that a client is gone, whose lock must not stay. A transaction waits a minute for another.
_SESSION = "-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c lock_timeout=60s"
_PERMISSION_ADVICE = "Ask whoever runs the database, or set ASK_DATABASE otherwise."
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # what it says of a server that is away we say in a sentence
_upgraded: set[tuple[str, str]] = set()  # schemas whose tables were looked at
_pools: dict[tuple[str, str], ConnectionPool[psycopg.Connection[Any]]] = {}
_pools_lock = threading.Lock()


def display_name(url: str) -> str:
    """Return a name of the database for people, without its password.

    Raises:
        AskError: the URL is not the address of a PostgreSQL database.
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        message = "ASK_DATABASE is not the address of a PostgreSQL database."
        raise AskError(message, "Write postgresql://NAME:PASSWORD@HOST:PORT/DATABASE.") from error
    host = f"{parts.get('host') or 'this machine'}:{parts.get('port') or 5432}"
    return f"the database {parts.get('dbname') or parts.get('user') or 'postgres'} at {host}"


def _postgres_error(error: Exception, url: str) -> AskError:
    where, message = display_name(url), (str(error).strip().splitlines() or [type(error).__name__])[0]
    if isinstance(error, errors.DiskFull):
        return StorageError(f"There is no room left for {where}.", ROOM)
    if isinstance(error, errors.LockNotAvailable | errors.QueryCanceled | errors.DeadlockDetected):
        return IndexBusy(f"Another process has locked {where}.", "Try again when it is done.")
    if isinstance(error, errors.InsufficientPrivilege | errors.ReadOnlySqlTransaction):
        return StorageError(f"{where[0].upper()}{where[1:]} may not be used so ({message}).", _PERMISSION_ADVICE)
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        next_step = "It is tried again with the next request; see that the server runs, and that ASK_DATABASE names it."
        return DatabaseDown(f"{where[0].upper()}{where[1:]} does not answer ({message}).", next_step)
    damage = f"The tables in {where} are damaged ({message})."
    return IndexDamaged(damage, "Run `ask-the-plan sync --rebuild`: they are made anew from the documents.")


@contextmanager
def _translating(url: str) -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise _postgres_error(_connection_error(url) or error, url) from error
    except psycopg.Error as error:
        raise _postgres_error(error, url) from error


def _connection_error(url: str) -> Exception | None:
    """Return the error that prevents a connection, or None if there is none now.

    The pool does not report it.
    """
    try:
        psycopg.connect(url, **_OPTIONS).close()
    except psycopg.Error as error:
        return error
    return None


def _pool(url: str, schema: str) -> ConnectionPool[psycopg.Connection[Any]]:
    options = f"{_SESSION} -c search_path={schema}"
    with _pools_lock:  # threads that begin at once share one pool: a second would never be closed
        if (url, schema) not in _pools:
            _pools[url, schema] = ConnectionPool(
                url, kwargs=_OPTIONS | {"options": options, "autocommit": True}, min_size=0, max_size=8,
                timeout=CONNECT_TIMEOUT, reconnect_timeout=CONNECT_TIMEOUT, max_idle=60,
                check=ConnectionPool.check_connection, open=True,
            )  # fmt: skip
        return _pools[url, schema]


@lru_cache(2_000)
def _to_psycopg(sql: str) -> str:
    """Return SQL with `?` for values in the form that psycopg takes."""
    return sql.replace("%", "%%").replace("?", "%s")


def _storable(value: Any) -> Any:
    """Return a value that PostgreSQL can store: NUL characters in a text are replaced.

    A search for a text with NUL then finds nothing instead of failing.
    """
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else value


class _Statements:
    """A connection, or whichever one the pool gives for each statement."""

    def __init__(self, schema: PostgresSchema) -> None:
        self._schema = schema

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> psycopg.Cursor[Any]:
        with self._schema.connected() as db:
            return db.execute(_to_psycopg(sql), [_storable(p) for p in parameters], binary=True)

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> None:
        with self._schema.connected() as db, db.cursor() as cursor:
            cursor.executemany(_to_psycopg(sql), ([_storable(p) for p in row] for row in parameters))


class PostgresSchema:
    """One schema, its tables made by the migrations of a `family`. Safe to share between threads."""

    def __init__(self, url: str, schema: str, family: str) -> None:
        self.url, self.family = url, family
        self.schema = "ask_" + "".join(c if c.isalnum() else "_" for c in schema.lower())[:50]
        self.words = Bm25()
        self._local = threading.local()

    @property
    def db(self) -> _Statements:
        """Statements, each of its own or all in this thread's transaction; the tables are made."""
        if (self.url, self.schema) not in _upgraded:
            with _translating(self.url), psycopg.connect(self.url, **_OPTIONS) as db:
                current = revision(db, self.schema)
            if current != newest_revision(self.family):
                with _translating(self.url):
                    upgrade(self.url, self.schema, self.family, display_name(self.url))
            _upgraded.add((self.url, self.schema))
        return _Statements(self)

    @contextmanager
    def connected(self) -> Iterator[psycopg.Connection[Any]]:
        """Yield this thread's connection if it holds one, else one from the pool."""
        with _translating(self.url):
            if (connection := self._own_connection()) is not None:
                yield connection
            else:
                with _pool(self.url, self.schema).connection() as db:
                    yield db

    def _own_connection(self) -> Any:
        return getattr(self._local, "held", None)

    @contextmanager
    def _one_connection(self, another: bool = False) -> Iterator[psycopg.Connection[Any]]:
        """One connection for all that this thread does in here; `another` than the one that it holds already."""
        former = self._own_connection()
        self.db  # noqa: B018 - the tables are made
        if another:
            self._local.held = None
        try:
            with self.connected() as db:
                self._local.held = db
                yield db
        finally:
            self._local.held = former

    @property
    def exists(self) -> bool:
        """Always True, since missing tables are made."""
        return True

    @contextmanager
    def snapshot(self) -> Iterator[_Statements]:
        """One state for several statements that read, whatever others write meanwhile."""
        with self._one_connection() as db, db.transaction():
            db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield _Statements(self)

    @contextmanager
    def unstamped(self) -> Iterator[_Statements]:
        """All or nothing, one process at a time."""
        with self._one_connection() as db, db.transaction():
            db.execute("SELECT pg_advisory_xact_lock(%s)", (_lock_key(self.schema),))
            yield _Statements(self)

    @contextmanager
    def locked(self, name: str, timeout: float) -> Iterator[None]:
        """Hold a lock of the connection that this thread works with meanwhile.

        The lock belongs to the connection, so that whoever loses one loses the other.

        Raises:
            IndexBusy, DatabaseDown: see `Database.locked`.
        """
        deadline, key = time.monotonic() + timeout, _lock_key(f"{self.schema} {name}")
        with self._one_connection(another=True) as db:
            while not (db.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchone() or (False,))[0]:
                if time.monotonic() >= deadline:
                    message = f"Another process is writing the index in {display_name(self.url)}."
                    raise IndexBusy(message, "Try again when it is done.")
                time.sleep(0.1)
            try:
                yield
            finally:
                if not db.broken:
                    db.execute("SELECT pg_advisory_unlock(%s)", (key,))

    def is_sound(self, tables: Sequence[str] = ()) -> bool:
        """Return True if the tables are there; the server sees to their being whole."""
        expected = tables or tables_of(self.family)
        marks = ",".join("to_regclass(?) IS NOT NULL" for _ in expected)
        return all(self.db.execute(f"SELECT {marks}", expected).fetchone() or ())

    def defer_constraints(self, db: Any) -> None:
        """Look whether rows name each other rightly at the end of this transaction only."""
        db.execute("SET CONSTRAINTS ALL DEFERRED")

    def empty(self, tables: Sequence[str]) -> None:
        """Take all rows out of some tables; numbers that were given are not given again."""
        with self.unstamped() as db:
            derived = ["terms"] if "words" in tables else []
            for table in (*tables, *derived):
                db.execute(f"DELETE FROM {table}")

    def delete(self) -> None:
        """Throw the tables away and make them anew."""
        with _translating(self.url):
            upgrade(self.url, self.schema, self.family, display_name(self.url), anew=True)

    def close(self) -> None:
        """Nothing: the pool is the process's."""


def _lock_key(name: str) -> int:
    """Return the number by which PostgreSQL knows a lock."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:7])


def close_all() -> None:
    """Close every connection of this process, and forget what was known of the databases."""
    with _pools_lock:
        for pool in _pools.values():
            pool.close()
        _pools.clear()
    _upgraded.clear()
