"""A language model takes the exam: it judges statements by the judge's own prompt, and answers questions in every form."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from app.errors import AskError
from app.llm import notes
from app.llm.checks import StatementChecks
from app.llm.client import CallResult
from app.llm.exam import ExamResult, Judged, Wrote
from app.llm.exam_paper import Asked, Claim, Paper, paper
from app.llm.judge import judge_prompt, read_verdicts
from app.llm.prompts import Form
from app.llm.quotes import Page, enough, find, parts
from app.sentences import Statement

if TYPE_CHECKING:
    from app.llm.client import Writer

NOT_ITS_OWN = ("slow", "down", "broken", "busy", "key", "unknown")
"""Failures that tell nothing of a model: its exam is not taken. Others are its answer."""
REFUSALS = ("error", "form")  # of an endpoint that takes no request for structured output, or for citations
_NEXT = {
    "slow": "Raise ASK_LLM_SECONDS, or take a faster model.",
    "down": "Start its server, or see ASK_LLM_URL.",
    "key": "See the key in its provider's variable, or in the file that ASK_SECRETS names.",
    "unknown": "See the name in ASK_LLM.",
}
Step = Callable[[], threading.Event | None]
"""Comes before each call, and may wait; a call is broken off, and made again, where the event that it gives is set."""
T = TypeVar("T")


class ExamFailed(AskError):
    """The exam could not be taken: the model did not answer."""


def examine(writer: Writer, writes: bool = True, step: Step = lambda: None) -> ExamResult:
    """A model -> what it did in the exam; as a judge alone unless it `writes`.

    Raises:
        ExamFailed: it cannot be reached, or does not answer in time.
    """
    put = paper()
    judged = _judged(writer, put, step)
    wrote = {form: _wrote(writer.in_form(form), put, step) for form in forms(writer, writes)}
    return ExamResult(writer.name, writer.address, put.version, date.today().isoformat(), judged, **wrote)


def forms(writer: Writer, writes: bool = True) -> tuple[Form, ...]:
    """The forms that a model answers the exam's questions in."""
    return (("text", "json", "cited") if writer.cites else ("text", "json")) if writes else ()


def _judged(writer: Writer, put: Paper, step: Step) -> Judged:
    """All statements, call by call."""
    heard: list[tuple[Claim, bool | None]] = []
    for part in put.claims:
        left = list(part)
        while left:
            prompt, count = judge_prompt([c.checked for c in left], writer.budget)
            if not count:
                raise _failed(writer, CallResult(0.0, failure="context"))
            said, done = _undisturbed(step, partial(writer.say, prompt, writer.seconds))
            _look(writer, done, text=True)
            verdicts = dict(read_verdicts(said))
            heard += [(c, None if (v := verdicts.get(n)) is None else not v) for n, c in enumerate(left[:count], 1)]
            left = left[count:]
    lost = {follows: [c.kind for c, v in heard if c.follows == follows and v != follows] for follows in (True, False)}
    supported = sum(c.follows for c, _ in heard)
    wrong = len(heard) - supported
    kinds = {follows: tuple(sorted(set(found))) for follows, found in lost.items()}
    return Judged(supported, supported - len(lost[True]), wrong, wrong - len(lost[False]), kinds[True], kinds[False])


def _wrote(writer: Writer, put: Paper, step: Step) -> Wrote:
    """All questions in one form. A form in which the endpoint reports an error is asked for no more."""
    exact = declined = told = 0
    for asked in put.asked:
        statements, done = _undisturbed(step, partial(_answer, writer, asked))
        _look(writer, done, text=writer.form == "text")
        if done.failure in REFUSALS:
            break
        said = [s for s in statements if not StatementChecks.says_nothing(s)]
        if asked.holds == "none":
            declined += done.failure == "declined" or (not done.failure and not said and bool(done.not_stated))
            continue
        exact += bool(said) and not done.failure and all(_quotes(s, [Page(b) for b in asked.shown]) for s in said)
        told += asked.holds == "part" and bool(done.not_stated)
    holds: list[str] = [a.holds for a in put.asked]
    none, partly = holds.count("none"), holds.count("part")
    return Wrote(len(holds) - none, exact, none, declined, partly, told)


def _undisturbed(step: Step, ask: Callable[[threading.Event | None], tuple[T, CallResult]]) -> tuple[T, CallResult]:
    """What a call brings that nobody broke off."""
    while True:
        gone = step()
        said, done = ask(gone)
        if not (gone and gone.is_set()):
            return said, done


def _answer(writer: Writer, asked: Asked, gone: threading.Event | None) -> tuple[list[Statement], CallResult]:
    done, statements = CallResult(0.0, failure="broken"), []
    try:
        for event in writer.write(asked.prompt(writer.form), writer.seconds, gone):
            if isinstance(event, CallResult):
                done = event
            else:
                statements.append(event)
    except NotImplementedError:  # LangChain's class for it knows no structured output
        done = CallResult(0.0, failure="error")
    return statements, done


def _quotes(statement: Statement, pages: Sequence[Page]) -> bool:
    """Whether a statement quotes, and all that it quotes stands in the evidence letter for letter."""
    pieces = [(piece, s.key) for s in statement.supports if s.words for piece in parts(s.words)]
    found = [bool(find(piece, key, pages)) for piece, key in pieces]
    return any(found) and all(stands or not enough(piece) for stands, (piece, _) in zip(found, pieces, strict=True))


def _look(writer: Writer, done: CallResult, text: bool) -> None:
    """Raise what tells nothing of the model. An error of its endpoint may mean that another form does not work there; for
    a plain `text` it is a fault."""
    if done.failure in NOT_ITS_OWN or (text and done.failure == "error"):
        raise _failed(writer, done)


def _failed(writer: Writer, done: CallResult) -> ExamFailed:
    why = notes.FAILURES[done.failure][0].format(s=writer.seconds)
    return ExamFailed(f"{why} ({writer.name}).", f"{_NEXT.get(done.failure, 'Try again later.')} Nothing was kept.")
