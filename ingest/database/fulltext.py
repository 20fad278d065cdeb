"""Full text: SQLite's own, FTS5, and what a database has to offer in its place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
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


SCORED = 5_000
"""Chunks that are scored for a question, all of a small index (4 µs each and word, docs/decisions/053); where more have one
of its words, those with its rarer ones."""
MOST_SCORED = 20_000  # chunks that are scored where even its rarest stands in very many
WORDS = 10_000  # of which it is remembered how often they are


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
        assert within is None, "only chunks have documents"
        query = match_query(question)
        sql = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?"
        return [r[0] for r in db.execute(sql, (query, limit))] if query else []


class LargeFts5(Fts5):
    """The same for chunks, which may be very many: those with the question's rarer words are looked at, see `SCORED`."""

    def __init__(self) -> None:
        self._often: dict[str, tuple[int, int]] = {}  # word of a query -> newest chunk, chunks with it

    def search(self, db: Connection, question: str, limit: int, within: Sequence[str] | None = None) -> list[int]:
        """See `FullText.search`."""
        query = self._rarest(db, match_query(question))
        if not query:
            return []
        sql, values = "SELECT w.rowid AS id, bm25(words) AS score FROM words w WHERE words MATCH ?", [query]
        if within is not None:  # by `+` each chunk is looked up among those of the documents, not the words in each of them
            sql += " AND +w.rowid IN (SELECT id FROM chunks WHERE document_id IN (SELECT value FROM json_each(?)))"
            values.append(json.dumps(list(within)))
        sql = f"SELECT id FROM ({sql} LIMIT {MOST_SCORED}) AS some ORDER BY score LIMIT {int(limit)}"
        return [r[0] for r in db.execute(sql, values)]

    def _rarest(self, db: Connection, query: str) -> str:
        """A query of words -> the same of its rarest, as many as stand in `SCORED` chunks together, but at least one."""
        chunks = "SELECT count(*) FROM (SELECT 1 FROM chunks LIMIT ?) AS some"
        if db.execute(chunks, (SCORED + 1,)).fetchone()[0] <= SCORED:
            return query
        words = query.split(" OR ")
        often = {word: self._chunks_with(db, word) for word in words}
        ordered = sorted(words, key=lambda w: often[w])
        sums = accumulate(often[w] for w in ordered)
        kept = {w for n, (w, s) in enumerate(zip(ordered, sums, strict=True)) if not n or s <= SCORED}
        return " OR ".join(w for w in words if w in kept)

    def _chunks_with(self, db: Connection, word: str) -> int:
        """In how many chunks a word of a query stands, counted up to `SCORED`; remembered until a tenth of them are new."""
        newest = db.execute("SELECT max(id) FROM chunks").fetchone()[0] or 0
        at, found = self._often.get(word, (0, 0))
        if not 0.9 * newest <= at <= newest:
            counted = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?) AS some"
            at, found = newest, int(db.execute(counted, (word, SCORED + 1)).fetchone()[0])
            self._often[word] = at, found
            while len(self._often) > WORDS:
                self._often.pop(next(iter(self._often)), None)
        return found
