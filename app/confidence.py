"""How likely the documents treat what is asked: a logistic of the best paragraph's reranker score.

`python -m evals.calibrate` fits the two numbers on our own tuning questions, answerable ones against those that are far from
every document. It cannot tell a near miss, whose topic is there and whose answer is not: neither scores nor gaps, shares of
the question's words, names and years, or similarities of the embeddings could (evals/LOG.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from app.answers import Hit

INTERCEPT = 3.618
WEIGHT = 0.792


def best_paragraph(hits: Sequence[Hit]) -> float:
    """The highest score of a chunk among the hits: a logit of the reranker, or a stretched cosine for Chinese.

    Minus infinity without hits.
    """
    return max((h.paragraph for h in hits), default=-math.inf)


def confidence(hits: Sequence[Hit]) -> float:
    """A probability, 0..1; 0 without hits."""
    if not hits:
        return 0.0
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, INTERCEPT + WEIGHT * best_paragraph(hits)))))
