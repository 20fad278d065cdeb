"""The result of a language model's exam: what it allows the model to do, how it is kept, and what is said of it.

The rules are plain, each with its constant and its reason.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from app.text.messages import message
from ingest.documents import content_id
from ingest.storage import private_folder, told, write_whole

log = logging.getLogger(__name__)

REFUSED = 0.15
"""Share of supported statements that a judge may refuse: beyond it, it costs a reader more than it protects. Of twenty
three, which a careful reader does not reach; who refuses every second does in one of eight hundred exams."""
MISSED = 0.2
"""Share of wrong statements that a judge may let through: the checks before it catch others, but none of the causes that
nobody named. Of twenty four, and who guesses passes both bounds in one of a hundred thousand exams."""
SLIPS = 1
"""Answers that may hold a statement without an exact quote: one sentence beside the form is a slip, two are a habit."""
FOLDER = "models"  # in the data folder


@dataclass(frozen=True, slots=True)
class Judged:
    """The counts of a model as a judge: of `supported` statements how many it let pass, of `wrong` ones how many it refused;
    `doubted` and `missed` have the kinds of the others. What it said nothing of counts for neither."""

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
        passed, refused = self.supported * (1 - REFUSED), self.wrong * (1 - MISSED)
        return self.all > 0 and self.passed >= passed and self.refused >= refused


@dataclass(frozen=True, slots=True)
class Wrote:
    """The counts of a model as a writer: of `answers` how many quote exactly whatever they say, of `unanswerable` questions
    how many it left unanswered, of `partly` answerable ones at how many it says what is not stated."""

    answers: int
    exact: int
    unanswerable: int
    declined: int
    partly: int = 0
    told: int = 0

    @property
    def works(self) -> bool:
        """True if it quotes what stands there, and says nothing if there is nothing to say."""
        return self.exact >= max(1, self.answers - SLIPS) and self.declined == self.unanswerable


@dataclass(frozen=True, slots=True)
class ExamResult:
    """The result of a model, known by its name and its endpoint's address, in the exam of a version on a day. `wrote` is
    None if it was examined as a judge alone."""

    model: str
    address: str
    version: str
    date: str
    judged: Judged
    wrote: Wrote | None = None

    @property
    def judges(self) -> bool:
        """True if its judgement counts."""
        return self.judged.counts

    @property
    def quotes(self) -> bool:
        """True if it quotes exactly and respects that there is no answer."""
        return self.wrote is not None and self.wrote.works

    def to_dict(self) -> dict[str, Any]:
        """Return the counts, which are kept. All that follows from them is worked out anew."""
        return asdict(self)


_COUNTS = TypeAdapter(ExamResult)


@dataclass(frozen=True, slots=True)
class Terms:
    """The part that a model may take in an answer: `judge` says who judges, '' for nobody; with `near_only` it may only say
    what passages say nearly word for word; `untested` says that this is for want of an exam."""

    judge: str = ""
    near_only: bool = True
    untested: bool = False


def terms(own: ExamResult | None, other: ExamResult | None, separate: bool) -> Terms:
    """The results of a model and, where a `separate` one judges, of that -> what it may do. A model that nobody has examined
    may do what a weak one may, and so may one whose statements nobody judges."""
    judge = "other" if separate and other and other.judges else "own" if own and own.judges else ""
    if own is None or own.wrote is None or (separate and other is None):
        return Terms(untested=True)
    return Terms(judge, near_only=not (judge and own.quotes))


# --- what is kept


def keep(data: Path, result: ExamResult) -> Path:
    """Write a result whole, in the place of an older one.

    Raises:
        StorageError: it cannot be written.
    """
    path = _path(data, result.model, result.address)
    with told(path):
        private_folder(path.parent)
        write_whole(path, json.dumps(result.to_dict(), ensure_ascii=False, indent=2))
    return path


def all_known(data: Path) -> list[ExamResult]:
    """Return all results that are kept, those of an earlier version too, by name."""
    found = (_read(path) for path in sorted((data / FOLDER).glob("*.json")))
    return [result for result in found if result]


def read_kept(data: Path, model: str, address: str) -> ExamResult | None:
    """Return what is kept of a model; None if nothing is."""
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
    """A result -> what it means, in one sentence: for a model that judges itself."""
    judged = result.judged
    judging = "exam.judges" if result.judges else "exam.judges_not"
    said = [message(judging, language, right=judged.right, all=judged.all)]
    if result.wrote is None:
        return _joined(result.model, [*said, message("exam.judge_only", language)], "", language)
    said.append(message("exam.quotes" if result.quotes else "exam.quotes_not", language))
    outcome = "exam.near" if not result.quotes else "exam.own" if result.judges else "exam.unjudged"
    return _joined(result.model, said, message(outcome, language), language)


def table(result: ExamResult) -> list[tuple[str, str]]:
    """A result -> what was counted, line by line."""
    judged = result.judged
    doubted, missed = (f" (not: {', '.join(kinds)})" if kinds else "" for kinds in (judged.doubted, judged.missed))
    rows = [
        ("statements that follow, let pass", f"{judged.passed} of {judged.supported}{doubted}"),
        ("statements that do not follow, refused", f"{judged.refused} of {judged.wrong}{missed}"),
    ]
    if wrote := result.wrote:
        rows += [
            ("answers that quote exactly", f"{wrote.exact} of {wrote.answers}"),
            ("questions without an answer, left unanswered", f"{wrote.declined} of {wrote.unanswerable}"),
            ("says what is not stated", f"{wrote.told} of {wrote.partly}"),
        ]
    return [*rows, ("date, version of the exam", f"{result.date}, {result.version}")]


def _joined(model: str, said: list[str], outcome: str, language: str) -> str:
    comma, colon, stop = (message(key, language) for key in ("marks.comma", "marks.colon", "marks.stop"))
    return f"{model}{colon}{comma.join(said)}{colon + outcome if outcome else ''}{stop}"
