"""Cases through the chain: one result a case, whatever happens, and what the results say together."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.answers import Answer
from app.chain import Chain
from evals.bench_sets import balanced_accuracy
from evals.cases import Case, CaseError
from evals.intervals import Interval, interval, mean_interval
from evals.metrics import (
    RANKING,
    Span,
    auroc,
    citation_precision,
    citation_recall,
    exact_match,
    f1,
    missing_groups,
    percentile,
    ranking,
    risk_coverage_area,
)
from ingest.errors import AskError
from ingest.index import Index
from ingest.split import split

log = logging.getLogger(__name__)

ERRORS = frozenset({"over_refusal", "hallucination", "wrong_if_answered"})
"""Measures of which less is better."""

Judge = Callable[[Case, Answer | None], dict[str, float]]
"""Every measure that applies to the case; for a crash (None) the worst value of each."""
Limits = Callable[[Case], tuple[str, ...] | None]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case: the answer as the contract has it, its scores, and why it is not right ('' if it is)."""

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

    @property
    def answered(self) -> bool:
        """Whether something was answered; a crash counts as the wrong one of both."""
        return not self.answerable if self.crashed else self.answer["status"] != "not_found"

    @property
    def confidence(self) -> float:
        """The engine's; after a crash the worst, so that no threshold makes it right."""
        return float(not self.answerable) if self.crashed else float(self.answer["confidence"])


@dataclass(frozen=True, slots=True)
class Run:
    """The results of one run, with the settings that made them."""

    results: tuple[Result, ...]
    settings: dict[str, Any]

    def to_json(self) -> str:
        """Everything, and the summary beside it."""
        rows = {name: asdict(value) for name, value in summary(self.results).items()}
        whole = {"settings": self.settings, "summary": rows, "results": [asdict(r) for r in self.results]}
        return json.dumps(whole, ensure_ascii=False, indent=1)


def read_run(path: Path) -> Run:
    """A run that `--json` wrote.

    Raises:
        CaseError: missing, or not such a file.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return Run(tuple(Result(**r) for r in raw["results"]), raw["settings"])
    except OSError as error:
        raise CaseError(f"{path} cannot be read ({error.strerror}).", "Give a file that `eval run --json` wrote.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise CaseError(f"{path} is not a run of the evals.", "Give a file that `eval run --json` wrote.") from error


def run_cases(
    chain: Chain,
    cases: Sequence[Case],
    judge: Judge,
    threshold: float | None = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> tuple[Result, ...]:
    """Each case asked as a user would ask it; one that fails is scored as wrong, and the others go on."""
    results = []
    for number, case in enumerate(cases, 1):
        started = time.perf_counter()
        answer, trouble = None, ""
        try:
            answer = chain.ask(case.question, case.history, limits(case) if limits else None, threshold)
        except AskError as error:
            trouble = error.sentence()
        except Exception as error:
            log.warning("case %s failed", case.id, exc_info=True)
            trouble = f"crashed: {type(error).__name__}: {error}"
        seconds = time.perf_counter() - started
        results.append(_result(case, answer, judge(case, answer), seconds, trouble or _reason(case, answer)))
        if progress:
            progress(number, len(cases))
    return tuple(results)


def _result(case: Case, answer: Answer | None, scores: dict[str, float], seconds: float, reason: str) -> Result:
    public = (answer or Answer(case.question, case.question, "not_found", note=reason)).to_dict(case.id)
    about = (case.id, case.category, case.answerable, case.split, case.question)
    return Result(*about, public, scores, seconds, reason, answer is None)


def _reason(case: Case, answer: Answer | None) -> str:
    """Why the answer is not right, for a reader of the report."""
    if answer is None:
        return "crashed"
    if not case.answerable:
        return "" if answer.status == "not_found" else f"answered without grounds (confidence {answer.confidence:.2f})"
    if answer.status == "not_found":
        return f"refused (confidence {answer.confidence:.2f})"
    return "; ".join("missing: " + " or ".join(g) for g in missing_groups(said(answer), case.answer_groups))


def said(answer: Answer) -> str:
    """The answer's sentences without citation numbers."""
    return " ".join(s.text for s in answer.sentences)


# --- judging our own cases: the evidence is a place in the corpus


