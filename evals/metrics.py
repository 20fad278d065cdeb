"""The measures, each with its definition. A measure of one case lies between 0 and 1; every case counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Span = tuple[str, int, int]
"""(document id, start, end)"""
Column = NDArray[np.float64]
Flags = NDArray[np.bool_]
RANKING = ("recall@5", "mrr", "ndcg@10")


@dataclass(frozen=True, slots=True)
class Measure:
    """How a measure is called in tables, and which part of the program is at fault when it gets worse, '' if any may be.

    `sign` is -1 if less is better.
    """

    label: str
    cause: str = ""
    sign: int = 1

    @property
    def worst(self) -> float:
        """The worst score of a case."""
        return float(self.sign < 0)


MEASURES = {
    "correct": Measure("right: answered well, or rightly refused", "answers"),
    "accuracy": Measure("answer accuracy", "answers"),
    "quotes_exact": Measure("quotes are the documents' own text", "quotes"),
    "citations_support": Measure("sentences are what their citations say", "citations"),
    "evidence_exists": Measure("gold sentences stand in the corpus", "corpus"),
    "citation_precision": Measure("citation precision", "citations"),
    "citation_recall": Measure("citation recall", "citations"),
    "recall@5": Measure("evidence recall@5", "retrieval"),
    "mrr": Measure("evidence MRR", "retrieval"),
    "ndcg@10": Measure("evidence nDCG@10", "retrieval"),
    "gold_first": Measure("gold sentence quoted first"),
    "gold_quoted": Measure("gold sentence among the quoted"),
    "answer_first": Measure("answer in the first quoted sentence"),
    "answer_quoted": Measure("answer in any quoted sentence"),
    "hallucination": Measure("hallucination: unanswerable but answered", "abstention", sign=-1),
    "over_refusal": Measure("over-refusal: answerable but refused", "abstention", sign=-1),
    "balanced_accuracy": Measure("balanced accuracy of abstention"),
    "auroc": Measure("AUROC of confidence"),
    "seconds_p50": Measure("seconds, p50"),
    "seconds_p95": Measure("seconds, p95"),
}


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
