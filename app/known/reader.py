"""A turn in its conversation and a known question -> how surely the one asks the other, by the pair reader.

The pair reader is a cross-encoder that `evals.training.train_pairs` trained on lists that a reader judged. A score above 0
says that the known question may be answered with.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.questions.known import KnownQuestion
from ingest.questions.store import Resolved

REMEMBERED = 2  # earlier questions that are read before a turn
LONGEST = 200  # characters of each


def asked_text(turn: str, before: Sequence[str] = ()) -> str:
    """Return what the pair reader reads of a turn: the last earlier questions, oldest first, then the turn.

    >>> asked_text("and the others?", ["why Hefei?"])
    'why Hefei? / and the others?'
    """
    return " / ".join(part[:LONGEST] for part in [*before[-REMEMBERED:], turn])


def known_text(known: KnownQuestion | Resolved) -> str:
    """Return what the pair reader reads of a known question: its title, and what is held of it if that is not all."""
    held = ("held in part" if known.partial else "not held") if known.gap else ""
    state = "about this page" if known.about else held
    return f"{known.question} ({state})" if state else known.question
