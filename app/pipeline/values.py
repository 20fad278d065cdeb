"""The values that a question becomes on its way to an answer; each step of `app.pipeline.chain` makes one of the one before.

Request -> Understood -> Matched -> Retrieved -> Ranked -> Drafted -> Answer; before a language model writes, also Checked.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.answers import Answer, Draft, Evidence, Hit
from app.known.match import Match
from app.query.values import Query, Turn
from app.retrieval.retriever import ChunkCandidate
from app.sentences import StreamEvent
from app.settings import Engine

if TYPE_CHECKING:
    from app.llm.writing import TurnReading


@dataclass(frozen=True, slots=True)
class Request:
    """A question with the turns before it.

    `within` limits the documents, by id. `threshold` and `engine` replace the settings' values. `gone` is set when nobody
    waits for the answer any more: a language model is then not waited for either.
    """

    question: str
    history: tuple[Turn, ...] = ()
    within: tuple[str, ...] | None = None
    threshold: float | None = None
    engine: Engine | None = None
    gone: threading.Event = field(default_factory=threading.Event, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Step(StreamEvent):
    """A step begins.

    Attributes:
        name: The step: reading, matching, searching, ranking, choosing, checking, writing or looking.
        what: The things that a language model asked to look for; only for looking.
    """

    name: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class Understood:
    """A request with its query; `reading` is how a language model reads the question, None if none was asked."""

    request: Request
    query: Query
    reading: TurnReading | None = None


@dataclass(frozen=True, slots=True)
class Matched:
    """The known questions that may be meant, likeliest first.

    `match` is the one that is answered with, None if none is sure enough. `about` is one on the program itself, which
    answers if no document does. `parts` is not empty if the parts of the question are answered one by one: each as it was
    matched, with its match, None if it is searched.
    """

    understood: Understood
    matches: tuple[Match, ...] = ()
    match: Match | None = None
    about: Match | None = None
    parts: tuple[tuple[Query, Match | None], ...] = ()

    @property
    def query(self) -> Query:
        """The query as it was matched."""
        return self.understood.query


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The chunks that were found, a tuple for each of `query.subqueries()`."""

    matched: Matched
    candidates: tuple[tuple[ChunkCandidate, ...], ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """The passages of these chunks, ranked.

    `rankings` stand in the order of `query.subqueries()`, `hits` are all of them in one order, with those of a match first.
    `wider` is what the further searches of a language model found.
    """

    matched: Matched
    rankings: tuple[tuple[Hit, ...], ...]
    hits: tuple[Hit, ...]
    wider: tuple[tuple[Hit, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft with the evidence that its engine was shown."""

    ranked: Ranked
    evidence: tuple[Evidence, ...]
    draft: Draft


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer in quotes that a language model is asked to word."""

    drafted: Drafted
    answer: Answer
