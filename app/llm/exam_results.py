"""The result of a language model's exam: what it allows the model to do, how it is saved and how it is described.

Each rule has a constant and a reason.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from app.text.messages import message
from ingest.documents import content_id
from ingest.storage import private_folder, storage_errors, write_whole

log = logging.getLogger(__name__)

MAX_REFUSED = 0.15
"""Share of supported statements that a judge may refuse: beyond it, it costs a reader more than it protects. Of twenty
three, which a careful reader does not reach; who refuses every second does in one of eight hundred exams."""
MAX_MISSED = 0.2
"""Share of wrong statements that a judge may let through: the checks before it catch others, but none of the causes that
nobody named. Of twenty four, and who guesses passes both bounds in one of a hundred thousand exams."""
MAX_SLIPS = 1
"""Answers that may hold a statement without an exact quote: one sentence beside the form is a slip, two are a habit."""
FOLDER = "models"  # in the data folder


@dataclass(frozen=True, slots=True)
class JudgeCounts:
    """The counts of a model as a judge.

    A statement without a verdict counts as neither passed nor refused.

    Attributes:
        supported: The number of supported statements.
        passed: The number of these that it let pass.
        wrong: The number of wrong statements.
        refused: The number of these that it refused.
        doubted: The kinds of the supported statements that it did not let pass.
        missed: The kinds of the wrong statements that it did not refuse.
    """

    supported: int
    passed: int
    wrong: int
    refused: int
    doubted: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()

    @property
    def right(self) -> int:
        """The statements that it judged rightly."""
        return self.passed + self.refused

    @property
    def all(self) -> int:
        """The statements that it was asked about."""
        return self.supported + self.wrong

    @property
    def counts(self) -> bool:
        """True if its judgement does."""
        passed, refused = self.supported * (1 - MAX_REFUSED), self.wrong * (1 - MAX_MISSED)
        return self.all > 0 and self.passed >= passed and self.refused >= refused


@dataclass(frozen=True, slots=True)
class WriterCounts:
    """The counts of a model as a writer.

    Attributes:
        answers: The number of questions that the evidence answers.
        exact: The number of these whose answers quote exactly in each statement.
        unanswerable: The number of questions that the evidence does not answer.
        declined: The number of these that it left unanswered.
        partly: The number of questions that the evidence answers in part.
        told: The number of these for which it says what is not stated.
    """

    answers: int
    exact: int
    unanswerable: int
    declined: int
    partly: int = 0
    told: int = 0

    @property
    def works(self) -> bool:
        """True if it quotes exactly, and declines if there is no answer."""
        return self.exact >= max(1, self.answers - MAX_SLIPS) and self.declined == self.unanswerable


@dataclass(frozen=True, slots=True)
class ExamResult:
    """The result of a model in the exam.

    Attributes:
        model: The name of the model.
        address: The address of its endpoint.
        version: The version of the exam.
        date: The day of the exam.
        judged: Its counts as a judge.
        wrote: Its counts as a writer.
    """

    model: str
    address: str
    version: str
    date: str
    judged: JudgeCounts
    wrote: WriterCounts

    @property
    def judges(self) -> bool:
        """True if its judgement counts."""
        return self.judged.counts

    @property
    def quotes(self) -> bool:
        """True if it quotes exactly and respects that there is no answer."""
        return self.wrote.works

    @property
    def passed(self) -> bool:
        """True if it may write: it quotes exactly, and its judgement of what it wrote counts."""
        return self.quotes and self.judges


_COUNTS = TypeAdapter(ExamResult)


# --- what is kept


def save_result(data: Path, result: ExamResult) -> Path:
    """Write a result whole, in the place of an older one.

    Raises:
        StorageError: it cannot be written.
    """
    path = _path(data, result.model, result.address)
    with storage_errors(path):
        private_folder(path.parent)
        write_whole(path, json.dumps(asdict(result), ensure_ascii=False, indent=2))
    return path


def all_results(data: Path) -> list[ExamResult]:
    """Return all saved results, also those of earlier versions, by name."""
    results = (_read(path) for path in sorted((data / FOLDER).glob("*.json")))
    return [result for result in results if result]


def saved_result(data: Path, model: str, address: str) -> ExamResult | None:
    """Return the saved result of a model; None if there is none."""
    result = _read(_path(data, model, address))
    return result if result and (result.model, result.address) == (model, address) else None


def _path(data: Path, model: str, address: str) -> Path:
    name = re.sub(r"[^\w.-]+", "-", model).strip("-.")[:60]
    return data / FOLDER / f"{name}-{content_id(json.dumps([model, address]))[:8]}.json"


def _read(path: Path) -> ExamResult | None:
    try:
        return _COUNTS.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:  # the model is examined again
        log.warning("%s cannot be read (%s)", path, type(error).__name__)
        return None


# --- in words


def sentence(result: ExamResult, language: str = "en") -> str:
    """Say in one sentence what a result means for a model, and the first reason if it is not used."""
    if (fault := next(_faults(result), None)) is None:
        return message("exam.writes", language, model=result.model)
    what, number, total = fault
    why = message(f"exam.{what}", language, n=number, all=total)
    return message("exam.not_used", language, model=result.model, why=why)


def _faults(result: ExamResult) -> Iterator[tuple[str, int, int]]:
    """Yield each reason why a model may not write or judge: its key, and in how many of how many cases."""
    judged, wrote = result.judged, result.wrote
    if judged.refused < judged.wrong * (1 - MAX_MISSED):
        yield "accepted", judged.wrong - judged.refused, judged.wrong
    if wrote.declined < wrote.unanswerable:
        yield "answered", wrote.unanswerable - wrote.declined, wrote.unanswerable
    if not wrote.works:
        yield "inexact", wrote.answers - wrote.exact, wrote.answers
    if not judged.counts:
        yield "rejected", judged.supported - judged.passed, judged.supported


def table(result: ExamResult) -> list[tuple[str, str]]:
    """Return the counts of a result as rows of label and value."""
    judged, wrote = result.judged, result.wrote
    doubted, missed = (f" (not: {', '.join(kinds)})" if kinds else "" for kinds in (judged.doubted, judged.missed))
    return [
        ("statements that follow, let pass", f"{judged.passed} of {judged.supported}{doubted}"),
        ("statements that do not follow, refused", f"{judged.refused} of {judged.wrong}{missed}"),
        ("answers that quote exactly", f"{wrote.exact} of {wrote.answers}"),
        ("questions without an answer, left unanswered", f"{wrote.declined} of {wrote.unanswerable}"),
        ("says what is not stated", f"{wrote.told} of {wrote.partly}"),
        ("date, version of the exam", f"{result.date}, {result.version}"),
    ]
