"""The confidence that the passages that were found answer a question.

It is a logistic function of what the reranker gives the best passage and its paragraph. A sentence alone can look like an
answer that its paragraph does not give, and the other way round; both weigh the same. `python -m evals.training.match`
prints the two numbers, fitted on answers to strangers that were judged. To add the score of the cross-encoder before our
training with a negative weight, or the share of the question's words that are missing, would part near misses from answers
much better on our own set and worse on other people's: our answerable questions were written in other words than the texts,
the near misses were not (docs/decisions/012).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from app.answers import Hit

INTERCEPT = -0.545
WEIGHT = 0.416


def best_logit(hits: Sequence[Hit]) -> float:
    """Return the logit of whether the best passage and its paragraph answer at all.

    If the hit has none, the passage's reranker score is returned. Without hits the result is minus infinity.
    """
    best = max(hits, key=lambda h: h.score, default=None)
    if best is None:
        return -math.inf
    return best.rerank_score if best.answerability is None else best.answerability


def confidence(hits: Sequence[Hit]) -> float:
    """Return the probability, from 0 to 1, that the best passage answers; 0 without hits."""
    if not hits:
        return 0.0
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, INTERCEPT + WEIGHT * best_logit(hits)))))
