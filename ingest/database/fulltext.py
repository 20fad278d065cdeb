"""Full-text search of the chunks: SQLite's FTS5 or PostgreSQL's own, over the words that `ingest.words` makes of a text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any, Protocol

from ingest.words import match_query

FTS5_TABLE = "CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(body, tokenize='porter unicode61 remove_diacritics 2');\n"
POSTGRES_TABLE = """
CREATE TABLE IF NOT EXISTS words (rowid BIGINT PRIMARY KEY, lexemes TSVECTOR NOT NULL);
CREATE INDEX IF NOT EXISTS words_lexemes ON words USING gin (lexemes) WITH (fastupdate = off);
"""
MAX_SCORED = 5_000
"""Chunks that are scored for a question, all of a small index (4 µs each and word, docs/decisions/053); if more have one
of its words, those with its rarer ones."""
MAX_SCORED_RAREST = 20_000  # chunks that are scored if even its rarest stands in very many
_PLAIN = (
    "regexp_replace(normalize(CAST(? AS text), NFKD), '[\\u0300-\\u036f]', '', 'g')"  # as FTS5 compares: naive for naïve
)
_SEARCH = f"""
SELECT w.rowid FROM words w, websearch_to_tsquery('english', {_PLAIN}) q WHERE w.lexemes @@ q {{within}}
ORDER BY ts_rank(w.lexemes, q, 1) DESC, w.rowid LIMIT ?
"""
_WITHIN = "AND w.rowid IN (SELECT id FROM chunks WHERE document_id = ANY (?))"


class Connection(Protocol):
    """A connection that executes SQL as both databases know it, with `?` for values."""

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Any:
        """Execute a statement; returns its cursor."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any:
        """Execute a statement once for each row of values."""


class Fts5:
    """SQLite's full text: the table `words`, texts as `ingest.words.searchable` makes them, by number (`rowid`)."""

    put = "INSERT INTO words (rowid, body) VALUES (?, ?)"

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, int]] = {}  # word of a query -> newest chunk, chunks with it

    def search(self, db: Connection, question: str, limit: int, within: Sequence[str] | None = None) -> list[int]:
        """Return the numbers of texts that share words with the question, by BM25, best first.

        If `within` is given, only chunks of these documents are searched. If very many share words, only those with the
        rarer words are looked at, see `MAX_SCORED`.
        """
        query = self._rarest(db, match_query(question))
        if not query:
            return []
        sql, values = "SELECT w.rowid AS id, bm25(words) AS score FROM words w WHERE words MATCH ?", [query]
        if within is not None:  # by `+` each chunk is looked up among those of the documents, not the words in each of them
            sql += " AND +w.rowid IN (SELECT id FROM chunks WHERE document_id IN (SELECT value FROM json_each(?)))"
            values.append(json.dumps(list(within)))
        sql = f"SELECT id FROM ({sql} LIMIT {MAX_SCORED_RAREST}) AS some ORDER BY score LIMIT {int(limit)}"
        return [r[0] for r in db.execute(sql, values)]

    def _rarest(self, db: Connection, query: str) -> str:
        """Return the query with its rarest words only.

        These are as many as occur in `MAX_SCORED` chunks together, but at least one. An index of no more chunks than that
        keeps the whole query.
        """
        chunks = "SELECT count(*) FROM (SELECT 1 FROM chunks LIMIT ?) AS some"
        if db.execute(chunks, (MAX_SCORED + 1,)).fetchone()[0] <= MAX_SCORED:
            return query
        words = query.split(" OR ")
        counts = {word: self._chunks_with(db, word) for word in words}
        by_rarity = sorted(words, key=lambda w: counts[w])
        sums = accumulate(counts[w] for w in by_rarity)
        rarest = {w for n, (w, s) in enumerate(zip(by_rarity, sums, strict=True)) if not n or s <= MAX_SCORED}
        return " OR ".join(w for w in words if w in rarest)

    def _chunks_with(self, db: Connection, word: str) -> int:
        """Count the chunks that contain a word of a query, up to `MAX_SCORED`.

        The count is cached until a tenth of the chunks are new.
        """
        newest = db.execute("SELECT max(id) FROM chunks").fetchone()[0] or 0
        counted_at, count = self._counts.get(word, (0, 0))
        if not 0.9 * newest <= counted_at <= newest:
            sql = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?) AS some"
            counted_at, count = newest, int(db.execute(sql, (word, MAX_SCORED + 1)).fetchone()[0])
            self._counts[word] = counted_at, count
            while len(self._counts) > 10_000:
                self._counts.pop(next(iter(self._counts)), None)
        return count


class TsVector:
    """PostgreSQL's full text, as `Fts5`: words by their English stems, ranked by `ts_rank` and a text's length."""

    put = f"INSERT INTO words VALUES (?, to_tsvector('english', {_PLAIN}))"

    def search(self, db: Connection, question: str, limit: int, within: Sequence[str] | None = None) -> list[int]:
        """Return the numbers of texts that share words with the question, as `Fts5.search` does."""
        chosen = [] if within is None else [list(within)]
        sql = _SEARCH.format(within=_WITHIN if chosen else "")
        return [row[0] for row in db.execute(sql, (match_query(question), *chosen, limit))]
