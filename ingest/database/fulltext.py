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

from ingest.words import asked, match_query


class Connection(Protocol):
    """A connection that executes SQL as both databases know it, with `?` for values."""

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Any:
        """Execute a statement; returns its cursor."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any:
        """Execute a statement once for each row of values."""


SCORED = 5_000
"""Chunks that are scored for a question, all of a small index (4 µs each and word, docs/decisions/053); if more have one
of its words, those with its rarer ones."""
MOST_SCORED = 20_000  # chunks that are scored if even its rarest stands in very many
WORDS = 10_000  # of which it is remembered how often they are


class Fts5:
    """SQLite's full text: the table `words`, texts as `ingest.words.searchable` makes them, by number (`rowid`)."""

    def __init__(self) -> None:
        self._often: dict[str, tuple[int, int]] = {}  # word of a query -> newest chunk, chunks with it

    def put(self, db: Connection, rows: Sequence[tuple[int, str]]) -> None:
        """Add texts."""
        db.executemany("INSERT INTO words (rowid, body) VALUES (?, ?)", rows)

    def drop(self, db: Connection, document_id: str) -> None:
        """Forget the texts of a document's chunks."""
        db.execute("DELETE FROM words WHERE rowid IN (SELECT id FROM chunks WHERE document_id = ?)", (document_id,))

    def search(self, db: Connection, question: str, limit: int, within: Sequence[str] | None = None) -> list[int]:
        """Return the numbers of texts that share words with the question, by BM25, best first.

        If `within` is given, only chunks of these documents are searched. If very many share words, only those with the
        rarer words are looked at, see `SCORED`.
        """
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
        """Return the query with its rarest words only.

        These are as many as occur in `SCORED` chunks together, but at least one. An index of no more chunks than that
        keeps the whole query.
        """
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


LONGEST = 500  # characters of a word: more bytes than 2,046 PostgreSQL does not take
KEPT = 500_000  # words that are remembered


class Stems:
    """The parts of words as FTS5 sees them.

    Safe to share between threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, ...]] = {}
        self._db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._db.executescript(
            "CREATE VIRTUAL TABLE w USING fts5(body, tokenize='porter unicode61 remove_diacritics 2');"
            "CREATE VIRTUAL TABLE seen USING fts5vocab(w, instance);"
        )

    def of(self, words: Iterable[str]) -> list[tuple[str, ...]]:
        """Return the parts of each word: most words have one, `2.5` has two."""
        words = list(words)
        with self._lock:
            if len(self._known) > KEPT:
                self._known.clear()
            self._learn(list(dict.fromkeys(w for w in words if w not in self._known)))
            return [self._known[w] for w in words]

    def _learn(self, words: list[str]) -> None:
        if not words:
            return
        self._db.executemany("INSERT INTO w (rowid, body) VALUES (?, ?)", enumerate(words))
        parts: list[list[str]] = [[] for _ in words]
        for number, term in self._db.execute("SELECT doc, term FROM seen ORDER BY doc, offset"):
            parts[number].append(term[:LONGEST])
        self._db.execute("DELETE FROM w")
        self._known |= {word: tuple(found) for word, found in zip(words, parts, strict=True)}

    def terms(self, searchable: str) -> tuple[list[str], int]:
        """Return the terms by which a text can be found, and how many words FTS5 counts in it.

        `searchable` is a text as `ingest.words.searchable` makes it. Each term is listed as often as it occurs. A word
        of several parts is also listed whole.
        """
        parts = self.of(searchable.split())
        single = [term for found in parts for term in found]
        return single + [".".join(found) for found in parts if len(found) > 1], len(single)

    def asked(self, question: str) -> list[str]:
        """Return the terms to search for; one is listed twice if two words have the same stem."""
        return [".".join(found) for found in self.of(asked(question)) if found]


K1, B = 1.2, 0.75  # FTS5's
LEAST = 1e-6  # what a word counts that more than half of the texts have, in FTS5 as well
FIRST = 1_000  # texts that are looked at at first; four times as many each time that they may not be enough
POSITIONS, BYTES = 255, 1_000_000  # most that a tsvector takes: of a word, and in all

_SCORED = f"""
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
class Asked:
    """A word of a question: what it counts in a text at most `K1 + 1` times, and how many texts have it."""

    term: str
    weight: float
    texts: int


