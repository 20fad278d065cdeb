"""Fits how likely a known question's answer is a good one: `python -m evals.training.match [--write]` (minutes).

The turns of `w9` and `w10`, which the pair reader was not trained on, are matched. A candidate is right if the reader
who judged its list said that it asks the same, or rightly says that nothing is held. The weights are a logistic
regression on `app.known.match.probability_features`; those without the pair reader are fitted on the Chinese turns of all
lists. The table is of the sets `l`, `m` and `n`, which nothing is fitted on. What a search's own answer is worth is fitted
beside it, on `judged_answers.jsonl`: the reader's score and the verdict of a judge who saw question and answer alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from app.known.features import Features
from app.known.match import KnownCandidate, Matcher, Weights, probability_features
from app.query.understand import understand
from app.query.values import Turn
from evals.cases import Line, read_lines
from evals.folder import corpus_chain
from evals.metrics import auroc
from evals.tables import Table, show
from evals.training.fit_weights import softmax_weights
from evals.training.similarity import FOLDER
from evals.training.train_pairs import CALIBRATION, LISTS, MEASURED, read_lists
from ingest.documents import guess_language

HERE = Path(__file__).resolve().parent
PENALTY = 1e-2
Matrix = NDArray[np.float64]
KINDS: dict[str, Callable[[Line], Any]] = {
    "first, English": lambda line: not line["before"] and not is_chinese(line),
    "follow-ups, English": lambda line: line["before"] and not is_chinese(line),
    "Chinese": lambda line: is_chinese(line),
    "not held": lambda line: line["not_held"] and not line["answers"],
    "all": bool,
}
"""Turns that are counted together."""


@dataclass(frozen=True, slots=True)
class JudgedTurn:
    """Holds one judged turn to learn from.

    Attributes:
        candidates: The known questions that came near to it.
        right: For each of them, in the same order, whether it may be answered with.
        is_following: True if the turn follows another.
    """

    candidates: tuple[KnownCandidate, ...]
    right: NDArray[np.bool_]
    is_following: bool


def is_chinese(line: Line) -> bool:
    """Say whether a turn is Chinese."""
    return guess_language(line["turn"]) == "zh"


def right_titles(line: Line) -> frozenset[str]:
    """Return the known questions of a list that may be answered with."""
    return frozenset([*line["answers"], *line["not_held"]])


def judged_turns(matcher: Matcher, lines: Iterable[Line]) -> list[JudgedTurn]:
    """Return the candidates of judged turns; what was asked before a turn is put in full, as the judge put it."""
    turns = []
    for line in lines:
        before = line["before_full"] or (line["before"][-1] if line["before"] else "")
        candidates, right = matcher.candidates(line["turn"], before), right_titles(line)
        turns.append(JudgedTurn(candidates, np.array([c.known.question in right for c in candidates]), bool(before)))
    return turns


def fit_order(turns: Sequence[JudgedTurn]) -> Features:
    """Return a weight a feature of a softmax over the candidates of a turn, on features of equal spread."""
    names = list(turns[0].candidates[0].features)
    answered = [turn for turn in turns if turn.right.any()]
    values = [(np.array([[c.features[n] for n in names] for c in t.candidates]), t.right) for t in answered]
    spreads = np.maximum(np.concatenate([rows for rows, _ in values]).std(0), 1e-6)
    groups = [(rows / spreads, right) for rows, right in values]
    weights = softmax_weights(groups, np.zeros(len(names)), PENALTY / len(names)) / spreads
    return {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)}


def fit(rows: Sequence[Features], good: Sequence[float]) -> Features:
    """Fit a logistic regression with an L2 penalty on scaled weights, and return a weight a feature, and the bias."""
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
    from sklearn.preprocessing import StandardScaler  # type: ignore[import-untyped]

    columns = np.array([list(row.values()) for row in rows])
    scale = StandardScaler().fit(columns)
    inverse_penalty = (columns.shape[1] + 1) / (2 * PENALTY * len(rows))
    regression = LogisticRegression(C=inverse_penalty, tol=1e-6, max_iter=1_000).fit(scale.transform(columns), good)
    weights = regression.coef_[0] / scale.scale_
    bias = regression.intercept_[0] - weights @ scale.mean_
    return {name: round(float(w), 4) for name, w in zip(("bias", *rows[0]), (bias, *weights), strict=True)}


def fit_weights(turns: Sequence[JudgedTurn]) -> dict[str, Features]:
    """Return both kinds of weights: how candidates are ordered, and what the probability of the first two is made of."""
    order = fit_order(turns)
    rows: list[Features] = []
    good: list[float] = []
    for turn in turns:
        features = probability_features(turn.candidates, Weights(order, {}), turn.is_following)
        top = sorted(range(len(features)), key=lambda n: -features[n]["score"])[:2]
        rows += [features[n] for n in top]
        good += [float(turn.right[n]) for n in top]
    return {"order": order, "good": fit(rows, good)}


def report(matcher: Matcher, lines: Sequence[Line]) -> Table:
    """Return how often the question that is matched first is right, by kind of turn, and what the probability is worth.

    Each turn is matched in its conversation as it was typed.
    """
    facts = []
    for line in track(lines, "Asking"):
        query = understand(line["turn"], [Turn("user", text) for text in line["before"]])
        matches, titles = matcher.matches(query, limit=3), right_titles(line)
        right = [m.known.question in titles for m in matches]
        facts.append((right[0], any(right), matches[0].is_sure, bool(titles), matches[0].probability))
    first, among, sure, answerable, probability = (np.array(column) for column in zip(*facts, strict=True))
    rows = []
    for name, is_kind in KINDS.items():
        kind = np.array([bool(is_kind(line)) for line in lines])
        parts = (first[kind & answerable], among[kind & answerable], first[kind & sure], sure[kind & ~answerable])
        shares = [f"{part.mean():.3f} of {len(part)}" if len(part) else "-" for part in parts]
        auc = f"{auroc(probability[kind], first[kind]):.3f}"
        rows.append([name, str(kind.sum()), *shares[:2], auc, str(sure[kind].sum()), *shares[2:]])
    head = ["turns", "", "first right", "among three", "AUROC", "answered", "of these right", "nothing fits: answered"]
    return Table("Turns on which nothing is fitted", head, rows)


@click.command()
@click.option("--write", is_flag=True, help="Write the weights into app/known/match.json.")
def main(write: bool) -> None:
    """Print how often the right known question is matched first, and the weights."""
    english = [line for line in read_lists([LISTS / f"{name}.jsonl" for name in CALIBRATION]) if not is_chinese(line)]
    chinese = [line for line in read_lists(sorted(LISTS.glob("*.jsonl"))) if is_chinese(line)]
    answers = read_lines(HERE / "judged_answers.jsonl")
    reader = fit([{"WEIGHT": line["read"]} for line in answers], [float(line["verdict"] == "good") for line in answers])
    with corpus_chain() as chain:
        matcher = chain.matcher
        assert matcher
        groups = {"read": track(english, "English"), "unread": track(chinese, "Chinese")}
        weights = {name: fit_weights(judged_turns(matcher, lines)) for name, lines in groups.items()}
        read, unread = (Weights(**fitted) for fitted in weights.values())
        matcher.model = replace(matcher.model, read=read, unread=unread)
        if write:
            (FOLDER / "match.json").write_text(json.dumps(weights) + "\n", encoding="utf-8")
        words = f"reader: {reader} (INTERCEPT is the bias; app/answering/verify.py)"
        show(str(weights), words, report(matcher, read_lists(MEASURED, whole=True)))


if __name__ == "__main__":
    main()
