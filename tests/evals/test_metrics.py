"""Each measure by hand-worked cases, and against an independent library where there is one."""

import math
import random

import numpy as np
import pytest

from evals.metrics import (
    auroc,
    balanced_accuracy,
    citation_precision,
    citation_recall,
    ranking,
)


def test_citations_match_by_overlap_in_the_same_document() -> None:
    gold = [[("a", 10, 20)], [("b", 0, 5), ("c", 0, 5)]]
    assert citation_precision([("a", 19, 30), ("a", 20, 30)], gold) == 0.5, "touching is not overlapping"
    assert citation_recall([("a", 19, 30), ("a", 20, 30)], gold) == 0.5
    assert citation_recall([("c", 4, 9), ("a", 0, 11)], gold) == 1.0
    assert citation_precision([("b", 10, 20)], gold) == 0.0
    assert (citation_precision([], gold), citation_recall([], gold)) == (0.0, 0.0)
    assert citation_recall([("a", 0, 99)], [[]]) == 0.0, "a gold sentence that stands nowhere is never cited"


def test_ranking_by_hand() -> None:
    gold = [[("a", 0, 10)], [("b", 0, 10)]]
    hits = [("x", 0, 5), ("a", 0, 5), ("a", 5, 10), ("x", 5, 9), ("x", 9, 12), ("b", 0, 10)]
    measures = ranking(hits, gold)
    assert measures["recall@5"] == 0.5
    assert measures["mrr"] == 0.5
    ideal = 1 + 1 / math.log2(3)
    assert measures["ndcg@10"] == pytest.approx((1 / math.log2(3) + 1 / math.log2(7)) / ideal)
    assert ranking([], gold) == {"recall@5": 0.0, "mrr": 0.0, "ndcg@10": 0.0}


def test_auroc_agrees_with_scikit_learn() -> None:
    from sklearn.metrics import roc_auc_score

    chance = random.Random(1)
    for _ in range(50):
        positive = np.array([True, False] + [chance.random() < 0.5 for _ in range(30)])
        confidence = np.array([round(chance.random(), 1) for _ in positive])
        assert auroc(confidence, positive) == pytest.approx(roc_auc_score(positive, confidence))
    assert math.isnan(auroc(np.array([0.5]), np.array([True])))


def test_balanced_accuracy_agrees_with_scikit_learn() -> None:
    from sklearn.metrics import balanced_accuracy_score

    chance = np.random.default_rng(5)
    for _ in range(20):
        truth, answered_flags = np.append(chance.random(20) < 0.7, [True, False]), chance.random(22) < 0.5
        assert math.isclose(balanced_accuracy(truth, answered_flags), balanced_accuracy_score(truth, answered_flags))
    assert math.isnan(balanced_accuracy(np.array([True]), np.array([True])))
