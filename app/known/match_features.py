"""What two wordings have in common and what only one of them has: what tells the same question from a similar one.

"R&D target" is not "R&D result", 2024 is not 2025.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from app.query.values import Query
from ingest.documents import guess_language
from ingest.questions.store import Wordings
from ingest.words import STOPWORDS, tokens

SPELLED = 5  # letters of a word from which it may be misspelled
ALIKE = 80.0  # percent of the letters of two words, here six at most, that must be the same in order: one may be wrong
ALONE = 0.2  # below the nearest wording a second one is taken to be where only one came near
FEATURES = (
    "cosine", "second", "ahead", "shared", "asked only", "known only", "numbers", "same language",
    "gap", "about", "Chinese",
)  # fmt: skip
"""See `features`."""
Row = Mapping[str, float]
ROLES = ("alone", "likeliest", "otherwise", "behind")
"""How a follow-up is read; see `readings_of`."""
OF_EACH = ("cosine", "second", "ahead", "asked only")  # features that count in each reading of a follow-up
FOLLOWED = (*FEATURES, *(f"{role}: {name}" for role in ROLES for name in OF_EACH))
"""See `features_in`."""


class WordWeights:
    """How much a word tells: log(N / n) over the wordings, as full-text search sees them, so that rare words weigh more."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._sets = [_meaning(t.split(" ")) for t in texts]
        counts = Counter(w for words in self._sets for w in words)
        self._weights = {w: math.log(1 + len(texts) / n) for w, n in counts.items()}
        self._known = list(self._weights)
        self._unseen = math.log(1 + len(texts))

    def spelled(self, words: frozenset[str]) -> frozenset[str]:
        """The words, one that no wording has as the known one that is spelled nearly so: "shenzen" is "shenzh"."""
        found = set()
        for word in words:
            long = word not in self._weights and len(word) >= SPELLED and word.isalpha()
            near = process.extractOne(word, self._known, scorer=fuzz.ratio, score_cutoff=ALIKE) if long else None
            found.add(near[0] if near else word)
        return frozenset(found)

    def words(self, number: int) -> frozenset[str]:
        """The words of one wording."""
        return self._sets[number]

    def sum(self, words: frozenset[str]) -> float:
        """What the words tell together."""
        return sum(self._weights.get(w, self._unseen) for w in words)


def words_of(text: str) -> frozenset[str]:
    """The words of a text that mean something, cut to six letters, which is enough to know their other forms."""
    return _meaning(tokens(text))


def _meaning(words: Iterable[str]) -> frozenset[str]:
    return frozenset(w[:6] if w.isascii() and w.isalpha() else w for w in words if w not in STOPWORDS)


def numbers_of(words: frozenset[str]) -> frozenset[str]:
    """Those that hold a digit: years, ordinals, figures, names of things with a number."""
    return frozenset(w for w in words if any(c.isdigit() for c in w))


def grouped(looked_at: Sequence[int], wordings: Wordings, cosines: NDArray[np.float32]) -> dict[int, list[int]]:
    """Question -> its wordings that were looked at, nearest first; questions in the order of their nearest."""
    found: dict[int, list[int]] = {}
    for n in sorted(looked_at, key=lambda n: -cosines[n]):
        found.setdefault(int(wordings.owner[n]), []).append(n)
    return found


def features(
    query: str,
    groups: Mapping[int, Sequence[int]],
    wordings: Wordings,
    cosines: NDArray[np.float32],
    weights: WordWeights,
) -> dict[int, Row]:
    """Question -> a value for each of `FEATURES`, in the order of the groups.

    Cosine of the nearest wording and of the second; how far it is ahead of the nearest wording of a question that is
    answered otherwise; of the words' weight the share of both that is shared, the share of the query's that all wordings
    lack, and the share of the nearest wording's that the query lacks; numbers that only one of them has; whether both are
    Han or neither; whether the question is a known gap, or about the program; whether the query is Chinese.
    """
    asked = weights.spelled(words_of(query))
    asked_weight = weights.sum(asked) or 1.0
    language = guess_language(query)
    nearest_first = [(float(cosines[members[0]]), wordings.questions[number].key) for number, members in groups.items()]
    found: dict[int, Row] = {}
    for number, members in groups.items():
        known, nearest = wordings.questions[number], float(cosines[members[0]])
        rival = next((c for c, key in nearest_first if key != known.key), 0.0)
        words = weights.words(members[0])
        all_words = frozenset(w for n in members for w in weights.words(n))
        odd = numbers_of(asked - all_words) | numbers_of(words - asked)
        values = (
            nearest, float(cosines[members[1]]) if len(members) > 1 else nearest - ALONE, nearest - rival,
            weights.sum(asked & words) / (weights.sum(asked | words) or 1.0), weights.sum(asked - all_words) / asked_weight,
            weights.sum(words - asked) / (weights.sum(words) or 1.0), float(min(len(odd), 2)),
            float(language == guess_language(wordings.texts[members[0]])),
            float(bool(known.gap) and not known.partial), float(bool(known.about)), float(language == "zh"),
        )  # fmt: skip
        found[number] = dict(zip(FEATURES, values, strict=True))
    return found


def readings_of(query: Query) -> dict[str, tuple[str, ...]]:
    """A query -> how it is read, by role: a first question as it is; a follow-up alone, as it reads most likely, otherwise,
    and behind the question before it."""
    if not query.before:
        return {"likeliest": (query.standalone,)}
    alone = query.readings[-1]  # of who asks for a source not the text, but the question whose answer it is
    others = tuple(r for r in query.readings if r not in (alone, query.standalone))
    read = ((alone,), (query.standalone,), others or (query.standalone,), (f"{query.before} {alone}",))
    return dict(zip(ROLES, read, strict=True))


def features_in(
    roles: Mapping[str, Sequence[str]],
    looked_at: Sequence[int],
    wordings: Wordings,
    cosines: Mapping[str, NDArray[np.float32]],
    weights: WordWeights,
) -> dict[int, Row]:
    """Readings by role, with the cosines of each -> question -> a value for each of `FEATURES`, of a follow-up `FOLLOWED`:
    all features in the reading that the question comes nearest to, and some in each role."""
    read = {
        text: features(text, grouped(looked_at, wordings, cosines[text]), wordings, cosines[text], weights)
        for text in dict.fromkeys(text for texts in roles.values() for text in texts)
    }
    found: dict[int, Row] = {}
    for number in read[roles["likeliest"][0]]:
        rows = {role: max((read[text][number] for text in texts), key=_cosine) for role, texts in roles.items()}
        nearest = max(rows.values(), key=_cosine)
        of_each = {f"{role}: {name}": row[name] for role, row in rows.items() for name in OF_EACH}
        found[number] = {**nearest, **of_each} if len(rows) > 1 else nearest
    return found


def _cosine(row: Row) -> float:
    return row["cosine"]
