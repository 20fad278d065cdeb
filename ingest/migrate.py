"""Tables of a PostgreSQL schema, made and brought up to date by Alembic, imported only where there is something to do.

`migrations/FAMILY` holds the steps of each kind of schema, one file each, called by its revision.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import AskError

if TYPE_CHECKING:
    import psycopg

FOLDER = Path(__file__).parent / "migrations"
_LOCK = 20_261_128  # of whoever changes tables


@cache
def newest_revision(family: str) -> str:
    """What this version of the program works with."""
    return max(path.stem for path in (FOLDER / family).glob("[0-9]*.py"))


@cache
def tables_of(family: str) -> tuple[str, ...]:
    """The tables that the steps make."""
    made = "".join(path.read_text(encoding="utf-8") for path in (FOLDER / family).glob("[0-9]*.py"))
    return tuple(re.findall(r"CREATE TABLE (\w+)", made))


def revision(db: psycopg.Connection[Any], schema: str) -> str:
    """What a schema's tables are at; '' where there are none."""
    table = f"{schema}.alembic_version"
    found = db.execute("SELECT to_regclass(%s)", (table,)).fetchone()
    row = db.execute(f"SELECT version_num FROM {table}".encode()).fetchone() if found and found[0] else None
    return str(row[0]) if row else ""


def upgrade(url: str, schema: str, family: str, where: str, anew: bool = False) -> None:
    """Make a schema's tables those of this version, one process at a time, all or nothing; `anew`: from nothing.

    Raises:
        AskError: a newer version of the program has made them.
        psycopg.Error: the database does not do it.
    """
    import psycopg
    from alembic.util import CommandError
    from sqlalchemy import NullPool, create_engine, text
    from sqlalchemy.exc import DBAPIError

    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
    try:
        with engine.begin() as connection:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
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
