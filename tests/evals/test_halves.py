"""Halves and thresholds."""

import hashlib
import math

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from evals.halves import balanced_accuracy, best_threshold, cross_fit, group_of, half_of


def test_what_a_question_belongs_to() -> None:
    assert group_of({"id": "7", "meta": {"about_doc": "Normans"}, "scope": ["r"]}) == "Normans"
    assert group_of({"id": "talk<::>7"}) == "talk"
    assert group_of({"id": "7", "scope": ["report"]}) == "report"
    assert group_of({"id": "7", "scope": [], "meta": None}) == "7"
    assert group_of({"id": "7", "group": "hefei", "scope": ["report"]}) == "hefei"


def test_the_half_is_the_first_digit_of_the_hash() -> None:
    for name in map(str, range(64)):
        first = int(hashlib.sha256(name.encode()).hexdigest()[0], 16)
        assert half_of(name) == ("tune" if first < 8 else "report")


def test_balanced_accuracy_agrees_with_scikit_learn() -> None:
    from sklearn.metrics import balanced_accuracy_score

    chance = np.random.default_rng(5)
    for _ in range(20):
        truth, said = np.append(chance.random(20) < 0.7, [True, False]), chance.random(22) < 0.5
        assert math.isclose(balanced_accuracy(truth, said), balanced_accuracy_score(truth, said))
    assert math.isnan(balanced_accuracy(np.array([True]), np.array([True])))


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=25))
@example([(0.0, False), (5e-324, True)])
def test_no_threshold_is_better_than_the_best(pairs: list[tuple[float, bool]]) -> None:
    confidence, truth = np.array([c for c, _ in pairs]), np.array([t for _, t in pairs])
    if truth.all() or not truth.any():
        return
    best = balanced_accuracy(truth, confidence >= best_threshold(confidence, truth))
    assert all(balanced_accuracy(truth, confidence >= t) <= best + 1e-12 for t in (*confidence, 0.0, 1.1))


def test_each_half_is_judged_by_the_threshold_of_the_other() -> None:
    confidence = np.array([0.9, 0.1, 0.6, 0.5])
    truth = np.array([True, False, True, False])
    fitted = cross_fit(confidence, truth, np.array([True, True, False, False]))
    assert fitted is not None
    assert (fitted.from_tune, fitted.from_report) == (0.5, 0.55)
    assert fitted.answered.tolist() == [True, False, True, True]
    assert cross_fit(confidence, truth, np.array([True, False, True, False])) is None, "a half with one kind only"
