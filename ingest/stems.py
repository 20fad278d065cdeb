"""Words as SQLite's full text keeps them (folded, without accents, stemmed), for a database that has another full text."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable

from ingest.words import asked

LONGEST = 500  # characters of a word: more bytes than 2,046 PostgreSQL does not take
KEPT = 500_000  # words that are remembered


class Stems:
    """A word -> its parts as FTS5 sees them. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, ...]] = {}
        self._db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._db.executescript(
            "CREATE VIRTUAL TABLE w USING fts5(body, tokenize='porter unicode61 remove_diacritics 2');"
            "CREATE VIRTUAL TABLE seen USING fts5vocab(w, instance);"
        )

    def of(self, words: Iterable[str]) -> list[tuple[str, ...]]:
        """The parts of each word: of most one, of `2.5` two."""
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
        """A text as `ingest.words.searchable` makes it -> what can be searched for in it, as often as it is there, and how
        many words FTS5 counts. A word of several parts is there whole as well."""
        parts = self.of(searchable.split())
        single = [term for found in parts for term in found]
        return single + [".".join(found) for found in parts if len(found) > 1], len(single)

    def asked(self, question: str) -> list[str]:
        """A question -> what is searched for; twice where two of its words have one stem."""
        return [".".join(found) for found in self.of(asked(question)) if found]
