"""The steps from question to answer, in order, as one LangChain Runnable that streams."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable, RunnableGenerator, RunnableLambda

from app.answers import Answer, Draft, Evidence, Hit, Question, Said, Turn
from app.confidence import best_score
from app.question import read_question
from app.quote import QuotingEngine
from app.retrieve import Candidate, Retriever, merge
from app.settings import Engine, Settings
from app.verify import verify
from ingest.index import Index
from ingest.models import Embedder, Reranker, load_embedder, load_reranker

if TYPE_CHECKING:
    from app.generate import Done
    from app.writing import Writing

CLEARLY = 1.0  # logits by which the second reading of a question must be better than the first


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
    """Said as a step begins: reading, searching, ranking, choosing, checking, and writing where a model is asked."""

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
    rewriting: Done | None = None


class Chain:
    """Answers questions over one index. Safe to share between threads. With `writing` a language model may word them."""

    def __init__(
        self,
        index: Index,
        embedder: Embedder,
        reranker: Reranker,
        reader: Reranker,
        settings: Settings,
        writing: Writing | None = None,
    ) -> None:
        self.index, self.settings, self.embedder, self.reranker, self.reader = index, settings, embedder, reranker, reader
        self.retriever = Retriever(index, embedder, reranker, reader, settings.candidates)
        self.engine, self.writing = QuotingEngine(settings.max_quotes), writing
        index.open(embedder)
        steps = [self._read, self._search, self._rank, self._choose, self._check]
        names = ["reading", "searching", "ranking", "choosing", "checking"]
        self.runnable: Runnable[Request, Any] = RunnableLambda(State, name="ask")
        for name, step in zip(names, steps, strict=True):
            self.runnable = self.runnable | _stage(name, step)
        if writing:
            self.runnable = self.runnable | _stage("writing", self._write, self._worded)
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

    def stream(self, request: Request) -> Iterator[Step | Said | Answer]:
        """Each step as it begins, each sentence of a language model once it is verified, then the answer."""
        events = self.runnable.stream(request)  # LangChain works off what is left when this is closed, after `gone` is set
        try:
            for event in events:  # noqa: UP028
                yield event
        finally:
            request.gone.set()

    # --- the steps

    def _read(self, state: State) -> State:
        request = state.request
        question = read_question(request.question, request.history, request.within, self.settings.max_question)
        if self.writing and self._asks_model(request) and request.history:
            question, rewriting = self.writing.read(question, request.history)
            return replace(state, question=question, rewriting=rewriting)
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

    def _asks_model(self, request: Request) -> bool:
        return (request.engine or self.settings.engine) == "model"

    def _worded(self, state: State) -> bool:
        """Whether the language model is asked: it is wanted, and the program has found an answer itself."""
        return self._asks_model(state.request) and bool(state.answer and state.answer.sentences)

    def _write(self, state: State) -> Iterator[Said | State]:
        assert self.writing
        assert state.question
        assert state.answer
        for event in self.writing.write(state.question, state.answer, state.evidence, state.rewriting, state.request.gone):
            yield replace(state, answer=event) if isinstance(event, Answer) else event


def _stage(
    name: str,
    step: Callable[[State], State | Iterator[Said | State]],
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
        AskError: the language model that the settings name cannot be used.
        ModelError, IndexMissing, IndexMismatch: see there.
    """
    writing = _load_writing(settings) if settings.llm else None
    embedder = embedder or load_embedder(settings.embedding_model)
    reranker, reader = load_reranker(settings.reranker), load_reranker(settings.reader)
    return Chain(index, embedder, reranker, reader, settings, writing(reranker) if writing else None)


def _load_writing(settings: Settings) -> Callable[[Reranker], Writing]:
    # imported here: without a language model nothing of it is loaded
    from app.claims.checker import ClaimChecker
    from app.provider import load_writer
    from app.writing import Writing

    writer = load_writer(settings)
    return lambda scorer: Writing(writer, ClaimChecker(scorer))
