"""What visitors and users made with an earlier version opens with this one; `kept` holds data folders, named by commit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.llm.exam_results import saved_result
from app.settings import Settings, read_settings
from app.store.conversations import Conversations
from app.store.documents import index_of, match
from app.store.feedback import Feedback, add_feedback, read_feedback
from ingest.progress import quiet
from ingest.questions.store import QuestionStore
from tests.hash_embedder import HashEmbedder

KEPT = Path(__file__).parent / "kept"


@pytest.fixture(params=sorted(path.name for path in KEPT.iterdir()))
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """A copy of a kept folder, with one document in the corpus."""
    shutil.copytree(KEPT / request.param, tmp_path / "data")
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "coffee.md").write_text("# Coffee\n\nNobody in Fredonia drinks coffee.\n", encoding="utf-8")
    return read_settings(corpus=tmp_path / "corpus", data=tmp_path / "data")


def test_conversations_open_and_go_on(settings: Settings) -> None:
    saved = Conversations(settings.data / "conversations.db")
    assert [(c.id, c.title, c.answers, c.links, c.pinned) for c in saved.listed("ann")] == [
        ("c1", "Hefei and tea", 2, 1, 1), ("c2", "合肥的量子信息中心是哪一年成立的？", 2, 1, 0),
    ]  # fmt: skip
    assert saved.listed("bob") == ()
    first, tea = saved.records("ann", "c1")
    assert (first.answer.status, len(first.answer.citations), len(first.considered)) == ("answered", 2, 12)
    assert tea.answer.text == "Fredonia drinks 40 tons of it a year. [1]"
    assert [r.answer.status for r in saved.records("ann", "c2")] == ["answered", "not_found"]
    assert [c.id for c in saved.listed("ann", "oolong")] == ["c1"]
    assert saved.preferences("ann") == {"sources": 4}
    saved.save("ann", "c1", tea, 2)
    assert len(saved.records("ann", "c1")) == 3


def test_shared_answers_open_under_their_addresses(settings: Settings) -> None:
    saved = Conversations(settings.data / "conversations.db")
    answer, conversation = saved.shared("kept00000001"), saved.shared("c2")
    assert answer
    assert conversation
    assert (answer.whole, len(answer.records), answer.title) == (False, 1, answer.records[0].answer.question)
    assert (conversation.whole, len(conversation.records)) == (True, 2)
    saved.delete("ann", "c2")
    assert saved.shared("c2") is None


def test_feedback_is_read_and_grows(settings: Settings) -> None:
    file = settings.data / "feedback.jsonl"
    items, skipped = read_feedback(file)
    assert [(f.record.id, f.verdict, f.comment) for f in items] == [
        ("kept00000001", "up", "exactly"), ("kept00000004", "down", "it is in the tea"),
    ]  # fmt: skip
    assert skipped == 0
    add_feedback(file, Feedback("up", "", items[1].record))
    assert [f.verdict for f in read_feedback(file)[0]] == ["up", "up"]


def test_an_exam_counts_still(settings: Settings) -> None:
    result = saved_result(settings.kept.updated(), "openai:kept", "http://127.0.0.1:9/v1")
    assert result
    assert (result.judged.passed, result.judged.missed) == (19, ("negation", "year"))
    assert result.judges
    assert result.quotes


def test_added_files_are_documents_with_their_questions(settings: Settings) -> None:
    index = index_of(settings, exact=True)
    assert match(settings, index, HashEmbedder(), quiet).failed == ()
    added = [d for d in index.catalogue.listing() if d.added]
    assert [(d.title, d.origin, d.publisher) for d in added] == [
        ("Tea in Fredonia", "tea.md", "Board of Tea"), ("blimps", "blimps.csv", "Board of Tea"),
    ]  # fmt: skip
    questions = {q.question for q in QuestionStore(index.folder).wordings().questions}
    assert "How much oolong does Fredonia drink?" in questions
    index.close()
