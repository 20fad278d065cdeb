"""Fits what an answer is worth: `python -m evals.training.decide` (minutes).

`judged_matches.jsonl` are the two likeliest known questions for each of 550 turns of burnt blind sets, as they were then,
and the verdict of a judge who saw question and answer alone; `judged_answers.jsonl` are the reader's own answers to the
same turns. Good counts, partly and bad do not. Both logistic regressions are shown on turns that they were not fitted on,
in five folds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.known.match_features import FEATURES, Row
from app.pipeline.chain import Chain
from app.query.understand import understand
from evals.metrics import auroc
from evals.opening import corpus_chain
from evals.visitors import Line, read

HERE = Path(__file__).resolve().parent
NAMES = (*FEATURES, "order", "reader", "unread")
FOLDS = 5
PENALTY = 1e-2
Matrix = NDArray[np.float64]


def judged_rows(chain: Chain, lines: Sequence[Line]) -> list[Row | None]:
    """Judged matches -> what tells whether each is good, as `MatchModel.judged` gives it; None where the known question does
    not come near any more."""
    matcher = chain.matcher
    assert matcher
    found: list[Row | None] = []
    for line in track(lines, "Asking"):
        candidates = matcher.candidates(understand(line["reading"], (), chain.folder))
        own = next((c for c in candidates if c.known.question == line["known"]), None)
        if own is None:
            found.append(None)
        else:
            (read,) = matcher.readings(line["reading"], [own.known])
            found.append(matcher.model.first.judged(own.row, read))
    return found


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
@click.option("--write", is_flag=True, help="Write the weights of matches into app/known/match.json.")
def main(write: bool) -> None:
    """Print how well said and true agree, and the weights of both."""
    console, chain = Console(width=120), corpus_chain()
    matches, answers = (read(HERE / f"judged_{name}.jsonl") for name in ("matches", "answers"))
    told = [(line, row) for line, row in zip(matches, judged_rows(chain, matches), strict=True) if row]
    rows = {"matches": [[row[name] for name in NAMES] for _, row in told], "answers": [[line["read"]] for line in answers]}
    weights: dict[str, tuple[Matrix, float]] = {}
    for name, lines in (("matches", [line for line, _ in told]), ("answers", answers)):
        values = np.array(rows[name])
        good = np.array([float(line["verdict"] == "good") for line in lines])
        console.print(report(name, held_out(values, good, [line["turn"] for line in lines]), good))
        weights[name] = fit(values, good)
    (slope,), intercept = weights["answers"]
    console.print(f"reader: INTERCEPT {intercept:.3f}, WEIGHT {slope:.3f} (app/answering/verify.py)")
    judged = {n: round(float(w), 4) for n, w in zip(NAMES, weights["matches"][0], strict=True)}
    judged |= {"bias": round(weights["matches"][1], 4)}
    console.print(judged)
    if write:
        path = Path(str(resources.files("app.known") / "match.json"))
        given = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(given | {"first": given["first"] | {"good": judged}}) + "\n", encoding="utf-8")
    chain.index.close()


if __name__ == "__main__":
    main()
