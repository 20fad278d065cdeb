"""How likely the evidence holds the answer: a logistic model over few features that a person would name.

The weights come from `python -m evals.calibrate` on the tuning half of our own questions; evals/LOG.md has the numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from app.answers import Evidence, Hit, Question
from ingest.words import STOPWORDS, tokens

FEATURES = ("relevance", "paragraph", "gap", "coverage", "names")
INTERCEPT = -1.0
WEIGHTS = (0.25, 0.15, 0.0, 2.0, 1.0)
_NAME_OR_FIGURE = re.compile(r"(?<!^)(?<![.?!] )\b[A-Z][\w&-]+|\b\d[\d.,]*\d\b|\b\d\b")


def features(question: Question, hits: Sequence[Hit], evidence: Sequence[Evidence]) -> tuple[float, ...]:
    """In the order of `FEATURES`.

    relevance: best passage score; paragraph: best chunk score; gap: best minus fifth passage score; coverage: share of the
    question's content words in the three best passages with their title and heading; names: the same for names and figures.
    """
    best = hits[0]
    fifth = hits[min(4, len(hits) - 1)]
    shown = " ".join(f"{e.document.title} {e.passage.heading} {e.text}" for e in evidence[:3])
    have = _stems(tokens(shown))
    asked = _stems(w for w in tokens(question.read_as) if w not in STOPWORDS)
    names = _stems(w for n in _NAME_OR_FIGURE.findall(question.read_as) for w in tokens(n))
    return (
        max(h.relevance for h in hits),
        max(h.paragraph for h in hits),
        best.score - fifth.score,
        len(asked & have) / len(asked) if asked else 0.0,
        len(names & have) / len(names) if names else 1.0,
    )


def confidence(question: Question, hits: Sequence[Hit], evidence: Sequence[Evidence]) -> float:
    """A probability, 0..1."""
    values = features(question, hits, evidence)
    z = INTERCEPT + sum(w * v for w, v in zip(WEIGHTS, values, strict=True))
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, z))))


def _stems(words: object) -> set[str]:
    """Words without the commonest English endings, so that `plans` meets `plan`."""
    return {re.sub(r"(?<=\w{3})(ies|es|s|ing|ed)$", "", w) for w in words}  # type: ignore[attr-defined]
