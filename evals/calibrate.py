"""Fits the weights of `app.confidence` on the tuning cases: `python -m evals.calibrate`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from app.chain import Chain
from app.confidence import FEATURES, features
from app.progress import sync_bar
from app.question import read_question
from app.settings import read_settings
from evals.cases import Case, own_cases, tuning_cases
from evals.folder import open_folder
from evals.metrics import auroc
from ingest.errors import AskError

Column = NDArray[np.float64]
THRESHOLDS = tuple(round(0.05 * n, 2) for n in range(1, 20))


def read_features(chain: Chain, cases: Sequence[Case]) -> Column:
    """(cases, features): what the engine sees of each case; zeros where nothing was found."""
    rows = []
    for case in cases:
        question = read_question(case.question, case.history, None, chain.settings.max_question)
        hits = chain.retriever.rank(question, chain.retriever.search(question))
        values = features(question, hits, chain.retriever.evidence(hits)) if hits else (0.0,) * len(FEATURES)
        rows.append(values)
    return np.array(rows, dtype=float)


def fit(values: Column, answerable: NDArray[np.bool_]) -> tuple[float, Column]:
    """Intercept and weights for the features as they are, of an L2 logistic regression over scaled ones (both kinds of
    case weigh the same)."""
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    mean, scale = values.mean(axis=0), values.std(axis=0)
    scale[scale == 0] = 1.0
    model: Any = LogisticRegression(class_weight="balanced").fit((values - mean) / scale, answerable)
    weights = model.coef_[0] / scale
    return float(model.intercept_[0] - weights @ mean), weights


def curve(confidence: Column, answerable: NDArray[np.bool_]) -> list[tuple[float, float, float]]:
    """(threshold, hallucination rate, over-refusal rate)."""
    no, yes = confidence[~answerable], confidence[answerable]
    return [(t, float((no >= t).mean()), float((yes < t).mean())) for t in THRESHOLDS]


@click.command()
def main() -> None:
    """Print INTERCEPT, WEIGHTS and what each threshold costs, on both files of cases; only the tuning cases are fitted."""
    try:
        settings = read_settings()
        with sync_bar() as progress:
            chain = open_folder(settings.corpus, settings, progress).chain
    except AskError as error:
        raise click.ClickException(error.sentence()) from error
    files = {"tuning.jsonl": tuning_cases(), "plan.jsonl": own_cases()}
    read = {n: (read_features(chain, cases), np.array([c.answerable for c in cases])) for n, cases in files.items()}
    intercept, weights = fit(*read["tuning.jsonl"])
    click.echo(f"INTERCEPT = {intercept:.3f}")
    click.echo("WEIGHTS = (" + ", ".join(f"{w:.3f}" for w in weights) + f")  # {', '.join(FEATURES)}")
    for name, (values, answerable) in read.items():
        confidence = 1.0 / (1.0 + np.exp(-(intercept + values @ weights)))
        area = auroc(confidence, answerable)
        click.echo(f"\n{name}: {len(answerable)} cases, {answerable.sum()} answerable, AUROC {area:.3f}")
        click.echo("threshold  hallucination  over-refusal")
        for threshold, hallucination, refusal in curve(confidence, answerable):
            click.echo(f"{threshold:9.2f}  {hallucination:13.3f}  {refusal:12.3f}")


if __name__ == "__main__":
    main()
