"""Has a language model write known questions with answers, section by section, and checks each of them.

A question is kept if its quotes appear verbatim in the document, the program's own search leads to them, and it is not known
already. A statement of its answer is kept if neither the program nor the judge objects (`app.authoring.statements`). A
model judges only if it has passed the exam.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.authoring.drafts import AskResult, Target, document_passages, read_results, save_result, without_known
from app.authoring.sections import ProposedQuestion, Section, read_reply
from app.authoring.statements import (
    CitedPassages,
    LanguageModel,
    ProposedStatement,
    read_absence,
    read_statement,
    renumbered,
    to_entry,
    valid_statements,
)
from app.errors import AskError
from app.known.match import Matcher, shipped_model
from app.llm.client import CallResult
from app.llm.evidence import items_of
from app.llm.notes import why
from app.pipeline.chain import Chain
from app.query.understand import understand
from app.settings import Settings
from ingest.documents import Passage
from ingest.progress import Progress, quiet
from ingest.questions.known import (
    MAX_ANSWERS,
    KnownQuestion,
    Quote,
    Written,
    all_questions,
    answers_of,
    passage_of,
    wording_key,
)
from ingest.questions.store import QuestionStore
from ingest.questions.written import WrittenStatement
from ingest.storage import scratch_folder

MAX_RANK = 10
"""Passages among which the search must bring one that the question quotes."""
HOPELESS = ("key", "unknown", "down")
"""Failures after which asking on is of no use."""
Quoted = Sequence[Passage | None]
"""The passage that each quote of a question is equal to, None for a quote that is equal to none."""
Parts = Sequence[tuple[str, WrittenStatement]]
"""The statements of an answer, each with its field in the reply: "short", "full" or "missing"."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A proposed question with its quotes' passages, and the passages that a search finds for it."""

    question: ProposedQuestion
    quoted: Quoted
    found: CitedPassages

    @property
    def places(self) -> list[Passage]:
        """The passages that are quoted, each once."""
        return list(dict.fromkeys(filter(None, self.quoted)))[:MAX_ANSWERS]

    @property
    def is_found(self) -> bool:
        """True if a search finds one of the passages that are quoted."""
        found = {(p.document_id, p.start) for _, p in self.found}
        return any((p.document_id, p.start) in found for p in self.places)


def for_questions(settings: Settings) -> Settings:
    """Return the settings with the room and the time that a reply with questions takes.

    It has up to ten questions with their answers in two languages, and nobody sits before it.
    """
    tokens, seconds = max(settings.llm_answer_tokens, 7_000), 5 * settings.llm_seconds
    return settings.model_copy(update={"llm_answer_tokens": tokens, "llm_seconds": seconds})


@dataclass(frozen=True, slots=True)
class Cost:
    """About what the sections that are left take: calls, tokens that go and come, and pages that they fill."""

    sections: int
    before: int
    calls: int
    sent: int
    received: int
    pages: float


def cost(targets: Sequence[Target], judged: bool = True) -> Cost:
    """Estimate what it takes to ask about the sections of these documents that are left."""
    sections = [s for target in targets for s in target.unasked_sections()]
    calls, sent, received = (sum(numbers) for numbers in zip((0, 0, 0), *(s.cost(judged) for s in sections), strict=True))
    before = sum(len(target.sections) for target in targets) - len(sections)
    return Cost(len(sections), before, calls, sent, received, sum(s.pages for s in sections))


