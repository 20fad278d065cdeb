"""Fits how likely a known question's answer is a good one: `python -m evals.training.match [--write]` (minutes).

The turns of `w9` and `w10`, which the pair reader was not trained on, are matched. A candidate is right if the reader
who judged its list said that it asks the same, or rightly says that nothing is held. The weights are a logistic
regression on `app.known.match.probability_features`; those without the pair reader are fitted on the Chinese turns of all
lists. The table is of the sets `l`, `m` and `n`, which nothing is fitted on. What a search's own answer is worth is fitted
beside it, on `judged_answers.jsonl`: the reader's score and the verdict of a judge who saw question and answer alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.known.features import Features
from app.known.match import KnownCandidate, Match, Matcher, Weights, probability_features
from app.query.understand import understand
from app.query.values import Turn
from evals.cases import Line, read_lines
from evals.folder import corpus_chain
from evals.metrics import auroc
from evals.training.fit_weights import softmax_weights
from evals.training.train_pairs import CALIBRATION, LISTS, MEASURED, read_lists
from ingest.documents import guess_language

HERE = Path(__file__).resolve().parent
PENALTY = 1e-2
Matrix = NDArray[np.float64]


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


def fit(rows: Matrix, good: Matrix) -> tuple[Matrix, float]:
    """Return a logistic regression with an L2 penalty on scaled weights: a weight a column of `rows`, and the bias."""
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
    from sklearn.preprocessing import StandardScaler  # type: ignore[import-untyped]

    scale = StandardScaler().fit(rows)
    inverse_penalty = (rows.shape[1] + 1) / (2 * PENALTY * len(rows))
    regression = LogisticRegression(C=inverse_penalty, tol=1e-6, max_iter=1_000).fit(scale.transform(rows), good)
    weights = np.asarray(regression.coef_[0] / scale.scale_)
    return weights, float(regression.intercept_[0] - weights @ scale.mean_)


def fit_weights(turns: Sequence[JudgedTurn]) -> dict[str, Features]:
    """Return both kinds of weights: how candidates are ordered, and what the probability of the first two is made of."""
    order = fit_order(turns)
    feature_rows: list[Features] = []
    good: list[float] = []
    for turn in turns:
        features = probability_features(turn.candidates, Weights(order, {}), turn.is_following)
        top = sorted(range(len(features)), key=lambda n: -features[n]["score"])[:2]
        feature_rows += [features[n] for n in top]
        good += [float(turn.right[n]) for n in top]
    names = list(feature_rows[0])
    weights, bias = fit(np.array([[row[n] for n in names] for row in feature_rows]), np.array(good))
    return {
        "order": order,
        "good": {"bias": round(bias, 4)} | {n: round(float(w), 4) for n, w in zip(names, weights, strict=True)},
    }


def match_lines(matcher: Matcher, lines: Sequence[Line]) -> Iterator[tuple[Line, tuple[Match, ...]]]:
    """Yield judged turns with what they are matched with, each in its conversation as it was typed."""
    for line in track(lines, "Asking"):
        history = [Turn("user", text) for text in line["before"]]
        yield line, matcher.matches(understand(line["turn"], history), limit=3)


def report(results: Sequence[tuple[Line, tuple[Match, ...]]]) -> Table:
    """Return how often the question that is matched first is right, by kind of turn, and what the probability is worth."""
    table = Table("turns", "", "first right", "among three", "AUROC", "answered", "of these right", "nothing fits: answered")
    kinds: dict[str, Callable[[Line], Any]] = {
        "first, English": lambda line: not line["before"] and guess_language(line["turn"]) != "zh",
        "follow-ups, English": lambda line: line["before"] and guess_language(line["turn"]) != "zh",
        "Chinese": lambda line: guess_language(line["turn"]) == "zh",
        "not held": lambda line: line["not_held"] and not line["answers"],
        "all": bool,
    }
    for name, is_kind in kinds.items():
        subset = [(line, matches) for line, matches in results if is_kind(line)]
        right = [[m.known.question in right_titles(line) for m in matches] for line, matches in subset]
        answerable = [n for n, (line, _) in enumerate(subset) if right_titles(line)]
        gaps = [m[0].is_sure for n, (_, m) in enumerate(subset) if n not in answerable]
        answered = [n for n, (_, m) in enumerate(subset) if m[0].is_sure]
        probabilities, true = np.array([m[0].probability for _, m in subset]), np.array([r[0] for r in right])
        table.add_row(
            name, str(len(subset)), _share([right[n][0] for n in answerable]), _share([any(right[n]) for n in answerable]),
            f"{auroc(probabilities, true):.3f}", str(len(answered)), _share([right[n][0] for n in answered]), _share(gaps),
        )  # fmt: skip
    return table


def _share(values: Sequence[bool]) -> str:
    return f"{np.mean(values):.3f} of {len(values)}" if values else "-"


@click.command()
@click.option("--write", is_flag=True, help="Write the weights into app/known/match.json.")
def main(write: bool) -> None:
    """Print how often the right known question is matched first, and the weights."""
    console, chain = Console(width=140), corpus_chain()
    matcher = chain.matcher
    assert matcher
    lists = read_lists([LISTS / f"{name}.jsonl" for name in CALIBRATION])
    chinese = [line for line in read_lists(sorted(LISTS.glob("*.jsonl"))) if guess_language(line["turn"]) == "zh"]
    english = [line for line in lists if guess_language(line["turn"]) != "zh"]
    with_reader = fit_weights(judged_turns(matcher, track(english, "English")))
    without_reader = fit_weights(judged_turns(matcher, track(chinese, "Chinese")))
    console.print({"read": with_reader, "unread": without_reader})
    matcher.model = replace(matcher.model, read=Weights(**with_reader), unread=Weights(**without_reader))
    answers = read_lines(HERE / "judged_answers.jsonl")
    good = np.array([float(line["verdict"] == "good") for line in answers])
    (slope,), intercept = fit(np.array([[line["read"]] for line in answers]), good)
    console.print(f"reader: INTERCEPT {intercept:.3f}, WEIGHT {slope:.3f} (app/answering/verify.py)")
    if write:
        path = Path(str(resources.files("app.known") / "match.json"))
        path.write_text(json.dumps({"read": with_reader, "unread": without_reader}) + "\n", encoding="utf-8")
    console.print(report(list(match_lines(matcher, read_lists(MEASURED, whole=True)))))
    chain.index.close()


if __name__ == "__main__":
    main()
