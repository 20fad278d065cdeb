"""What a draft says and rests on, in the short form in which tests compare it."""

from __future__ import annotations

from collections.abc import Sequence

from app.answering.draft import Draft, Statement, location
from app.answers import Evidence


def texts(draft: Draft) -> list[str]:
    return [text_of(statement) for statement in draft.statements]


def text_of(statement: Statement) -> str:
    return statement.in_language("en")


def keys(draft: Draft, evidence: Sequence[Evidence]) -> list[tuple[str, ...]]:
    """The keys of the evidence that each statement rests on."""
    by_place = {location(item): item.key for item in evidence}
    return [tuple(by_place[place] for run in s.rests_on for place in run) for s in draft.statements]
