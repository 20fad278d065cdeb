"""The gate: floors and ceilings on a whole run, and no fall against the committed baseline that is more than chance."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.cases import CaseError
from evals.intervals import paired
from evals.judge import ERRORS
from evals.run import Result, Run, summary

HERE = Path(__file__).resolve().parent
RULES = HERE / "gate.toml"
BASELINE = HERE / "baseline.json"

CAUSES = {
    "quotes_exact": "quotes",
    "citations_support": "citations",
    "citation_precision": "citations",
    "citation_recall": "citations",
    "evidence_exists": "corpus",
    "recall@5": "retrieval",
    "mrr": "retrieval",
    "ndcg@10": "retrieval",
    "over_refusal": "abstention",
    "hallucination": "abstention",
    "accuracy": "answers",
    "correct": "answers",
}
"""The part that is at fault when a measure falls."""


@dataclass(frozen=True, slots=True)
class GateRules:
    """The rules of the gate.

    A measure has fallen if its mean over the cases of the baseline is worse in one of two ways: by more than `min_fall`,
    with at least `min_cases` cases that show it, or by any amount with a p-value below `p`.

    Attributes:
        floors: The lowest values, for every run.
        floors_whole: The lowest values for the reported half of a run of all cases.
        ceilings_whole: The highest values for the same.
        p: The p-value below which a fall is not chance.
        min_fall: The fall of a mean that is allowed if more cases show it.
        min_cases: The number of cases that must show such a fall.
    """

    floors: Mapping[str, float]
    floors_whole: Mapping[str, float]
    ceilings_whole: Mapping[str, float]
    p: float
    min_fall: float
    min_cases: int


@dataclass(frozen=True, slots=True)
class Failure:
    """One reason to refuse a change: the measure, what is at fault, what happened, and the ids of the cases that show it."""

    measure: str
    cause: str
    what: str
    cases: tuple[str, ...]

    def __str__(self) -> str:
        ids = ", ".join(self.cases[:12]) + (f" and {len(self.cases) - 12} more" if len(self.cases) > 12 else "")
        return f"{self.cause}: {self.measure} {self.what}" + (f"; cases: {ids}" if ids else "")


def read_rules(path: Path = RULES) -> GateRules:
    """Read the rules of the repository, or another file of the same form.

    Raises:
        CaseError: The file is missing or is not TOML, or a rule is missing.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        whole = raw["whole"]
        fall = raw["regression"]
        return GateRules(raw["floors"], whole["floors"], whole["ceilings"], fall["p"], fall["least"], fall["fewest"])
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise CaseError(f"{path} is not a file of rules ({error}).", "See evals/gate.toml.") from error


def baseline_json(run: Run) -> str:
    """Return a run in the form that is committed, with the scores of each case on its own line."""
    rounded = {r.id: {name: round(value, 4) for name, value in r.scores.items()} for r in run.results}
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(scores)}" for name, scores in rounded.items())
    return f'{{"settings": {json.dumps(run.settings)},\n"scores": {{\n{rows}\n}}}}\n'


def read_baseline(path: Path = BASELINE) -> dict[str, dict[str, float]]:
    """Read the scores of each case in a baseline, by id.

    Raises:
        CaseError: The file is missing or is not a baseline.
    """
    try:
        scores: dict[str, dict[str, float]] = json.loads(path.read_text(encoding="utf-8"))["scores"]
        return scores
    except (OSError, ValueError, KeyError) as error:
        raise CaseError(f"{path} is not a baseline ({error}).", "Write one: ask-the-plan eval --write-baseline.") from error


def check(run: Run, baseline: Mapping[str, Mapping[str, float]], rules: GateRules, whole: bool) -> list[Failure]:
    """Return the reasons why the run must not pass, [] if it may.

    `whole` is True if the run is of all cases; only then do the limits on the reported half apply.
    """
    failures = _below(run.results, rules.floors, {})
    failures += _below(run.half("report").results, rules.floors_whole, rules.ceilings_whole) if whole else []
    measures = {f.measure for f in failures}
    return failures + [f for f in _fallen(run.results, baseline, rules) if f.measure not in measures]


def _below(results: Sequence[Result], floors: Mapping[str, float], ceilings: Mapping[str, float]) -> list[Failure]:
    values = summary(results)
    failures = []
    for limits, sign, word in ((floors, 1.0, "below"), (ceilings, -1.0, "above")):
        for name, limit in limits.items():
            if name in values and sign * values[name].value < sign * limit - 1e-9:
                worst = float(name in ERRORS)
                cases = tuple(r.id for r in results if r.scores.get(name) == worst)
                what = f"is {values[name].value:.3f}, {word} the limit of {limit:.3f}"
                failures.append(Failure(name, CAUSES.get(name, name), what, cases))
    return failures


def _fallen(results: Sequence[Result], baseline: Mapping[str, Mapping[str, float]], rules: GateRules) -> list[Failure]:
    failures = []
    for name, cause in CAUSES.items():
        sign = -1.0 if name in ERRORS else 1.0
        shared = [r for r in results if name in r.scores and name in baseline.get(r.id, {})]
        if not shared:
            continue
        before, after = [baseline[r.id][name] for r in shared], [r.scores[name] for r in shared]
        test = paired(before, after)
        change = sign * test.difference.value
        cases = tuple(r.id for r, a, b in zip(shared, before, after, strict=True) if sign * b < sign * a)
        large = change < -rules.min_fall and len(cases) >= rules.min_cases
        if large or (change < 0 and test.p < rules.p):
            means = f"from {sum(before) / len(shared):.3f} to {sum(after) / len(shared):.3f}"
            failures.append(Failure(name, cause, f"went {means} on {len(shared)} cases (p = {test.p:.3f})", cases))
    return failures
