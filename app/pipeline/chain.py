"""The steps from question to answer, in order. Each is a function from one value to the next (`app.pipeline.values`)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable, RunnableGenerator, RunnableLambda

from app.answering.extract import QuotingEngine
from app.answering.lists import quoted_in_form, with_whole_tables
from app.answering.notes import searched_note, with_unmentioned
from app.answering.verify import quote_originals, verify
from app.answers import Answer, Draft, Evidence, Searched
from app.known.answers import known_draft, known_hits, written_or_quoted, written_text
from app.known.joining import MAX_STATEMENTS, PartAnswer, joined_answers
from app.known.match import EXACT_PROBABILITY, MIN_SUGGESTED, Match, Matcher, is_in_scope, likely_answers
from app.pipeline.readings import Readings, cited_passages, document_titles, find_passages
from app.pipeline.values import Checked, Drafted, Matched, Ranked, Request, Retrieved, Step, Understood
from app.query.rules import asks_for_originals
from app.query.translate import FolderLanguage, Terms
from app.query.understand import GLOSSED_LANGUAGES, check_question, query_of_questions, reread, understand
from app.query.values import Query, Turn, Wish
from app.retrieval.retriever import Retriever, merge
from app.sentences import Citation, LookedFor, VerifiedSentence
from app.settings import Settings
from app.text.messages import message
from ingest.documents import guess_language
from ingest.index import Index
from ingest.models.load import Embedder, Reranker
from ingest.publishers import kind_of

if TYPE_CHECKING:
    from app.llm.selecting import Material
    from app.llm.writing import Writing

Event = Step | VerifiedSentence | Answer


class Chain:
    """Answers questions over one index. Safe to share between threads.

    Args:
        index, embedder, reranker, settings: The documents, the models and what the user has set.
        writing: The language model that words answers, None for quotes alone.
        folder: The documents' words for those of the questions.
        matcher: The known questions, None if there are none.
    """

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
        self._folder, self._terms, self._terms_stamp = folder or FolderLanguage(), Terms(), -1
        self.retriever = Retriever(index, embedder, reranker, settings.candidates)
        self.readings = Readings(self.retriever)
        self.engine, self.writing, self.matcher = QuotingEngine(settings.max_quotes), writing, matcher
        index.open(embedder)
        self._steps: dict[type, Runnable[Any, Any]] = {
            Request: RunnableLambda(self._understand, name="reading"),
            Understood: RunnableLambda(self._match, name="matching"),
            Matched: RunnableLambda(self._search, name="searching"),
            Retrieved: RunnableLambda(self._rank, name="ranking"),
            Ranked: RunnableLambda(self._choose, name="choosing"),
            Drafted: RunnableLambda(self._check, name="checking"),
        }
        self._writes: Runnable[Checked, Any] = RunnableGenerator(self._write, name="writing")
        self.runnable: Runnable[Request, Any] = RunnableGenerator(self._run, self._arun, name="ask")

    def worded_by(self, writing: Writing | None, settings: Settings) -> Chain:
        """Return the same chain with another language model, or none."""
        return Chain(self.index, self.embedder, self.reranker, settings, writing, self.folder, self.matcher)

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
        events = self.runnable.stream(request)  # LangChain works off what is left when this is closed, after `gone` is set
        try:
            for event in events:  # noqa: UP028
                yield event
        except GeneratorExit:  # and at nothing else: if the index has another model, the request goes to another chain
            request.gone.set()
            raise

    def find(self, request: Request) -> Ranked:
        """Take the steps of a request up to its passages, without an answer.

        Raises:
            QuestionError: The question is empty or too long.
        """
        value: Any = request
        while not isinstance(value, Ranked):
            value = self._steps[type(value)].invoke(value)
        return value

    # --- the steps

    def _understand(self, request: Request) -> Understood | Matched | Ranked:
        text = check_question(request.question, self.settings.max_question)
        query, reading = understand(text, request.history, self.folder, self._within(request)), None
        if self.writing and query.asks and self._asks_model(request):
            reading = self.writing.read(query, request.history)
            if reading.questions:
                query = query_of_questions(query, reading.questions, self.folder)
        understood = Understood(request, query, reading)
        cited = cited_passages(request.history, self.index, query.within)
        if reading and reading.last_alone and cited:
            return Ranked(Matched(understood), (cited,) * len(query.subqueries()), cited)
        return understood if self.matcher else Matched(understood)

    def _within(self, request: Request) -> tuple[str, ...] | None:
        """Return the documents that are chosen; else the originals that are held, if the question asks for them."""
        if request.within is None and asks_for_originals(request.question):
            return tuple(self.index.catalogue.originals()) or None
        return request.within

    def _match(self, understood: Understood) -> Matched | Ranked:
        """Match known questions; if one answers and no language model reads on, nothing is searched."""
        matched = self._match_query(understood)
        match, asks_model = matched.match, self._asks_model(understood.request)
        if matched.parts and all(m for _, m in matched.parts) and not asks_model:
            return Ranked(matched, (), ())
        if match is None or (asks_model and not match.known.about):
            return matched
        return Ranked(matched, (), known_hits(match, self.index, matched.query.within))

    def _match_query(self, understood: Understood) -> Matched:
        """Match the query with the known questions that it may ask.

        If a language model is `heeded`, they add passages and do not replace the question. A known question about the
        program then counts only if it was asked word for word.
        """
        query, matches = understood.query, self._matches(understood.query)
        about = next((m for m in matches if m.known.about and m.is_likely), None)
        heeded = self._heeds(understood.request) and not query.before
        matches = tuple(m for m in matches if _may_answer(m, query, heeded))
        parts = () if heeded else self._match_parts(understood, matches[0] if matches else None)
        match = next((m for m in matches if m.is_sure or (m.is_likely and not m.known.about)), None)
        if parts or match is None:
            return Matched(understood, matches, about=about, parts=parts)
        if heeded:
            return Matched(understood, matches, match, about)
        as_known = reread(query, match.read_as, self.folder)
        standalone = reread(query, query.text, self.folder) if query.before else as_known
        overruling = self.readings.overruled(as_known, standalone, match, self._threshold(understood.request))
        if overruling is None:
            return Matched(replace(understood, query=as_known), matches, match, about)
        return Matched(replace(understood, query=overruling) if query.before else understood, about=about)

    def _match_parts(self, understood: Understood, whole: Match | None) -> tuple[tuple[Query, Match | None], ...]:
        """Match the parts of a question one by one with known questions.

        Args:
            understood: The request and its query.
            whole: The best match of the whole question, None if there is none. If it is also the match of only one of
                several parts, it says nothing about the others and is ignored.

        Returns:
            Each part with its match, None if the part is to be searched for. () if no part has a match, or if the match
                of the whole is better.
        """
        query, request = understood.query, understood.request
        if whole and whole.probability >= EXACT_PROBABILITY:
            return ()
        result: list[tuple[Query, Match | None]] = []
        for part in [p for p in query.parts if p.standalone != query.standalone]:  # a comparison stands before its sides
            if result and part.text and part.text != part.standalone:  # a second half follows the first
                first = Turn("user", result[0][0].standalone)
                part = understand(part.text, [*request.history, first], self.folder, request.within)
            part = replace(part, wish=query.wish, language=query.language)
            sure = (m for m in self._matches(part) if m.is_sure and _may_answer(m, part))
            result.append((part, next((m for m in sure if not m.known.about), None)))
        matches = [m for _, m in result if m]
        numbers = {m.number for m in matches}
        mean_probability = sum(m.probability for m in matches) / max(len(result), 1)
        all_in_one = whole and (whole.number not in numbers or (len(numbers) == 1 and len(matches) == len(result)))
        whole_stands = whole and all_in_one and whole.is_sure and whole.probability >= mean_probability
        return tuple(result) if matches and not whole_stands else ()

    def _matches(self, query: Query) -> tuple[Match, ...]:
        """Return the matches of a query.

        A first question with a wish for a form is also matched as it was typed, and the better result counts: a known
        question may itself ask for simple words. A follow-up is matched once.
        """
        if self.matcher is None:
            return ()
        matches = self.matcher.matches(query)
        if query.wish == Wish() or query.text not in query.readings or query.text == query.standalone or query.before:
            return matches
        typed = self.matcher.matches(reread(query, query.text, self.folder))
        return max(matches, typed, key=lambda ranked: ranked[0].probability if ranked else 0.0)

    def _search(self, matched: Matched) -> Retrieved:
        return Retrieved(matched, tuple(self.retriever.search(q) for q in matched.query.subqueries()))

    def _rank(self, retrieved: Retrieved) -> Ranked:
        matched = retrieved.matched
        understood, query = matched.understood, matched.query
        queries, boosts = query.subqueries(), likely_answers(matched.matches)
        rankings = tuple(
            with_whole_tables(q, self.retriever.rank(q, candidates, len(queries), boosts), self.index)
            for q, candidates in zip(queries, retrieved.candidates, strict=True)
        )
        searches = understood.reading.searches if understood.reading else ()
        hits, wider = merge(rankings), self.readings.wider(searches, self.folder, query.within)
        if matched.match:
            match_hits = known_hits(matched.match, self.index, query.within, self._heeds(understood.request))
            return Ranked(matched, rankings, merge([match_hits, hits]), wider)
        threshold = self._threshold(understood.request)
        if not query.parts and (surest := self.readings.surest(query, hits, self.folder, threshold)):
            matched = replace(matched, understood=replace(understood, query=surest[0]))
            rankings, hits = (surest[1],), surest[1]
        return Ranked(matched, rankings, hits, wider)

    def _choose(self, ranked: Ranked) -> Drafted:
        evidence = self.retriever.evidence(ranked.hits)
        query, match = ranked.matched.query, ranked.matched.match
        if match:
            draft = known_draft(match, query, evidence)
        else:  # nothing was searched if all parts are known
            draft = self.engine.draft(query, ranked.rankings, evidence) if ranked.rankings else Draft((), (0.0,))
        return Drafted(ranked, evidence, draft)

    def _check(self, drafted: Drafted) -> Answer | Checked:
        matched, hits = drafted.ranked.matched, drafted.ranked.hits
        request, query = matched.understood.request, matched.query
        threshold, asks_model = self._threshold(request), self._asks_model(request)
        answer = verify(query, drafted.draft, drafted.evidence, hits, threshold)
        if matched.about and answer.status == "not_found" and not (asks_model and query.within):
            # what no document answers may be asked of the program; a model can say what chosen documents are about
            answer = verify(query, known_draft(matched.about, query, ()), (), hits, threshold)
        if not asks_model:  # a model reads what form is wished for itself
            answer = self._in_parts(drafted, answer) if matched.parts else self._in_wished_form(query, matched.match, answer)
        answer = self._with_suggestions(matched, self._with_unmentioned(matched, answer))
        if not (self.writing and asks_model and query.asks) or answer.status == "about":
            return self._with_search_note(query, answer)
        # a model that is not heeded is asked only if the program has found an answer itself
        readable = (drafted.evidence or query.within) if self.writing.heeded else answer.sentences
        return Checked(drafted, answer) if readable else self._with_search_note(query, answer)

    def _in_wished_form(self, query: Query, match: Match | None, quoted: Answer) -> Answer:
        """Return the written answer of a match, else the quotes, in the form that is wished for."""
        return written_or_quoted(query, match, quoted, self.index) if match else quoted_in_form(query, quoted)

    def _in_parts(self, drafted: Drafted, whole: Answer) -> Answer:
        """Return the answers of the parts of a question as one; short ones if they are long together."""
        matched, threshold = drafted.ranked.matched, self._threshold(drafted.ranked.matched.understood.request)
        rankings = dict(zip((q.standalone for q in matched.query.parts), drafted.ranked.rankings, strict=False))
        quoted = []
        for (query, match), part in zip(matched.parts, matched.query.parts[-len(matched.parts) :], strict=True):
            hits = known_hits(match, self.index, query.within) if match else rankings[part.standalone]
            evidence = self.retriever.evidence(hits) if match else drafted.evidence
            draft = known_draft(match, query, evidence) if match else self.engine.draft(query, [hits], evidence)
            quoted.append(PartAnswer(query, match, verify(query, draft, evidence, hits, threshold)))
        answers = [replace(p, answer=self._in_wished_form(p.query, p.match, p.answer)) for p in quoted]
        if sum(len(p.answer.sentences) for p in answers) > MAX_STATEMENTS and not matched.query.wish.form:
            short_queries = [replace(p.query, wish=replace(p.query.wish, form="short")) for p in quoted]
            answers = [
                replace(p, answer=self._in_wished_form(query, p.match, p.answer))
                for p, query in zip(quoted, short_queries, strict=True)
            ]
        return joined_answers(matched.query, answers, whole)

    def _write(self, checked: Iterator[Checked]) -> Iterator[Event]:
        """Have the language model word the answer."""
        for value in checked:
            understood = value.drafted.ranked.matched.understood
            if self.writing is None:
                raise ValueError("no language model is set")
            read = understood.reading.call if understood.reading else None
            for event in self.writing.write(self.material(value), read, understood.request.gone):
                if isinstance(event, LookedFor):
                    yield Step("looking", message("marks.semicolon", understood.query.language).join(event.what))
                else:
                    yield self._with_search_note(understood.query, event) if isinstance(event, Answer) else event

    def _with_unmentioned(self, matched: Matched, answer: Answer) -> Answer:
        """Name the names and unknown words of a refused question that are in no document, three at most."""
        query = matched.query
        if answer.status != "not_found" or matched.match or matched.parts or not query.asks or not self.matcher:
            return answer
        absent = (word for word in self.matcher.rare_names(query) if not self.index.words(word, 1))
        return with_unmentioned(query, answer, list(islice(absent, 3)))

    def _with_suggestions(self, matched: Matched, answer: Answer) -> Answer:
        """Add suggestions of other known questions to an answer that is not certain.

        An answer is uncertain if it is a refusal, or if its question is only likely to be the one asked. Only known
        questions that have an answer are suggested.
        """
        query, match = matched.query, matched.match
        is_open = not match.is_sure if match else answer.status == "not_found"
        if not is_open or not query.asks or query.tongue not in GLOSSED_LANGUAGES or not self.matcher:
            return answer
        likely = [m for m in matched.matches if m.probability >= MIN_SUGGESTED and m.known.held and m is not match]
        suggestions = {m.known.key: self.matcher.wording_in(m, query.language) for m in reversed(likely[:3])}
        return replace(answer, suggestions=tuple(reversed(suggestions.values())))

    def _with_search_note(self, query: Query, answer: Answer) -> Answer:
        """Return the answer; it says how many of the documents were searched, unless it was all."""
        if answer.status == "about" or not query.asks or query.within is None:
            return answer
        searched = Searched(len(set(query.within)), self.index.catalogue.count("documents"))
        if searched.documents >= searched.of:
            return answer
        return replace(answer, searched=searched, note_parts=(*answer.note_parts, searched_note(query, searched)))

    def material(self, checked: Checked) -> Material:
        """Return what a language model is given of what was found."""
        from app.llm.selecting import Material

        drafted, ranked = checked.drafted, checked.drafted.ranked
        understood, query, match = ranked.matched.understood, ranked.matched.query, ranked.matched.match
        reading, history, gap = understood.reading, understood.request.history, drafted.draft.gap
        evidence = self.retriever.evidence(merge([ranked.hits, *ranked.wider])) if ranked.wider else drafted.evidence
        material = Material(query, checked.answer, evidence, self.index, history, gap, whole=self._whole_documents(query))
        if not self._heeds(understood.request):
            return material
        cited = cited_passages(history, self.index, query.within)
        if reading and reading.questions and not cited:
            last_answer = [turn.content for turn in history if turn.role == "assistant"][-1:]
            cited = merge(self.readings.wider(last_answer, self.folder, query.within))[:3]
        return replace(
            material,
            carried=self.retriever.evidence(cited),
            form=reading.form if reading else "",
            written=written_text(match, query) if match else "",
            titles=document_titles(self.index, query.within),
            look=partial(self._look_up, query.within),
        )

    def _whole_documents(self, query: Query) -> tuple[str, ...]:
        """Return the documents that a language model is given as a whole: few that a reader chose, or all."""
        from app.llm.selecting import MAX_CHOSEN

        if self.settings.llm_reads == "everything":
            return query.within or tuple(self.index.catalogue.document_ids())
        return query.within if query.within and len(query.within) <= MAX_CHOSEN else ()

    def folder_tokens(self) -> int:
        """Return how many tokens a prompt with all documents has; 0 if the language model has no room for it."""
        from app.llm.selecting import Material

        if self.writing is None:
            return 0
        whole = tuple(self.index.catalogue.document_ids())
        material = Material(Query("", ""), Answer("", "", "not_found"), (), self.index, whole=whole)
        prompt, shown = self.writing.prompt(material)
        return prompt.tokens if shown else 0

    def _look_up(self, within: tuple[str, ...] | None, names: Sequence[str]) -> tuple[Evidence, ...]:
        """Return what a language model asks to see: documents and headings that it names, and what searches find."""
        named = {name: find_passages(name, self.index, within) for name in names}
        searches = [name for name, evidence in named.items() if not evidence]
        searched = self.retriever.evidence(merge(self.readings.wider(searches, self.folder, within)))
        return (*(e for evidence in named.values() for e in evidence), *searched)

    # --- how they run

    def _run(self, requests: Iterator[Request]) -> Iterator[Event]:
        for request in requests:
            yield from self._events(request)

    async def _arun(self, requests: AsyncIterator[Request]) -> AsyncIterator[Event]:
        async for request in requests:
            events = self._events(request)
            while (event := await asyncio.to_thread(next, events, None)) is not None:
                yield event

    def _events(self, request: Request) -> Iterator[Event]:
        """Take the steps until there is an answer, each announced and timed."""
        value: Any = request
        timings: list[tuple[str, float]] = []
        while not isinstance(value, Answer | Checked):
            step = self._steps[type(value)]
            yield Step(str(step.name))
            started = time.perf_counter()
            value = step.invoke(value)
            timings.append((str(step.name), time.perf_counter() - started))
        if isinstance(value, Checked):
            yield Step("writing")
            started = time.perf_counter()
            for event in self._writes.stream(value):
                if isinstance(event, Answer):
                    value = event
                else:
                    yield event.with_citations(self._complete_citation) if isinstance(event, VerifiedSentence) else event
            timings.append(("writing", time.perf_counter() - started))
        seconds = round(sum(spent for _, spent in timings), 3)
        yield replace(value, timings=tuple(timings), seconds=seconds).with_citations(self._complete_citation)

    def _complete_citation(self, citation: Citation) -> Citation:
        """Return a citation with the kind of each source and the words of the originals that are held."""
        kinds = partial(kind_of, publishers=self._folder.publishers)
        return quote_originals(self.index, citation.with_kinds(kinds))

    @property
    def folder(self) -> FolderLanguage:
        """Return what the documents bring to understanding, their Chinese terms as they are now."""
        stamp = self.index.catalogue.stamp
        if self._terms_stamp != stamp:
            self._folder, self._terms_stamp = replace(self._folder, terms=self._terms.of(self.index)), stamp
        return self._folder

    def _threshold(self, request: Request) -> float:
        return self.settings.threshold if request.threshold is None else request.threshold

    def _asks_model(self, request: Request) -> bool:
        return (request.engine or self.settings.engine) == "model"

    def _heeds(self, request: Request) -> bool:
        """Return True if a language model decides what is asked and what answers."""
        return self.writing is not None and self.writing.heeded and self._asks_model(request)


def _may_answer(match: Match, query: Query, heeded: bool = False) -> bool:
    """Return True if the match may be taken for the question.

    Its documents must be among those that are asked. One about the program must be in the question's language, and exact if
    the question follows another or a model that is `heeded` reads.
    """
    if match.known.about:
        return (match.probability >= EXACT_PROBABILITY or not (query.before or heeded)) and guess_language(
            match.wording
        ) == query.tongue
    return is_in_scope(match, query.within)
