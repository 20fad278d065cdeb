"""The measures, each with its definition. A measure of one case lies between 0 and 1; every case counts."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Span = tuple[str, int, int]
"""(document id, start, end)"""


# --- exact match and F1: Rajpurkar et al., SQuAD, EMNLP 2016; an empty answer as in SQuAD 2.0, ACL 2018


def squad_normalise(text: str) -> str:
    """A text -> the same in lower case without punctuation, articles and surplus white space."""
    bare = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


def exact_match(said: str, golds: Sequence[str]) -> float:
    """What is said and gold answers -> 1 where it equals one of them; without gold answers, where nothing is said."""
    return float(any(squad_normalise(said) == squad_normalise(g) for g in golds or [""]))


def f1(said: str, golds: Sequence[str]) -> float:
    """What is said and gold answers -> the best harmonic mean, over the gold answers, of precision and recall of words."""
    return max(_f1(squad_normalise(said).split(), squad_normalise(g).split()) for g in golds or [""])


def _f1(said: list[str], gold: list[str]) -> float:
    if not said or not gold:
        return float(said == gold)
    common = sum((Counter(said) & Counter(gold)).values())
    return 2 * common / (len(said) + len(gold))


# --- citations against gold sentences: Gao et al., Enabling LLMs to Generate Text with Citations, EMNLP 2023


def overlap(a: Span, b: Span) -> bool:
    """Two spans -> whether they share a character of one document."""
    return a[0] == b[0] and a[1] < b[2] and b[1] < a[2]


def citation_precision(cited: Sequence[Span], gold: Sequence[Sequence[Span]]) -> float:
    """Citations and gold sentences -> the share of the citations that overlap a gold sentence (which may stand in many
    places); 0 without citations."""
    if not cited:
        return 0.0
    return sum(any(overlap(c, s) for spans in gold for s in spans) for c in cited) / len(cited)


def citation_recall(cited: Sequence[Span], gold: Sequence[Sequence[Span]]) -> float:
    """Citations and gold sentences -> the share of the gold sentences that a citation overlaps."""
    return sum(any(overlap(c, s) for s in spans for c in cited) for spans in gold) / len(gold)


# --- finding the evidence: ir-measures (MacAvaney et al., ECIR 2022)

RANKING = ("recall@5", "mrr", "ndcg@10")


def ranking(hits: Sequence[Span], gold: Sequence[Sequence[Span]]) -> dict[str, float]:
    """Hits and gold sentences -> recall@5, reciprocal rank and nDCG@10 of the gold sentences among the hits, best first; a
    further hit on one gold sentence counts as nothing."""
    import ir_measures
    from ir_measures import RR, R, nDCG

    order: list[str] = []
    for number, hit in enumerate(hits):
        found = next((f"gold {n}" for n, spans in enumerate(gold) if any(overlap(hit, s) for s in spans)), "")
        order.append(found if found and found not in order else f"hit {number}")
    qrels = {"q": {f"gold {n}": 1 for n in range(len(gold))}}
    run = {"q": {name: float(-rank) for rank, name in enumerate(order)}}
    values = {m.measure: m.value for m in ir_measures.iter_calc([R @ 5, RR, nDCG @ 10], qrels, run)}
    return dict(zip(RANKING, (float(values.get(m, 0.0)) for m in (R @ 5, RR, nDCG @ 10)), strict=True))


# --- over a set

Column = NDArray[np.float64]


def auroc(confidence: Column, positive: NDArray[np.bool_]) -> float:
    """Confidences -> the chance that a positive case has more than a negative one, ties half (Fawcett, 2006)."""
    positives, negatives = confidence[positive], np.sort(confidence[~positive])
    if not positives.size or not negatives.size:
        return float("nan")
    below = np.searchsorted(negatives, positives, "left") + np.searchsorted(negatives, positives, "right")
    return float(below.mean() / 2.0 / negatives.size)


def risk_coverage(confidence: Column, wrong: Column) -> tuple[Column, Column]:
    """Confidences -> coverage and its risk when the cases with most confidence are answered: Geifman and El-Yaniv, NeurIPS
    2017.

    Cases of one confidence stand or fall together: within a tie the risk is spread evenly.
    """
    values, place = np.unique(-confidence, return_inverse=True)
    spread = np.bincount(place, wrong, len(values)) / np.bincount(place, minlength=len(values))
    count = np.arange(1, len(confidence) + 1)
    return count / len(confidence), np.cumsum(spread[np.sort(place)]) / count


def risk_coverage_area(confidence: Column, wrong: Column) -> float:
    """Confidences -> mean risk over all coverages: lower is better."""
    return float(risk_coverage(confidence, wrong)[1].mean())


def percentile(values: Column, share: float) -> float:
    """Values -> the value below which `share` percent lie, linear between neighbours."""
    return float(np.percentile(values, share))