def ask_all(
    targets: Sequence[Target], writer: LanguageModel, chain: Chain, progress: Progress, judge: LanguageModel | None = None
) -> list[str]:
    """Ask about all sections that are left, and write each result at once.

    A section that fails is asked about again by the next run.

    Args:
        targets: The documents.
        writer: The model that writes.
        chain: What searches the documents.
        progress: It is told of each section.
        judge: A model that has passed the exam as a judge, None if there is none.

    Returns:
        For each section that failed, a sentence that says why.

    Raises:
        AskError: Asking on is of no use; the results until then are kept.
        StorageError: A result cannot be written.
    """
    sections = [(target, s) for target in targets for s in target.unasked_sections()]
    failed: list[str] = []
    failures_in_a_row = 0
    for number, (target, section) in enumerate(sections):
        progress("Asking", number, len(sections))
        reply, done = writer.complete(section.prompt, writer.seconds)
        if not done.failure or done.failure == "endless":
            result, done = _checked_questions(reply, target, section, chain, judge)
        if not done.failure:
            with chain.settings.kept.changing():
                save_result(target, section, result)
            failures_in_a_row = 0
            continue
        failures_in_a_row += 1
        failed.append(f"“{target.title}”: {_reason(done, writer)}.")
        if done.failure in HOPELESS or failures_in_a_row == 3:
            message = "{why} ({n} of {most} sections were asked about)."
            step = "What came is kept: run the same command again to go on."
            raise AskError(message, step, _reason(done, writer), number + 1 - len(failed), len(sections))
    progress("Asking", len(sections), len(sections))
    return failed


def _reason(done: CallResult, writer: LanguageModel) -> str:
    return why(done.failure, writer.seconds)


def _checked_questions(
    reply: str, target: Target, section: Section, chain: Chain, judge: LanguageModel | None
) -> tuple[AskResult, CallResult]:
    """Check the questions of a reply, each on its own, and have their answers judged.

    Returns:
        The questions that pass, with their answers, and how the judge's last call ended.
    """
    candidates: list[_Candidate] = []
    dropped: Counter[str] = Counter()
    proposed = list(read_reply(reply))
    dropped["unreadable"] += not proposed
    for question in proposed:
        candidate = _Candidate(question, [section.passage(quote) for quote in question.quotes], _found(question, chain))
        if not candidate.quoted or candidate.quoted[0] is None:
            dropped["misquoted"] += 1
        elif not candidate.is_found:
            dropped["not found"] += 1
        else:
            candidates.append(candidate)
    passing, done = _judged(candidates, section, judge, dropped)
    questions = (_known(c, s, target, dropped) for c, s in zip(candidates, passing, strict=True))
    return AskResult(tuple(filter(None, questions)), +dropped, (judge.name if judge else "",)), done


def _judged(
    candidates: Sequence[_Candidate], section: Section, judge: LanguageModel | None, dropped: Counter[str]
) -> tuple[list[Parts], CallResult]:
    """Return the statements of each candidate that pass, and how the judge's last call ended."""
    claims: list[ProposedStatement] = []
    owners: list[tuple[int, str]] = []
    for n, candidate in enumerate(candidates):
        answer = candidate.question.answer
        for part, entry in (("short", answer.get("short")), *(("full", f) for f in items_of(answer.get("full")))):
            claim = read_statement(entry, candidate.quoted, section.document)
            dropped["statements"] += entry is not None and claim is None
            if claim:
                claims.append(claim)
                owners.append((n, part))
        if absence := read_absence(answer.get("missing"), candidate.found):
            claims.append(absence)
            owners.append((n, "missing"))
    passing, done = valid_statements(claims, judge)
    failed = Counter("held" if claims[n].is_absence else "statements" for n in range(len(claims)) if n not in passing)
    dropped.update(failed)
    return [[(owners[c][1], passing[c]) for c in sorted(passing) if owners[c][0] == n] for n in range(len(candidates))], done


def _known(candidate: _Candidate, parts: Parts, target: Target, dropped: Counter[str]) -> KnownQuestion | None:
    """Return a candidate with the parts of its answer that pass, None if it only says what is not held and that fails."""
    question, gap = candidate.question, next((s.text for part, s in parts if part == "missing"), {})
    holds = bool(question.answer.get("short")) or not question.answer.get("missing")
    if not (holds or gap):
        return None
    answer = _answer(candidate, parts)
    dropped["unanswered"] += holds and not answer
    quotes = tuple(Quote(target.source.file, p.quote(target.source.document.text)) for p in candidate.places)
    written = Written(quotes, answer | ({"missing": gap} if gap else {})) if answer else None
    return KnownQuestion(
        target.file.stem, question.wordings, quotes, gap.get("en", ""), partial=holds and bool(gap),
        gap_zh=gap.get("zh", ""), written=written,
    )  # fmt: skip


