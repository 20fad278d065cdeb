"""Halves."""

import hashlib
import math

import numpy as np

from evals.halves import balanced_accuracy, group_of, half_of


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
