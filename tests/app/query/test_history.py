"""What others send as the conversation before a question."""

from __future__ import annotations

import time
from typing import Any

import pytest

from app.errors import QuestionError
from app.query.understand import understand
from app.query.values import MAX_TURN_LENGTH, MAX_TURNS, Turn, read_turns
from app.web.api import Completion, read_messages


def said(*contents: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": c} for c in contents]


def test_only_the_last_turns_are_read() -> None:
    turns = read_turns(said(*(str(n) for n in range(50))))
    assert [t.content for t in turns] == [str(n) for n in range(50 - MAX_TURNS, 50)]


def test_white_space_is_run_together_and_what_nobody_sees_taken_out() -> None:
    turns = read_turns(said(" What \n\t is\u3000\x00 Hefei\ud800\u202e\u200b?\x9b ", "x" * 5_000, "a" + " " * 50_000 + "b"))
    assert [t.content for t in turns] == ["What is Hefei ?", "x" * MAX_TURN_LENGTH, "a"]


def test_turns_of_the_program_itself_are_treated_alike() -> None:
    assert read_turns([Turn("assistant", "a \n b")] * 20) == (Turn("assistant", "a b"),) * MAX_TURNS
    assert read_turns(None) == read_turns([]) == ()


@pytest.mark.parametrize(
    "given",
    ["x", 5, {}, [5], [None], [{}], [{"role": "user"}], [{"role": "boss", "content": "x"}], [{"role": [], "content": "x"}],
     [{"role": "user", "content": 5}], [{"role": "user", "content": None}]],
)  # fmt: skip
def test_what_is_no_list_of_turns_is_told(given: Any) -> None:
    with pytest.raises(QuestionError, match="history"):
        read_turns(given)


HOSTILE = (
    "What is" + " " * 50_000 + "x", " " * 1_000_000, "And " * 20_000, "the " * 20_000, "a" * 100_000, "A" * 100_000,
    "Who is " + "Ab " * 20_000, "是" * 50_000, "\n" * 100_000 + "?", "1" * 100_000, ", " * 50_000, "(" * 50_000,
    "it's " * 20_000, "\u3000" * 100_000 + "x", "-" * 100_000, "?" * 100_000, "a, b and c or " * 5_000,
    "\u200b" * 100_000,
)  # fmt: skip


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_no_history_takes_long_to_read(hostile: str) -> None:
    history = read_turns([{"role": r, "content": hostile} for r in ("user", "assistant")] * 6)
    started = time.thread_time()
    understand("And Hefei?", history)
    assert time.thread_time() - started < 2  # most take less than 0.1 s


def test_every_way_in_reads_it_so() -> None:
    many = [{"role": r, "content": f"a  {n}"} for n in range(20) for r in ("user", "assistant")]
    messages = [*many, {"role": "user", "content": "Why?"}]
    _, turns = read_messages(Completion.model_validate({"messages": messages}))
    assert turns == read_turns(many)
    assert len(turns) == MAX_TURNS
    assert turns[-1] == Turn("assistant", "a 19")
