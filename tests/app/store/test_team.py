"""What several machines share through ASK_DATABASE, and the same on one machine: nobody notices which it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.answers import Answer, NotePart
from app.errors import SettingsError
from app.llm.exam import current_result
from app.settings import Settings, displayed_settings, read_settings
from app.store.conversations import Conversations, NotSaved
from app.store.documents import add, index_of, match, remove
from app.store.feedback import Feedback, FeedbackNotSaved, add_feedback, read_feedback
from app.store.records import Record
from app.web.replies import refused
from app.web.token import api_token
from ingest.added import Details
from ingest.errors import AskError, DatabaseDown
from ingest.progress import quiet
from ingest.questions.known import question_files
from ingest.questions.store import QuestionStore
from tests.conftest import close_databases
from tests.hash_embedder import HashEmbedder
from tests.servers import Chroma, Postgres, why_no_postgres

ANSWER = Answer(
    "What is Hefei for?", "What is Hefei for?", "not_found", note_parts=(NotePart("other", "The documents do not say."),)
)
RECORD = Record("r1", "2026-11-27T10:00:00", ANSWER, 0.25, "index", (), ())
TEAM = pytest.mark.skipif(bool(why_no_postgres()), reason=why_no_postgres())


# --- conversations and feedback, in a file and in a database


@pytest.fixture
def saved(tmp_path: Path, database: str) -> Conversations:
    return Conversations(tmp_path / "conversations.db", database)


def test_conversations_are_saved_listed_and_forgotten(saved: Conversations) -> None:
    first = saved.save("ann", "", RECORD, 0)
    second = saved.save("ann", "", replace(RECORD, id="r2"), 0)
    for position in (1, 2, 1):
        saved.save("ann", first, replace(RECORD, id=f"r1{position}"), position)
    assert [(c.id, c.answers) for c in saved.listed("ann")][-2:] in (
        [(second, 1), (first, 2)], [(first, 2), (second, 1)],  # of one second
    )  # fmt: skip
    assert [r.id for r in saved.records("ann", first)] == ["r1", "r11"]
    assert saved.records("bob", first) == ()
    assert saved.save("bob", first, RECORD, 0) != first  # another's
    saved.delete("bob", second)
    saved.delete("ann", second)
    assert [c.id for c in saved.listed("ann")] == [first]


def test_those_of_one_second_are_listed_the_latest_first(saved: Conversations, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [saved.save("ann", "", RECORD, 0) for _ in range(3)]
    listed = saved.listed("ann")
    if len({c.changed for c in listed}) == 1:
        assert [c.id for c in listed] == ids[::-1]


def test_pinned_ones_stand_first(saved: Conversations) -> None:
    first, second = (saved.save("ann", "", replace(RECORD, id=f"r{n}"), 0) for n in range(2))
    saved.pin("bob", first, True)
    assert [c.pinned for c in saved.listed("ann")] == [0, 0]
    for _ in range(2):
        saved.pin("ann", first, True)
    assert [(c.id, c.pinned) for c in saved.listed("ann")] == [(first, 1), (second, 0)]
    saved.pin("bob", first, False)
    assert saved.listed("ann")[0].pinned
    saved.pin("ann", first, False)
    assert [c.pinned for c in saved.listed("ann")] == [0, 0]
    saved.pin("ann", first, True)
    saved.delete("ann", first)
    assert [c.id for c in saved.listed("ann")] == [second]


def test_what_is_set_is_ones_own_and_goes_with_the_name(saved: Conversations) -> None:
    saved.prefer("ann", {"sources": 3})
    saved.prefer("ann", {"sources": 4})
    saved.prefer("bob", {"sources": 2})
    saved.save("ann", "c1", RECORD, 0)
    saved.renamed("ann", "login:ann")
    saved.renamed("ann", "bob")
    assert saved.preferences("login:ann") == {"sources": 4}
    assert saved.preferences("bob") == {"sources": 2}
    assert [c.id for c in saved.listed("login:ann")] == ["c1"]


def test_an_answer_is_shared_until_its_conversation_goes(saved: Conversations) -> None:
    conversation = saved.save("ann", "", RECORD, 0)
    for _ in range(2):
        saved.share("ann", conversation, RECORD)
    with pytest.raises(NotSaved, match="was not saved"):
        saved.share("bob", conversation, replace(RECORD, id="r9"))
    saved.retitle("ann", conversation, "Another title")
    assert saved.title("ann", conversation) == "Another title"
    assert [c.id for c in saved.listed("ann", "another hefei")] == [conversation]
    assert (shared := saved.shared("r1")) is not None
    assert [r.to_dict() for r in shared.records] == [RECORD.to_dict()]
    for title in ("A title", "Another"):
        saved.retitle("ann", conversation, title)
        assert saved.share("ann", conversation) == conversation
        assert (whole := saved.shared(conversation)) is not None
        assert whole.title == title
    saved.delete("ann", conversation)
    assert saved.shared("r1") is None


def test_many_save_at_once(saved: Conversations) -> None:
    ids: list[str] = []
    work: Callable[[], None] = lambda: ids.append(saved.save("ann", "c1", RECORD, 0))  # noqa: E731
    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ids == ["c1"] * 6
    assert [c.answers for c in saved.listed("ann")] == [1]


def test_feedback_is_noted_and_read(tmp_path: Path, database: str) -> None:
    file = tmp_path / "feedback.jsonl"
    assert read_feedback(file, database) == ((), 0)
    add_feedback(file, Feedback("down", "合肥", RECORD), database)
    add_feedback(file, Feedback("up", "", replace(RECORD, id="r2")), database)
    add_feedback(file, Feedback("up", "after all", RECORD), database)
    items, passed_over = read_feedback(file, database)
    assert [(f.record.id, f.verdict, f.comment) for f in items] == [("r1", "up", "after all"), ("r2", "up", "")]
    assert passed_over == 0
    assert file.exists() == (not database)


@TEAM
@pytest.mark.slow
def test_a_database_that_is_away_is_told_to_the_visitor(tmp_path: Path) -> None:
    url = "postgresql://ask:secret@127.0.0.1:1/team"
    for work in (lambda: Conversations(tmp_path / "c.db", url).listed("ann"),
                 lambda: Conversations(tmp_path / "c.db", url).save("ann", "", RECORD, 0)):  # fmt: skip
        with pytest.raises(NotSaved, match="does not answer") as error:
            work()
        assert "secret" not in error.value.sentence()
    with pytest.raises(FeedbackNotSaved, match="does not answer"):
        add_feedback(tmp_path / "f", Feedback("up", "", RECORD), url)


def test_a_program_is_told_to_ask_again() -> None:
    reply = refused("/v1/ask", DatabaseDown("The database does not answer.", "It is tried again."))
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "5")
    assert b"is not responding" in bytes(reply.body)


# --- two machines


@pytest.fixture
def machines(postgres: Postgres, chroma_server: Chroma, tmp_path: Path) -> Iterator[tuple[Settings, Settings]]:
    corpus, url = tmp_path / "corpus", postgres.database()
    corpus.mkdir()
    (corpus / "coffee.md").write_text("# Coffee\n\nNobody in Fredonia drinks coffee.\n", encoding="utf-8")
    (tmp_path / "tea.md").write_text("# Tea\n\nOolong is half oxidised.\n", encoding="utf-8")
    yield tuple(  # type: ignore[misc]
        read_settings(corpus=corpus, data=tmp_path / name, database=url, chroma_url=chroma_server.url)
        for name in ("here", "there")
    )
    close_databases()


def embedder() -> Any:
    return HashEmbedder()


@TEAM
@pytest.mark.slow
def test_a_document_that_one_machine_adds_the_other_has(machines: tuple[Settings, Settings], tmp_path: Path) -> None:
    here, there = (index_of(s) for s in machines)
    report = add(machines[0], here, embedder, [str(tmp_path / "tea.md")], Details(), quiet)
    assert [o.status for o in report.outcomes] == ["added"]
    (tmp_path / "tea.md").unlink()
    assert [d.title for d in there.catalogue.listing()] == ["Coffee", "Tea"]
    there.open(embedder())
    (hit, *_) = there.words("oolong", 3)
    assert "Oolong" in (there.document(hit.chunk.document_id) or ANSWER).text  # type: ignore[union-attr]
    assert len(QuestionStore(there.folder, there.database).wordings()) > 0
    again = match(machines[1], there, embedder(), quiet)  # of its own folder it would know nothing of the tea
    assert (len(again.unchanged), again.removed) == (2, ())
    remove(machines[1], there.catalogue, "tea.md")
    assert match(machines[1], there, embedder(), quiet).removed
    assert [d.title for d in here.catalogue.listing()] == ["Coffee"]
    assert match(machines[0], here, embedder(), quiet).removed == ()
    assert not question_files(machines[0].added_folder)
    here.close()
    there.close()


@TEAM
@pytest.mark.slow
def test_both_have_one_token_and_one_exam(machines: tuple[Settings, Settings]) -> None:
    tokens = []
    for settings in machines:
        with settings.kept.changing() as folder:
            tokens.append(api_token(folder))
    assert tokens[0] == tokens[1]
    assert current_result(machines[1].kept.updated(), "m", "") is None


# --- settings


def test_a_database_without_a_chroma_server_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMA_URL", raising=False)
    with pytest.raises(SettingsError, match="no Chroma server") as error:
        read_settings(database="postgresql://ask:hidden7@db/ask")
    assert "CHROMA_URL" in error.value.next_step
    with pytest.raises(SettingsError, match="not the address of a PostgreSQL") as error:
        read_settings(database="mysql://ask:hidden7@db/ask", chroma_url="http://chroma:8000")
    assert "secret" not in error.value.sentence()


@TEAM
def test_a_password_is_never_shown_and_another_database_has_another_folder(tmp_path: Path) -> None:
    one, other, local = (
        read_settings(data=tmp_path, database=url, chroma_url="http://chroma:8000")
        for url in ("postgresql://ask:hidden7@db/ask", "postgresql://ask:secret@db/other", "")
    )
    assert "hidden7" not in str(displayed_settings(one)) + repr(one)
    assert len({s.added_folder for s in (one, other, local)}) == 3
    assert local.added_folder == tmp_path / "added"


def test_without_its_packages_it_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.errors.find_spec", lambda name: None if name == "psycopg" else object())
    with pytest.raises(AskError, match="psycopg") as error:
        read_settings(database="postgresql://db/ask", chroma_url="http://chroma:8000")
    assert "[team]" in error.value.next_step
    assert issubclass(DatabaseDown, AskError)
