"""The steps from question to answer, in order, as one LangChain Runnable that streams."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable, RunnableLambda

from app.answering.confidence import best_score
from app.answering.extract import QuotingEngine
from app.answering.verify import verify
from app.answers import Answer, Said
from app.pipeline.steps import Request, State, Step, answering, stage
from app.query.understand import read_question
from app.query.values import Turn
from app.retrieval.retriever import Retriever, merge
from app.settings import Settings
from ingest.bundles import CROSS_ENCODER
from ingest.index import Index
from ingest.models import Embedder, Reranker, load_embedder, load_reranker
from ingest.thesaurus import Thesaurus, read_thesaurus

if TYPE_CHECKING:
    from app.llm.writing import Writing

CLEARLY = 1.0  # logits by which the second reading of a question must be better than the first


class Chain:
    """Answers questions over one index. Safe to share between threads. With `writing` a language model may word them;
    `thesaurus` has the documents' words for those of the questions."""

    def __init__(
        self,
        index: Index,
        embedder: Embedder,
        reranker: Reranker,
        settings: Settings,
        writing: Writing | None = None,
        thesaurus: Thesaurus | None = None,
    ) -> None:
        self.index, self.settings, self.embedder, self.reranker = index, settings, embedder, reranker
        self.retriever = Retriever(index, embedder, reranker, settings.candidates, thesaurus)
        self.engine, self.writing = QuotingEngine(settings.max_quotes), writing
        index.open(embedder)
        steps = [self._read, self._search, self._rank, self._choose, self._check]
        names = ["reading", "searching", "ranking", "choosing", "checking"]
        self.runnable: Runnable[Request, Any] = RunnableLambda(State, name="ask")
        for name, step in zip(names, steps, strict=True):
            self.runnable = self.runnable | stage(name, step)
        if writing:
            self.runnable = self.runnable | stage("writing", self._write, self._worded)
        self.runnable = self.runnable | answering()

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
        except GeneratorExit:  # and at nothing else: where the index has another model, the request goes to another chain
            request.gone.set()
            raise

    # --- the steps

    def _read(self, state: State) -> State:
        request = state.request
        rewriting = None
        question = read_question(request.question, request.history, request.within, self.settings.max_question)
        if self.writing and question.asks and self._asks_model(request) and request.history:
            question, rewriting = self.writing.read(question, request.history)
        return replace(state, question=self.retriever.in_their_words(question), rewriting=rewriting)

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
            first, second = map(best_score, rankings)
            # other words for a question that stands alone make no answer where its own find none
            best = int(second > first + CLEARLY and (first > 0 or question.read_as != question.text))
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


def load_chain(settings: Settings, index: Index, embedder: Embedder | None = None) -> Chain:
    """The chain with the models that the settings name; an `embedder` that is loaded already is not loaded again.

    Raises:
        AskError: the language model that the settings name cannot be used.
        CorpusError: the folder's `_words.yaml` is not what it should be.
        ModelError, IndexMissing, IndexMismatch: see there.
    """
    writing = _load_writing(settings) if settings.llm else None
    thesaurus = read_thesaurus(settings.corpus)
    embedder = embedder or load_embedder(settings.embedding_model)
    return Chain(index, embedder, load_reranker(settings.reranker), settings, writing() if writing else None, thesaurus)


def _load_writing(settings: Settings) -> Callable[[], Writing]:
    # imported here: without a language model nothing of it is loaded
    from app.groundedness.checker import ClaimChecker
    from app.llm.provider import load_writer
    from app.llm.writing import Writing

    writer = load_writer(settings)  # a wrong setting is said before any model is loaded
    return lambda: Writing(writer, ClaimChecker(load_reranker(CROSS_ENCODER)))