def _answer(candidate: _Candidate, parts: Parts) -> dict[str, Any]:
    places = candidate.places
    numbers = {n: places.index(p) + 1 for n, p in enumerate(candidate.quoted, 1) if p in places}
    short, full = (
        [to_entry(renumbered(s, numbers)) for kind, s in parts if kind == part and numbers.keys() >= set(s.cites)]
        for part in ("short", "full")
    )
    form = candidate.question.answer.get("form")
    if not short or not full:
        return {}
    return {"short": short[0], "form": form if form in ("list", "steps", "timeline") else "text", "full": full}


def _found(proposed: ProposedQuestion, chain: Chain) -> CitedPassages:
    """Return the passages that the search, asked the question, brings first."""
    question = understand(proposed.wordings[0], (), chain.folder)
    hits = chain.retriever.rank(question, chain.retriever.search(question))[:MAX_RANK]
    return [(e.document, e.passage) for e in chain.retriever.evidence(hits)]


def collect_questions(target: Target, chain: Chain, progress: Progress = quiet) -> AskResult:
    """Collect the saved questions of a document.

    Questions that ask what is known or asked already are dropped as `twice`.
    """
    results = read_results(target)
    of_sections = [results[s.key] for s in target.sections if s.key in results]
    dropped = sum((Counter(h.dropped) for h in of_sections), Counter[str]())
    settings = chain.settings
    known = all_questions(settings.corpus, settings.added_folder)
    documents = {target.source.file: target.source}
    quoted = [q for h in of_sections for q in h.questions if all(passage_of(a, documents) for a in q.quotes)]
    fresh = without_known(quoted, {wording_key(w) for q in known for w in q.wordings})
    of_document = [q for q in known if any(quote.file == target.source.file for quote in q.quotes)]
    new = list(_without_repeats(of_document, fresh, target, chain, progress))
    dropped["twice"] += len(quoted) - len(new)
    judges = {judge for result in of_sections if any(q.written for q in result.questions) for judge in result.judges}
    return AskResult(tuple(new), +dropped, tuple(sorted(judges)))


def _without_repeats(
    known: Sequence[KnownQuestion], fresh: Sequence[KnownQuestion], target: Target, chain: Chain, progress: Progress
) -> Iterator[KnownQuestion]:
    """Yield the fresh questions that repeat no earlier question.

    A question repeats an earlier one if the matcher is sure of the match and both have the same first answer.
    """
    documents = {target.source.file: target.source}
    for name in {q.file for k in known for q in k.quotes} - documents.keys():
        if (passages := document_passages(chain.index, name)) is not None:
            documents[name] = passages
    everything = [q for q in (*known, *fresh) if answers_of(q, documents)]
    first, repeated = len(everything) - len(fresh), set[int]()
    with scratch_folder() as scratch:
        store = QuestionStore(scratch)
        store.replace_questions(everything, documents, chain.embedder, progress)
        matcher = chain.matcher.with_store(store) if chain.matcher else Matcher(store, chain.embedder, shipped_model())
        for number, question in enumerate(fresh, first):
            progress("Comparing", number - first + 1, len(fresh))
            matches = matcher.matches(understand(question.question))
            answer = answers_of(question, documents)[0]
            place = (answer[0].document.id, answer[1].start)
            if any(
                m.number < number
                and bool(m.known.gap) == bool(question.gap)
                and m.number not in repeated
                and m.is_sure
                and [(a.document_id, a.start) for a in m.known.answers[:1]] == [place]
                for m in matches
            ):
                repeated.add(number)
            else:
                yield question
        store.close()
