"""Two runs on the same cases."""

from __future__ import annotations

from collections.abc import Sequence

from evals.cases import CaseError
from evals.intervals import Paired, paired
from evals.report import LABELS
from evals.run import Result, Run


def common(a: Run, b: Run) -> tuple[tuple[Result, ...], tuple[Result, ...]]:
    """Two runs -> the results of both on the cases that both have, in the first one's order.

    Raises:
        CaseError: they share no case.
    """
    second = {r.id: r for r in b.results}
    first = tuple(r for r in a.results if r.id in second)
    if not first:
        raise CaseError("The two runs share no case.", "Compare runs of the same set.")
    return first, tuple(second[r.id] for r in first)


def compare(a: Sequence[Result], b: Sequence[Result]) -> dict[str, Paired]:
    """Two runs -> a paired test for each measure, over the cases where both runs have it."""
    found = {}
    for name in LABELS:
        pairs = [
            (x.scores[name], y.scores[name]) for x, y in zip(a, b, strict=True) if name in x.scores and name in y.scores
        ]
        if pairs:
            found[name] = paired(*zip(*pairs, strict=True))
    return found
