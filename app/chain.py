"""The steps from question to answer, in order, as one LangChain Runnable that streams."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.runnables import Runnable, RunnableGenerator, RunnableLambda

from app.answers import Answer, Draft, Evidence, Hit, Question, Turn
from app.confidence import best_score
from app.question import read_question
from app.quote import QuotingEngine
from app.retrieve import Candidate, Retriever, merge
from app.settings import Settings
from app.verify import verify
from ingest.index import Index
from ingest.models import Embedder, Reranker, load_embedder, load_reranker

CLEARLY = 1.0  # logits by which the second reading of a question must be better than the first


@dataclass(frozen=True, slots=True)
class Request:
    """A question with what came before it; `within` limits the documents, by id; `threshold` stands in for the setting."""

    question: str
    history: tuple[Turn, ...] = ()
    within: tuple[str, ...] | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Said as a step begins: reading, searching, ranking, choosing, checking."""

    name: str

    def __add__(self, later: Any) -> Any:
        """LangChain adds up what a generator yields; of two events the later one stands."""
        return later


@dataclass(frozen=True, slots=True)
class State:
    """What is known so far; each step adds its part. `found` and `rankings` stand in the order of `question.asked()`."""

    request: Request
    timings: tuple[tuple[str, float], ...] = ()
    question: Question | None = None
    found: tuple[tuple[Candidate, ...], ...] = ()
    rankings: tuple[tuple[Hit, ...], ...] = ()
    hits: tuple[Hit, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    draft: Draft | None = None
    answer: Answer | None = None


class Chain:
    """Answers questions over one index. Safe to share between threads."""

    def __init__(self, index: Index, embedder: Embedder, reranker: Reranker, reader: Reranker, settings: Settings) -> None:
        self.index, self.settings, self.embedder, self.reranker, self.reader = index, settings, embedder, reranker, reader
        self.retriever = Retriever(index, embedder, reranker, reader, settings.candidates)
        self.engine = QuotingEngine(settings.max_quotes)
        index.open(embedder)
        steps = [self._read, self._search, self._rank, self._choose, self._check]
        names = ["reading", "searching", "ranking", "choosing", "checking"]
        self.runnable: Runnable[Request, Any] = RunnableLambda(State, name="ask")
        for name, step in zip(names, steps, strict=True):
            self.runnable = self.runnable | _stage(name, step)
        self.runnable = self.runnable | RunnableGenerator(_last, _alast, name="answer")

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        within: Sequence[str] | None = None,
        threshold: float | None = None,
    ) -> Answer:
        """The answer to one question; `within` limits the documents by id, `threshold` stands in for the setting.

        Raises:
            QuestionError: empty or too long.
        """
        return self.answer(Request(question, tuple(history), tuple(within) if within is not None else None, threshold))

    def answer(self, request: Request) -> Answer:
        """The answer to a request.

        Raises:
            QuestionError: empty or too long.
        """
        answer: Answer = self.runnable.invoke(request)
        return answer

    def stream(self, request: Request) -> Iterator[Step | Answer]:
        """Each step as it begins, then the answer."""
        yield from self.runnable.stream(request)

    # --- the steps

    def _read(self, state: State) -> State:
        request = state.request
        question = read_question(request.question, request.history, request.within, self.settings.max_question)
        return replace(state, question=question)

    def _search(self, state: State) -> State:
        assert state.question
        return replace(state, found=tuple(self.retriever.search(q) for q in state.question.asked()))

    def _rank(self, state: State) -> State:
        question = state.question
        assert question
        asked = question.asked()
        pairs = zip(asked, state.found, strict=True)
        rankings = tuple(self.retriever.rank(q, found, len(asked)) for q, found in pairs)
        if question.otherwise:
            best = int(best_score(rankings[1]) > best_score(rankings[0]) + CLEARLY)
            question, rankings = asked[best], rankings[best : best + 1]
        return replace(state, question=question, rankings=rankings, hits=merge(rankings))

    def _choose(self, state: State) -> State:
        assert state.question
        evidence = self.retriever.evidence(state.hits)
        return replace(state, evidence=evidence, draft=self.engine.draft(state.question, state.rankings, evidence))

    def _check(self, state: State) -> State:
        assert state.question
        assert state.draft
        asked = state.request.threshold
        threshold = self.settings.threshold if asked is None else asked
        return replace(state, answer=verify(state.question, state.draft, state.evidence, state.hits, threshold))


def _stage(name: str, step: Callable[[State], State]) -> Runnable[Any, Any]:
    """A step as a Runnable: events pass through; a state is announced, worked on and timed."""

    def work(state: State) -> State:
        started = time.perf_counter()
        done = step(state)
        timings = (*state.timings, (name, time.perf_counter() - started))
        answer = replace(done.answer, timings=timings) if done.answer else None
        return replace(done, timings=timings, answer=answer)

    def run(events: Iterator[Any]) -> Iterator[Any]:
        for event in events:
            if isinstance(event, State):
                yield Step(name)
                yield work(event)
            else:
                yield event

    async def arun(events: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for event in events:
            if isinstance(event, State):
                yield Step(name)
                yield await asyncio.to_thread(work, event)
            else:
                yield event

    return RunnableGenerator(run, arun, name=name)


def _last(events: Iterator[Any]) -> Iterator[Any]:
    """The state's answer in the state's place."""
    for event in events:
        yield event.answer if isinstance(event, State) else event


async def _alast(events: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for event in events:
        yield event.answer if isinstance(event, State) else event


def load_chain(settings: Settings, index: Index, embedder: Embedder | None = None) -> Chain:
    """The chain with the models that the settings name; an `embedder` that is loaded already is not loaded again.

    Raises:
        ModelError, IndexMissing, IndexMismatch: see there.
    """
    embedder = embedder or load_embedder(settings.embedding_model)
    return Chain(index, embedder, load_reranker(settings.reranker), load_reranker(settings.reader), settings)
