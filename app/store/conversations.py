"""Saved conversations, in which nobody reads what another visitor asked.

A visitor is named by a secret that only their browser (or their login) holds; the database holds its hash.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.store.conversation_tables import ConversationTables, NotSaved
from app.store.records import Record, RecordError, read_record, sha256
from ingest.database.fulltext import Connection

TITLE = 80
"""Most characters of a title, which is the first question."""


def new_id() -> str:
    """A name for a conversation, which nobody guesses."""
    return secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A saved conversation in a list: `changed` is UTC, ISO 8601; `links` lead to so many of its answers."""

    id: str
    title: str
    changed: str
    answers: int
    links: int = 0


class Conversations:
    """Those in a file, or in the database at the `url`. Safe to share between threads. Every method raises `NotSaved` where
    what is saved cannot be read or written just now (`ConversationTables`)."""

    def __init__(self, path: Path, url: str = "") -> None:
        self.path, self._tables = path, ConversationTables(path, url)

    @property
    def aside(self) -> str:
        """A sentence where a damaged file was set aside; else ''."""
        return self._tables.aside

    def listed(self, visitor: str, sought: str = "") -> tuple[Conversation, ...]:
        """The visitor's conversations, the latest first; with words to seek those that have all of them, in the title, a
        question or an answer."""
        rows = self._tables.do(
            lambda db: db.execute(
                "SELECT id, title, changed, (SELECT count(*) FROM records WHERE conversation = c.id), "
                "(SELECT count(*) FROM shared WHERE conversation = c.id) FROM conversations c "
                "WHERE visitor = ? ORDER BY changed DESC, rowid DESC",
                (sha256(visitor),),
            ).fetchall()
        )
        found = tuple(Conversation(*row) for row in rows)
        words = sought.casefold().split()
        return tuple(c for c in found if self._has(visitor, c, words)) if words else found

    def _has(self, visitor: str, conversation: Conversation, words: Sequence[str]) -> bool:
        answers = (r.answer for r in self.records(visitor, conversation.id))
        said = "\n".join([conversation.title, *(f"{a.question}\n{a.text}\n{a.note}" for a in answers)]).casefold()
        return all(word in said for word in words)

    def records(self, visitor: str, conversation: str) -> tuple[Record, ...]:
        """The answers of a conversation in their order; none where it is not there or another visitor's."""
        rows = self._tables.do(
            lambda db: db.execute(
                "SELECT record FROM records JOIN conversations ON id = conversation "
                "WHERE conversation = ? AND visitor = ? ORDER BY position",
                (conversation, sha256(visitor)),
            ).fetchall()
        )
        return tuple(_record(row[0]) for row in rows)

    def citing(self, document: str) -> int:
        """How many saved answers, of all visitors, quote a document."""
        find = "SELECT record FROM records WHERE record LIKE ?"
        rows = self._tables.do(lambda db: db.execute(find, (f'%"{document}"%',)).fetchall())
        return sum(_cites(row[0], document) for row in rows)

    def save(self, visitor: str, conversation: str, record: Record, position: int) -> str:
        """The conversation's id, after saving an answer at its position (0-based): what stood there and behind is replaced.

        A conversation that is not there begins, one that is another visitor's or '' under a new id.
        """
        text, question = json.dumps(record.to_dict(), ensure_ascii=False), record.answer.question
        return self._tables.do(lambda db: _save(db, sha256(visitor), conversation, question, text, position), True)

    def share(self, visitor: str, conversation: str, record: Record) -> None:
        """From now on whoever knows the id of this answer of a conversation of the visitor's may read it as it is, until the
        conversation is deleted.

        Raises:
            NotSaved: there is no such conversation (any more).
        """
        row = (record.id, json.dumps(record.to_dict(), ensure_ascii=False), conversation, sha256(visitor))
        insert = (
            "INSERT INTO shared SELECT ?, id, ? FROM conversations WHERE id = ? AND visitor = ? ON CONFLICT(id) DO NOTHING"
        )
        self._tables.do(lambda db: db.execute(insert, row), True)
        if self.shared(record.id) is None:
            raise NotSaved("This answer is not kept, so that there is no link to it.", "Ask again, and share that answer.")

    def shared(self, record: str) -> Record | None:
        """The answer with this id, where it was shared."""
        find = "SELECT record FROM shared WHERE id = ?"
        row = self._tables.do(lambda db: db.execute(find, (record,)).fetchone())
        return _record(row[0]) if row else None

    def retitle(self, visitor: str, conversation: str, title: str) -> None:
        """Another title for a conversation of the visitor's; an empty one changes nothing."""
        if shown := _title(title):
            put = "UPDATE conversations SET title = ? WHERE id = ? AND visitor = ?"
            self._tables.do(lambda db: db.execute(put, (shown, conversation, sha256(visitor))), True)

    def title(self, visitor: str, conversation: str) -> str:
        """What a conversation of the visitor's is called; '' where there is none."""
        find, which = "SELECT title FROM conversations WHERE id = ? AND visitor = ?", (conversation, sha256(visitor))
        row = self._tables.do(lambda db: db.execute(find, which).fetchone())
        return str(row[0]) if row else ""

    def delete(self, visitor: str, conversation: str) -> None:
        """Forget a conversation of the visitor's."""
        which = (conversation, sha256(visitor))
        self._tables.do(lambda db: db.execute("DELETE FROM conversations WHERE id = ? AND visitor = ?", which), True)

    def renamed(self, before: str, now: str) -> None:
        """What was saved under one name of a visitor is theirs under another; what they have set there stays."""
        pair = (sha256(now), sha256(before))

        def rename(db: Connection) -> None:
            db.execute("UPDATE conversations SET visitor = ? WHERE visitor = ?", pair)
            there = "SELECT 1 FROM preferences WHERE visitor = ?"
            db.execute(f"UPDATE preferences SET visitor = ? WHERE visitor = ? AND NOT EXISTS ({there})", (*pair, pair[0]))

        self._tables.do(rename, True)

    def preferences(self, visitor: str) -> dict[str, Any]:
        """What the visitor has set; {} at first."""
        find = "SELECT value FROM preferences WHERE visitor = ?"
        row = self._tables.do(lambda db: db.execute(find, (sha256(visitor),)).fetchone())
        found: dict[str, Any] = json.loads(row[0]) if row else {}
        return found

    def prefer(self, visitor: str, value: dict[str, Any]) -> None:
        """Remember what the visitor has set."""
        row = (sha256(visitor), json.dumps(value))
        put = "INSERT INTO preferences VALUES (?,?) ON CONFLICT (visitor) DO UPDATE SET value = excluded.value"
        self._tables.do(lambda db: db.execute(put, row), True)


