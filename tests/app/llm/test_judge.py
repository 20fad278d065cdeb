"""The prompt of a language model that judges."""

from __future__ import annotations

from app.llm.evidence import tokens_of
from app.llm.judge import judge_prompt
from app.llm.selecting import select_blocks
from tests.app.llm.shelf import material


def test_what_is_stated_nowhere_is_held_against_the_evidence_that_speaks_of_it():
    """Of more evidence than there is room for."""
    blocks = select_blocks(material("opened on 3 May", "train 20 clockmakers", "hold 300 people"), 6_000)
    far, close = blocks[0], blocks[-1]
    assert (far.key, "hold 300 people" in close.prompt_text) == ("S1", True)
    without, _ = judge_prompt([], 6_000, "Who opened it?")
    room = without.tokens + tokens_of(close.prompt_text) + 5
    prompt, numbers = judge_prompt([], room, "Who opened it?", "how many people the halls of Quaville hold", blocks)
    assert numbers == [1]
    assert close.prompt_text in prompt.user
    assert far.prompt_text not in prompt.user
    whole, _ = judge_prompt([], 6_000, "Who opened it?", "how many people the halls of Quaville hold", blocks)
    assert whole.user.index(far.prompt_text) < whole.user.index(close.prompt_text)
