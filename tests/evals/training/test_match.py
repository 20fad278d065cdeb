"""How likely a known question is meant is fitted on turns that were judged."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: make test-training")

from app.known.match import KnownCandidate, Weights, probability_features
from evals.training.match import JudgedTurn, fit_weights
from ingest.questions.store import ResolvedQuestion

NAMES = ("cosine", "numbers", "gap")


def turns(seed: int) -> list[JudgedTurn]:
    """Turns whose right candidate has the largest second value, beside noise."""
    draw = np.random.default_rng(seed)
    turns = []
    for _ in range(60):
        rows = draw.normal(size=(6, len(NAMES)))
        known = [ResolvedQuestion(f"q{n}", "", {}, ()) for n in range(6)]
        candidates = [
            KnownCandidate(n, k, k.question, False, dict(zip(NAMES, row, strict=True)))
            for n, (k, row) in enumerate(zip(known, rows, strict=True))
        ]
        turns.append(JudgedTurn(tuple(candidates), np.arange(6) == int(np.argmax(rows[:, 1])), False))
    return turns


def test_the_feature_that_tells_the_right_one_is_found_and_what_is_ahead_is_likelier() -> None:
    fitted = fit_weights(turns(1))
    assert max(fitted["order"], key=lambda name: fitted["order"][name]) == "numbers"
    weights = Weights(**fitted)
    right = 0
    for turn in turns(2):
        rows = probability_features(turn.candidates, weights, turn.is_following)
        probabilities = [weights.probability(row) for row in rows]
        right += bool(turn.right[int(np.argmax(probabilities))])
    assert right > 45  # of 60; by chance 10
