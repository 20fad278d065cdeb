"""The second engine: a language model words what the program has found, and every statement is checked before it is said.

In order: its quoted words stand in the evidence, the checker finds support for it there, a judge says that it follows. What
fails goes back once; what fails again is quoted in its place, or left out.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from app.answers import Answer, ModelUse
from app.llm.checks import StatementChecks
from app.llm.client import CallResult, Writer
from app.llm.composing import Composition
from app.llm.evidence import EvidenceBlock, short_texts
from app.llm.prompts import QUESTIONS, SEARCHES, Beside, Prompt, answer_prompt, reading_prompt
from app.llm.review import Review
from app.llm.selecting import Material, more_blocks, select_blocks, whole_folder
from app.query.values import Query, Turn
from app.sentences import LookedFor, VerifiedSentence

log = logging.getLogger(__name__)

SHARE = 0.25  # of the time that an answer may take, for reading a follow-up
LOOKS = 2  # times that a model may look for more before it answers


@dataclass(frozen=True, slots=True)
class Reading:
    """A turn as a model reads it.

    `questions` are what it asks, each so that it stands alone, () if the program's own reading stands. `form` is the form
    that is wished for, '' if none is. `searches` are what else is to be searched for. `last_alone` says that only the last
    answer is meant, in another form. `call` is how the call ended, None if there was none.
    """

    questions: tuple[str, ...] = ()
    form: str = ""
    searches: tuple[str, ...] = ()
    last_alone: bool = False
    call: CallResult | None = None


def reading_of(said: Mapping[str, Any], done: CallResult) -> Reading:
    """Return what a model's reply to `reading_prompt` says."""
    questions = short_texts(said.get("questions"), QUESTIONS)
    if done.failure or not questions:
        return Reading(call=done)
    form = next(iter(short_texts([said.get("form")], 1)), "")
    searches = tuple(s for s in short_texts(said.get("searches"), SEARCHES) if s not in questions)
    return Reading(questions, form, searches, said.get("last_answer") is True, done)


@dataclass(frozen=True, slots=True)
class Writing:
    """A language model that writes answers. Safe to share between threads: nothing of one answer is kept for another.

    Attributes:
        writer: The model that writes.
        judge: The model that says whether statements follow from their quotes, None for the `writer`.
        judges: True if the judge's verdicts count; it is asked only then.
        near_only: True if the writer may say only what passages say nearly word for word. It is then not heeded if it
            finds no answer.
        folder: What the documents are, as the model is told.
        today: The date that the model is given, None for the current date.
        untested: True if `near_only` is set because the model was not examined.
    """

    writer: Writer
    judge: Writer | None = None
    judges: bool = True
    near_only: bool = False
    folder: str = ""
    today: date | None = None
    untested: bool = False

    @property
    def heeded(self) -> bool:
        """True if the model decides that the documents answer, or do not."""
        return not self.near_only

    def read(self, question: Query, history: Sequence[Turn]) -> Reading:
        """Return how the model reads a turn.

        The model is not asked if it is not heeded. It is not asked about a first question that wants one thing of a
        known kind, or that is put to chosen documents: the question's own search is enough there.
        """
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

        def asking(shown: Sequence[EvidenceBlock], beside: Beside = beside) -> Prompt:
            return answer_prompt(material.question, shown, material.history, self.folder, today, beside)

        rules = asking(()).tokens
        if folder := whole_folder(material, self.writer.room - rules):
            return asking(folder, Beside(material.form, material.written, whole=True)), folder
        room = self.writer.budget - rules
        shown = more_blocks(material, had, room) if had else select_blocks(material, room)
        return asking(shown), shown

    def write(
        self, material: Material, before: CallResult | None = None, gone: threading.Event | None = None
    ) -> Iterator[VerifiedSentence | LookedFor | Answer]:
        """Yield what is looked for and each sentence that passes the checks, then the answer.

        An error while the model's reply is processed is logged; the program's own quotes then stand in for the rest.

        Args:
            material: What was found for the question.
            before: An earlier call for the same answer; its time and tokens count.
            gone: Ends the call early when it is set.
        """
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
            name=self.writer.name,
            seconds=round(time.monotonic() - started + (before.seconds if before else 0.0), 3),
            input_tokens=done.input_tokens,
            output_tokens=done.output_tokens,
            failure=done.failure,
        )
        more, whole = answer.close(use, done.not_stated, done.look, done.unanswered)
        yield from more
        yield whole

    def _composed(
        self, answer: Composition, material: Material, before: CallResult, until: float, gone: threading.Event | None
    ) -> Iterator[VerifiedSentence | LookedFor | CallResult]:
        """Make all calls for an answer.

        Yields:
            What is looked for, each sentence that passes, then how all calls ended, the one `before` included.
        """
        looks = LOOKS if self.heeded and material.look else 0
        done, looked, shown = before, list[str](), tuple[EvidenceBlock, ...]()
        while True:
            prompt, shown = self.prompt(material, shown, looked, looks)
            checks = StatementChecks(material.question, shown, self.judges and not self.near_only)
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
        judge = (self.judge or self.writer) if self.judges else None
        review = Review(self.writer, judge, material.question, answer, checks, until)
        done = done.then(review.judge(answer.unsaid(), done.not_stated))
        yield from answer.release(wait=True)
        done = done.then(review.again())
        yield from answer.release()
        yield replace(done, not_stated=review.absent)

    def _why_nothing_shown(self, material: Material) -> str:
        return "context" if select_blocks(material, self.writer.budget * 1_000) else "orders"
