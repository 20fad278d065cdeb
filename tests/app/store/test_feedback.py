"""Feedback of a file that something went wrong with: what was said whole is never lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.answers import Answer
from app.sentences import Citation, Sentence
from app.store import feedback as module
from app.store.feedback import Feedback, add_feedback, questions, read_feedback
from app.store.records import Record
from ingest.questions.known import KnownQuestion, Quote, read_file, to_yaml


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


WRONG = Quote("a.md", "One.")
RIGHT, OTHER = Quote("tea.md", "Oolong is half oxidised."), Quote("added/x.pdf", "Two\nlines.")


def about(key, question, verdict="down", right=None):
    return Feedback(verdict, "", replace(record(key), answer=replace(record(key).answer, read_as=question)), right)


@pytest.mark.usefixtures("plain_records")
def test_a_right_passage_and_a_comment_may_come_apart(tmp_path):
    file = tmp_path / "feedback.jsonl"
    for fields in (("down", "", None), ("down", "", OTHER), ("down", "too long", None), ("down", "", RIGHT)):
        add_feedback(file, Feedback(fields[0], fields[1], record("a"), fields[2]))
    (item,), _ = read_feedback(file)
    assert (item.comment, item.right) == ("too long", RIGHT)
    add_feedback(file, Feedback("up", "", record("a")))
    (item,), _ = read_feedback(file)
    assert (item.verdict, item.comment, item.right) == ("up", "", None)


@pytest.mark.usefixtures("plain_records")
def test_a_line_with_a_right_passage_that_is_none_is_passed_over(tmp_path):
    file = tmp_path / "feedback.jsonl"
    add_feedback(file, Feedback("down", "", record("a")))
    line = file.read_text(encoding="utf-8").strip()
    for wrong in ("7", '"x"', "[1]", "[]"):
        file.write_text(line[:-1] + f', "right": {wrong}}}\n', encoding="utf-8")
        items, passed_over = read_feedback(file)
        assert (len(items), passed_over) in ((0, 1), (1, 0))
        assert all(f.right is None for f in items)


def test_a_bad_answer_with_its_right_passage_is_a_known_question(tmp_path):
    items = [
        about("a", "How is oolong made?", right=RIGHT),
        about("b", "how is oolong made", right=OTHER),
        about("c", "Who grows it?"),
        about("d", "Is it good?", "up", RIGHT),
        about("e", "Known before?", right=RIGHT),
        about("f", "Gone since?", right=WRONG),
    ]
    known = [KnownQuestion("x", ("known before",), (RIGHT,))]
    new, left_out = questions(items, known, lambda quote: quote != WRONG)
    assert [(q.wordings, q.quotes) for q in new] == [(("How is oolong made?",), (RIGHT, OTHER))]
    assert left_out == 2
    path = tmp_path / "feedback.yaml"
    path.write_text(to_yaml(new), encoding="utf-8")
    (again,) = read_file(path, "feedback.md")
    assert again.quotes == (RIGHT, OTHER)


@pytest.mark.usefixtures("plain_records")
def test_what_was_counted_is_not_read_again(tmp_path):
    file = tmp_path / "feedback.jsonl"
    for key in "abc":
        add_feedback(file, Feedback("up", "", record(key)))
    limits = module.FeedbackLimits(4)
    add_feedback(file, Feedback("up", "", record("d")), limits=limits)
    size = file.stat().st_size
    file.write_bytes(b"x" * (size - 1) + b"\n")
    add_feedback(file, Feedback("up", "", record("e")), limits=module.FeedbackLimits(5))  # it still counts four
    with pytest.raises(module.FeedbackNotSaved, match="no room"):
        add_feedback(file, Feedback("up", "", record("f")), limits=module.FeedbackLimits(5))
    file.write_bytes(b"")  # whoever runs the page has removed it
    add_feedback(file, Feedback("up", "", record("g")), limits=module.FeedbackLimits(1))
