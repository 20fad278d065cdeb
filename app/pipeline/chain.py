"""The steps from question to answer, in order. Each is a function from one value to the next (`app.pipeline.values`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnableGenerator, RunnableLambda

from app.answering.lists import with_whole_tables
from app.answering.originals import quote_originals
from app.answering.verify import Timings, verify
from app.answering.whole import of_whole_documents
from app.answers import Answer
from app.known.choosing import Chooser
from app.known.drafting import Drafting
from app.known.match import Matcher, likely_answers
from app.known.policy import Asked, Decision, Policy
from app.pipeline.folder import FolderWords
from app.pipeline.running import running
from app.pipeline.values import Drafted, Event, Matched, Ranked, Request, Retrieved, Step, Understood
from app.query.inhand import named_document
from app.query.rules import asks_for_originals
from app.query.translate import FolderLanguage
from app.query.understand import check_question, query_of_questions, understand
from app.query.values import Turn
from app.retrieval.retriever import Retriever, merge
from app.sentences import Citation, LookedFor, VerifiedSentence
from app.settings import Settings
from app.text.messages import message
from ingest.index import Index
from ingest.models.load import Embedder, Reranker
from ingest.publishers import kind_of

if TYPE_CHECKING:
    from app.llm.writing import Writing

NAMES = ("reading", "matching", "searching", "ranking", "choosing")


class Chain:
    """Answers questions over one index. Safe to share between threads.

    Args:
        index, embedder, reranker, settings: The documents, the models and what the user has set.
        writing: The language model that words answers, None for quotes alone.
        folder: The documents' words for those of the questions.
        matcher: The known questions, None if there are none.
        chooser: Chooses among their statements; None to answer with quotes what no known question asks.
    """

    def __init__(
        self, index: Index, embedder: Embedder, reranker: Reranker, settings: Settings, writing: Writing | None = None,
        folder: FolderLanguage | None = None, matcher: Matcher | None = None, chooser: Chooser | None = None,
    ) -> None:  # fmt: skip
        self.index, self.settings, self.embedder, self.reranker = index, settings, embedder, reranker
        self._words = FolderWords(index, folder or FolderLanguage())
        self.retriever = Retriever(index, embedder, reranker, settings.candidates)
        self.policy = Policy(matcher, self.retriever) if matcher else None
        self.drafting = Drafting(settings.max_quotes, self.retriever, matcher, chooser)
        self.writing, self.matcher, self.chooser = writing, matcher, chooser
        index.open(embedder)
        taken: tuple[Any, ...] = (self._understand, self._match, self._search, self._rank, self._draft)
        steps = [RunnableLambda(step, name=name) for name, step in zip(NAMES, taken, strict=True)]
        writes, checks = RunnableGenerator(self._write, name="writing"), RunnableLambda(self._check, name="checking")
        self.runnable = running(self._begin, steps, writes, self._may_write, checks)

    def worded_by(self, writing: Writing | None, settings: Settings) -> Chain:
        """Return the same chain with another language model, or none."""
        return Chain(self.index, self.embedder, self.reranker, settings, writing, self.folder, self.matcher, self.chooser)

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        within: Sequence[str] | None = None,
        threshold: float | None = None,
    ) -> Answer:
        """Answer one question; `within` limits the documents by id, `threshold` replaces the setting.

        Raises:
            QuestionError: The question is empty or too long.
        """
        return self.answer(Request(question, tuple(history), tuple(within) if within is not None else None, threshold))

    def answer(self, request: Request) -> Answer:
        """Answer a request.

        Raises:
            QuestionError: The question is empty or too long.
        """
        answer: Answer = self.runnable.invoke(request)
        return answer

    def stream(self, request: Request) -> Iterator[Event]:
        """Yield each step as it begins, each sentence of a language model once it is verified, then the answer."""
        events: Any = self.runnable.stream(request)
        try:
            for event in events:  # noqa: UP028
                yield event
        except GeneratorExit:  # and at nothing else: if the index has another model, the request goes to another chain
            request.gone.set()
            raise
        finally:
            events.close()  # LangChain works off what is left, which `gone` ends; a collector may be late

    def find(self, request: Request) -> Ranked:
        """Take the steps of a request up to its passages, without an answer; it raises what `answer` raises."""
        return self._rank(self._search(self._match(self._understand(request))))

    # --- the steps

    def _understand(self, request: Request) -> Understood:
        text, writing = check_question(request.question, self.settings.max_question), self._writer(request)
        within, said = request.within, text
        if within is None and self.index.catalogue.count("documents") == 1:
            within = tuple(self.index.catalogue.document_ids())  # a folder of one document has it in hand
        if named := named_document(text, partial(self._words.names, within)):
            within, said = (named[0],), named[1]
        if within is None and asks_for_originals(request.question):
            within = tuple(self.index.catalogue.originals()) or None
        query = replace(understand(said, request.history, self.folder, within), text=text)
        # a first question stands alone, and a model that lacks something looks for it
        reading = writing.read(query, request.history) if writing and query.asks and request.history else None
        if reading and reading.questions:
            query = query_of_questions(query, reading.questions, self.folder)
        return Understood(request, query, reading)

    def _match(self, understood: Understood) -> Matched:
        request, query, reading = understood.request, understood.query, understood.reading
        if reading and reading.last_alone:
            from app.llm.gathering import cited_passages

            if cited := cited_passages(request.history, self.index, query.within):
                return Matched(understood, Decision(query, hits=cited, is_settled=True))
        if self.policy is None or query.gist:
            return Matched(understood, Decision(query, is_settled=query.gist))
        asked = Asked(query, request.history, self.folder, self._threshold(request), self._writer(request) is not None)
        return Matched(understood, self.policy.decide(asked))

    def _search(self, matched: Matched) -> Retrieved:
        queries = () if matched.decision.is_settled else matched.query.subqueries()
        return Retrieved(matched, tuple(self.retriever.search(query) for query in queries))

    def _rank(self, retrieved: Retrieved) -> Ranked:
        matched, decision = retrieved.matched, retrieved.matched.decision
        queries, boosts = matched.query.subqueries(), likely_answers(decision.matches)
        if decision.is_settled:
            rankings = () if decision.match or decision.parts else (decision.hits,) * len(queries)
            return Ranked(matched, rankings, decision.hits)
        rankings = tuple(
            with_whole_tables(query, self.retriever.rank(query, candidates, len(queries), boosts), self.index)
            for query, candidates in zip(queries, retrieved.candidates, strict=True)
        )
        hits = merge(rankings)
        return Ranked(matched, rankings, merge([decision.hits, hits]) if decision.match else hits)

    def _draft(self, ranked: Ranked) -> Drafted:
        request, decision = ranked.matched.understood.request, ranked.matched.decision
        shaped = self._writer(request) is None  # a model reads what form is wished for itself
        found = self.drafting.draft(decision, ranked.rankings, ranked.hits, self._threshold(request), shaped)
        return Drafted(ranked, found if decision.match else of_whole_documents(decision.query, found, self.index))

    def _write(self, values: Iterator[Drafted]) -> Iterator[Step | VerifiedSentence | Drafted]:
        """Have the language model word the answer."""
        from app.llm.gathering import Gathering

        (drafted,) = values
        understood, decision = drafted.ranked.matched.understood, drafted.ranked.matched.decision
        request, reading = understood.request, understood.reading
        writing = self._writer(request)
        assert writing, "it may write"
        gathering = Gathering(self.retriever, self.folder, decision.query.within, self.chooser)
        material = gathering.material(drafted.proposal, drafted.ranked.hits, request.history, reading)
        for event in writing.write(material, reading.call if reading else None, request.gone):
            if isinstance(event, LookedFor):
                yield Step("looking", message("marks.semicolon", decision.query.language).join(event.what))
            elif isinstance(event, VerifiedSentence):
                yield event.with_citations(self._complete)
            else:
                yield Drafted(drafted.ranked, event)

    def _check(self, checked: tuple[Drafted, Callable[[], Timings]]) -> Answer:
        drafted, timings = checked
        matched = drafted.ranked.matched
        proposal = self.drafting.finished(drafted.proposal, matched.decision, matched.understood.request.over_budget)
        return verify(proposal.draft, proposal.evidence, drafted.ranked.hits, timings, self._complete)

    # --- what they need

    def _begin(self, request: Request) -> Request:
        """Decide once whether a language model has tokens left: another question may spend the rest meanwhile."""
        writing = self._writer(request)
        return replace(request, over_budget=writing is not None and writing.writer.spending.is_over)

    def _complete(self, citation: Citation) -> Citation:
        """Return a citation with the kind of each source and the words of the originals that are held."""
        return quote_originals(self.index, citation.with_kinds(partial(kind_of, publishers=self._words.publishers)))

    @property
    def folder(self) -> FolderLanguage:
        """Return what the documents bring to understanding, their Chinese terms as they are now."""
        return self._words.language

    def _threshold(self, request: Request) -> float:
        return self.settings.threshold if request.threshold is None else request.threshold

    def _may_write(self, drafted: Drafted) -> bool:
        """Return True if a language model answers, and has something to read."""
        query, proposal = drafted.ranked.matched.query, drafted.proposal
        writes = self._writer(drafted.ranked.matched.understood.request) is not None and query.asks
        return writes and proposal.draft.status != "about" and bool(proposal.evidence or query.within)

    def _writer(self, request: Request) -> Writing | None:
        """Return the language model that answers a request, None if the program quotes."""
        writes = (request.engine or self.settings.engine) == "model" and not request.over_budget
        return self.writing if writes else None