def _record(text: str) -> Record:
    try:
        return read_record(json.loads(text))
    except (ValueError, RecordError) as error:
        raise NotSaved("An answer of this conversation was not kept whole.", "Delete the conversation.") from error


def _save(db: Connection, visitor: str, conversation: str, question: str, record: str, position: int) -> str:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    there = db.execute("SELECT visitor FROM conversations WHERE id = ?", (conversation,)).fetchone()
    if not there or there[0] != visitor:
        conversation = new_id() if there or not conversation else conversation
        db.execute("INSERT INTO conversations VALUES (?,?,?,?)", (conversation, visitor, _title(question), now))
    db.execute("UPDATE conversations SET changed = ? WHERE id = ?", (now, conversation))
    db.execute("DELETE FROM records WHERE conversation = ? AND position >= ?", (conversation, position))
    db.execute("INSERT INTO records VALUES (?,?,?)", (conversation, position, record))
    return conversation


def _cites(record: str, document: str) -> bool:
    try:
        return any(c["document_id"] == document for c in json.loads(record)["answer"]["citations"])
    except (ValueError, KeyError):  # it was not kept whole
        return False


def _title(text: str) -> str:
    title = " ".join(text.split())
    return title if len(title) <= TITLE else title[: TITLE - 1] + "…"
