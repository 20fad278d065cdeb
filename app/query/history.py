"""What was said before a question, as others send it -> turns that are safe to read."""

from __future__ import annotations

from typing import Literal, TypeGuard

from app.errors import QuestionError
from app.query.values import Turn
from app.text.clean import cleaned

MOST = 12
"""Turns that are read: no question leans on what was said before them."""
LONGEST = 2_000
"""Characters of a turn that are read."""
_LOOKED_AT = 20 * LONGEST  # characters of a turn before white space is run together


def read_turns(given: object) -> tuple[Turn, ...]:
    """`Turn`s or objects {role, content}, or None -> the last twelve turns, each on one line and of bearable length.

    Raises:
        QuestionError: it is no list of turns of a user and an assistant.
    """
    turns = [] if given is None else given
    if not isinstance(turns, list | tuple):
        raise _no_history()
    return tuple(_turn(role, content) for role, content in [_fields(t) for t in turns][-MOST:])


def _turn(role: Literal["user", "assistant"], content: str) -> Turn:
    return Turn(role, cleaned(content[:_LOOKED_AT])[:LONGEST])


def _fields(turn: object) -> tuple[Literal["user", "assistant"], str]:
    if isinstance(turn, Turn):
        return turn.role, turn.content
    if isinstance(turn, dict) and _is_role(role := turn.get("role")) and isinstance(content := turn.get("content"), str):
        return role, content
    raise _no_history()


def _is_role(role: object) -> TypeGuard[Literal["user", "assistant"]]:
    return role in ("user", "assistant")


def _no_history() -> QuestionError:
    shape = '[{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]'
    return QuestionError("The history is not a list of turns.", f"Send {shape}.")
