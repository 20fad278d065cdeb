"""Intervals and paired tests, by hand and against SciPy."""

import math

import numpy as np
import pytest

from evals.intervals import interval, mean_interval, paired


def test_a_constant_has_no_spread_and_nothing_has_no_value() -> None:
    result = mean_interval([1.0] * 5)
    assert (result.value, result.low, result.high, result.cases) == (1.0, 1.0, 1.0, 5)
    empty = mean_interval([])
    assert math.isnan(empty.value)
    assert empty.cases == 0


def test_the_interval_agrees_with_scipy() -> None:
    from scipy.stats import bootstrap

    values = np.random.default_rng(3).random(80) < 0.7
    ours = mean_interval(values.astype(float).tolist())
    theirs = bootstrap((values,), np.mean, method="percentile", n_resamples=5_000, rng=np.random.default_rng(4))
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.02)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.02)
    general = interval(lambda v: float(v.mean()), values.astype(float))
    assert general == ours, "the general form draws the same cases"


def test_sign_flips_by_hand() -> None:
    # five cases gained, none lost: both extreme patterns of 2**5
    assert paired([0, 0, 0, 0, 0, 1], [1, 1, 1, 1, 1, 1]).p == pytest.approx(2 / 32)
    assert paired([1, 0], [0, 1]).p == 1.0
    same = paired([1, 0, 1], [1, 0, 1])
    assert (same.p, same.difference.value) == (1.0, 0.0)
