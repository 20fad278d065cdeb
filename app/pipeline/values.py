"""The values that a question becomes on its way to an answer; each step of `app.pipeline.chain` makes one of the one before.

Request -> Understood -> Matched -> Retrieved -> Ranked -> Drafted -> Answer
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.answering.draft import Proposal
from app.answers import Answer, Hit
from app.known.policy import Decision
from app.query.values import Query, Turn
from app.retrieval.retriever import ChunkCandidate
from app.sentences import StreamEvent, VerifiedSentence
from app.settings import Engine

if TYPE_CHECKING:
    from app.llm.writing import TurnReading


@dataclass(frozen=True, slots=True)
class Request:
    """A question with the turns before it.

    Attributes:
        within: The ids of the documents that may answer, None for all.
        threshold, engine: Values that replace the settings'.
        gone: Set when nobody waits for the answer any more: a language model is then not waited for either.
        over_budget: True if a language model would answer, but has no tokens left for today.
    """

    question: str
    history: tuple[Turn, ...] = ()
    within: tuple[str, ...] | None = None
    threshold: float | None = None
    engine: Engine | None = None
    gone: threading.Event = field(default_factory=threading.Event, compare=False, repr=False)
    over_budget: bool = False


@dataclass(frozen=True, slots=True)
class Step(StreamEvent):
    """A step begins.

    Attributes:
        name: The step: reading, matching, searching, ranking, choosing, checking, writing or looking.
        what: The things that a language model asked to look for; only for looking.
    """

    name: str
    what: str = ""


Event = Step | VerifiedSentence | Answer
"""What a request brings, the answer last."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A request with its query; `reading` is how a language model reads the question, None if none was asked."""

    request: Request
    query: Query
    reading: TurnReading | None = None


@dataclass(frozen=True, slots=True)
class Matched:
    """A question with the decision which known question answers it."""

    understood: Understood
    decision: Decision

    @property
    def query(self) -> Query:
        """The query as it was matched."""
        return self.decision.query


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The chunks that were found, a tuple for each of `query.subqueries()`; () if nothing had to be searched."""

    matched: Matched
    candidates: tuple[tuple[ChunkCandidate, ...], ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """The passages of these chunks, ranked.

    `rankings` stand in the order of `query.subqueries()`, `hits` are all of them in one order, with those of a match first.
    """

    matched: Matched
    rankings: tuple[tuple[Hit, ...], ...]
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Drafted:
    """An engine's draft with its evidence."""

    ranked: Ranked
    proposal: Proposal
