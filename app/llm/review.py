"""Reviews the statements of an answer: one call judges them all, and those that fail are rewritten once.

Refused statements go back to the writer in one call. It may also change the rest of the answer that depends on them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from app.llm.checks import StatementChecks
from app.llm.claims import Claim
from app.llm.client import CallResult, Writer
from app.llm.composing import Composition, Slot, gap_of
from app.llm.judge import judge
from app.llm.prompts import again_prompt
from app.llm.reply import table_row
from app.query.values import Query

MIN_SECONDS = 1.0  # seconds that a further call must have


class Review:
    """Reviews the statements of one answer.

    Args:
        writer: The model that wrote them, judges them, and may write once more.
        judges: True if it judges them.
        question: What is answered.
        answer: The statements.
        checks: What holds them against the evidence.
        until: When time is up, by the monotonic clock.

    Attributes:
        absent: What the model says that nothing states; '' once the evidence was found to state it.
    """

    def __init__(
        self, writer: Writer, judges: bool, question: Query, answer: Composition, checks: StatementChecks, until: float
    ) -> None:
        self._writer, self._judges, self._question = writer, judges, question
        self._answer, self._checks, self._until = answer, checks, until
        self.absent = self._refuted = ""

    def judge(self, slots: Sequence[Slot], absent: str) -> CallResult:
        """Have the judge read statements, and the claim that the evidence does not state something.

        A statement that does not follow gets its reason. One without a verdict is checked by all rules.

        Args:
            slots: The statements.
            absent: What the evidence is said not to state, '' if nothing.
        """
        self.absent = gap_of(absent, self._question)
        to_judge, seconds = [s for s in slots if not s.checked.verbatim], self._until - time.monotonic()
        if not self._judges or not (to_judge or self.absent):
            return CallResult(0.0)
        standing = [s for s in self._answer.slots if s.stands]
        reasons, done = dict[int, str](), CallResult(0.0)
        if seconds >= MIN_SECONDS:
            sent = [s.checked if s in to_judge else replace(s.checked, verbatim=True) for s in standing]
            reasons, done = judge(self._writer, sent, seconds, _in_full(self._question), self.absent, self._checks.shown)
        for n, slot in enumerate(standing):
            if slot in to_judge:
                checked = slot.checked
                slot.checked = replace(checked, reason=reasons[n]) if n in reasons else self._checks.unjudged(checked)
        if refuted := reasons.get(len(standing), ""):
            self.absent, self._refuted = "", f"{self.absent} — {refuted}"
        self._answer.drop_introductions()
        return done

    def rewrite_failed(self) -> CallResult:
        """Have all statements that failed, and those that depend on them, rewritten in one call.

        The rewritten statements are checked and judged again.
        """
        slots, seconds = list(self._answer.slots), self._until - time.monotonic()
        failed = [s for s in slots if not s.stands]
        if not (failed or self._refuted) or seconds < MIN_SECONDS:
            return CallResult(0.0)
        numbered = [(n, s.checked.text or s.checked.claim.text, s.checked.reason) for n, s in enumerate(slots, 1)]
        shown = {b.key: b for s in failed for b in self._checks.blocks_of(s.checked)} if not self._refuted else {}
        prompt = again_prompt(self._question, numbered, [*shown.values()] or self._checks.shown, self._refuted)
        rewritten, done = self._writer.rewrite(prompt, seconds)
        corrected: list[Slot] = []
        for number, slot in enumerate(slots, 1):
            if (statement := rewritten.get(number)) is None or slot.sent:
                continue
            if slot.stands and not statement.text:
                self._answer.slots.remove(slot)
            elif not self._checks.says_nothing(statement):
                checked = self._checks.check(_in_place_of(slot.checked.claim, statement))
                if not checked.reason and self._answer.correct(slot, checked):
                    corrected.append(slot)
        absent_before, done = self.absent, done.then(self.judge(corrected, done.not_stated))
        self.absent = self.absent if done.not_stated else absent_before
        return done


def _in_full(question: Query) -> str:
    """Return a question as it was typed, and as it is read if that is another."""
    is_standalone = " ".join(question.text.split()) == question.standalone
    return question.text if is_standalone else f"{question.text} (read as: {question.standalone})"


def _in_place_of(old: Claim, new: Claim) -> Claim:
    """Put a statement in the place of another; a row keeps the headings of its table."""
    if old.kind != "table" or not new.cells:
        kind = "paragraph" if old.kind == "table" else old.kind
        return replace(new, kind=kind, block=old.block, cells=())
    return table_row([value for _, value in new.cells], [name for name, _ in old.cells], new.supports, old.block)
