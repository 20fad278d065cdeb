"""A language model is asked for one word before it is used: whether it can be reached, and takes the form of an answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.answers import ModelUse
from app.llm import notes
from app.llm.citable import Citable
from app.llm.client import CallResult, Writer
from app.llm.prompts import NO_ANSWER, Prompt

LONGEST = 30.0  # seconds of a trial, whatever an answer may take: a model is often loaded first
_WORD = Prompt("You are asked whether you can be reached.", "Write the one word: ready")
_FORM = Prompt(f"Answer with no blocks: the evidence holds nothing. ({NO_ANSWER})", "There is no evidence and no question.")
_CITED = replace(_FORM, documents=(Citable("S1", "Nothing", "", ("Nothing is said here.",)),))


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it: `failure` is '' or a key of `app.llm.notes.FAILURES`; `text_only` says that it takes no form but
    text."""

    seconds: float = 0.0
    failure: str = ""
    text_only: bool = False

    def sentence(self, language: str) -> str:
        """What is wrong with the model, '' where nothing is."""
        return notes.failure(ModelUse("", seconds=self.seconds, failure=self.failure), language, quotes=False)


def try_out(writer: Writer) -> Trial:
    """A language model -> whether it works; it is asked for a word, and once for the form that it is to answer in, if that
    is not text."""
    limit = min(writer.seconds, LONGEST)
    said, done = writer.say(_WORD, limit)
    failure = done.failure or ("" if said.strip() else "nonsense")
    if failure or writer.form == "text":
        return Trial(done.seconds, failure)
    *_, ended = writer.write(_CITED if writer.form == "cited" else _FORM, limit)
    assert isinstance(ended, CallResult)
    return Trial(done.seconds, text_only=ended.failure in ("form", "nonsense"))
