"""The second engine: a language model words the answer, and every statement is checked before it is shown.

Its quoted words must be in the evidence, the checker must find support for it there, and a judge must say that it follows. A
statement that fails goes back once. One that fails again is replaced by a quote or left out.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from app.answering.draft import Proposal
from app.answers import ModelUse, NotePart
from app.llm.checks import StatementChecks
from app.llm.claims import Claim
from app.llm.client import CallResult, Writer
from app.llm.composing import Composition
from app.llm.evidence import EvidenceBlock, short_texts
from app.llm.prompts import QUESTIONS, SEARCHES, Prompt, PromptExtras, answer_prompt, reading_prompt
from app.llm.review import Review
from app.llm.selecting import Material, more_blocks, select_blocks
from app.query.values import Query, Turn
from app.sentences import LookedFor, VerifiedSentence

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TurnReading:
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


def reading_of(reply: Mapping[str, Any], call: CallResult) -> TurnReading:
    """Return the reading of a turn in a model's reply to `reading_prompt`."""
    questions = short_texts(reply.get("questions"), QUESTIONS)
    if call.failure or not questions:
        return TurnReading(call=call)
    form = next(iter(short_texts([reply.get("form")], 1)), "")
    searches = tuple(s for s in short_texts(reply.get("searches"), SEARCHES) if s not in questions)
    return TurnReading(questions, form, searches, reply.get("last_answer") is True, call)


@dataclass(frozen=True, slots=True)
class Writing:
    """A language model that writes answers. Safe to share between threads, because it keeps no state of an answer.

    Attributes:
        writer: The model that writes.
        judges: True if its verdicts on what it wrote count; it is asked only then.
        folder: What the documents are, as the model is told.
        today: The date that the model is given, None for the current date.
    """

    writer: Writer
    judges: bool = True
    folder: str = ""
    today: date | None = None

    def read(self, question: Query, history: Sequence[Turn]) -> TurnReading:
        """Return how the model reads a turn; it may take a quarter of the time that the whole answer may."""
        return reading_of(*self.writer.read(reading_prompt(question.text, history, self.folder), self.writer.seconds / 4))

    def prompt(
        self, material: Material, before: Sequence[EvidenceBlock] = (), looked_up: Sequence[str] = (), lookups: int = 0
    ) -> tuple[Prompt, tuple[EvidenceBlock, ...]]:
        """Return the prompt, with as much evidence as the model takes, and its blocks.

        Args:
            material: What was found.
            before: The blocks that the model was shown before; new ones follow them.
            looked_up: What was looked for already.
            lookups: How often it may look again.
        """
        today = self.today or date.today()
        extras = PromptExtras(material.form, material.written, material.titles if lookups else (), looked_up, lookups)

        def prompt_of(shown: Sequence[EvidenceBlock]) -> Prompt:
            return answer_prompt(material.question, shown, material.history, self.folder, today, extras)

        room = self.writer.budget - prompt_of(()).tokens
        shown = more_blocks(material, before, room) if before else select_blocks(material, room)
        return prompt_of(shown), shown

    def write(
        self, material: Material, earlier: CallResult | None = None, stop: threading.Event | None = None
    ) -> Iterator[VerifiedSentence | LookedFor | Proposal]:
        """Yield what is looked for and each sentence that passes the checks, then the draft with all that was shown.

        An error while the model's reply is processed is logged; the program's own quotes then stand in for the rest.

        Args:
            material: What was found for the question.
            earlier: An earlier call for the same answer; its time and tokens count.
            stop: Ends the call early when it is set.
        """
        started, call = time.monotonic(), earlier or CallResult(0.0)
        until = started + self.writer.seconds - call.seconds
        answer = Composition(material)
        try:
            for event in self._composed(answer, material, call, until, stop):
                if isinstance(event, CallResult):
                    call = event
                else:
                    yield event
        except Exception:  # of whatever a model's words made us do: its words are for the log, and the program's own stand
            log.exception("a language model's answer could not be read on")
            call = replace(call, failure="error")
        use = ModelUse(
            name=self.writer.name,
            seconds=round(time.monotonic() - started + (earlier.seconds if earlier else 0.0), 3),
            input_tokens=call.input_tokens,
            output_tokens=call.output_tokens,
            calls=call.calls,
            failure=call.failure,
        )
        rest, draft = answer.close(use, call.missing, call.look, bool(call.unanswered))
        yield from rest
        yield Proposal(draft, answer.evidence)

    def _composed(
        self, answer: Composition, material: Material, earlier: CallResult, until: float, stop: threading.Event | None
    ) -> Iterator[VerifiedSentence | LookedFor | CallResult]:
        """Make all calls for an answer.

        Yields:
            What is looked for, each sentence that passes, then how all calls ended, the one `earlier` included.
        """
        lookups = 2 if material.look else 0  # times that the model may look for more before it answers
        done, looked_up, shown = earlier, list[str](), tuple[EvidenceBlock, ...]()
        while True:
            prompt, shown = self.prompt(material, shown, looked_up, lookups)
            answer.show(item for block in shown for item in block.items)
            answer.show(item for written in material.written for run in written.runs for item in run)
            checks = StatementChecks(material.question, shown, self.judges, material.written)
            if shown or lookups:
                call = yield from self._take(
                    answer, checks, self.writer.write(prompt, until - time.monotonic(), stop), until
                )
            else:
                fits = select_blocks(material, self.writer.budget * 1_000)
                call = CallResult(0.0, failure="context" if fits else "orders")
            done = call.then(done)
            new_searches = tuple(search for search in call.look if search not in looked_up)
            if not (new_searches and lookups and material.look and answer.restart()):
                break
            yield LookedFor(new_searches)
            lookups -= 1
            looked_up += new_searches
            material = replace(material, evidence=material.look(new_searches))
        declined = "declined" if call.look and not answer.slots else ""
        done = answer.take_absences(replace(done, failure=done.failure or declined, look=tuple(looked_up)), checks)
        if done.failure or (stop and stop.is_set()):
            for slot in answer.unsent() if self.judges else ():  # nobody judges them any more
                slot.checked = checks.unjudged(slot.checked)
            yield from answer.release()
            yield done
            return
        if self.judges:
            answer.place_introductions(checks.introduction)
        review = Review(self.writer, self.judges, material.question, answer, checks, until)
        done = done.then(review.judge(answer.unsent(), done.missing))
        yield from answer.release(wait=True)
        done = done.then(review.rewrite_failed())
        yield from answer.release()
        first = review.absent if done.unanswered else ""
        yield replace(done, unanswered=first, not_stated="" if first else review.absent)

    def _take(
        self, answer: Composition, checks: StatementChecks, events: Iterator[Claim | CallResult], until: float
    ) -> Generator[VerifiedSentence, None, CallResult]:
        """Add the statements of a reply, yield what may be shown at once, and return how the call ended."""
        call = CallResult(0.0)
        for event in events:
            if isinstance(event, CallResult):
                call = event
            elif absence := checks.absence(event.text):
                answer.absences.append(NotePart("absent", absence))
            elif time.monotonic() < until and checks.says_nothing(event):
                answer.introduce(event)
            elif time.monotonic() < until:
                answer.add(checks.check(event))
                yield from answer.release(early=self.judges)
        return call
