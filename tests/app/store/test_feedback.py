"""Feedback of a file that something went wrong with: what was said whole is never lost."""

from __future__ import annotations

import pytest

from app.answers import Answer
from app.sentences import Citation, Sentence
from app.store import feedback as module
from app.store.feedback import Feedback, add_feedback, read_feedback
from app.store.records import Record


def record(key):
    citation = Citation(1, "d", "D", "", "quote", 0, 5, "en", ())
    answer = Answer("?", "?", "answered", (Sentence("quote", (1,)),), (citation,))
    return Record(key, "2026-11-27T12:00:00Z", answer, 0.25, "", (), ())


@pytest.fixture
def plain_records(monkeypatch):
    """Records as their ids alone: what a record holds is tested elsewhere."""
    monkeypatch.setattr(Record, "to_dict", lambda self: self.id)
    monkeypatch.setattr(module, "read_record", record)


@pytest.mark.parametrize("cut", [1, 20, 57, -2, -1])
@pytest.mark.usefixtures("plain_records")
def test_a_cut_line_is_left_out_and_the_next_one_stands_alone(cut, tmp_path):
    file = tmp_path / "feedback.jsonl"
    add_feedback(file, Feedback("up", "first", record("a")))
    whole = file.read_bytes()
    add_feedback(file, Feedback("down", "合肥", record("b")))
    last = file.read_bytes()[len(whole) :]
    file.write_bytes(whole + last[:cut])
    add_feedback(file, Feedback("up", "third", record("c")))
    items, passed_over = read_feedback(file)
    expected = ["a", "b", "c"] if cut == -1 else ["a", "c"]  # without its line break alone nothing is missing
    assert [f.record.id for f in items] == expected
    assert passed_over == 3 - len(expected)


@pytest.mark.usefixtures("plain_records")
def test_a_line_that_ends_within_a_sign_is_cut(tmp_path):
    file = tmp_path / "feedback.jsonl"
    add_feedback(file, Feedback("down", "合肥", record("a")))
    file.write_bytes(file.read_bytes().partition("肥".encode())[0] + "肥".encode()[:2])
    assert read_feedback(file) == ((), 1)


@pytest.mark.usefixtures("plain_records")
def test_a_comment_stays_as_long_as_the_verdict_does(tmp_path):
    file = tmp_path / "feedback.jsonl"
    for comment in ("", "too long", ""):
        add_feedback(file, Feedback("down", comment, record("a")))
    (item,), _ = read_feedback(file)
    assert item.comment == "too long"
    add_feedback(file, Feedback("up", "", record("a")))
    (item,), _ = read_feedback(file)
    assert (item.verdict, item.comment) == ("up", "")
