"""Conversations kept on this machine: one SQLite file, in which nobody reads what another visitor asked.

A visitor is named by a secret that only their browser (or their login) holds; the file holds its hash.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.store.records import Record, read_record, sha256
from ingest.storage import private_file, private_folder

TITLE = 80
"""Most characters of a title, which is the first question."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
  id TEXT PRIMARY KEY, visitor TEXT NOT NULL, title TEXT NOT NULL, changed TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_visitor ON conversations(visitor, changed);
CREATE TABLE IF NOT EXISTS records (
  conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
  position INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (conversation, position));
CREATE TABLE IF NOT EXISTS preferences (visitor TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


def new_id() -> str:
    """A name for a conversation, which nobody guesses."""
    return secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A kept conversation in a list: `changed` is UTC, ISO 8601."""

    id: str
    title: str
    changed: str
    answers: int


class Conversations:
    """The file of conversations. Safe to share between threads: every call opens it anew."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if not self.path.exists():
            private_folder(self.path.parent)
        private_file(self.path)
        with closing(sqlite3.connect(self.path, timeout=30)) as db:
            db.execute("PRAGMA foreign_keys=ON")
            db.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten
            db.executescript(_SCHEMA)
            with db:
                yield db

    def listed(self, visitor: str) -> tuple[Conversation, ...]:
        """The visitor's conversations, the latest first."""
        with self._open() as db:
            rows = db.execute(
                "SELECT id, title, changed, (SELECT count(*) FROM records WHERE conversation = id) FROM conversations "
                "WHERE visitor = ? ORDER BY changed DESC, rowid DESC",
                (sha256(visitor),),
            ).fetchall()
        return tuple(Conversation(*row) for row in rows)

    def records(self, visitor: str, conversation: str) -> tuple[Record, ...]:
        """The answers of a conversation in their order; none where it is not there or another visitor's."""
        with self._open() as db:
            rows = db.execute(
                "SELECT record FROM records JOIN conversations ON id = conversation "
                "WHERE conversation = ? AND visitor = ? ORDER BY position",
                (conversation, sha256(visitor)),
            ).fetchall()
        return tuple(read_record(json.loads(row[0])) for row in rows)

    def keep(self, visitor: str, conversation: str, record: Record, position: int) -> str:
        """The conversation's id, after keeping an answer at its position (0-based): what stood there and behind is replaced.

        A conversation that is not there begins, one that is another visitor's or '' under a new id.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._open() as db:
            there = db.execute("SELECT visitor FROM conversations WHERE id = ?", (conversation,)).fetchone()
            if not there or there[0] != sha256(visitor):
                conversation = new_id() if there or not conversation else conversation
                title = " ".join(record.answer.question.split())
                title = title if len(title) <= TITLE else title[: TITLE - 1] + "…"
                db.execute("INSERT INTO conversations VALUES (?,?,?,?)", (conversation, sha256(visitor), title, now))
            db.execute("UPDATE conversations SET changed = ? WHERE id = ?", (now, conversation))
            db.execute("DELETE FROM records WHERE conversation = ? AND position >= ?", (conversation, position))
            text = json.dumps(record.to_dict(), ensure_ascii=False)
            db.execute("INSERT INTO records VALUES (?,?,?)", (conversation, position, text))
        return conversation

    def delete(self, visitor: str, conversation: str) -> None:
        """Forget a conversation of the visitor's."""
        with self._open() as db:
            db.execute("DELETE FROM conversations WHERE id = ? AND visitor = ?", (conversation, sha256(visitor)))

    def renamed(self, before: str, now: str) -> None:
        """What was kept under one name of a visitor is theirs under another; what they have set there stays."""
        with self._open() as db:
            db.execute("UPDATE conversations SET visitor = ? WHERE visitor = ?", (sha256(now), sha256(before)))
            db.execute("UPDATE OR IGNORE preferences SET visitor = ? WHERE visitor = ?", (sha256(now), sha256(before)))

    def preferences(self, visitor: str) -> dict[str, Any]:
        """What the visitor has set; {} at first."""
        with self._open() as db:
            row = db.execute("SELECT value FROM preferences WHERE visitor = ?", (sha256(visitor),)).fetchone()
        found: dict[str, Any] = json.loads(row[0]) if row else {}
        return found

    def prefer(self, visitor: str, value: dict[str, Any]) -> None:
        """Remember what the visitor has set."""
        with self._open() as db:
            db.execute("INSERT OR REPLACE INTO preferences VALUES (?,?)", (sha256(visitor), json.dumps(value)))
