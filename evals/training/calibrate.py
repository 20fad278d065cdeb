"""Fits the two numbers of `app.answering.confidence` on the tuning cases: `python -m evals.training.calibrate`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from app.answering.confidence import read_score
from app.pipeline.chain import Chain
from evals.cases import Case, own_cases
from evals.metrics import auroc
from evals.opening import corpus_chain

Column = NDArray[np.float64]
NOTHING = -10.0  # where nothing was found
THRESHOLDS = tuple(round(0.05 * n, 2) for n in range(1, 20))


def read_scores(chain: Chain, cases: Sequence[Case]) -> Column:
    """Each case's score, of the best passage and its paragraph."""
    scores = []
    for case in cases:
        hits = chain.ask(case.question, case.history).hits
        scores.append(read_score(hits) if hits else NOTHING)
    return np.array(scores, dtype=float)


def fit(scores: Column, answerable: NDArray[np.bool_]) -> tuple[float, float]:
    """Intercept and weight of an L2 logistic regression; both kinds of case weigh the same."""
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    model: Any = LogisticRegression(class_weight="balanced").fit(scores[:, None], answerable)
    return float(model.intercept_[0]), float(model.coef_[0, 0])


def curve(confidence: Column, answerable: NDArray[np.bool_]) -> list[tuple[float, float, float]]:
    """(threshold, hallucination rate, over-refusal rate)."""
    no, yes = confidence[~answerable], confidence[answerable]
    return [(t, float((no >= t).mean()), float((yes < t).mean())) for t in THRESHOLDS]


@click.command()
def main() -> None:
    """Print INTERCEPT, WEIGHT and what each threshold costs, on both halves of the cases; only the tuning half is fitted."""
    chain = corpus_chain()
    halves = {"tune": own_cases("tune"), "report": own_cases("report")}
    read = {n: (read_scores(chain, cases), np.array([c.answerable for c in cases])) for n, cases in halves.items()}
    intercept, weight = fit(*read["tune"])
    click.echo(f"INTERCEPT = {intercept:.3f}\nWEIGHT = {weight:.3f}")
    for name, (values, answerable) in read.items():
        confidence = 1.0 / (1.0 + np.exp(-(intercept + values * weight)))
        area = auroc(confidence, answerable)
        click.echo(f"\n{name}: {len(answerable)} cases, {answerable.sum()} answerable, AUROC {area:.3f}")
        click.echo("threshold  hallucination  over-refusal")
        for threshold, hallucination, refusal in curve(confidence, answerable):
            click.echo(f"{threshold:9.2f}  {hallucination:13.3f}  {refusal:12.3f}")


if __name__ == "__main__":
    main()
