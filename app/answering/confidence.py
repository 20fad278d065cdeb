"""How likely the evidence holds the answer: a logistic of what the reranker gives the best passage and its paragraph.

A sentence alone can look like an answer that its paragraph does not give, and the other way round; both weigh the same.
`python -m evals.training.decide` fits the two numbers on answers to strangers that were judged: how likely it is a good one.
Adding the score of the cross-encoder before our training with a negative weight, or the share of the question's words that
are missing, would part near misses from answers much better on our own set and worse on other people's: our answerable
questions were written in other words than the texts, the near misses were not (docs/decisions/012).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from app.answers import Hit

INTERCEPT = -0.545
WEIGHT = 0.416


def best_score(hits: Sequence[Hit]) -> float:
    """The highest that a passage is read with, minus infinity without: a logit of the reranker, or one on its scale."""
    return max((h.rerank_score for h in hits), default=-math.inf)


def read_score(hits: Sequence[Hit]) -> float:
    """The logit of whether the best passage and its paragraph answer at all; what the passage is read with where none is
    given; minus infinity without hits."""
    best = max(hits, key=lambda h: h.score, default=None)
    if best is None:
        return -math.inf
    return best.rerank_score if best.answerability is None else best.answerability


def confidence(hits: Sequence[Hit]) -> float:
    """A probability, 0..1; 0 without hits."""
    if not hits:
        return 0.0
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, INTERCEPT + WEIGHT * read_score(hits)))))
