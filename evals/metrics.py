"""The measures, each with its definition. A measure of one case lies between 0 and 1; every case counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Span = tuple[str, int, int]
"""(document id, start, end)"""


# --- citations against gold sentences: Gao et al., Enabling LLMs to Generate Text with Citations, EMNLP 2023


def overlap(a: Span, b: Span) -> bool:
    """Return True if two spans share a character of one document."""
    return a[0] == b[0] and a[1] < b[2] and b[1] < a[2]


def citation_precision(cited: Sequence[Span], gold: Sequence[Sequence[Span]]) -> float:
    """Return the share of the citations that overlap a gold sentence; 0 if there are no citations.

    A gold sentence may stand in several places.
    """
    if not cited:
        return 0.0
    return sum(any(overlap(c, s) for spans in gold for s in spans) for c in cited) / len(cited)


def citation_recall(cited: Sequence[Span], gold: Sequence[Sequence[Span]]) -> float:
    """Return the share of the gold sentences that a citation overlaps."""
    return sum(any(overlap(c, s) for s in spans for c in cited) for spans in gold) / len(gold)


# --- finding the evidence: ir-measures (MacAvaney et al., ECIR 2022)

RANKING = ("recall@5", "mrr", "ndcg@10")


def ranking(hits: Sequence[Span], gold: Sequence[Sequence[Span]]) -> dict[str, float]:
    """Return recall@5, reciprocal rank and nDCG@10 of the gold sentences among the hits.

    The hits are best first. A further hit on the same gold sentence does not count.
    """
    import ir_measures
    from ir_measures import RR, R, nDCG

    order: list[str] = []
    for number, hit in enumerate(hits):
        gold_name = next((f"gold {n}" for n, spans in enumerate(gold) if any(overlap(hit, s) for s in spans)), "")
        order.append(gold_name if gold_name and gold_name not in order else f"hit {number}")
    qrels = {"q": {f"gold {n}": 1 for n in range(len(gold))}}
    run = {"q": {name: float(-rank) for rank, name in enumerate(order)}}
    values = {m.measure: m.value for m in ir_measures.iter_calc([R @ 5, RR, nDCG @ 10], qrels, run)}
    return dict(zip(RANKING, (float(values.get(m, 0.0)) for m in (R @ 5, RR, nDCG @ 10)), strict=True))


# --- over a set

Column = NDArray[np.float64]
Flags = NDArray[np.bool_]


def auroc(confidence: Column, positive: Flags) -> float:
    """Return the chance that a positive case has a higher confidence than a negative one.

    A tie counts half (Fawcett, 2006). NaN without both kinds of cases.
    """
    positives, negatives = confidence[positive], np.sort(confidence[~positive])
    if not positives.size or not negatives.size:
        return float("nan")
    below = np.searchsorted(negatives, positives, "left") + np.searchsorted(negatives, positives, "right")
    return float(below.mean() / 2.0 / negatives.size)


def balanced_accuracy(answerable: Flags, answered: Flags) -> float:
    """Return the mean of two shares: answerable questions answered, and unanswerable ones refused.

    NaN without both kinds of questions.
    """
    if answerable.all() or not answerable.any():
        return float("nan")
    return float(answered[answerable].mean() + 1.0 - answered[~answerable].mean()) / 2.0
