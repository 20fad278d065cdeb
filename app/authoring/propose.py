"""Known questions with answers, written by a language model for documents section by section, and believed in nothing.

A question is kept if its quotes stand in the document letter for letter, the program's own search leads to them, and it is
not asked already; a statement of its answer, if neither the program nor the judge objects (`app.authoring.statements`).
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.authoring.drafts import Heard, Target, held_as, note, read_asked, without_taken
from app.authoring.sections import Asked, Section, read_reply
from app.authoring.statements import Claim, Speaks, entry, read_claim, renumbered, standing
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
    MOST_ANSWERS,
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

FIRST = 10
"""Passages among which the search must bring one that the question quotes."""
TOKENS = 6_000  # that a reply may have at least: eight questions with their answers in two languages
PATIENCE = 5  # times as long as for an answer: nobody sits before it
IN_A_ROW = 3  # sections that may fail one after another
HOPELESS = ("key", "unknown", "down")
"""Troubles after which asking on is of no use."""


def for_questions(settings: Settings) -> Settings:
    """Return the settings with the room and the time that a reply with questions takes."""
    tokens, seconds = max(settings.llm_answer_tokens, TOKENS), settings.llm_seconds * PATIENCE
    return settings.model_copy(update={"llm_answer_tokens": tokens, "llm_seconds": seconds})


@dataclass(frozen=True, slots=True)
class Cost:
    """The questions that are to be put: sections, those that were asked before, and about how many tokens go and come."""

    sections: int
    before: int
    sent: int
    received: int


def cost(wanted: Sequence[Target]) -> Cost:
    """Estimate what it takes to ask about the sections of these documents that are left."""
    left = [s for t in wanted for s in t.left()]
    sent, received = (sum(s.cost[n] for s in left) for n in (0, 1))
    return Cost(len(left), sum(len(t.sections) for t in wanted) - len(left), sent, received)


def ask_all(
    wanted: Sequence[Target], writer: Speaks, chain: Chain, progress: Progress, judge: Speaks | None = None
) -> list[str]:
    """Ask about all sections that are left, and write each result at once.

    A section that fails is asked about again by the next run. The writer is its own judge if no `judge` is given.

    Returns:
        For each section that failed, a sentence that says why.

    Raises:
        AskError: Asking on is of no use; the results until then are kept.
        StorageError: A result cannot be written.
    """
    left = [(t, s) for t in wanted for s in t.left()]
    failed: list[str] = []
    row = 0
    for number, (target, section) in enumerate(left):
        progress("Asking", number, len(left))
        said, done = writer.complete(section.prompt, writer.seconds)
        if not done.failure or done.failure == "endless":
            heard, done = _heard(said, target, section, chain, judge or writer)
        if not done.failure:
            with chain.settings.kept.changing():
                note(target, section, heard)
            row = 0
            continue
        row += 1
        failed.append(f"“{target.title}”: {_why(done, writer)}.")
        if done.failure in HOPELESS or row == IN_A_ROW:
            said = f"{_why(done, writer)} ({number + 1 - len(failed)} of {len(left)} sections were asked about)."
            raise AskError(said, "What came is kept: run the same command again to go on.")
    progress("Asking", len(left), len(left))
    return failed


def _why(done: CallResult, writer: Speaks) -> str:
    return why(done.failure, writer.seconds)


def _heard(said: str, target: Target, section: Section, chain: Chain, judge: Speaks) -> tuple[Heard, CallResult]:
    """Check the questions of a reply, each on its own, and have their answers judged.

    Returns:
        The questions that pass, with their answers, and how the judge's last call ended.
    """
    kept: list[tuple[Asked, KnownQuestion, list[Passage | None]]] = []
    dropped: Counter[str] = Counter()
    replies = list(read_reply(said))
    dropped["unreadable"] += not replies
    for asked in replies:
        given = [section.passage(quote) for quote in asked.quotes]
        passages = list(dict.fromkeys(filter(None, given)))[:MOST_ANSWERS]
        if not given or given[0] is None:
            dropped["misquoted"] += 1
        elif not _leads_to(asked, passages, chain):
            dropped["not found"] += 1
        else:
            quotes = tuple(Quote(target.held.file, p.quote(section.document.text)) for p in passages)
            kept.append((asked, KnownQuestion(target.file.stem, asked.wordings, quotes), given))
    answers, done = _answers([(asked, given) for asked, _, given in kept], section, judge, dropped)
    questions = [
        replace(question, written=Written(question.quotes, answer)) if answer else question
        for (_, question, _), answer in zip(kept, answers, strict=True)
    ]
    return Heard(tuple(questions), +dropped), done


def _answers(
    asked: Sequence[tuple[Asked, list[Passage | None]]], section: Section, judge: Speaks, dropped: Counter[str]
) -> tuple[list[dict[str, Any]], CallResult]:
    """Return each question's answer as it stands in a file, {} if there is none, and how the judge's last call ended."""
    claims: list[Claim] = []
    owners: list[tuple[int, str]] = []
    for n, (question, given) in enumerate(asked):
        full = question.answer.get("full")
        for part, raw in (("short", question.answer.get("short")), *(("full", f) for f in items_of(full))):
            claim = read_claim(raw, given, section.document)
            dropped["statements"] += raw is not None and claim is None
            if claim:
                claims.append(claim)
                owners.append((n, part))
    stand, done = standing(claims, judge)
    dropped["statements"] += len(claims) - len(stand)
    answers = []
    for n, (question, given) in enumerate(asked):
        own = [(owners[c][1], claims[c].statement) for c in sorted(stand) if owners[c][0] == n]
        answers.append(_answer(question, own, given))
        dropped["unanswered"] += not answers[-1]
    return answers, done


def _answer(question: Asked, own: Sequence[tuple[str, WrittenStatement]], given: Sequence[Passage | None]) -> dict[str, Any]:
    places = list(dict.fromkeys(filter(None, given)))[:MOST_ANSWERS]
    numbers = {n: places.index(p) + 1 for n, p in enumerate(given, 1) if p in places}
    short, *full = [
        [entry(renumbered(s, numbers)) for kind, s in own if kind == part and numbers.keys() >= set(s.cites)]
        for part in ("short", "full")
    ]
    form = question.answer.get("form")
    if not short or not full[0]:
        return {}
    return {"short": short[0], "form": form if form in ("list", "steps", "timeline") else "text", "full": full[0]}


def _leads_to(asked: Asked, passages: Sequence[Passage], chain: Chain) -> bool:
    """Return True if the search, asked the question, brings one of the passages among the first."""
    question = understand(asked.wordings[0], (), chain.folder)
    hits = chain.retriever.rank(question, chain.retriever.search(question))[:FIRST]
    places = {(h.passage.document_id, h.passage.start) for h in hits}
    return any((p.document_id, p.start) in places for p in passages)


def drafted(target: Target, chain: Chain, progress: Progress = quiet) -> Heard:
    """Collect the questions that were kept for a document.

    Questions that ask what is known or asked already are dropped as `twice`.
    """
    asked = read_asked(target)
    heard = [asked[s.key] for s in target.sections if s.key in asked]
    dropped = sum((Counter(h.dropped) for h in heard), Counter[str]())
    settings = chain.settings
    known = all_questions(settings.corpus, settings.added_folder)
    held = {target.held.file: target.held}
    given = [q for h in heard for q in h.questions if all(passage_of(a, held) for a in q.quotes)]
    fresh = without_taken(given, {wording_key(w) for q in known for w in q.wordings})
    alike = [q for q in known if any(quote.file == target.held.file for quote in q.quotes)]
    kept = list(_unlike(alike, fresh, target, chain, progress))
    dropped["twice"] += len(given) - len(kept)
    return Heard(tuple(kept), +dropped)


def _unlike(
    known: Sequence[KnownQuestion], fresh: Sequence[KnownQuestion], target: Target, chain: Chain, progress: Progress
) -> Iterator[KnownQuestion]:
    """Yield the fresh questions that repeat no earlier question.

    A question repeats an earlier one if the matcher is sure of the match and both have the same first answer.
    """
    held = {target.held.file: target.held}
    for name in {q.file for k in known for q in k.quotes} - held.keys():
        if (other := held_as(chain.index, name)) is not None:
            held[name] = other
    everything = [q for q in (*known, *fresh) if answers_of(q, held)]
    first, gone = len(everything) - len(fresh), set[int]()
    with tempfile.TemporaryDirectory() as scratch:
        store = QuestionStore(Path(scratch))
        store.hold(everything, held, chain.embedder, progress)
        matcher = chain.matcher.over(store) if chain.matcher else Matcher(store, chain.embedder, shipped_model())
        for number, question in enumerate(fresh, first):
            progress("Comparing", number - first + 1, len(fresh))
            found = matcher.matches(understand(question.question))
            own = answers_of(question, held)[0]
            place = (own[0].document.id, own[1].start)
            if any(
                m.number < number
                and m.number not in gone
                and m.is_sure
                and [(a.document_id, a.start) for a in m.known.answers[:1]] == [place]
                for m in found
            ):
                gone.add(number)
            else:
                yield question
        store.close()
