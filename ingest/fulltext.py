"""Full text: SQLite's own, FTS5, and what a database has to offer in its place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from ingest.words import match_query


class Rows(Protocol):
    """What a statement found."""

    def __iter__(self) -> Iterator[Any]: ...

    def fetchone(self) -> Any:
        """The next row, None where there is none."""

    def fetchall(self) -> list[Any]:
        """All rows that are left."""


class Connection(Protocol):
    """What executes SQL as both databases know it, with `?` for values."""

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Rows:
        """Execute a statement."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any:
        """Execute a statement once for each row of values."""


class FullText(Protocol):
    """The table `words`: texts as `ingest.words.searchable` makes them, by number (`rowid`)."""

    def put(self, db: Connection, rows: Sequence[tuple[int, str]]) -> None:
        """Add texts."""

    def drop(self, db: Connection, document_id: str) -> None:
        """Forget the texts of a document's chunks."""

    def clear(self, db: Connection) -> None:
        """Forget all."""

    def search(self, db: Connection, question: str, limit: int, within: Sequence[str] | None = None) -> list[int]:
        """Numbers of texts that share words with the question, by BM25, best first; only of chunks of the documents
        `within` where given."""


class Fts5:
    """SQLite's full text."""

    def put(self, db: Connection, rows: Sequence[tuple[int, str]]) -> None:
        """Add texts."""
        db.executemany("INSERT INTO words (rowid, body) VALUES (?, ?)", rows)

    def drop(self, db: Connection, document_id: str) -> None:
        """Forget the texts of a document's chunks."""
        db.execute("DELETE FROM words WHERE rowid IN (SELECT id FROM chunks WHERE document_id = ?)", (document_id,))

    def clear(self, db: Connection) -> None:
        """Forget all."""
        db.execute("DELETE FROM words")

    def search(self, db: Connection, question: str, limit: int, within: Sequence[str] | None = None) -> list[int]:
        """See `FullText.search`."""
        query = match_query(question)
        if not query:
            return []
        sql, values = "SELECT w.rowid FROM words w WHERE words MATCH ?", [query]
        if within is not None:
            sql += " AND w.rowid IN (SELECT id FROM chunks WHERE document_id IN (SELECT value FROM json_each(?)))"
            values.append(json.dumps(list(within)))
        return [r[0] for r in db.execute(f"{sql} ORDER BY w.rank LIMIT {int(limit)}", values)]
