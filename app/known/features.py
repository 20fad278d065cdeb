"""Counts as numbers what a turn and a known question have in common, and what only one of them has.

"R&D target" is not "R&D result", 2024 is not 2025.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from ingest.questions.store import Wordings
from ingest.words import STOPWORDS, tokens

SPELLED = 5  # letters of a word from which it may be misspelled
ALIKE = 80.0  # percent of the letters of two words, here six at most, that must be the same in order: one may be wrong
ALONE = 0.2  # below the nearest wording a second one is taken to be if only one came near
FEATURES = ("cosine", "second", "shared", "asked only", "known only", "numbers", "gap", "about")
"""See `features`."""
Row = Mapping[str, float]
SELDOM = 5_000  # wordings of which at most one has a rare word


class WordWeights:
    """The weight of a word: log(N / n) over the wordings, as full-text search sees them, so that rare words weigh more."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._sets = [_meaning(t.split(" ")) for t in texts]
        counts = Counter(w for words in self._sets for w in words)
        self._weights = {w: math.log(1 + len(texts) / n) for w, n in counts.items()}
        self._known = list(self._weights)
        self._unseen = math.log(1 + len(texts))

    def spelled(self, words: frozenset[str]) -> frozenset[str]:
        """Return the words, one that no wording has as the known one that is spelled nearly so: "shenzen" is "shenzh"."""
        found = set()
        for word in words:
            long = word not in self._weights and len(word) >= SPELLED and word.isalpha()
            near = process.extractOne(word, self._known, scorer=fuzz.ratio, score_cutoff=ALIKE) if long else None
            found.add(near[0] if near else word)
        return frozenset(found)

    def words(self, number: int) -> frozenset[str]:
        """Return the words of one wording."""
        return self._sets[number]

    def are_rare(self, words: frozenset[str]) -> bool:
        """Return True if almost no wording has any of the words, nor one that is spelled nearly so."""
        spelled = self.spelled(words) == words
        return spelled and all(self._weights.get(w, self._unseen) >= math.log(1 + SELDOM) for w in words)

    def sum(self, words: frozenset[str]) -> float:
        """Return what the words tell together."""
        return sum(self._weights.get(w, self._unseen) for w in words)


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text that mean something, cut to six letters, which is enough to know their other forms."""
    return _meaning(tokens(text))


def _meaning(words: Iterable[str]) -> frozenset[str]:
    return frozenset(w[:6] if w.isascii() and w.isalpha() else w for w in words if w not in STOPWORDS)


def numbers_of(words: frozenset[str]) -> frozenset[str]:
    """Return those that hold a digit: years, ordinals, figures, names of things with a number."""
    return frozenset(w for w in words if any(c.isdigit() for c in w))


def features(
    text: str, groups: Mapping[int, Sequence[int]], wordings: Wordings, cosines: NDArray[np.float32], weights: WordWeights
) -> dict[int, Row]:
    """Return a value for each of `FEATURES`, by known question.

    Cosine of the nearest wording and of the second; of the words' weight the share of both that is shared, the share of the
    turn's that all wordings lack, and the share of the nearest wording's that the turn lacks; numbers that only one of them
    has, up to two; whether the question is a known gap, or about the program.

    Args:
        text: The turn, behind the question before it if it follows one.
        groups: Known questions with their wordings that came near, nearest first.
        wordings: All wordings.
        cosines: Those of all wordings with the turn, (n,).
        weights: What words tell.
    """
    asked = weights.spelled(words_of(text))
    asked_weight = weights.sum(asked) or 1.0
    found: dict[int, Row] = {}
    for number, members in groups.items():
        known, nearest = wordings.questions[number], float(cosines[members[0]])
        words = weights.words(members[0])
        all_words = frozenset(w for n in members for w in weights.words(n))
        odd = numbers_of(asked - all_words) | numbers_of(words - asked)
        values = (
            nearest, float(cosines[members[1]]) if len(members) > 1 else nearest - ALONE,
            weights.sum(asked & words) / (weights.sum(asked | words) or 1.0), weights.sum(asked - all_words) / asked_weight,
            weights.sum(words - asked) / (weights.sum(words) or 1.0), float(min(len(odd), 2)),
            float(bool(known.gap) and not known.partial), float(bool(known.about)),
        )  # fmt: skip
        found[number] = dict(zip(FEATURES, values, strict=True))
    return found
