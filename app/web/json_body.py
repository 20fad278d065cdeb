"""The body of a request as JSON that the program can go on with."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from app.errors import QuestionError

MOST = 50_000
"""Most values of a body. Each becomes an object; millions of them take seconds, in which the page answers nobody else."""


def read_json(body: bytes, shape: str, most: int = MOST) -> Any:
    """A body -> its value, with at most so many values; `shape` says how it is to look.

    Raises:
        QuestionError: it is not JSON, holds too much, is nested too deeply, or its texts are not Unicode.
    """
    if sum(map(body.count, (b",", b"[", b"{"))) > most:
        raise QuestionError("The body holds too many values.", shape)
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise QuestionError(_problem(str(error)), shape) from None


def _problem(said: str) -> str:
    if "recursion" in said:
        return "The body is nested too deeply."
    if "surrogate" in said or "hex escape" in said:
        return "The body holds half of a character (a lone surrogate)."
    return "The body is not JSON."
