"""Answers for all visitors. Questions wait in a queue, also while the models load.

If the index was rebuilt with another model, the chain is loaded again, and the question that noticed it waits in the same
way.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from app.answers import Answer
from app.errors import AskError
from app.query.understand import check_question
from app.query.values import Turn, read_turns
from app.settings import Engine, Settings
from app.store.quality import latest_report
from app.store.records import Considered, Record, considered, make_record
from app.web.loading import Loader, LoadState
from app.web.queue import NOBODY, Asker, QueueStatus, RequestQueue, Ticket
from app.web.shelf import Shelf
from app.web.watching import Event, Watchers
from ingest.errors import IndexMismatch

if TYPE_CHECKING:
    from app.llm.writing import Writing
    from app.pipeline.chain import Chain
    from ingest.index import Index


@dataclass(frozen=True, slots=True)
class AnswerPreferences:
    """The preferences of a visitor for an answer.

    Attributes:
        within: The ids of the documents to ask; None for all.
        engine: The engine that words the answer; None for the settings'.
    """

    within: tuple[str, ...] | None = None
    engine: Engine | None = None


E = TypeVar("E")
MAX_RUNNING = 4  # questions answered side by side; the others wait in the queue
MAX_QUEUED = 60  # questions that may wait; a page's own take a thread each meanwhile (`app.ui.page.THREADS`)
MAX_SILENCE = 60.0  # seconds besides those of a language model after which a place that says nothing is stuck
DEFAULT = AnswerPreferences()  # all is as the settings say


class Service:
    """One chain for all visitors, loaded by `start` if none is given. Safe to share between threads."""

    def __init__(self, settings: Settings, chain: Chain | None = None) -> None:
        self.queue = RequestQueue(MAX_RUNNING, MAX_QUEUED)
        self.watching = Watchers()
        self._loader = Loader(settings, chain, lambda: self.queue.idle)
        self.shelf = Shelf(lambda: self.chain)

    def start(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Begin to load; returns at once. `on_ready` is called whenever a chain is there that answers questions."""
        self._loader.start(on_ready)

    # --- questions

    def stream(
        self, question: str, history: Sequence[Turn] = (), preferences: AnswerPreferences = DEFAULT, asker: Asker = NOBODY
    ) -> Generator[Event, None, None]:
        """Yield the events of an answer; the last one is the answer.

        Before it come the states of the queue and of loading, each step as it begins, and each sentence of a language
        model once it is verified. Closing the generator gives up the place in the queue, which belongs to `asker`.

        Raises:
            QueueFull: Too many questions wait already.
            AskError: The question cannot be asked, or loading failed.
        """
        yield from self._submit(question, history, preferences, asker).events()

    async def astream(
        self, question: str, history: Sequence[Turn] = (), preferences: AnswerPreferences = DEFAULT, asker: Asker = NOBODY
    ) -> AsyncGenerator[Event, None]:
        """Do the same as `stream` without a waiting thread."""
        async with aclosing(self._submit(question, history, preferences, asker).aevents()) as events:
            async for event in events:
                yield event

    def ask(self, question: str, history: Sequence[Turn] = (), preferences: AnswerPreferences = DEFAULT) -> Answer:
        """Answer a question; wait for its turn, and for the chain if it is not loaded yet.

        Raises:
            AskError: See `stream`.
        """
        return _last(self.stream(question, history, preferences))

    async def aask(
        self, question: str, history: Sequence[Turn] = (), preferences: AnswerPreferences = DEFAULT, asker: Asker = NOBODY
    ) -> Answer:
        """Do the same as `ask` without a waiting thread. Cancelling it gives up the place in the queue."""
        async with aclosing(self.astream(question, history, preferences, asker)) as events:
            answer = [event async for event in events][-1]
        assert isinstance(answer, Answer)
        return answer

    def ask_if_idle(self, question: str, within: tuple[str, ...] | None = None) -> Answer | None:
        """Answer a question in quotes if the queue is idle and the chain is loaded, else return None.

        No visitor asked it, so it is not counted among the questions.
        """
        if not (self.queue.idle and self.chain):
            return None
        preferences = AnswerPreferences(within=within, engine="quotes")
        return _last(self.queue.submit(lambda stop: self._work(question, (), preferences, stop)).events())

    def _submit(self, question: str, history: Sequence[Turn], preferences: AnswerPreferences, asker: Asker) -> Ticket[Event]:
        started = time.monotonic()
        try:
            check_question(question, self.settings.max_question)
            turns = read_turns(history)
            return self.queue.submit(
                lambda stop: self._watched(started, self._work(question, turns, preferences, stop)), asker
            )
        except AskError as error:
            self.watching.not_accepted(error)
            raise

    def _watched(self, started: float, work: Generator[Event, None, None]) -> Generator[Event, None, None]:
        with self.watching.question(started) as record, closing(work):
            for event in work:
                record(event)
                yield event

    def _work(
        self, question: str, history: tuple[Turn, ...], preferences: AnswerPreferences, stop: threading.Event
    ) -> Generator[Event, None, None]:
        from app.pipeline.values import Request

        p = preferences
        request = Request(question, history, p.within, engine=p.engine, gone=stop)
        return self._by_chain(lambda chain: chain.stream(request))

    def _by_chain(self, work: Callable[[Chain], Iterator[E]]) -> Generator[E | QueueStatus, None, None]:
        """Yield what the chain makes, once it is there; a chain of another model gives way to a new one."""
        yield from map(QueueStatus, self.loading())
        chain = self.ready()
        try:
            yield from work(chain)
        except IndexMismatch:
            self._loader.renew(chain)
            yield from map(QueueStatus, self.loading())
            state = self.state
            if state.chain is chain and state.error:
                raise state.error from None
            yield from work(self.ready())

    def record(self, answer: Answer) -> Record:
        """Make the record of an answer with all that it rests on, to be saved."""
        built_with = " ".join(self.index.built_with())
        return make_record(
            answer, self.settings.threshold, f"{built_with} {self.index.catalogue.stamp}", self.index.document
        )

    async def search(
        self, words: str, limit: int = 10, within: tuple[str, ...] | None = None, asker: Asker = NOBODY
    ) -> tuple[Considered, ...]:
        """Find the passages that match the words best, without an answer.

        Raises:
            AskError: See `stream`.
        """
        from app.pipeline.values import Request

        request = Request(check_question(words, self.settings.max_question), within=within, engine="quotes")
        ticket = self.queue.submit(lambda _: self._by_chain(lambda chain: (chain.find(r) for r in (request,))), asker)
        async with aclosing(ticket.aevents()) as events:
            (ranked,) = [event async for event in events if not isinstance(event, QueueStatus)]
        return await asyncio.to_thread(considered, ranked.hits[:limit], self.index.document)

    def use_model(self, writing: Writing | None, settings: Settings) -> None:
        """Another language model, or none, for all questions from now on; see `Loader.use_model`."""
        self._loader.use_model(writing, settings)

    # --- how far it is

    @property
    def state(self) -> LoadState:
        """The state of loading, all of one moment."""
        return self._loader.state

    @property
    def settings(self) -> Settings:
        """The settings of the chain."""
        return self.state.settings

    def stuck(self) -> str:
        """Return a sentence if the queue does not move although it should, else ''."""
        seconds = self.queue.stalled_seconds()
        if seconds <= MAX_SILENCE + self.settings.llm_seconds:
            return ""
        return f"An answer has not moved for {seconds:.0f} seconds while others wait. Stop the page and start it again."

    @property
    def report(self) -> Path:
        """The latest eval report."""
        return latest_report(self.settings.data)

    @property
    def index(self) -> Index:
        """The index; raises an AskError if it is not loaded."""
        return self.ready().index

    @property
    def chain(self) -> Chain | None:
        """The chain, None until it is loaded."""
        return self.state.chain

    def loading(self) -> Iterator[str]:
        """Yield the current step of loading until loading ends, so that a waiting caller can be stopped."""
        return self._loader.loading()

    def ready(self) -> Chain:
        """Return the chain.

        Raises:
            AskError: The chain is not there; the error says why.
        """
        return self._loader.ready()

    @property
    def fingerprint(self) -> str:
        """Names the embedding model of the index; '' until ready."""
        chain = self.chain
        return chain.embedder.fingerprint if chain else ""

    def embed_rest(self) -> None:
        """Embed in the background what was left for later; returns at once."""
        self._loader.embed_rest()

    def renew(self) -> bool:
        """Begin to load a new chain if the index was rebuilt with another model.

        Returns:
            True if the index was rebuilt with another model than the chain's.
        """
        chain = self.chain
        if chain is None or chain.index.built_with()[2] == chain.embedder.fingerprint:
            return False
        self._loader.renew(chain)
        return True


def _last(events: Generator[Event, None, None]) -> Answer:
    """Return the answer, which is the last of the events."""
    with closing(events):
        *_, answer = events
    assert isinstance(answer, Answer)
    return answer
