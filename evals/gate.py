"""The gate: floors and ceilings on a whole run, and no fall against the committed baseline that is more than chance."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AliasPath, Field, TypeAdapter

from evals.cases import CaseError, read_text
from evals.intervals import paired
from evals.metrics import MEASURES
from evals.run import Result, Run, summary

HERE = Path(__file__).resolve().parent
RULES = HERE / "gate.toml"
BASELINE = HERE / "baseline.json"
WRITE_A_BASELINE = "Write one: ask-the-plan eval --write-baseline."
Limits = Mapping[str, float]
Scores = Mapping[str, Mapping[str, float]]
"""The scores of cases by id and measure."""


@dataclass(frozen=True, slots=True)
class GateRules:
    """The rules of the gate.

    A measure has fallen if its mean over the cases of the baseline is worse in one of two ways: by more than `min_fall`,
    with at least `min_cases` cases that show it, or by any amount with a p-value below `p`.

    Attributes:
            limits: The limits of every run. That of an error is the highest value, that of another measure the lowest.
        limits_whole: The limits of the reported half of a run of all cases.
        p: The p-value below which a fall is not chance.
        min_fall: The fall of a mean that is allowed if more cases show it.
        min_cases: The number of cases that must show such a fall.
    """

    limits: Limits
    limits_whole: Annotated[Limits, Field(validation_alias="whole")]
    p: Annotated[float, Field(validation_alias=AliasPath("regression", "p"))]
    min_fall: Annotated[float, Field(validation_alias=AliasPath("regression", "least"))]
    min_cases: Annotated[int, Field(validation_alias=AliasPath("regression", "fewest"))]


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
        return TypeAdapter(GateRules).validate_python(tomllib.loads(read_text(path, "See evals/gate.toml.")))
    except ValueError as error:
        raise CaseError("{path} is not a file of rules.", "See evals/gate.toml.", path) from error


def baseline_json(run: Run) -> str:
    """Return a run in the form that is committed, with the scores of each case on its own line."""
    rounded = {r.id: {name: round(value, 4) for name, value in r.scores.items()} for r in run.results}
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(scores)}" for name, scores in rounded.items())
    return f'{{"settings": {json.dumps(run.settings)},\n"scores": {{\n{rows}\n}}}}\n'


def read_baseline(path: Path = BASELINE) -> Scores:
    """Read the scores of each case in a baseline, by id.

    Raises:
        CaseError: The file is missing or is not a baseline.
    """
    try:
        scores: Scores = json.loads(read_text(path, WRITE_A_BASELINE))["scores"]
        return scores
    except (ValueError, KeyError) as error:
        raise CaseError("{path} is not a baseline.", WRITE_A_BASELINE, path) from error


def check(run: Run, baseline: Scores, rules: GateRules, whole: bool) -> list[Failure]:
    """Return the reasons why the run must not pass, [] if it may.

    `whole` is True if the run is of all cases; only then do the limits on the reported half apply.
    """
    failures = _beyond(rules.limits, run.results) + (
        _beyond(rules.limits_whole, run.half("report").results) if whole else []
    )
    measures = {f.measure for f in failures}
    fallen = (
        _fallen(name, run.results, baseline, rules) for name, m in MEASURES.items() if m.cause and name not in measures
    )
    return failures + [failure for failure in fallen if failure]


def _beyond(limits: Limits, results: Sequence[Result]) -> list[Failure]:
    """Return the failures of measures that are beyond their limits."""
    values = summary(results)
    failures = []
    for name, limit in limits.items():
        measure = MEASURES[name]
        if name in values and measure.sign * values[name].value < measure.sign * limit - 1e-9:
            cases = tuple(r.id for r in results if r.scores.get(name) == measure.worst)
            what = f"is {values[name].value:.3f}, beyond the limit of {limit:.3f}"
            failures.append(Failure(name, measure.cause, what, cases))
    return failures


def _fallen(name: str, results: Sequence[Result], baseline: Scores, rules: GateRules) -> Failure | None:
    """Return the failure of a measure that is worse than in the baseline, on the cases that both have."""
    pairs = {
        r.id: (baseline[r.id][name], r.scores[name]) for r in results if name in r.scores and name in baseline.get(r.id, {})
    }
    if not pairs:
        return None
    sign = MEASURES[name].sign
    before, after = zip(*pairs.values(), strict=True)
    test = paired(before, after)
    change = sign * test.difference.value
    cases = tuple(case for case, (a, b) in pairs.items() if sign * b < sign * a)
    large = change < -rules.min_fall and len(cases) >= rules.min_cases
    if not large and not (change < 0 and test.p < rules.p):
        return None
    means = f"from {sum(before) / len(pairs):.3f} to {sum(after) / len(pairs):.3f}"
    return Failure(name, MEASURES[name].cause, f"went {means} on {len(pairs)} cases (p = {test.p:.3f})", cases)
