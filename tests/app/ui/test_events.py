"""What the functions behind the page's events let a visitor do."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.answers import Answer
from app.errors import AskError
from app.sentences import Citation, Sentence
from app.settings import read_settings
from app.store.feedback import Feedback
from app.store.records import Record
from app.ui.events import Events
from app.ui.session import SessionState
from app.ui.words import Words
from app.web.queue import Asker
from app.web.visitors import Hourly
from ingest.documents import Document


def visitor(name: str, address: str) -> Any:
    return SimpleNamespace(asker=Asker(name, address), words=Words(), elsewhere=False)


def test_feedback_is_limited_by_cookie_and_by_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Record, "to_dict", lambda _: {})
    settings, events = read_settings(data=tmp_path), Events.__new__(Events)
    events.service, events.hourly = SimpleNamespace(settings=settings), Hourly(2)  # type: ignore[assignment]
    note = Feedback("up", "", Record.__new__(Record))
    for _ in range(2):
        events._note(note, visitor("a", "192.0.2.1"))
    for name, address in (("a", "192.0.2.2"), ("b", "192.0.2.1"), ("login-like", "192.0.2.1")):
        with pytest.raises(AskError, match="up to 2 feedback notes an hour"):
            events._note(note, visitor(name, address))
    events._note(note, visitor("b", "192.0.2.2"))
    events._note(note, visitor("login:ann", "192.0.2.1"))
    assert len((tmp_path / "feedback.jsonl").read_text().splitlines()) == 4


@pytest.mark.parametrize("allowed", [True, False])
def test_the_dialog_on_removing_is_for_who_may_remove_and_reads_no_answers(allowed: bool) -> None:
    document = Document.__new__(Document)
    object.__setattr__(document, "title", "Tea")
    object.__setattr__(document, "title_zh", "")
    events: Any = Events.__new__(Events)
    events.service = SimpleNamespace(shelf=SimpleNamespace(reading=lambda _: SimpleNamespace(document=document)))
    events.documents = SimpleNamespace(removable=lambda *_: allowed)
    said = events._dropped(visitor("a", "192.0.2.1"), "d")
    assert ("“Tea” will be removed" in said) is allowed
    assert bool(said) is allowed


KNOWN = ("How was it read?", "What is offered?", "What was asked?")


@pytest.mark.parametrize(("status", "offered"), [("answered", ["What is offered?"]), ("not_found", ["Near?", "Example?"])])
def test_what_is_offered_next_is_neither_what_was_asked_nor_as_it_was_read(
    monkeypatch: pytest.MonkeyPatch, status: str, offered: list[str]
) -> None:
    said = (Sentence("x", (1,)),) if status == "answered" else ()
    cited = tuple(Citation(1, "d", "T", "", "q", 0, 1, "en", ()) for _ in said)
    asked = Answer(KNOWN[2], KNOWN[0], status, said, cited)  # type: ignore[arg-type]
    record = Record("r", "2026-11-27T10:00:00", asked, 0.2, "i", (), ())
    document = Document("text", "T", "a.md")
    events: Any = Events.__new__(Events)
    shelf = SimpleNamespace(reading=lambda _: SimpleNamespace(document=document, passages=()), near=lambda _: ("Near?",))
    answers = SimpleNamespace(status="answered")
    events.service = SimpleNamespace(shelf=shelf, chain=None, ask_if_idle=lambda *_, **__: answers)
    events.known = SimpleNamespace(of=lambda _: SimpleNamespace(of=lambda _: {document.id: KNOWN}))
    events.about = SimpleNamespace(
        follow_ups={}, covers=lambda _: "", spoken=lambda _: SimpleNamespace(examples=("Example?",))
    )
    events.controller = SimpleNamespace(offering=lambda _, __, questions: questions)
    preferences = SimpleNamespace(within=None)
    monkeypatch.setattr(
        "app.ui.events.visitor_of", lambda *_: SimpleNamespace(preferences=preferences, words=Words(), session="s")
    )
    *_, last, _ = events.follow(SessionState(records=(record,)), SimpleNamespace())
    assert re.findall(r'class="act chip"[^>]*>([^<]+)<', str(last))[: len(offered)] == offered
