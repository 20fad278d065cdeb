"""What the steps from question to answer pass on, and a step as a LangChain Runnable that streams its events."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable, RunnableGenerator

from app.answers import Answer, Draft, Evidence, Hit
from app.query.values import Query, Turn
from app.retrieval.match import Match
from app.retrieval.retriever import Candidate
from app.sentences import VerifiedSentence
from app.settings import Engine

if TYPE_CHECKING:
    from app.llm.writing import Reading


@dataclass(frozen=True, slots=True)
class Request:
    """A question with what came before it; `within` limits the documents, by id; `threshold` and `engine` stand in for the
    settings."""

    question: str
    history: tuple[Turn, ...] = ()
    within: tuple[str, ...] | None = None
    threshold: float | None = None
    engine: Engine | None = None
    gone: threading.Event = field(default_factory=threading.Event, compare=False, repr=False)
    """Set when nobody waits for the answer any more: a language model is then not waited for either."""


@dataclass(frozen=True, slots=True)
class Step:
    """Said as a step begins: reading, matching, searching, ranking, choosing, checking; writing where a model is asked."""

    name: str

    def __add__(self, later: Any) -> Any:
        """LangChain adds up what a generator yields; of two events the later one stands."""
        return later


@dataclass(frozen=True, slots=True)
class State:
    """What is known so far; each step adds its part. `match` is the known question that is taken for the same, `matches` are
    all that may be, `about` is one on the program, which may be what is asked where no document answers. `found` and
    `rankings` stand in the order of `question.subqueries()`. `reading` is a language model's of the question, and `wider`
    what its further searches find."""

    request: Request
    timings: tuple[tuple[str, float], ...] = ()
    question: Query | None = None
    matches: tuple[Match, ...] = ()
    match: Match | None = None
    about: Match | None = None
    found: tuple[tuple[Candidate, ...], ...] = ()
    rankings: tuple[tuple[Hit, ...], ...] = ()
    hits: tuple[Hit, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    draft: Draft | None = None
    answer: Answer | None = None
    reading: Reading | None = None
    wider: tuple[tuple[Hit, ...], ...] = ()


def stage(
    name: str,
    step: Callable[[State], State | Iterator[VerifiedSentence | State]],
    wanted: Callable[[State], bool] = lambda _: True,
) -> Runnable[Any, Any]:
    """A step as a Runnable: events pass through; a state is announced, worked on and timed where the step is wanted.

    A step gives the next state, or events of its own and then the state.
    """

    def work(state: State) -> Iterator[Any]:
        started = time.perf_counter()
        done = step(state)
        for event in iter([done]) if isinstance(done, State) else done:
            yield _timed(name, event, state, started) if isinstance(event, State) else event

    def run(events: Iterator[Any]) -> Iterator[Any]:
        for event in events:
            if isinstance(event, State) and wanted(event):
                yield Step(name)
                yield from work(event)
            else:
                yield event

    async def arun(events: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for event in events:
            if isinstance(event, State) and wanted(event):
                yield Step(name)
                working = work(event)
                while (further := await asyncio.to_thread(next, working, None)) is not None:
                    yield further
            else:
                yield event

    return RunnableGenerator(run, arun, name=name)


def _timed(name: str, done: State, before: State, started: float) -> State:
    timings = (*before.timings, (name, time.perf_counter() - started))
    return replace(done, timings=timings, answer=replace(done.answer, timings=timings) if done.answer else None)


def answering(told: Callable[[Any], Any]) -> Runnable[Any, Any]:
    """`told` makes of the state an answer, and of every other event what is told."""

    def last(events: Iterator[Any]) -> Iterator[Any]:
        for event in events:
            yield told(event)

    async def alast(events: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for event in events:
            yield told(event)

    return RunnableGenerator(last, alast, name="answer")
