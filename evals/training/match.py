"""Fits the model that tells the same question from a similar one: `python -m evals.training.match` (two minutes).

Wordings are held apart in turn and asked against the others of the folder: their own question is right, any with the same
answer too, all others that the searches bring are wrong. Every third time the whole question is held apart, since
strangers also ask what nobody wrote down: then only others with the same answer are right, and often none. Questions
are split in five folds; the table is of folds that a model was not fitted on.

The model puts the candidates in order; how likely the answer of the best is a good one, `evals.training.decide` fits on
judged matches, which hold this model's logits: after new weights they are to be made anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.retrieval.match import FEATURES, NEAREST, MatchModel, WordWeights, features, grouped, shipped_model
from evals.opening import corpus_chain
from ingest.question_store import QuestionStore, Resolved, Wordings

SAMPLE = 10  # every tenth wording is asked
FOLDS = 5
PENALTY = 1e-4
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """A wording that was asked: a row a candidate, which of them are right, and the fold of its question."""

    rows: Matrix
    right: NDArray[np.bool_]
    fold: int


def asked(wordings: Wordings, store: QuestionStore) -> list[Asked]:
    """Wordings -> some of them against all others, every third one against all other questions."""
    weights = WordWeights(wordings.words)
    found = []
    for n in track(range(0, len(wordings), SAMPLE), "Asking"):
        cosines = wordings.vectors @ wordings.vectors[n]
        whole = n // SAMPLE % 3 == 0
        apart = wordings.owner == wordings.owner[n] if whole else np.arange(len(wordings)) == n
        cosines[apart] = -1.0
        near = np.argsort(-cosines)[:NEAREST].tolist()
        words = [w for w in store.word_search(wordings.texts[n], NEAREST) if not apart[w]]
        groups = grouped(list(dict.fromkeys([*near, *words])), wordings, cosines)
        rows = features(wordings.texts[n], groups, wordings, cosines, weights)
        own = int(wordings.owner[n])
        right = np.array([number == own or alike(wordings.questions[number], wordings.questions[own]) for number, _ in rows])
        fold = int(hashlib.sha256(wordings.questions[own].question.encode()).hexdigest(), 16) % FOLDS
        found.append(Asked(np.array([f for _, f in rows]), right, fold))
    return found


def alike(matched: Resolved, meant: Resolved) -> bool:
    """Two questions -> whether the first answer of the one is an answer of the other: many hands wrote, and ordered them
    otherwise."""
    if matched.gap or meant.gap or matched.about or meant.about:
        return matched.key == meant.key or bool(matched.gap and meant.gap)
    return matched.answers[0] in meant.answers or meant.answers[0] in matched.answers


def fit(sample: Sequence[Asked]) -> MatchModel:
    """A sample -> a logistic regression with an L2 penalty, each wording counting once however many candidates it has."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    rows = np.concatenate([a.rows for a in sample])
    right = np.concatenate([a.right for a in sample]).astype(float)
    share = np.concatenate([np.full(len(a.right), 1 / len(a.right)) for a in sample])
    means, spreads = rows.mean(0), np.maximum(rows.std(0), 1e-6)
    scaled = np.column_stack([(rows - means) / spreads, np.ones(len(rows))])

    def loss(w: Matrix) -> tuple[float, Matrix]:
        z = scaled @ w
        p = 1 / (1 + np.exp(-z))
        total = float((share * (np.logaddexp(0, z) - right * z)).sum() / share.sum()) + PENALTY * float(w[:-1] @ w[:-1])
        slope = scaled.T @ (share * (p - right)) / share.sum()
        slope[:-1] += 2 * PENALTY * w[:-1]
        return total, slope

    w = minimize(loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B").x
    rounded = [tuple(round(float(x), 4) for x in part) for part in (w[:-1], means, spreads)]
    return MatchModel(rounded[0], rounded[1], rounded[2], round(float(w[-1]), 4), shipped_model().judged)


def report(sample: Sequence[Asked], model_of: dict[int, MatchModel]) -> Table:
    """A sample -> how many wordings are answered above a probability, and how many of those rightly."""
    best = []
    for a in sample:
        p = model_of[a.fold].probability(a.rows)
        at = int(np.argmax(p))
        best.append((float(p[at]), bool(a.right[at])))
    table = Table("probability at least", "matched", "of them right")
    for least in (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95):
        kept = [right for p, right in best if p >= least]
        table.add_row(f"{least:.2f}", f"{len(kept) / len(best):.3f}", f"{np.mean(kept):.3f}" if kept else "")
    return table


@click.command()
@click.option("--write", is_flag=True, help="Write app/retrieval/match.json.")
def main(write: bool) -> None:
    """Print how well wordings held apart are matched, and the weights."""
    chain = corpus_chain()
    store = QuestionStore(chain.index.folder)
    sample = asked(store.wordings(), store)
    console = Console(width=120)
    folds = {k: fit([a for a in sample if a.fold != k]) for k in range(FOLDS)}
    console.print(f"{len(sample)} wordings", report(sample, folds))
    model = fit(sample)
    console.print(dict(zip(FEATURES, model.weights, strict=True)), model.bias)
    if write:
        path = Path(str(resources.files("app.retrieval") / "match.json"))
        path.write_text(json.dumps(asdict(model) | {"judged": dict(model.judged)}) + "\n")
    chain.index.close()


if __name__ == "__main__":
    main()
