"""Saved conversations, each readable by its visitor only.

A visitor is identified by a secret that only their browser or login holds. The database stores its hash.

The tables are in a SQLite file or in a shared database. A damaged file is renamed, and a new one is created.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from app.errors import AskError
from app.store.records import Record, RecordError, read_record, sha256
from app.text.words import one_line
from ingest.database.database import Database, SqliteFile
from ingest.database.fulltext import Connection
from ingest.database.kept import SHARED
from ingest.errors import IndexDamaged, Translatable
from ingest.storage import private_folder

log = logging.getLogger(__name__)
T = TypeVar("T")
PATIENCE = 1.0  # seconds that a file which another process writes is waited for: a reader waits for the answer meanwhile
_REASONS = {
    "SQLITE_BUSY": ("another process is writing them", "Try again in a moment."),
    "SQLITE_LOCKED": ("another process is writing them", "Try again in a moment."),
    "SQLITE_READONLY": ("there is no permission to write them", "Whoever runs the page can allow that."),
    "SQLITE_CANTOPEN": ("they cannot be opened", "Whoever runs the page can check the permissions."),
    "SQLITE_FULL": ("the disk is full", "Whoever runs the page can free some space."),
    "SQLITE_IOERR": ("the disk cannot be written to", "Whoever runs the page can free some space or check the disk."),
}
_SET_ASIDE = "The saved conversations were damaged. They have been moved to {place}; new ones will be saved as usual."
_TABLES = """
CREATE TABLE IF NOT EXISTS conversations (
  id TEXT PRIMARY KEY, visitor TEXT NOT NULL, title TEXT NOT NULL, changed TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_visitor ON conversations(visitor, changed);
CREATE TABLE IF NOT EXISTS records (
  conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
  position INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (conversation, position));
CREATE TABLE IF NOT EXISTS shared (
  id TEXT PRIMARY KEY, conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE, record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pinned (conversation TEXT PRIMARY KEY REFERENCES conversations(id) ON DELETE CASCADE);
CREATE TABLE IF NOT EXISTS preferences (visitor TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class NotSaved(AskError):
    """Conversations cannot be read or written just now."""


class _ConversationFile(SqliteFile):
    """A file in which deleted text is overwritten, and a damaged letter hides none of the others."""

    timeout = PATIENCE
    pragmas = ("foreign_keys=ON", "secure_delete=ON")

    @staticmethod
    def text_factory(raw: bytes) -> str:
        return raw.decode(errors="replace")


class ConversationTables:
    """The tables of saved conversations, in the database at `url` if there is one, else in a file.

    Safe to share between threads, because every call opens the file again.
    """

    def __init__(self, path: Path, url: str = "") -> None:
        self.path, self.url = path, url
        self.aside = ""  # a sentence if a damaged file was set aside
        self._tables = Database(SHARED if url else path, _TABLES, url, _ConversationFile)

    def do(self, work: Callable[[Connection], T], writes: bool = False) -> T:
        """Do the work and return its result; if it `writes`, nobody else writes between its statements.

        Raises:
            NotSaved: the file is locked, read-only, unreadable or the disk full, or the database is away.
        """
        try:
            try:
                return self._do(work, writes)
            except IndexDamaged:
                if self.url:
                    raise
                self._set_aside()
                return self._do(work, writes)
        except (AskError, OSError) as error:
            raise self._not_saved(error) from error

    def _do(self, work: Callable[[Connection], T], writes: bool) -> T:
        with nullcontext() if self.url else self._folder_lock(fcntl.LOCK_SH):
            try:
                with self._tables.unstamped() if writes else nullcontext(self._tables.db) as db:
                    return work(db)
            finally:
                self._tables.close()

    def _not_saved(self, error: AskError | OSError) -> NotSaved:
        log.error("%s: %s", self.path, error)
        if self.url and isinstance(error, AskError):
            return NotSaved("Conversations cannot be saved or opened right now: {reason}", error.next_step, error.message)
        name = "_".join(getattr(error.__cause__, "sqlite_errorname", "").split("_")[:2])  # without what kind of it
        reason, next_step = _REASONS.get(name, ("they cannot be used", "The log has the details."))
        return NotSaved("Conversations cannot be saved or opened right now: {reason}.", next_step, reason)

    @contextmanager
    def _folder_lock(self, how: int) -> Iterator[None]:
        """Lock the folder: shared (`LOCK_SH`) to use the file, exclusive (`LOCK_EX`) to rename it.

        SQLite finds a journal by its name. If the files are renamed under an open connection, SQLite reports a failure
        of the disk, and what belongs to the damaged file could be written into the new one.
        """
        if not self.path.exists():
            private_folder(self.path.parent)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, how)
            yield
        finally:
            os.close(folder)

    def _set_aside(self) -> None:
        """Give a damaged file another name, unless somebody else has done so."""
        with self._folder_lock(fcntl.LOCK_EX):
            file = _ConversationFile(self.path, "")
            is_whole = file.is_whole()
            file.close()
            if is_whole:
                return
            target = self.path.with_name(f"{self.path.stem}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}{self.path.suffix}")
            self.path.replace(target)
            journal = self.path.with_name(f"{self.path.name}-journal")  # it belongs to the damaged file
            if journal.exists():
                journal.replace(target.with_name(f"{target.name}-journal"))
            self.aside = Translatable(_SET_ASIDE, place=target.name)
            log.error("%s: %s", target, self.aside)


def new_id() -> str:
    """Make an id for a conversation that nobody can guess."""
    return secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A saved conversation in a list. `changed` is UTC, ISO 8601; `links` counts the links to it and its answers."""

    id: str
    title: str
    changed: str
    answers: int
    links: int = 0
    pinned: int = 0


@dataclass(frozen=True, slots=True)
class Shared:
    """An answer, called by its question, or a `whole` conversation, called by its title, under an address of its own."""

    id: str
    title: str
    records: tuple[Record, ...]
    whole: bool = False


class Conversations(ConversationTables):
    """The conversations in a file, or in the database at the `url`.

    Safe to share between threads. Every method raises `NotSaved` if they cannot be read or written now.
    """

    def listed(self, visitor: str, search: str = "") -> tuple[Conversation, ...]:
        """Return the visitor's conversations, pinned ones first, then the latest first.

        With words in `search`, only those are returned that have all of them in the title, a question or an answer.
        """
        rows = self._rows(
            "SELECT id, title, changed, (SELECT count(*) FROM records WHERE conversation = c.id), "
            "(SELECT count(*) FROM shared WHERE conversation = c.id), "
            "(SELECT count(*) FROM pinned WHERE conversation = c.id) AS pins FROM conversations c "
            "WHERE visitor = ? ORDER BY pins DESC, changed DESC",
            sha256(visitor),
        )
        conversations = tuple(Conversation(*row) for row in rows)
        words = search.casefold().split()
        return tuple(c for c in conversations if self._has(visitor, c, words)) if words else conversations

    def _has(self, visitor: str, conversation: Conversation, words: Sequence[str]) -> bool:
        answers = (r.answer for r in self.records(visitor, conversation.id))
        text = "\n".join([conversation.title, *(f"{a.question}\n{a.text}\n{a.note}" for a in answers)]).casefold()
        return all(word in text for word in words)

    def records(self, visitor: str, conversation: str) -> tuple[Record, ...]:
        """Return the answers of a conversation in order; () if it is missing or another visitor's."""
        query = (
            "SELECT record FROM records JOIN conversations ON id = conversation "
            "WHERE conversation = ? AND visitor = ? ORDER BY position"
        )
        return tuple(_record(row[0]) for row in self._rows(query, conversation, sha256(visitor)))

    def save(self, visitor: str, conversation: str, record: Record, position: int) -> str:
        """Save an answer at its position (0-based) and return the id of its conversation.

        The answer replaces what is at that position and after it. If the conversation does not exist, it begins. If it
        is another visitor's or '', it begins under a new id.
        """
        text, question = json.dumps(record.to_dict(), ensure_ascii=False), record.answer.question
        return self.do(lambda db: _save(db, sha256(visitor), conversation, question, text, position), True)

    def share(self, visitor: str, conversation: str, record: Record | None = None) -> str:
        """Share an answer of the visitor's conversation and return the id under which it can be read.

        Without a record, the whole conversation is shared as it is now. Everyone who knows the id may read it until the
        conversation is deleted.

        Raises:
            NotSaved: The conversation does not exist, or no longer.
        """
        if record:
            name, value = record.id, record.to_dict()
        else:
            answers = [r.to_dict() for r in self.records(visitor, conversation)]
            name, value = conversation, {"title": self.title(visitor, conversation), "answers": answers}
        statement = (
            "INSERT INTO shared SELECT ?, id, ? FROM conversations WHERE id = ? AND visitor = ? "
            "ON CONFLICT(id) DO UPDATE SET record = excluded.record"
        )
        self._put(statement, name, json.dumps(value, ensure_ascii=False), conversation, sha256(visitor))
        if self.shared(name) is None:
            raise NotSaved("This answer was not saved, so there is no link to it.", "Ask again, and share the new answer.")
        return name

    def shared(self, name: str) -> Shared | None:
        """Return the answer or the conversation that was shared under an id; None if there is none."""
        rows = self._rows("SELECT record FROM shared WHERE id = ?", name)
        return _shared(name, rows[0][0]) if rows else None

    def retitle(self, visitor: str, conversation: str, new_title: str) -> None:
        """Another title for a conversation of the visitor's; an empty one changes nothing."""
        if title := _title(new_title):
            statement = "UPDATE conversations SET title = ? WHERE id = ? AND visitor = ?"
            self._put(statement, title, conversation, sha256(visitor))

    def pin(self, visitor: str, conversation: str, pinned: bool) -> None:
        """Pin a conversation of the visitor's before the others, or unpin it."""
        ids = "SELECT id FROM conversations WHERE id = ? AND visitor = ?"
        unpin = f"DELETE FROM pinned WHERE conversation IN ({ids})"
        statement = f"INSERT INTO pinned {ids} ON CONFLICT DO NOTHING" if pinned else unpin
        self._put(statement, conversation, sha256(visitor))

    def title(self, visitor: str, conversation: str) -> str:
        """Return the title of a conversation of the visitor's; '' if there is none."""
        query = "SELECT title FROM conversations WHERE id = ? AND visitor = ?"
        rows = self._rows(query, conversation, sha256(visitor))
        return str(rows[0][0]) if rows else ""

    def delete(self, visitor: str, conversation: str) -> None:
        """Forget a conversation of the visitor's."""
        self._put("DELETE FROM conversations WHERE id = ? AND visitor = ?", conversation, sha256(visitor))

    def renamed(self, old: str, new: str) -> None:
        """Give all that is saved under one name of a visitor to another name; what they have set there stays."""
        pair = (sha256(new), sha256(old))

        def rename(db: Connection) -> None:
            db.execute("UPDATE conversations SET visitor = ? WHERE visitor = ?", pair)
            existing = "SELECT 1 FROM preferences WHERE visitor = ?"
            db.execute(f"UPDATE preferences SET visitor = ? WHERE visitor = ? AND NOT EXISTS ({existing})", (*pair, pair[0]))

        self.do(rename, True)

    def preferences(self, visitor: str) -> dict[str, Any]:
        """Return the visitor's settings; {} if there are none yet."""
        rows = self._rows("SELECT value FROM preferences WHERE visitor = ?", sha256(visitor))
        preferences: dict[str, Any] = json.loads(rows[0][0]) if rows else {}
        return preferences

    def prefer(self, visitor: str, value: dict[str, Any]) -> None:
        """Remember what the visitor has set."""
        statement = "INSERT INTO preferences VALUES (?,?) ON CONFLICT (visitor) DO UPDATE SET value = excluded.value"
        self._put(statement, sha256(visitor), json.dumps(value))

    def _rows(self, query: str, *values: object) -> list[Any]:
        return self.do(lambda db: db.execute(query, values).fetchall())

    def _put(self, statement: str, *values: object) -> None:
        self.do(lambda db: db.execute(statement, values), True)


@contextmanager
def _complete() -> Iterator[None]:
    try:
        yield
    except (ValueError, RecordError) as error:
        raise NotSaved("One answer in this conversation was not saved in full.", "Delete the conversation.") from error


def _record(text: str) -> Record:
    with _complete():
        return read_record(json.loads(text))


def _shared(name: str, text: str) -> Shared:
    with _complete():
        value = json.loads(text)
        is_conversation = "answers" in value
        records = tuple(map(read_record, value["answers"] if is_conversation else [value]))
        return Shared(name, value["title"] if is_conversation else records[0].answer.question, records, is_conversation)


def _save(db: Connection, visitor: str, conversation: str, question: str, record: str, position: int) -> str:
    now = datetime.now(UTC).isoformat(timespec="microseconds")  # several may come within a second
    owner = db.execute("SELECT visitor FROM conversations WHERE id = ?", (conversation,)).fetchone()
    if not owner or owner[0] != visitor:
        conversation = new_id() if owner or not conversation else conversation
        db.execute("INSERT INTO conversations VALUES (?,?,?,?)", (conversation, visitor, _title(question), now))
    db.execute("UPDATE conversations SET changed = ? WHERE id = ?", (now, conversation))
    if position == 0:  # a conversation that no visitor gave a title has its first question for one
        own, titled = _title(question), "UPDATE conversations SET title = ? WHERE id = ? AND title = ?"
        kept = db.execute("SELECT record FROM records WHERE conversation = ? AND position = 0", (conversation,)).fetchall()
        for (text,) in kept:
            with suppress(ValueError, KeyError, TypeError):  # one that is damaged
                db.execute(titled, (own, conversation, _title(json.loads(text)["answer"]["question"])))
    db.execute("DELETE FROM records WHERE conversation = ? AND position >= ?", (conversation, position))
    db.execute("INSERT INTO records VALUES (?,?,?)", (conversation, position, record))
    return conversation


def _title(text: str) -> str:
    """Return a title, which is the first question unless a visitor changed it, in at most 80 characters."""
    title = one_line(text)
    return title if len(title) <= 80 else title[:79] + "…"
