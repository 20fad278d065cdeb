"""The prompts that recorded writers answer are those that the real chain sends."""

from __future__ import annotations

from datetime import date

from app.pipeline.chain import Chain
from app.pipeline.values import Request
from app.query.values import Turn
from evals.writer_prompts import writer_prompts
from tests.scripted import FACT, QUESTION

DAY = date(2026, 11, 28)


def test_one_prompt_a_question_two_a_follow_up_and_none_for_thanks(chain: Chain) -> None:
    (prompt,) = writer_prompts(chain, Request(QUESTION), DAY)
    assert "Today is 28 November 2026." in prompt.system
    assert FACT in prompt.user
    shorter = Request("Make that shorter", (Turn("user", QUESTION), Turn("assistant", "In 2017.")))
    reading, answer = writer_prompts(chain, shorter, DAY, read=(QUESTION,))
    assert "Prepare the search" in reading.system
    assert FACT in answer.user
    assert writer_prompts(chain, Request("Thanks!"), DAY) == []
