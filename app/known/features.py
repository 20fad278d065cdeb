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

FEATURE_NAMES = ("cosine", "second", "shared", "asked only", "known only", "numbers", "gap", "about")
"""See `match_features`."""
Features = Mapping[str, float]
RARE_SHARE = 5_000  # wordings of which at most one has a rare word


class WordWeights:
    """The weight of a word: log(N / n) over the wordings, as full-text search sees them, so that rare words weigh more."""

    def __init__(self, wordings: Sequence[str]) -> None:
        self._sets = [_content_words(t.split(" ")) for t in wordings]
        counts = Counter(w for words in self._sets for w in words)
        self._weights = {w: math.log(1 + len(wordings) / n) for w, n in counts.items()}
        self._known = list(self._weights)
        self._unseen = math.log(1 + len(wordings))

    def spelled(self, words: frozenset[str]) -> frozenset[str]:
        """Return the words, one that no wording has as the known one that is spelled nearly so: "shenzen" is "shenzh".

        Such a word has five letters or more, of which (six at most) one may be wrong.
        """
        result = set()
        for word in words:
            long = word not in self._weights and len(word) >= 5 and word.isalpha()
            closest = process.extractOne(word, self._known, scorer=fuzz.ratio, score_cutoff=80.0) if long else None
            result.add(closest[0] if closest else word)
        return frozenset(result)

    def words(self, number: int) -> frozenset[str]:
        """Return the words of one wording."""
        return self._sets[number]

    def are_rare(self, words: frozenset[str]) -> bool:
        """Return True if almost no wording has any of the words, nor one that is spelled nearly so."""
        spelled = self.spelled(words) == words
        return spelled and all(self._weights.get(w, self._unseen) >= math.log(1 + RARE_SHARE) for w in words)

    def sum(self, words: frozenset[str]) -> float:
        """Return what the words tell together."""
        return sum(self._weights.get(w, self._unseen) for w in words)


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text that mean something, cut to six letters, which is enough to know their other forms."""
    return _content_words(tokens(text))


def _content_words(words: Iterable[str]) -> frozenset[str]:
    return frozenset(w[:6] if w.isascii() and w.isalpha() else w for w in words if w not in STOPWORDS)


def numbers_of(words: frozenset[str]) -> frozenset[str]:
    """Return those that hold a digit: years, ordinals, figures, names of things with a number."""
    return frozenset(w for w in words if any(c.isdigit() for c in w))


def match_features(
    text: str, groups: Mapping[int, Sequence[int]], wordings: Wordings, cosines: NDArray[np.float32], weights: WordWeights
) -> dict[int, Features]:
    """Return a value for each of `FEATURE_NAMES`, by known question.

    Cosine of the closest wording and of the second (0.2 lower if only one came near); of the words' weight the share of
    both that is shared, the share of the turn's that all wordings lack, and the share of the closest wording's that the
    turn lacks; numbers that only one of them has, up to two; whether the question is a known gap, or about the program.

    Args:
        text: The turn, behind the question before it if it follows one.
        groups: Known questions with their wordings that came near, nearest first.
        wordings: All wordings.
        cosines: Those of all wordings with the turn, (n,).
        weights: What words tell.
    """
    turn_words = weights.spelled(words_of(text))
    turn_weight = weights.sum(turn_words) or 1.0
    result: dict[int, Features] = {}
    for number, members in groups.items():
        known, words = wordings.questions[number], weights.words(members[0])
        first, *others = (float(cosines[n]) for n in members[:2])
        known_words = frozenset(w for n in members for w in weights.words(n))
        unshared_numbers = numbers_of(turn_words - known_words) | numbers_of(words - turn_words)
        values = (
            first, others[0] if others else first - 0.2,
            weights.sum(turn_words & words) / (weights.sum(turn_words | words) or 1.0),
            weights.sum(turn_words - known_words) / turn_weight,
            weights.sum(words - turn_words) / (weights.sum(words) or 1.0), float(min(len(unshared_numbers), 2)),
            float(bool(known.gap) and not known.partial), float(bool(known.about)),
        )  # fmt: skip
        result[number] = dict(zip(FEATURE_NAMES, values, strict=True))
    return result
