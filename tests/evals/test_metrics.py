"""Each measure by hand-worked cases, and against an independent library where there is one."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics import (
    auroc,
    citation_precision,
    citation_recall,
    exact_match,
    f1,
    percentile,
    ranking,
    risk_coverage,
    risk_coverage_area,
)


def test_exact_match_and_f1_as_squad_defines_them() -> None:
    assert exact_match("The ASML.", ["asml"]) == 1.0
    assert exact_match("ASML of Veldhoven", ["asml"]) == 0.0
    # said: asml of netherlands (3 words), gold: asml (1): precision 1/3, recall 1
    assert f1("ASML of the Netherlands", ["ASML"]) == pytest.approx(0.5)
    assert f1("ASML of the Netherlands", ["a b", "ASML of Netherlands"]) == 1.0
    assert f1("b b", ["b"]) == pytest.approx(2 / 3), "a repeated word counts once"
    assert (exact_match("", []), f1("", [])) == (1.0, 1.0), "nothing said where nothing is wanted"
    assert (exact_match("something", []), f1("something", [])) == (0.0, 0.0)


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
    found = ranking(hits, gold)
    assert found["recall@5"] == 0.5
    assert found["mrr"] == 0.5
    ideal = 1 + 1 / math.log2(3)
    assert found["ndcg@10"] == pytest.approx((1 / math.log2(3) + 1 / math.log2(7)) / ideal)
    assert ranking([], gold) == {"recall@5": 0.0, "mrr": 0.0, "ndcg@10": 0.0}


def test_auroc_agrees_with_scikit_learn() -> None:
    from sklearn.metrics import roc_auc_score

    chance = random.Random(1)
    for _ in range(50):
        positive = np.array([True, False] + [chance.random() < 0.5 for _ in range(30)])
        confidence = np.array([round(chance.random(), 1) for _ in positive])
        assert auroc(confidence, positive) == pytest.approx(roc_auc_score(positive, confidence))
    assert math.isnan(auroc(np.array([0.5]), np.array([True])))


def test_risk_coverage_by_hand() -> None:
    confidence = np.array([0.2, 0.9, 0.5, 0.5])
    wrong = np.array([1.0, 0.0, 1.0, 0.0])
    coverage, risk = risk_coverage(confidence, wrong)
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk.tolist() == pytest.approx([0.0, 0.25, 1 / 3, 0.5])
    assert risk_coverage_area(confidence, wrong) == pytest.approx((0.25 + 1 / 3 + 0.5) / 4)


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.9]), st.sampled_from([0.0, 1.0])), min_size=1, max_size=20))
def test_risk_at_full_coverage_is_the_error_rate_and_order_does_not_matter(pairs: list[tuple[float, float]]) -> None:
    confidence, wrong = (np.array(c) for c in zip(*pairs, strict=True))
    assert risk_coverage(confidence, wrong)[1][-1] == pytest.approx(wrong.mean())
    assert risk_coverage_area(confidence, wrong) == pytest.approx(risk_coverage_area(confidence[::-1], wrong[::-1]))


def test_percentile() -> None:
    assert percentile(np.array([1.0, 2.0, 3.0, 4.0]), 50) == 2.5
