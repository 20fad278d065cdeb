"""What a question and a passage have in common that can be seen without a model: words, a year, a row's
subject.

A small reranker takes "exported" for "imported" and one year for another; who looks at the words does not. The weights are
logits beside the reranker's; `python -m evals.training.fit_weights` fits them on questions about documents that it was not
trained on.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.text.spans import content, years_of

WEIGHTS = {
    "words": 1.5,  # all words of the question that any of the passages has
    "year": 1.2,  # a year that the question names
    "subject": 1.9,  # a row of a table whose first cell stands in the question
}
_HOW = re.compile(r"\bhow (?:large|big|small|long|high|tall|far|deep|wide|old|fast|strong|common|close)\b", re.IGNORECASE)
_BRACKETS = re.compile(r"\([^()]*\)|（[^（）]*）")


def feature_scores(
    question: str, years: Sequence[str], passages: Sequence[str], in_place: Sequence[str], subjects: Sequence[str]
) -> NDArray[np.float64]:
    """What each passage has of the question, in logits, 0 for nothing; see `features`."""
    return np.asarray(features(question, years, passages, in_place, subjects) @ np.array(list(WEIGHTS.values())))


def features(
    question: str, years: Sequence[str], passages: Sequence[str], in_place: Sequence[str], subjects: Sequence[str]
) -> NDArray[np.float64]:
    """One row a passage, one column a weight, each 0 to 1.

    `years` are those that the question names; `passages` as they read alone, `in_place` behind their title and heading;
    `subjects` are the first cells of rows of a table, '' for other passages.
    """
    named = set(years)
    asking = content(_HOW.sub(" ", question))  # "how large" asks for a figure, not for "the largest"
    words = _shares(asking, [content(text) for text in in_place])
    found = [
        (
            share,
            not named.isdisjoint(years_of(text)),
            _named(subject, asking),
        )
        for share, text, subject in zip(words, passages, subjects, strict=True)
    ]
    return np.array(found, dtype=np.float64).reshape(-1, len(WEIGHTS))


def _named(subject: str, asking: set[str]) -> float:
    """The share of a subject's words, without what stands in brackets, that the question has."""
    words = content(_BRACKETS.sub(" ", subject))
    return len(words & asking) / len(words) if words else 0.0


def _shares(wanted: set[str], texts: Sequence[set[str]]) -> list[float]:
    """Of the wanted words that any text has, the share that each has; one that n of N have counts for
    log((N + 1) / (n + 1/2))."""
    among = Counter(word for text in texts for word in text & wanted)
    tells = {word: math.log((len(texts) + 1) / (number + 0.5)) for word, number in among.items()}
    total = sum(tells.values())
    return [sum(tells[word] for word in text & wanted) / total if total else 0.0 for text in texts]