class Bm25:
    """PostgreSQL's full text, as `Fts5`."""

    def put(self, db: Connection, rows: Sequence[tuple[int, str]]) -> None:
        """Add texts."""
        found, texts, words = [], Counter[str](), 0
        for number, body in rows:
            terms, length = stems().terms(body)
            counts = Counter(terms)
            texts.update(counts.keys())
            words += length
            found.append((number, _tsvector(counts), length))
        db.executemany("INSERT INTO words (rowid, lexemes, length) VALUES (?, CAST(? AS tsvector), ?)", found)
        names = sorted(texts)
        counted = [len(found), *(texts[n] for n in names)]
        db.execute(_COUNT, (["", *names], counted, [words, *[0] * len(names)]))

    def drop(self, db: Connection, document_id: str) -> None:
        """Forget the texts of a document's chunks."""
        db.execute(_FORGET, (document_id,))

    def search(self, db: Connection, question: str, limit: int, within: Sequence[str] | None = None) -> list[int]:
        """Numbers of texts as `Fts5.search` finds them."""
        words, average = _weighed(db, Counter(stems().asked(question)))
        for chosen, left in _widening(words):
            values = [average, [w.term for w in words], [w.weight for w in words], _tsquery(chosen)]
            narrowed = [] if within is None else [list(within)]
            sql = _SCORED.format(within="" if within is None else _WITHIN)
            rows = db.execute(sql, (*values, *narrowed, limit)).fetchall()
            if not left or (len(rows) == limit and rows[-1][1] > sum(w.weight for w in left) * (K1 + 1)):
                return [row[0] for row in rows]
        return []


def _weighed(db: Connection, wanted: Mapping[str, int]) -> tuple[list[Asked], float]:
    """Weigh the words of a question by how rare they are.

    Args:
        db: The connection.
        wanted: Each word, with how often the question has it.

    Returns:
        The words that any text has, the rarest first, and the mean length of a text.
    """
    marks = ",".join("?" * len(wanted))
    rows = db.execute(f"SELECT term, texts, length FROM terms WHERE term IN ('',{marks})", list(wanted)) if wanted else ()
    held = {term: (texts, length) for term, texts, length in rows if texts > 0}
    number, length = held.pop("", (0, 0))
    found = [
        Asked(term, wanted[term] * max(math.log((number - texts + 0.5) / (texts + 0.5)), LEAST), texts)
        for term, (texts, _) in held.items()
    ]
    return sorted(found, key=lambda w: w.texts), length / max(number, 1)


def _widening(words: Sequence[Asked]) -> Iterator[tuple[Sequence[Asked], Sequence[Asked]]]:
    """Yield ever more of the words, each time with the rest; only texts with one of the first are scored.

    The words are given with the rarest first. It begins with those that stand in `FIRST` texts together, at least one.
    """
    room, at = FIRST, 0
    while at < len(words):
        at += 1
        while at < len(words) and sum(w.texts for w in words[: at + 1]) <= room:
            at += 1
        yield words[:at], words[at:]
        room *= 4


def _tsvector(counts: Mapping[str, int]) -> str:
    """Return the counted words as a PostgreSQL tsvector, as far as there is room."""
    parts, left = [], BYTES
    for term, number in counts.items():
        times = min(number, POSITIONS)
        left -= len(term.encode()) + 2 * times + 8
        if left < 0:
            break
        parts.append(f"{_quoted(term)}:{','.join(map(str, range(1, times + 1)))}")
    return " ".join(parts)


def _tsquery(words: Sequence[Asked]) -> str:
    return " | ".join(_quoted(w.term) for w in words)


def _quoted(term: str) -> str:
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"
