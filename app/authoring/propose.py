"""Known questions that a language model writes for documents: asked section by section, believed in nothing.

Kept is a question whose quotes stand in the document letter for letter, that the program's own search leads to them, and
that is not asked already.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.authoring.drafts import Heard, Target, held_as, note, read_asked, without_taken
from app.authoring.sections import Asked, Section, read_reply
from app.errors import AskError
from app.known.match import MATCHED, Matcher, shipped_model
from app.llm.client import CallResult
from app.llm.notes import FAILURES
from app.llm.prompts import Prompt
from app.pipeline.chain import Chain
from app.query.understand import understand
from app.settings import Settings
from ingest.documents import Passage
from ingest.models.load import load_pair_reader
from ingest.progress import Progress, quiet
from ingest.questions.known import (
    MOST_ANSWERS,
    KnownQuestion,
    Quote,
    all_questions,
    answers_of,
    passage_of,
    wording_key,
)
from ingest.questions.store import QuestionStore

FIRST = 10
"""Passages among which the search must bring one that the question quotes."""
TOKENS = 2_000  # that a reply may have at least: questions are longer than an answer
PATIENCE = 5  # times as long as for an answer: nobody sits before it
IN_A_ROW = 3  # sections that may fail one after another
HOPELESS = ("key", "unknown", "down")
"""Troubles after which asking on is of no use."""


class Speaks(Protocol):
    """A language model, as far as it is needed here; see `app.llm.client.Writer`."""

    name: str
    seconds: float

    def say(self, prompt: Prompt, seconds: float) -> tuple[str, CallResult]:
        """All that it says, and how it ended."""
        ...


def for_questions(settings: Settings) -> Settings:
    """Settings -> the same with the room and the time that a reply with questions takes."""
    tokens, seconds = max(settings.llm_answer_tokens, TOKENS), settings.llm_seconds * PATIENCE
    return settings.model_copy(update={"llm_answer_tokens": tokens, "llm_seconds": seconds})


@dataclass(frozen=True, slots=True)
class Cost:
    """What is to be asked: sections, those that were asked before, and about how many tokens go and come."""

    sections: int
    before: int
    sent: int
    received: int


def cost(wanted: Sequence[Target]) -> Cost:
    """Documents -> what asking about the documents will take."""
    left = [s for t in wanted for s in t.left()]
    sent, received = (sum(s.cost[n] for s in left) for n in (0, 1))
    return Cost(len(left), sum(len(t.sections) for t in wanted) - len(left), sent, received)


def ask_all(wanted: Sequence[Target], writer: Speaks, chain: Chain, progress: Progress) -> list[str]:
    """Ask about all sections that are left, and keep what comes of each at once. One that fails is asked again by the next
    run; returns why those failed, in sentences.

    Raises:
        AskError: asking on is of no use; what came until then is kept.
    """
    left = [(t, s) for t in wanted for s in t.left()]
    failed: list[str] = []
    row = 0
    for number, (target, section) in enumerate(left):
        progress("Asking", number, len(left))
        said, done = writer.say(section.prompt, writer.seconds)
        if not done.failure or done.failure == "endless":
            heard = _heard(said, target, section, chain)
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
    return FAILURES[done.failure][0].format(s=writer.seconds)


def _heard(said: str, target: Target, section: Section, chain: Chain) -> Heard:
    """The questions of a reply that pass the checks that they can pass alone."""
    kept: list[KnownQuestion] = []
    dropped: Counter[str] = Counter()
    replies = list(read_reply(said))
    dropped["unreadable"] += not replies
    for asked in replies:
        passages = list(dict.fromkeys(filter(None, map(section.passage, asked.quotes))))
        if not asked.quotes or section.passage(asked.quotes[0]) is None:
            dropped["misquoted"] += 1
        elif not _leads_to(asked, passages, chain):
            dropped["not found"] += 1
        else:
            text = section.document.text
            quotes = tuple(Quote(target.held.file, p.quote(text)) for p in passages[:MOST_ANSWERS])
            kept.append(KnownQuestion(target.file.stem, asked.wordings, quotes))
    return Heard(tuple(kept), +dropped)


def _leads_to(asked: Asked, passages: Sequence[Passage], chain: Chain) -> bool:
    """Whether the search, asked the question, brings one of the passages among the first."""
    question = understand(asked.wordings[0], (), chain.folder)
    hits = chain.retriever.rank(question, chain.retriever.search(question))[:FIRST]
    places = {(h.passage.document_id, h.passage.start) for h in hits}
    return any((p.document_id, p.start) in places for p in passages)


@dataclass(frozen=True, slots=True)
class Drafted:
    """What came of asking about a document, and how many questions were dropped, by `app.authoring.drafts.WHY`."""

    questions: tuple[KnownQuestion, ...]
    dropped: Counter[str]


def drafted(target: Target, chain: Chain, progress: Progress = quiet) -> Drafted:
    """A document -> all questions that were kept of its sections, without those that ask what is known or asked already."""
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
    return Drafted(tuple(kept), +dropped)


def _unlike(
    known: Sequence[KnownQuestion], fresh: Sequence[KnownQuestion], target: Target, chain: Chain, progress: Progress
) -> Iterator[KnownQuestion]:
    """The fresh questions that the matcher takes for none before them with the same answer."""
    held = {target.held.file: target.held}
    for name in {q.file for k in known for q in k.quotes} - held.keys():
        if (other := held_as(chain.index, name)) is not None:
            held[name] = other
    everything = [q for q in (*known, *fresh) if answers_of(q, held)]
    first, gone = len(everything) - len(fresh), set[int]()
    with tempfile.TemporaryDirectory() as scratch:
        store = QuestionStore(Path(scratch))
        store.hold(everything, held, chain.embedder, progress)
        matcher = Matcher(store, chain.embedder, shipped_model(), load_pair_reader())
        for number, question in enumerate(fresh, first):
            progress("Comparing", number - first + 1, len(fresh))
            found = matcher.matches(understand(question.question))
            own = answers_of(question, held)[0]
            place = (own[0].document.id, own[1].start)
            if any(
                m.number < number
                and m.number not in gone
                and m.probability >= MATCHED
                and [(a.document_id, a.start) for a in m.known.answers[:1]] == [place]
                for m in found
            ):
                gone.add(number)
            else:
                yield question
        store.close()
