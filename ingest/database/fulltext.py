"""Full-text search with SQLite's FTS5 or PostgreSQL's `tsvector`.

PostgreSQL has a GIN index over FTS5's words, and its hits are put in order by FTS5's formula. Its own ranking knows nothing
of how rare a word is, so how many texts have each word is counted in the table `terms` (the row '' has the number of texts
and of all their words), and BM25 is computed in SQL. Not every text with any of the words is looked at: one that has only
the commonest cannot be among the best once enough others score higher.
"""

from __future__ import annotations

import json
import math
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Any, Protocol

from ingest.words import match_query, search_words


class Connection(Protocol):
    """A connection that executes SQL as both databases know it, with `?` for values."""

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Any:
        """Execute a statement; returns its cursor."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any:
        """Execute a statement once for each row of values."""


MAX_SCORED = 5_000
"""Chunks that are scored for a question, all of a small index (4 µs each and word, docs/decisions/053); if more have one
of its words, those with its rarer ones."""
MAX_SCORED_RAREST = 20_000  # chunks that are scored if even its rarest stands in very many


class Fts5:
    """SQLite's full text: the table `words`, texts as `ingest.words.searchable` makes them, by number (`rowid`)."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, int]] = {}  # word of a query -> newest chunk, chunks with it

    def put(self, db: Connection, rows: Sequence[tuple[int, str]]) -> None:
        """Add texts."""
        db.executemany("INSERT INTO words (rowid, body) VALUES (?, ?)", rows)

    def drop(self, db: Connection, document_id: str) -> None:
        """Forget the texts of a document's chunks."""
        db.execute("DELETE FROM words WHERE rowid IN (SELECT id FROM chunks WHERE document_id = ?)", (document_id,))

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


class Stems:
    """The parts of words as FTS5 sees them.

    Safe to share between threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stems: dict[str, tuple[str, ...]] = {}
        self._db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._db.executescript(
            "CREATE VIRTUAL TABLE w USING fts5(body, tokenize='porter unicode61 remove_diacritics 2');"
            "CREATE VIRTUAL TABLE seen USING fts5vocab(w, instance);"
        )

    def of(self, words: Iterable[str]) -> list[tuple[str, ...]]:
        """Return the parts of each word: most words have one, `2.5` has two."""
        words = list(words)
        with self._lock:
            if len(self._stems) > 500_000:
                self._stems.clear()
            self._learn(list(dict.fromkeys(w for w in words if w not in self._stems)))
            return [self._stems[w] for w in words]

    def _learn(self, words: list[str]) -> None:
        if not words:
            return
        self._db.executemany("INSERT INTO w (rowid, body) VALUES (?, ?)", enumerate(words))
        parts: list[list[str]] = [[] for _ in words]
        for number, term in self._db.execute("SELECT doc, term FROM seen ORDER BY doc, offset"):
            parts[number].append(term[:500])  # PostgreSQL takes no word of more than 2,046 bytes
        self._db.execute("DELETE FROM w")
        self._stems |= {word: tuple(stems) for word, stems in zip(words, parts, strict=True)}

    def terms(self, searchable: str) -> tuple[list[str], int]:
        """Return the terms by which a text can be found, and how many words FTS5 counts in it.

        `searchable` is a text as `ingest.words.searchable` makes it. Each term is listed as often as it occurs. A word
        of several parts is also listed whole.
        """
        parts = self.of(searchable.split())
        single = [term for stems in parts for term in stems]
        return single + [".".join(stems) for stems in parts if len(stems) > 1], len(single)

    def search_terms(self, question: str) -> list[str]:
        """Return the terms to search for; one is listed twice if two words have the same stem."""
        return [".".join(found) for found in self.of(search_words(question)) if found]


K1, B = 1.2, 0.75  # FTS5's
FIRST_TEXTS = 1_000  # texts that are looked at at first; four times as many each time that they may not be enough

_SEARCH = f"""
SELECT w.rowid, sum(q.weight * u.f * {K1 + 1} / (u.f + {K1} * ({1 - B} + {B} * w.length / CAST(? AS float8)))) AS score
FROM words w
CROSS JOIN LATERAL (SELECT lexeme, array_length(positions, 1) AS f FROM unnest(w.lexemes)) u
JOIN unnest(CAST(? AS text[]), CAST(? AS float8[])) AS q (term, weight) ON q.term = u.lexeme
WHERE w.lexemes @@ CAST(? AS tsquery) {{within}}
GROUP BY w.rowid ORDER BY score DESC, w.rowid LIMIT ?
"""
_WITHIN = "AND w.rowid IN (SELECT id FROM chunks WHERE document_id = ANY (?))"
_COUNT = """
INSERT INTO terms
SELECT * FROM unnest(CAST(? AS text[]), CAST(? AS bigint[]), CAST(? AS bigint[])) AS n (term, texts, length)
ON CONFLICT (term) DO UPDATE SET texts = terms.texts + excluded.texts, length = terms.length + excluded.length
"""
_FORGET = """
WITH gone AS (
  DELETE FROM words WHERE rowid IN (SELECT id FROM chunks WHERE document_id = ?) RETURNING lexemes, length),
