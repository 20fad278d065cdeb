"""Fits what an answer is worth: `python -m evals.training.decide` (seconds).

`judged_matches.jsonl` are the two likeliest known questions for each of 550 turns of burnt blind sets, with what tells
whether their answer is good (`app.retrieval.match.judged_row`) and the verdict of a judge who saw question and answer
alone; `judged_answers.jsonl` are the reader's own answers to the same turns. Good counts, partly and bad do not. Both
logistic regressions are shown on turns that they were not fitted on, in five folds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from app.retrieval.match import FEATURES, READ
from evals.metrics import auroc
from evals.visitors import read

HERE = Path(__file__).resolve().parent
NAMES = ("match", "reader", "unread", "gap", "about", "other reading", "Chinese", *FEATURES)
FOLDS = 5
PENALTY = 1e-2
Matrix = NDArray[np.float64]


def match_row(line: dict[str, Any]) -> list[float]:
    """A judged match -> its values in the order of `NAMES`."""
    reader = line["reader"]
    flags = [float(line[name]) for name in ("gap", "about", "other_reading", "chinese")]
    return [line["match"], min(max(reader or 0.0, -READ), READ), float(reader is None), *flags, *line["features"]]


def fit(rows: Matrix, good: Matrix) -> tuple[Matrix, float]:
    """A logistic regression with an L2 penalty on scaled weights: a weight a column of `rows`, and the bias."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    means, spreads = rows.mean(0), np.where(rows.std(0) > 1e-9, rows.std(0), 1.0)
    scaled = np.column_stack([(rows - means) / spreads, np.ones(len(rows))])

    def loss(w: Matrix) -> float:
        z = scaled @ w
        return float((np.logaddexp(0, z) - good * z).mean() + PENALTY * (w[:-1] @ w[:-1]))

    w = minimize(loss, np.zeros(scaled.shape[1])).x
    return w[:-1] / spreads, float(w[-1] - (w[:-1] / spreads) @ means)


def probability(rows: Matrix, weights: Matrix, bias: float) -> Matrix:
    """One a row."""
    return np.asarray(1 / (1 + np.exp(-(rows @ weights + bias))))


def held_out(rows: Matrix, good: Matrix, turns: Sequence[str]) -> Matrix:
    """The probability of each row by a model that was not fitted on its turn's fold."""
    fold = np.array([int(hashlib.sha256(t.encode()).hexdigest(), 16) % FOLDS for t in turns])
    found = np.zeros(len(good))
    for k in range(FOLDS):
        found[fold == k] = probability(rows[fold == k], *fit(rows[fold != k], good[fold != k]))
    return found


def report(name: str, said: Matrix, good: Matrix) -> Table:
    """Said against true, by tenths of probability."""
    table = Table("said", "cases", "good", title=f"{name}: AUROC {auroc(said, good.astype(bool)):.3f}")
    for least in np.arange(0, 1, 0.1):
        inside = (said >= least) & (said < least + 0.1)
        if inside.any():
            table.add_row(f"{least:.1f} to {least + 0.1:.1f}", str(inside.sum()), f"{good[inside].mean():.2f}")
    return table


@click.command()
@click.option("--write", is_flag=True, help="Write the weights of matches into app/retrieval/match.json.")
def main(write: bool) -> None:
    """Print how well said and true agree, and the weights of both."""
    console = Console(width=120)
    weights: dict[str, tuple[Matrix, float]] = {}
    for name, row in (("matches", match_row), ("answers", lambda line: [line["read"]])):
        lines = read(HERE / f"judged_{name}.jsonl")
        rows = np.array([row(line) for line in lines])
        good = np.array([float(line["verdict"] == "good") for line in lines])
        console.print(report(name, held_out(rows, good, [line["turn"] for line in lines]), good))
        weights[name] = fit(rows, good)
    (slope,), intercept = weights["answers"]
    console.print(f"reader: INTERCEPT {intercept:.3f}, WEIGHT {slope:.3f} (app/answering/confidence.py)")
    judged = {n: round(float(w), 4) for n, w in zip(NAMES, weights["matches"][0], strict=True)}
    judged |= {"bias": round(weights["matches"][1], 4)}
    console.print(judged)
    if write:
        path = Path(str(resources.files("app.retrieval") / "match.json"))
        given = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({k: v for k, v in given.items() if k != "reader"} | {"judged": judged}) + "\n")


if __name__ == "__main__":
    main()
