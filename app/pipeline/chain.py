"""The steps from question to answer, in order, as one LangChain Runnable that streams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable, RunnableLambda

from app.answering.extract import QuotingEngine
from app.answering.known import known_draft, known_hits
from app.answering.series import with_whole_tables
from app.answering.verify import verify
from app.answers import Answer
from app.pipeline.further_searches import FurtherSearches
from app.pipeline.steps import Request, State, Step, answering, stage
from app.query.folder import FolderLanguage, Terms
from app.query.understand import check_question, reread, understand
from app.query.values import Query, Turn
from app.retrieval.match import MATCHED, SAME, Match, Matcher, covers, near_answers
from app.retrieval.retriever import Retriever, merge
from app.sentences import VerifiedSentence
from app.settings import Settings
from ingest.documents import guess_language
from ingest.index import Index
from ingest.models import Embedder, Reranker
from ingest.publishers import kind_of

if TYPE_CHECKING:
    from app.llm.selecting import Material
    from app.llm.writing import Writing


class Chain:
    """Answers questions over one index. Safe to share between threads. With `writing` a language model may word them;
    `folder` has the documents' words for those of the questions, and rules on their subject."""

    def __init__(
        self,
        index: Index,
        embedder: Embedder,
        reranker: Reranker,
        settings: Settings,
        writing: Writing | None = None,
        folder: FolderLanguage | None = None,
        matcher: Matcher | None = None,
    ) -> None:
        self.index, self.settings, self.embedder, self.reranker = index, settings, embedder, reranker
        self._folder, self._terms, self._terms_of = folder or FolderLanguage(), Terms(), -1
        self.retriever = Retriever(index, embedder, reranker, settings.candidates)
        self.searches = FurtherSearches(self.retriever)
        self.engine, self.writing, self.matcher = QuotingEngine(settings.max_quotes), writing, matcher
        index.open(embedder)
        self.runnable: Runnable[Request, Any] = RunnableLambda(State, name="ask")
        self.runnable = self.runnable | stage("reading", self._read) | stage("matching", self._match, self._may_match)
        for name, step in (("searching", self._search), ("ranking", self._rank)):
            self.runnable = self.runnable | stage(name, step, self._wants_search)
        self.runnable = self.runnable | stage("choosing", self._choose) | stage("checking", self._check)
        if writing:
            self.runnable = self.runnable | stage("writing", self._write, self._worded)
        self.runnable = self.runnable | answering(self._told)

    def without(self, *rules: str) -> Chain:
        """The same chain without the rules of these ids, to see what they are worth."""
        folder = replace(self.folder, rules=self.folder.rules.without(*rules))
        return Chain(self.index, self.embedder, self.reranker, self.settings, self.writing, folder, self.matcher)

    def worded_by(self, writing: Writing | None, settings: Settings) -> Chain:
        """The same chain with another language model, or none."""
        return Chain(self.index, self.embedder, self.reranker, settings, writing, self.folder, self.matcher)

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

    def stream(self, request: Request) -> Iterator[Step | VerifiedSentence | Answer]:
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
        request, reading = state.request, None
        text = check_question(request.question, self.settings.max_question)
        question = understand(text, request.history, self.folder, request.within)
        if self.writing and question.asks and self._asks_model(request):
            reading = self.writing.read(question, request.history)
            if reading.standalone:
                language = guess_language(reading.standalone)
                question = reread(replace(question, language=language), reading.standalone, self.folder)
        return replace(state, question=question, reading=reading)

    @property
    def folder(self) -> FolderLanguage:
        """What the documents bring to understanding, their Chinese terms as they are now."""
        stamp = self.index.catalogue.stamp
        if self._terms_of != stamp:
            self._folder, self._terms_of = replace(self._folder, terms=self._terms.of(self.index)), stamp
        return self._folder

    def _may_match(self, _: State) -> bool:
        return self.matcher is not None

    def _match(self, state: State) -> State:
        """The known questions that may ask the same as the question."""
        question = state.question
        assert question
        assert self.matcher
        found = list(self.matcher.matches(question))
        about = next((m for m in found if m.known.about and m.probability >= MATCHED), None)
        found = [m for m in found if _may_answer(m, question)]
        state = replace(state, matches=tuple(found), about=about)
        if not found or found[0].probability < MATCHED:
            return state
        asked = reread(question, found[0].read_as, self.folder)
        alone = reread(question, question.text, self.folder) if question.before else asked
        if better := self.searches.overruled(asked, alone, found[0], self._threshold(state)):
            return replace(state, matches=(), question=better if question.before else question)
        return replace(state, match=found[0], question=asked)

    def _wants_search(self, state: State) -> bool:
        """Whether the documents are searched: no known question asks the same, or a language model is to read more."""
        return state.match is None or (self._asks_model(state.request) and not state.match.known.about)

    def _search(self, state: State) -> State:
        assert state.question
        return replace(state, found=tuple(self.retriever.search(q) for q in state.question.subqueries()))

    def _rank(self, state: State) -> State:
        question = state.question
        assert question
        queries, near = question.subqueries(), near_answers(state.matches)
        pairs = zip(queries, state.found, strict=True)
        ranked = (self.retriever.rank(q, found, len(queries), near) for q, found in pairs)
        rankings = tuple(with_whole_tables(q, hits, self.index) for q, hits in zip(queries, ranked, strict=True))
        state = replace(state, rankings=rankings, hits=merge(rankings), wider=self.searches.wider(state, self.folder))
        if question.parts or state.match:
            return state
        return self.searches.reconsidered(state, self.folder, self._threshold(state))

    def _choose(self, state: State) -> State:
        assert state.question
        if state.match is None:
            evidence = self.retriever.evidence(state.hits)
            draft = self.engine.draft(state.question, state.rankings, evidence)
            chosen = replace(state, evidence=evidence, draft=draft)
            return self.searches.further(chosen, self.folder, self._threshold(state))
        hits = merge([known_hits(state.match, self.index, state.question.within), state.hits])
        evidence = self.retriever.evidence(hits)
        draft = known_draft(state.match, state.question, evidence)
        return replace(state, hits=hits, evidence=evidence, draft=draft)

    def _check(self, state: State) -> State:
        assert state.question
        assert state.draft
        threshold = self._threshold(state)
        answer = verify(state.question, state.draft, state.evidence, state.hits, threshold)
        chosen = self._asks_model(state.request) and state.question.within  # a model can say what these are about
        if (
            state.about and answer.status == "not_found" and not chosen
        ):  # what no document answers may be asked of the program
            draft = known_draft(state.about, state.question, ())
            answer = verify(state.question, draft, (), state.hits, threshold)
        return replace(state, answer=answer)

    def _told(self, event: Any) -> Any:
        """An answer, or a sentence of one, with what kind of thing its sources are."""
        if isinstance(event, Answer | VerifiedSentence):
            return event.with_kinds(partial(kind_of, publishers=self._folder.publishers))
        return event

    def _threshold(self, state: State) -> float:
        asked = state.request.threshold
        return self.settings.threshold if asked is None else asked

    def _asks_model(self, request: Request) -> bool:
        return (request.engine or self.settings.engine) == "model"

    def _worded(self, state: State) -> bool:
        """Whether the language model is asked: it is wanted, something was asked of the documents, and there is something to
        read. One that is not heeded is asked only where the program has found an answer itself."""
        assert state.question
        assert state.answer
        assert self.writing
        if not (self._asks_model(state.request) and state.question.asks and state.answer.status != "about"):
            return False
        if not self.writing.heeded:
            return bool(state.answer.sentences)
        return bool(state.evidence or state.question.within)

    def _write(self, state: State) -> Iterator[VerifiedSentence | State]:
        assert self.writing
        read = state.reading.call if state.reading else None
        for event in self.writing.write(self.material(state), read, state.request.gone):
            yield replace(state, answer=event) if isinstance(event, Answer) else event

    def material(self, state: State) -> Material:
        """What a language model is given of what was found."""
        from app.llm.selecting import Material

        assert state.question
        assert state.answer
        gap = state.draft.gap if state.draft else ""
        wide = merge([state.hits, *state.wider]) if state.wider else ()
        evidence = self.retriever.evidence(wide) if wide else state.evidence
        return Material(state.question, state.answer, evidence, self.index, state.request.history, gap)


def _may_answer(match: Match, question: Query) -> bool:
    """Whether the match may be taken for the question: it is about documents that are asked; of several things it answers
    one, if it was not written down for all of them; what the program says of itself is said in the language of the question,
    and of a follow-up ("And how does it work?"), which reads much like what the program is asked, only where it is that to
    the letter."""
    if match.known.about:
        return (match.probability >= SAME or not question.before) and guess_language(match.wording) == question.tongue
    return covers(match, question.within) and (not question.parts or match.probability >= SAME)
