"""A language model is asked for one word before it is used: whether it can be reached."""

from __future__ import annotations

from dataclasses import dataclass

from app.answers import ModelUse
from app.llm import notes
from app.llm.client import Writer
from app.llm.prompts import Prompt

LONGEST = 30.0  # seconds of a trial, whatever an answer may take: a model is often loaded first
_WORD = Prompt("You are asked whether you can be reached.", "Write the one word: ready")


@dataclass(frozen=True, slots=True)
class Trial:
    """The outcome of a trial: `failure` is '' or a key of `failures` in `app.text.messages`."""

    seconds: float = 0.0
    failure: str = ""

    def sentence(self, language: str) -> str:
        """Say what is wrong with the model, '' if nothing is."""
        return notes.failure(ModelUse("", seconds=self.seconds, failure=self.failure), language, quotes=False)


def try_out(writer: Writer) -> Trial:
    """A language model -> whether it works."""
    said, done = writer.say(_WORD, min(writer.seconds, LONGEST))
    return Trial(done.seconds, done.failure or ("" if said.strip() else "nonsense"))
