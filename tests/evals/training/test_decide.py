"""What an answer is worth is fitted on judged ones."""

import numpy as np
import pytest

from evals.training.decide import HERE, fit, held_out, probability
from evals.visitors import read


def test_a_logistic_regression_finds_what_tells_good_from_bad():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(2_000, 2))
    good = (rng.random(2_000) < 1 / (1 + np.exp(-2 * rows[:, 0] + 0.5))).astype(float)
    weights, bias = fit(rows, good)
    assert weights[0] > 1
    assert abs(weights[1]) < 0.2
    said = held_out(rows, good, [str(n) for n in range(2_000)])
    assert said.mean() == pytest.approx(good.mean(), abs=0.03)
    assert probability(rows[:1], weights, bias)[0] == pytest.approx(said[0], abs=0.1)


def test_every_judged_match_has_a_verdict_and_what_was_asked():
    lines = read(HERE / "judged_matches.jsonl")
    assert {frozenset(line) for line in lines} == {frozenset(("turn", "reading", "other_reading", "known", "verdict"))}
    assert {line["verdict"] for line in lines} == {"good", "partly", "bad"}
