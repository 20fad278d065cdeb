"""How likely the evidence holds the answer: a logistic of the best paragraph's reranker score.

`python -m evals.calibrate` fits the two numbers on our own tuning questions. The gap between scores, shares of the words
and names of the question that were found, and the similarity of the embeddings did not help (evals/LOG.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from app.answers import Hit

INTERCEPT = -8.470
WEIGHT = 1.583


def best_paragraph(hits: Sequence[Hit]) -> float:
    """The highest score of a chunk among the hits: a logit of the reranker, or a stretched cosine for Chinese."""
    return max(h.paragraph for h in hits)


def confidence(hits: Sequence[Hit]) -> float:
    """A probability, 0..1; 0 without hits."""
    if not hits:
        return 0.0
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, INTERCEPT + WEIGHT * best_paragraph(hits)))))
