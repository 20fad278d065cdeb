"""Cases through the chain: one result a case, whatever happens, and what the results say together."""

from __future__ import annotations

import json
import logging
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from app.answers import Answer, NotePart
from app.pipeline.values import Request
from app.store.records import program_quotes, public
from evals.cases import Case, CaseError, Half, read_text
from evals.intervals import Interval, interval, mean_interval
from evals.judge import Judge, answer_text
from evals.matching import missing_groups
from evals.metrics import MEASURES, auroc, balanced_accuracy
from ingest.errors import AskError

log = logging.getLogger(__name__)

HERE = Path(__file__).resolve().parent
GIVE_A_RUN = "Give a file that `eval run --json` wrote."
Ask = Callable[[Request], Answer]
"""Anything that answers: the chain, or a baseline that it is measured against."""


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one case: the answer as the contract has it, its scores, and why it is not right ('' if it is)."""

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
    missing: tuple[str, ...] = ()

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
        return TypeAdapter(Run).validate_json(read_text(path, GIVE_A_RUN))
    except ValidationError as error:
        raise CaseError("{path} is not a run of the evals.", GIVE_A_RUN, path) from error


def request_of(case: Case, documents: Mapping[str, str], threshold: float | None = None) -> Request:
    """Return the request that a case makes.

    Args:
        case: The case.
        documents: The ids of the documents, by the names that a case's pool and scope use.
        threshold: Replaces that of the settings.

    Raises:
        CaseError: The case names a document that is not there.
    """
    if case.pool is None and case.scope is None:
        return Request(case.question, case.history, threshold=threshold)
    names = [n for n in case.pool if case.scope is None or n in case.scope] if case.pool else case.scope or ()
    if unknown := [n for n in names if n not in documents]:
        message = "Question {id} names {unknown!r}, which is no document."
        raise CaseError(message, "Mend its pool or scope.", case.id, unknown[0])
    return Request(case.question, case.history, tuple(dict.fromkeys(documents[n] for n in names)), threshold)


def run_cases(
    ask: Ask,
    cases: Sequence[Case],
    judge: Judge,
    threshold: float | None = None,
    documents: Mapping[str, str] | None = None,
    step: Callable[[int, int], None] | None = None,
) -> tuple[Result, ...]:
    """Ask each case as a user would ask it, and return the results.

    A case that fails is scored as wrong, and the others go on.

    Raises:
        CaseError: A case names a document that is not there. Nothing was asked then.
    """
    requests = [request_of(case, documents or {}, threshold) for case in cases]
    results = []
    for number, (case, request) in enumerate(zip(cases, requests, strict=True), 1):
        started = time.perf_counter()
        crash = ""
        try:
            full_answer = ask(request)
            # cases name the passages that answer, and prose is judged by readers
            answer = program_quotes(full_answer) if full_answer.written else full_answer
        except Exception as error:
            log.warning("case %s failed", case.id, exc_info=not isinstance(error, AskError))
            crash = error.sentence() if isinstance(error, AskError) else f"crashed: {type(error).__name__}: {error}"
            answer = Answer(case.question, case.question, "not_found", note_parts=(NotePart("other", crash),))
        seconds = time.perf_counter() - started
        scores = judge(case, answer)
        groups = missing_groups(answer_text(answer.sentences), case.answer_groups)
        missing = tuple(" or ".join(group) for group in groups)
        reason = crash or _reason(case, answer, scores, missing)
        if crash:
            scores = {name: MEASURES[name].worst for name in scores}
        fields = (case.id, case.category, case.answerable, case.split, case.question)
        results.append(Result(*fields, public(answer, case.id), scores, seconds, reason, bool(crash), missing))
        if step:
            step(number, len(cases))
    return tuple(results)


def _reason(case: Case, answer: Answer, scores: dict[str, float], missing: tuple[str, ...]) -> str:
    """Why the answer is not right, for a reader of the report."""
    if broken := [name for name in ("quotes_exact", "citations_support") if scores.get(name) == 0.0]:
        return f"broken citations: {', '.join(broken)}"
    refused = answer.declines
    if scores.get("correct", float(refused != case.answerable and not missing)):
        return ""
    if not case.answerable:
        return f"answered without support in the documents (confidence {answer.confidence:.2f})"
    if refused:
        return f"no answer (confidence {answer.confidence:.2f})"
    return "; ".join(f"missing: {m}" for m in missing) or "says what it must not"


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


def state() -> dict[str, str]:
    """Return today's date and the state of the program, for a report.

    Returns:
        `date`: today, in UTC. `state`: the version, with ", commit ..." behind it if the program runs from its repository,
        which ends in `-dirty` if files differ from the commit.
    """
    command = ["git", "-C", str(HERE), "describe", "--always", "--dirty", "--exclude=*"]
    commit = ""
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
        commit = f", commit {done.stdout.strip()}"
    return {"date": datetime.now(UTC).date().isoformat(), "state": version("ask-the-plan") + commit}
