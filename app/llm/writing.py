"""The second engine: a language model words what the program has found, and every statement is checked before it is said.

In order: its quoted words stand in the evidence, the checker finds support for it there, a judge says that it follows. What
fails goes back once; what fails again is quoted in its place, or left out.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.answers import Answer, ModelUse
from app.groundedness.checker import ClaimChecker
from app.llm.checks import StatementChecks
from app.llm.client import CallResult, Writer
from app.llm.composing import Composition, Slot, gap_of
from app.llm.evidence import EvidenceBlock
from app.llm.judge import judge
from app.llm.prompts import Beside, Prompt, again_prompt, answer_prompt, reading_prompt
from app.llm.reading import Reading, reading_of
from app.llm.reply import table_row
from app.llm.selecting import Material, more_blocks, select_blocks
from app.query.values import Query, Turn
from app.sentences import LookedFor, Statement, VerifiedSentence

LEAST = 1.0  # seconds that a further call must have


class Review:
    """Reviews the statements of one answer, `until` a time. `absent` is what the model says that nothing states, '' once the
    evidence was found to state it."""

    def __init__(
        self, writing: Writing, question: Query, answer: Composition, checks: StatementChecks, until: float
    ) -> None:
        self._writing, self._question, self._answer, self._checks, self._until = writing, question, answer, checks, until
        self.absent = self._refuted = ""

    def judge(self, slots: Sequence[Slot], absent: str) -> CallResult:
        """Have these statements judged, and what is `absent`. One that does not follow has its reason then; one that was not
        judged is held to all rules."""
        self.absent = gap_of(absent, self._question)
        asked, left = [s for s in slots if not s.checked.verbatim], self._until - time.monotonic()
        if not self._writing.judges or not (asked or self.absent):
            return CallResult(0.0)
        standing = [s for s in self._answer.slots if s.stands]
        reasons, done, model = dict[int, str](), CallResult(0.0), self._writing.judge or self._writing.writer
        if left >= LEAST:
            told = [s.checked if s in asked else replace(s.checked, verbatim=True) for s in standing]
            reasons, done = judge(model, told, left, _both(self._question), self.absent, self._checks.shown)
        for n, slot in enumerate(standing):
            if slot in asked:
                slot.checked = replace(slot.checked, reason=reasons[n]) if n in reasons else self._checks.alone(slot.checked)
        if refuted := reasons.get(len(standing), ""):
            self.absent, self._refuted = "", f"{self.absent} — {refuted}"
        self._answer.drop_introductions()
        return done

    def again(self) -> CallResult:
        """Have all statements that failed written once more in one call, and what hangs on them; they are checked and judged
        anew."""
        slots, left = list(self._answer.slots), self._until - time.monotonic()
        failed = [s for s in slots if not s.stands]
        if not (failed or self._refuted) or left < LEAST:
            return CallResult(0.0)
        told = [(n, s.checked.text or s.checked.statement.text, s.checked.reason) for n, s in enumerate(slots, 1)]
        shown = {b.key: b for s in failed for b in self._checks.blocks_of(s.checked)} if not self._refuted else {}
        prompt = again_prompt(self._question, told, [*shown.values()] or self._checks.shown, self._refuted)
        once_more, done = self._writing.writer.again(prompt, left)
        better: list[Slot] = []
        for number, slot in enumerate(slots, 1):
            if (statement := once_more.get(number)) is None or slot.said:
                continue
            if slot.stands and not statement.text:
                self._answer.slots.remove(slot)
            elif not self._checks.says_nothing(statement):
                checked = self._checks.check(_in_place_of(slot.checked.statement, statement))
                if not checked.reason and self._answer.correct(slot, checked):
                    better.append(slot)
        before, done = self.absent, done.then(self.judge(better, done.not_stated))
        self.absent = self.absent if done.not_stated else before
        return done


def _both(question: Query) -> str:
    """Return a question as it was typed, and as it is read if that is another."""
    same = " ".join(question.text.split()) == question.standalone
    return question.text if same else f"{question.text} (read as: {question.standalone})"


def _in_place_of(old: Statement, new: Statement) -> Statement:
    """A statement where another stood: a row below the same headings."""
    if old.kind != "table" or not new.cells:
        kind = "paragraph" if old.kind == "table" else old.kind
        return replace(new, kind=kind, block=old.block, cells=())
    return table_row([value for _, value in new.cells], [name for name, _ in old.cells], new.supports, old.block)


log = logging.getLogger(__name__)

SHARE = 0.25  # of the time that an answer may take, for reading a follow-up
LOOKS = 2  # times that a model may look for more before it answers


@dataclass(frozen=True, slots=True)
class Writing:
    """A language model, and what checks it. Safe to share between threads: nothing of one answer is kept for another.

    `judge` is the model that says whether statements follow from their quotes, None for the `writer`; it is asked where its
    judgement counts, `judges`. With `near_only` the writer may say only what passages say nearly word for word, and is not
    heeded where it finds no answer; that this is for want of an exam, `untested` says. `folder` tells a model what the
    documents are, `today` which day it is, None for this one.
    """

    writer: Writer
    checker: ClaimChecker
    judge: Writer | None = None
    judges: bool = True
    near_only: bool = False
    folder: str = ""
    today: date | None = None
    untested: bool = False

    @property
    def name(self) -> str:
        """The model's, as it was set."""
        return self.writer.name

    @property
    def heeded(self) -> bool:
        """Whether the model decides that the documents answer, or do not."""
        return not self.near_only

    def read(self, question: Query, history: Sequence[Turn]) -> Reading:
        """Return how the model reads a turn. One that is not heeded is not asked, nor is any for a first question that wants
        one thing of a known kind, or that is put to chosen documents: no search but its own is needed."""
        if not (self.heeded and (history or (question.wide and question.within is None))):
            return Reading()
        return reading_of(
            *self.writer.read(reading_prompt(question.text, history, self.folder), self.writer.seconds * SHARE)
        )

    def prompt(
        self, material: Material, had: Sequence[EvidenceBlock] = (), looked: Sequence[str] = (), looks: int = 0
    ) -> tuple[Prompt, tuple[EvidenceBlock, ...]]:
        """Return what the model is asked, with as much evidence as it takes; behind blocks that it `had` stands what is new.

        Args:
            material: What was found.
            had: The blocks that it was shown before.
            looked: What was looked for already.
            looks: How often it may look again.
        """
        today = self.today or date.today()
        beside = Beside(material.form, material.written, material.titles if looks else (), looked, looks)

        def asking(shown: Sequence[EvidenceBlock]) -> Prompt:
            return answer_prompt(material.question, shown, material.history, self.folder, today, beside)

        room = self.writer.budget - asking(()).tokens
        shown = more_blocks(material, had, room) if had else select_blocks(material, room)
        return asking(shown), shown

    def write(
        self, material: Material, before: CallResult | None = None, gone: threading.Event | None = None
    ) -> Iterator[VerifiedSentence | LookedFor | Answer]:
        """A question and its evidence -> what is looked for, each sentence that stands, then the answer. `before` is an
        earlier call for it."""
        started, done = time.monotonic(), before or CallResult(0.0)
        until = started + self.writer.seconds - done.seconds
        answer = Composition(material, self.heeded, self.untested)
        try:
            for event in self._composed(answer, material, done, until, gone):
                if isinstance(event, CallResult):
                    done = event
                else:
                    yield event
        except Exception:  # of whatever a model's words made us do: its words are for the log, and the program's own stand
            log.exception("a language model's answer could not be read on")
            done = replace(done, failure="error")
        use = ModelUse(
            name=self.name,
            seconds=round(time.monotonic() - started + (before.seconds if before else 0.0), 3),
            input_tokens=done.input_tokens,
            output_tokens=done.output_tokens,
            failure=done.failure,
        )
        more, whole = answer.close(use, done.not_stated, done.look)
        yield from more
        yield whole

    def _composed(
        self, answer: Composition, material: Material, before: CallResult, until: float, gone: threading.Event | None
    ) -> Iterator[VerifiedSentence | LookedFor | CallResult]:
        """All calls for an answer -> each sentence that stands, and at the end how they ended."""
        looks = LOOKS if self.heeded and material.look else 0
        done, looked, shown = before, list[str](), tuple[EvidenceBlock, ...]()
        while True:
            prompt, shown = self.prompt(material, shown, looked, looks)
            checks = StatementChecks(material.question, shown, self.checker, self.judges and not self.near_only)
            ended = CallResult(0.0, failure="" if shown else self._why_nothing_shown(material))
            for event in self.writer.write(prompt, until - time.monotonic(), gone) if shown or looks else ():
                if isinstance(event, CallResult):
                    ended = event
                elif time.monotonic() < until and checks.says_nothing(event):
                    answer.introduce(event)
                elif time.monotonic() < until:
                    answer.add(checks.check(event))
                    yield from () if self.judges else answer.release()
            done = ended.then(done)
            new = tuple(what for what in ended.look if what not in looked)
            if not (new and looks and material.look and answer.restart()):
                break
            yield LookedFor(new)
            looks -= 1
            looked += new
            material = replace(material, evidence=material.look(new))
        if ended.look and not answer.slots:
            ended = replace(ended, failure=ended.failure or "declined")
        done = replace(done, failure=ended.failure, look=tuple(looked))
        if ended.failure or (gone and gone.is_set()):
            for slot in answer.unsaid() if self.judges else ():  # nobody judges them any more
                slot.checked = checks.alone(slot.checked)
            yield from answer.release()
            yield done
            return
        if self.judges:
            answer.place_introductions(checks.introduction)
        review = Review(self, material.question, answer, checks, until)
        done = done.then(review.judge(answer.unsaid(), done.not_stated))
        yield from answer.release(wait=True)
        done = done.then(review.again())
        yield from answer.release()
        yield replace(done, not_stated=review.absent)

    def _why_nothing_shown(self, material: Material) -> str:
        return "context" if select_blocks(material, self.writer.budget * 1_000) else "orders"
