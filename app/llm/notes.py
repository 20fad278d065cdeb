"""Notes on a language model's part in an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.answers import ModelUse
from app.text.messages import message

if TYPE_CHECKING:
    from app.llm.client import CallResult


def why(failure: str, seconds: float, language: str = "en") -> str:
    """Say what went wrong with a model, by its key in the section `failures`."""
    return message(f"failures.{failure}", language, s=seconds)


def failure(use: ModelUse | CallResult, language: str, quotes: bool) -> str:
    """Say why a model's words are not shown, '' if they are. `quotes` are shown instead, or nothing is."""
    if not use.failure:
        return ""
    key = "model_notes.quotes" if quotes else "model_notes.refused"
    return message(key, language, why=why(use.failure, use.seconds, language))


def unverified(use: ModelUse, language: str) -> list[str]:
    """Say how many statements are left out, or not in the model's words."""
    left_out = (use.removed, "model_notes.left_out_one", "model_notes.left_out")
    replaced = (use.replaced, "model_notes.replaced_one", "model_notes.replaced")
    counts = ((n, one if n == 1 else many) for n, one, many in (left_out, replaced) if n)
    return [message(key, language, n=n, all=use.written) for n, key in counts]