counted AS (
  SELECT u.lexeme AS term, count(*) AS texts, 0 AS length FROM gone, unnest(gone.lexemes) u GROUP BY u.lexeme
  UNION ALL SELECT '', count(*), coalesce(sum(length), 0) FROM gone)
UPDATE terms SET texts = terms.texts - counted.texts, length = terms.length - counted.length
FROM counted WHERE terms.term = counted.term
"""


@cache
def stems() -> Stems:
    """Return the stems of this process."""
    return Stems()


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """A word of a question: what it counts in a text at most `K1 + 1` times, and how many texts have it."""

    term: str
    weight: float
    texts: int


class Bm25:
    """PostgreSQL's full text, as `Fts5`."""

    def put(self, db: Connection, rows: Sequence[tuple[int, str]]) -> None:
        """Add texts."""
        rows_to_insert, texts, words = [], Counter[str](), 0
        for number, body in rows:
            terms, length = stems().terms(body)
            counts = Counter(terms)
            texts.update(counts.keys())
            words += length
            rows_to_insert.append((number, _tsvector(counts), length))
        db.executemany("INSERT INTO words (rowid, lexemes, length) VALUES (?, CAST(? AS tsvector), ?)", rows_to_insert)
        terms_in_order = sorted(texts)
        text_counts = [len(rows_to_insert), *(texts[n] for n in terms_in_order)]
        db.execute(_COUNT, (["", *terms_in_order], text_counts, [words, *[0] * len(terms_in_order)]))

    def drop(self, db: Connection, document_id: str) -> None:
        """Forget the texts of a document's chunks."""
        db.execute(_FORGET, (document_id,))

    def search(self, db: Connection, question: str, limit: int, within: Sequence[str] | None = None) -> list[int]:
        """Numbers of texts as `Fts5.search` finds them."""
        words, average = _weigh_terms(db, Counter(stems().search_terms(question)))
        for scored, rest in _widen(words):
            values = [average, [w.term for w in words], [w.weight for w in words], _tsquery(scored)]
            within_values = [] if within is None else [list(within)]
            sql = _SEARCH.format(within="" if within is None else _WITHIN)
            rows = db.execute(sql, (*values, *within_values, limit)).fetchall()
            if not rest or (len(rows) == limit and rows[-1][1] > sum(w.weight for w in rest) * (K1 + 1)):
                return [row[0] for row in rows]
        return []


def _weigh_terms(db: Connection, counts: Mapping[str, int]) -> tuple[list[QueryTerm], float]:
    """Weigh the words of a question by how rare they are.

    Args:
        db: The connection.
        counts: Each word, with how often the question has it.

    Returns:
        The words that any text has, the rarest first, and the mean length of a text. As in FTS5, a word that more than
            half of the texts have still weighs a little.
    """
    marks = ",".join("?" * len(counts))
    rows = db.execute(f"SELECT term, texts, length FROM terms WHERE term IN ('',{marks})", list(counts)) if counts else ()
    known = {term: (texts, length) for term, texts, length in rows if texts > 0}
    number, length = known.pop("", (0, 0))
    terms = [
        QueryTerm(term, counts[term] * max(math.log((number - texts + 0.5) / (texts + 0.5)), 1e-6), texts)
        for term, (texts, _) in known.items()
    ]
    return sorted(terms, key=lambda w: w.texts), length / max(number, 1)


def _widen(words: Sequence[QueryTerm]) -> Iterator[tuple[Sequence[QueryTerm], Sequence[QueryTerm]]]:
    """Yield ever more of the words, each time with the rest; only texts with one of the first are scored.

    The words are given with the rarest first. It begins with those that stand in `FIRST_TEXTS` texts together, at least one.
    """
    limit, count = FIRST_TEXTS, 0
    while count < len(words):
        count += 1
        while count < len(words) and sum(w.texts for w in words[: count + 1]) <= limit:
            count += 1
        yield words[:count], words[count:]
        limit *= 4


def _tsvector(counts: Mapping[str, int]) -> str:
    """Return the counted words as a PostgreSQL tsvector, as far as there is room."""
    parts, bytes_left = [], 1_000_000  # the size of a tsvector
    for term, number in counts.items():
        times = min(number, 255)  # the positions of a word in a tsvector
        bytes_left -= len(term.encode()) + 2 * times + 8
        if bytes_left < 0:
            break
        parts.append(f"{_quoted(term)}:{','.join(map(str, range(1, times + 1)))}")
    return " ".join(parts)


def _tsquery(words: Sequence[QueryTerm]) -> str:
    return " | ".join(_quoted(w.term) for w in words)


def _quoted(term: str) -> str:
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"