class PlanJudge:
    """Scores an answer by its case's answer groups and by the places of its gold sentences."""

    def __init__(self, chain: Chain) -> None:
        self.chain, self.places = chain, places(chain.index)

    def __call__(self, case: Case, answer: Answer | None) -> dict[str, float]:
        """See `Judge`. `wrong_if_answered` is the error with abstention off, for the risk-coverage curve."""
        if answer is None:
            return {name: float(name in ERRORS) for name in applicable(case)}
        right = float(not missing_groups(said(answer), case.answer_groups) and answer.status != "not_found")
        golds = [" ".join(g[0] for g in case.answer_groups)] if len(case.answer_groups) > 1 else []
        golds = golds or [s for g in case.answer_groups for s in g]
        scores = {
            "correct": right if case.answerable else float(answer.status == "not_found"),
            "exact_match": exact_match(said(answer), golds if case.answerable else []),
            "f1": f1(said(answer), golds if case.answerable else []),
            "wrong_if_answered": self._wrong(case, answer),
        }
        if not case.answerable:
            return scores | {"hallucination": float(answer.status != "not_found")}
        scores |= {"accuracy": right, "over_refusal": float(answer.status == "not_found")}
        if case.evidence:
            gold = [self.places.get((g.document, g.quote), ()) for g in case.evidence]
            gold = [tuple(span for spans in gold for span in spans)] if case.any_evidence else gold
            cited = [(c.document_id, c.start, c.end) for c in answer.citations]
            hits = [(h.passage.document_id, h.passage.start, h.passage.end) for h in answer.hits]
            scores |= {"citation_precision": citation_precision(cited, gold), **ranking(hits, gold)}
            scores["citation_recall"] = citation_recall(cited, gold)
        return scores

    def _wrong(self, case: Case, answer: Answer) -> float:
        if not case.answerable:
            return 1.0
        if answer.status == "not_found":
            answer = self.chain.ask(case.question, case.history, threshold=0.0)
        return float(answer.status == "not_found" or bool(missing_groups(said(answer), case.answer_groups)))


def applicable(case: Case) -> tuple[str, ...]:
    """The measures that a case of our own has."""
    always = ("correct", "exact_match", "f1", "wrong_if_answered")
    if not case.answerable:
        return (*always, "hallucination")
    placed = ("citation_precision", "citation_recall", *RANKING) if case.evidence else ()
    return (*always, "accuracy", "over_refusal", *placed)


def places(index: Index) -> dict[tuple[str, str], tuple[Span, ...]]:
    """Where each passage of the index stands, by (path in the corpus, its text as quoted or as read)."""
    found: dict[tuple[str, str], tuple[Span, ...]] = {}
    for origin, (_, document_id) in index.catalogue.origins().items():
        document = index.document(document_id)
        for chunk in split(document) if document else ():
            for passage in chunk.passages:
                assert document
                span = (document_id, passage.start, passage.end)
                for text in {passage.quote(document.text), passage.read(document.text)}:
                    found[origin, text] = (*found.get((origin, text), ()), span)
    return found


# --- over all results


def summary(results: Sequence[Result]) -> dict[str, Interval]:
    """Every measure over the cases that it applies to, with its interval."""
    names = dict.fromkeys(name for r in results for name in r.scores)
    found = {n: mean_interval([r.scores[n] for r in results if n in r.scores]) for n in names}
    wrong = found.pop("wrong_if_answered", None)
    answerable = np.array([r.answerable for r in results], dtype=bool)
    confidence = np.array([r.confidence for r in results])
    if answerable.any() and not answerable.all():
        found["balanced_accuracy"] = interval(balanced_accuracy, answerable, [r.answered for r in results])
        found["auroc"] = interval(auroc, confidence, answerable)
    if wrong is not None:
        errors = [r.scores["wrong_if_answered"] for r in results]
        found["risk_coverage_area"] = interval(risk_coverage_area, confidence, errors)
    seconds = [r.seconds for r in results]
    for share in (50, 95):
        found[f"seconds_p{share}"] = interval(lambda values, s=share: percentile(values, s), seconds)
    return found


def by_category(results: Iterable[Result]) -> dict[str, list[Result]]:
    """The results of each category, in order of appearance."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.category or "all", []).append(result)
    return groups
