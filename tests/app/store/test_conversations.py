"""A file of conversations that is locked, read-only, on a full disk or damaged: told in a sentence, never in a traceback."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from app.answers import Answer, NotePart
from app.pipeline.values import Request, Step
from app.settings import read_settings
from app.store.conversations import Conversations, NotSaved
from app.store.records import Record, sha256
from app.ui.conversation import ConversationController
from app.ui.session import SessionState, Visitor
from app.ui.words import Words
from app.web.service import AnswerPreferences, Service

ANSWER = Answer(
    "What is Hefei for?", "What is Hefei for?", "not_found", note_parts=(NotePart("other", "The documents do not say."),)
)
RECORD = Record("r1", "2026-11-27T10:00:00", ANSWER, 0.25, "index", (), ())


@pytest.fixture
def saved(tmp_path: Path) -> Conversations:
    conversations = Conversations(tmp_path / "data" / "conversations.db")
    conversations.save("ann", "c1", RECORD, 0)
    return conversations


def works(saved: Conversations) -> list[Callable[[], object]]:
    return [
        lambda: saved.listed("ann"), lambda: saved.records("ann", "c1"), lambda: saved.save("ann", "c1", RECORD, 0),
        lambda: saved.delete("ann", "c1"),
        lambda: saved.preferences("ann"), lambda: saved.prefer("ann", {}),
    ]  # fmt: skip


def test_a_locked_file_is_waited_for_a_moment_and_told(saved: Conversations) -> None:
    with closing(sqlite3.connect(saved.path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for work in works(saved):
            with pytest.raises(NotSaved, match="another process is writing"):  # who waits for the lock never ends
                work()
    assert len(saved.listed("ann")) == 1


@pytest.mark.parametrize(
    ("name", "why"),
    [("SQLITE_READONLY_DIRECTORY", "no permission to write"), ("SQLITE_FULL", "disk is full"),
     ("SQLITE_IOERR_WRITE", "the disk"), ("SQLITE_CANTOPEN", "cannot be opened"), ("SQLITE_TOOBIG", "cannot be used")],
)  # fmt: skip
def test_why_it_cannot_be_kept_is_told(saved: Conversations, monkeypatch: pytest.MonkeyPatch, name: str, why: str) -> None:
    def fails(*_: object, **__: object) -> Any:
        error = sqlite3.OperationalError("as SQLite says it")
        error.sqlite_errorname, error.sqlite_errorcode = name, getattr(sqlite3, name)
        raise error

    monkeypatch.setattr(sqlite3, "connect", fails)
    for work in works(saved):
        with pytest.raises(NotSaved, match=why):
            work()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(NotSaved):
        Conversations(tmp_path / "data" / "conversations.db").listed("ann")


@pytest.mark.parametrize("damage", ["text", "middle"])
def test_a_damaged_file_is_set_aside_and_another_begun(saved: Conversations, damage: str) -> None:
    for position in range(1, 40):
        saved.save("ann", "c1", replace(RECORD, id=f"r{position}"), position)
    raw = bytearray(saved.path.read_bytes())
    if damage == "text":
        raw[:] = b"this is no database at all" * 100
    else:
        raw[4096:] = os.urandom(len(raw) - 4096)
    saved.path.write_bytes(raw)
    assert saved.aside == ""
    threads = [threading.Thread(target=saved.save, args=("ann", "c2", RECORD, 0)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [c.id for c in saved.listed("ann")] == ["c2"]
    (aside,) = saved.path.parent.glob("conversations.damaged-*.db")
    assert aside.read_bytes() == bytes(raw)
    assert aside.name in saved.aside
    assert str(saved.path.parent) not in saved.aside


def test_a_damaged_file_is_not_renamed_while_somebody_uses_it(saved: Conversations) -> None:
    for position in range(1, 40):
        saved.save("ann", "c1", replace(RECORD, id=f"r{position}"), position)
    raw = bytearray(saved.path.read_bytes())
    raw[4096:] = os.urandom(len(raw) - 4096)
    saved.path.write_bytes(raw)
    other = threading.Thread(target=saved.save, args=("ann", "c2", RECORD, 0))

    def uses(_: object) -> list[Path]:
        other.start()
        other.join(1)
        return list(saved.path.parent.glob("conversations.damaged-*"))

    assert saved.do(uses) == []
    other.join()
    assert [c.id for c in saved.listed("ann")] == ["c2"]


def test_no_use_leaves_a_file_open(saved: Conversations) -> None:
    before = psutil.Process().num_fds()
    for _ in range(20):
        saved.listed("ann")
    assert psutil.Process().num_fds() - before < 10


def test_a_damaged_schema_that_is_no_text_is_damage(saved: Conversations) -> None:
    raw = saved.path.read_bytes()
    assert b"CREATE TABLE shared" in raw
    saved.path.write_bytes(raw.replace(b"CREATE TABLE shared", b"CREATE\xecTABLE shared"))
    assert saved.listed("ann") == ()
    assert "have been moved" in saved.aside


def test_a_damaged_letter_hides_nothing_else(saved: Conversations) -> None:
    saved.save("ann", "c2", RECORD, 0)
    with closing(sqlite3.connect(saved.path)) as db, db:
        db.execute("UPDATE conversations SET title = CAST(x'48ec66656920' AS TEXT) WHERE id = 'c2'")
        db.execute("UPDATE records SET record = CAST(x'7bec7d' AS TEXT) WHERE conversation = 'c2'")
    assert [c.title for c in saved.listed("ann")] == ["H\ufffdfei ", "What is Hefei for?"]
    with pytest.raises(NotSaved, match="not saved in full"):
        saved.records("ann", "c2")


def test_an_answer_that_lost_a_part_is_told(saved: Conversations) -> None:
    saved.share("ann", "c1", RECORD)
    with closing(sqlite3.connect(saved.path)) as db, db:
        for table in ("records", "shared"):
            db.execute(f"UPDATE {table} SET record = replace(record, 'threshold', 'threshald')")
    for work in (lambda: saved.records("ann", "c1"), lambda: saved.shared("r1")):
        with pytest.raises(NotSaved, match="not saved in full"):
            work()


# --- on the page


class Chain:
    """Answers at once, with nothing."""

    def __init__(self) -> None:
        self.index = self.catalogue = self
        self.stamp = "1"

    def built_with(self) -> tuple[str, ...]:
        return ("a", "b", "c")

    def document(self, _: str) -> None:
        return None

    def originals(self) -> dict[str, str]:
        return {}

    def stream(self, request: Request) -> Iterator[Any]:
        yield Step("reading")
        yield replace(ANSWER, question=request.question)


def asked(saved: Conversations, question: str = "What is Hefei for?") -> tuple[ConversationController, list[Any]]:
    chain: Any = Chain()
    controller = ConversationController(Service(read_settings(data=saved.path.parent), chain), saved)
    visitor = Visitor("ann", Words(), AnswerPreferences(None, "quotes"), "s1")
    return controller, list(controller.answer(visitor, question, [], SessionState()))


def test_an_answer_that_cannot_be_kept_is_shown_all_the_same(saved: Conversations) -> None:
    with closing(sqlite3.connect(saved.path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        controller, updates = asked(saved)
        visitor = Visitor("ann", Words(), AnswerPreferences(None, "quotes"), "s1")
        assert "another process" in controller.listed(visitor, "")
        assert controller.set_by("ann") == {}
    reply = updates[-3][0][-1]["content"]
    assert "The documents do not say" in reply
    assert "could not be saved" in reply
    assert "another process is writing" in reply
    assert len(updates[-3][3].records) == 1


def test_one_that_was_kept_says_nothing_of_it(saved: Conversations) -> None:
    _, updates = asked(saved)
    assert "could not be saved" not in updates[-3][0][-1]["content"]
    assert len(saved.listed("ann")) == 2


def test_what_was_kept_under_one_name_is_found_under_the_next(tmp_path: Path) -> None:
    saved = Conversations(tmp_path / "conversations.db")
    saved.prefer("ann", {"sources": 3})
    saved.prefer("bob", {"sources": 2})
    with sqlite3.connect(saved.path) as db:
        db.execute("INSERT INTO conversations VALUES ('c1', ?, 'Tea', '2026-01-01')", (sha256("ann"),))
    db.close()
    for _ in range(2):
        saved.renamed("ann", "login:ann")
    assert [c.id for c in saved.listed("login:ann")] == ["c1"]
    assert saved.listed("ann") == ()
    assert saved.preferences("login:ann") == {"sources": 3}
    assert saved.preferences("bob") == {"sources": 2}


def test_what_a_visitor_has_set_under_the_new_name_stays(tmp_path: Path) -> None:
    saved = Conversations(tmp_path / "conversations.db")
    saved.prefer("ann", {"sources": 3})
    saved.prefer("login:ann", {"sources": 5})
    saved.renamed("ann", "login:ann")
    assert saved.preferences("login:ann") == {"sources": 5}


def test_an_edited_first_question_renames_its_conversation_unless_a_visitor_did(saved: Conversations) -> None:
    def title() -> str:
        return saved.listed("ann")[0].title

    other = replace(RECORD, id="r2", answer=replace(ANSWER, question="What is Wuhan for?"))
    saved.save("ann", "c1", other, 0)
    assert title() == "What is Wuhan for?"
    saved.retitle("ann", "c1", "Mine")
    saved.save("ann", "c1", RECORD, 0)
    saved.save("ann", "c1", other, 1)
    assert title() == "Mine"
