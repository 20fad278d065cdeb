"""A turn in its conversation and a known question -> how surely the one asks the other, by the pair reader.

The pair reader is a cross-encoder that `evals.training.train_pairs` trained on lists that a reader judged. A score above 0
says that the known question may be answered with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

REMEMBERED = 2  # earlier questions that are read before a turn
LONGEST = 200  # characters of each


class Titled(Protocol):
    """A known question, from a file or from the store."""

    @property
    def question(self) -> str: ...
    @property
    def gap(self) -> str: ...
    @property
    def partial(self) -> bool: ...


def asked_text(turn: str, before: Sequence[str] = ()) -> str:
    """Return what the pair reader reads of a turn: the last earlier questions, oldest first, then the turn.

    >>> asked_text("and the others?", ["why Hefei?"])
    'why Hefei? / and the others?'
    """
    return " / ".join(part[:LONGEST] for part in [*before[-REMEMBERED:], turn])


def known_text(known: Titled, is_about: bool) -> str:
    """Return what the pair reader reads of a known question: its title, and what is held of it if that is not all."""
    state = (
        "about this page" if is_about else "held in part" if known.gap and known.partial else "not held" if known.gap else ""
    )
    return f"{known.question} ({state})" if state else known.question
