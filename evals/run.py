"""Cases through the chain: one result a case, whatever happens, and what the results say together."""

from __future__ import annotations

import json
import logging
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from app.answers import Answer, NotePart
from app.pipeline.values import Request
from app.store.records import program_quotes, public
from evals.cases import Case, CaseError, Half
from evals.intervals import Interval, interval, mean_interval
from evals.judge import answer_text
from evals.matching import missing_groups
from evals.metrics import auroc, balanced_accuracy
from ingest.errors import AskError

log = logging.getLogger(__name__)

Judge = Callable[[Case, Answer | None], dict[str, float]]
"""Every measure that applies to the case; for a crash (None) the worst value of each."""
Limits = Callable[[Case], tuple[str, ...] | None]
Progress = Callable[[int, int], None]
Ask = Callable[[Request], Answer]
"""Anything that answers: the chain, or a baseline that it is measured against."""


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one case: the answer as the contract has it, its scores, and why it is not right ('' if it is).

    `wanted` says what a right answer holds.
    """

    id: str
    category: str
    answerable: bool
    split: str
    question: str
    answer: dict[str, Any]
    scores: dict[str, float]
    seconds: float
    reason: str = ""
    crashed: bool = False
    wanted: str = ""

    @property
    def answered(self) -> bool:
        """Say whether something was answered; a crash counts as the wrong one of both."""
        declines = self.answer["status"] == "not_found" or any(
            part["kind"] == "unanswered" for part in self.answer.get("note_parts", ())
        )
        return not self.answerable if self.crashed else not declines

    @property
    def confidence(self) -> float:
        """The engine's; after a crash the worst, so that no threshold makes it right."""
        return float(not self.answerable) if self.crashed else float(self.answer["confidence"])


@dataclass(frozen=True, slots=True)
class Run:
    """The results of one run, with the settings that made them."""

    results: tuple[Result, ...]
    settings: dict[str, Any]

    def half(self, half: Half) -> Run:
        """Only the results of one half."""
        return Run(tuple(r for r in self.results if r.split == half), self.settings)

    def reported(self) -> Run:
        """Return the half that nothing is fitted on, or the whole run if it has no case of that half."""
        half = self.half("report")
        return half if half.results else self

    def to_json(self) -> str:
        """Everything, and the summary beside it."""
        rows = {name: asdict(value) for name, value in summary(self.results).items()}
        whole = {"settings": self.settings, "summary": rows, "results": [asdict(r) for r in self.results]}
        return json.dumps(whole, ensure_ascii=False, indent=1)


def read_run(path: Path) -> Run:
    """Read a run from a file that `--json` wrote.

    Raises:
        CaseError: The file cannot be read, or is not a run.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return Run(tuple(Result(**r) for r in raw["results"]), raw["settings"])
    except OSError as error:
        raise CaseError(f"{path} cannot be read ({error.strerror}).", "Give a file that `eval run --json` wrote.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise CaseError(f"{path} is not a run of the evals.", "Give a file that `eval run --json` wrote.") from error


def run_cases(
    ask: Ask,
    cases: Sequence[Case],
    judge: Judge,
    threshold: float | None = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> tuple[Result, ...]:
    """Ask each case as a user would ask it, and return the results.

    A case that fails is scored as wrong, and the others go on.
    """
    results = []
    for number, case in enumerate(cases, 1):
        started = time.perf_counter()
        answer, failure = None, ""
        try:
            full_answer = ask(Request(case.question, case.history, limits(case) if limits else None, threshold))
            # cases name the passages that answer, and prose is judged by readers
            answer = program_quotes(full_answer) if full_answer.written else full_answer
        except AskError as error:
            failure = error.sentence()
        except Exception as error:
            log.warning("case %s failed", case.id, exc_info=True)
            failure = f"crashed: {type(error).__name__}: {error}"
        seconds = time.perf_counter() - started
        scores = judge(case, answer)
        results.append(_result(case, answer, scores, seconds, failure or _reason(case, answer, scores)))
        if progress:
            progress(number, len(cases))
    return tuple(results)


def _result(case: Case, answer: Answer | None, scores: dict[str, float], seconds: float, reason: str) -> Result:
    failed = Answer(case.question, case.question, "not_found", note_parts=(NotePart("other", reason),))
    public_answer = public(answer or failed, case.id)
    fields = (case.id, case.category, case.answerable, case.split, case.question)
    wanted = "; ".join(" or ".join(g) for g in case.answer_groups) or ("" if case.answerable else "not found")
    return Result(*fields, public_answer, scores, seconds, reason, answer is None, wanted)


def _reason(case: Case, answer: Answer | None, scores: dict[str, float]) -> str:
    """Why the answer is not right, for a reader of the report."""
    if answer is None:
        return "crashed"
    if broken := [name for name in ("quotes_exact", "citations_support") if scores.get(name) == 0.0]:
        return f"broken citations: {', '.join(broken)}"
    refused = answer.declines
    missing = missing_groups(answer_text(answer.sentences), case.answer_groups)
    if scores.get("correct", float(refused != case.answerable and not missing)):
        return ""
    if not case.answerable:
        return f"answered without support in the documents (confidence {answer.confidence:.2f})"
    if refused:
        return f"no answer (confidence {answer.confidence:.2f})"
    return "; ".join("missing: " + " or ".join(g) for g in missing) or "says what it must not"


# --- over all results


def summary(results: Sequence[Result]) -> dict[str, Interval]:
    """Return every measure over the cases that it applies to, with its interval."""
    names = dict.fromkeys(name for r in results for name in r.scores)
    intervals = {n: mean_interval([r.scores[n] for r in results if n in r.scores]) for n in names}
    answerable = np.array([r.answerable for r in results], dtype=bool)
    confidence = np.array([r.confidence for r in results])
    if answerable.any() and not answerable.all():
        intervals["balanced_accuracy"] = interval(balanced_accuracy, answerable, [r.answered for r in results])
        intervals["auroc"] = interval(auroc, confidence, answerable)
    seconds = [r.seconds for r in results]
    for share in (50, 95):
        intervals[f"seconds_p{share}"] = interval(lambda values, s=share: float(np.percentile(values, s)), seconds)
    return intervals


def by_category(results: Iterable[Result]) -> dict[str, list[Result]]:
    """Group results by category, in order of appearance; those without one are under `all`."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.category or "all", []).append(result)
    return groups


HERE = Path(__file__).resolve().parent


def state() -> dict[str, str]:
    """Return today's date and the state of the program, for a report.

    Returns:
        `date`: today, in UTC. `state`: the version, with ", commit ..." behind it if the program runs from its repository.
    """
    program = version("ask-the-plan") + (f", commit {commit}" if (commit := _commit()) else "")
    return {"date": datetime.now(UTC).date().isoformat(), "state": program}


def _commit() -> str:
    """Return the short commit, with `-dirty` behind it if files differ from it.

    Returns '' outside a repository.
    """
    command = ["git", "-C", str(HERE), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
