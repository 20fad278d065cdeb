"""A turn of a conversation -> how a language model reads it: that is what is asked then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.llm.client import CallResult
from app.llm.evidence import short_texts
from app.llm.prompts import QUESTIONS, SEARCHES


@dataclass(frozen=True, slots=True)
class Reading:
    """A turn as a model reads it.

    `questions` are what it asks, each so that it stands alone, () if the program's own reading stands. `form` is the form
    that is wished for, '' if none is. `searches` are what else is to be searched for. `last_alone` says that only the last
    answer is meant, in another form. `call` is how the call ended, None if there was none.
    """

    questions: tuple[str, ...] = ()
    form: str = ""
    searches: tuple[str, ...] = ()
    last_alone: bool = False
    call: CallResult | None = None


def reading_of(said: Mapping[str, Any], done: CallResult) -> Reading:
    """Return what a model's reply to `reading_prompt` says."""
    questions = short_texts(said.get("questions"), QUESTIONS)
    if done.failure or not questions:
        return Reading(call=done)
    form = next(iter(short_texts([said.get("form")], 1)), "")
    searches = tuple(s for s in short_texts(said.get("searches"), SEARCHES) if s not in questions)
    return Reading(questions, form, searches, said.get("last_answer") is True, done)
