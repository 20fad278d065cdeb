"""Query -> the known question that asks the same, and how likely it does.

Candidates come from the nearest wordings by vector and by words; a logistic regression over what the two wordings have in
common and what only one of them has tells the same question from a similar one ("R&D target" is not "R&D result", 2024 is
not 2025). Of the best a second one says how likely their answers are good ones, from the same and from what the reader makes
of the first answer; it was fitted on answers that were judged. `python -m evals.training.match` fits both, and writes
`match.json`.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from ingest.documents import guess_language
from ingest.models import Embedder, Reranker
from ingest.question_store import Place, QuestionStore, Resolved, Wordings
from ingest.questions import wording_key
from ingest.words import STOPWORDS, tokens

NEAREST = 30  # wordings that each search brings
READ_FIRST = 2  # matches whose first answers are read
READ = 8.0  # logits of the reader count up to here, both ways
SAME = 0.99  # probability of a wording that was asked letter for letter, and not as one of several readings
SPELLED = 5  # letters of a word from which it may be misspelled
ALIKE = 80.0  # percent of the letters of two words, here six at most, that must be the same in order: one may be wrong
FEATURES = ("cosine", "second", "ahead", "shared", "asked only", "known only", "numbers", "same language")
"""See `MatchModel.features`."""


@dataclass(frozen=True, slots=True)
class Match:
    """A known question that may ask the same as the query: its number in the store, the wording that is nearest, the
    probability that its answer is a good one."""

    number: int
    known: Resolved
    wording: str
    probability: float
    query: str = ""


def covers(match: Match, within: Sequence[str] | None) -> bool:
    """Whether the match says something where only some documents are asked."""
    return within is None or bool(match.known.about) or any(p.document_id in within for p in match.known.answers)


Near = Mapping[tuple[str, int], float]
"""(document, start) of a passage -> the probability that a known question which it answers first asks the same."""


def near_answers(matches: Sequence[Match]) -> Near:
    """The first answers of known questions that may ask the same; none of a gap."""
    near: dict[tuple[str, int], float] = {}
    for match in matches:
        for place in match.known.held[:1]:
            key = (place.document_id, place.start)
            near[key] = max(match.probability, near.get(key, 0.0))
    return near


@dataclass(frozen=True, slots=True)
class MatchModel:
    """A logistic regression: `weights` in the order of `FEATURES`, on features less `means` over `spreads`."""

    weights: tuple[float, ...]
    means: tuple[float, ...]
    spreads: tuple[float, ...]
    bias: float
    judged: Mapping[str, float]
    """Weights of the second one, by the names of `judged_row` and `bias`."""

    def good(self, row: Mapping[str, float]) -> float:
        """A `judged_row` -> the probability that the answer is a good one."""
        return 1 / (1 + math.exp(-self.judged["bias"] - sum(self.judged[name] * value for name, value in row.items())))

    def probability(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """One probability a row."""
        scaled = (features - np.array(self.means)) / np.array(self.spreads)
        return np.asarray(1 / (1 + np.exp(-(scaled @ np.array(self.weights) + self.bias))))


def judged_row(
    probability: float, features: Sequence[float], reader: float | None, known: Resolved, chinese: bool, other_reading: bool
) -> dict[str, float]:
    """What tells whether a match's answer is good: the match's probability, what the reader gives its first answer (None
    where it cannot read it), its kind, and `FEATURES`."""
    p = min(max(probability, 1e-4), 1 - 1e-4)
    return {
        "match": math.log(p / (1 - p)),
        "reader": min(max(reader or 0.0, -READ), READ),
        "unread": float(reader is None),
        "gap": float(bool(known.gap) and not known.partial),
        "about": float(bool(known.about)),
        "other reading": float(other_reading),
        "Chinese": float(chinese),
        **dict(zip(FEATURES, features, strict=True)),
    }


def shipped_model() -> MatchModel:
    """The fitted model that comes with the program."""
    given: dict[str, Any] = json.loads(resources.files(__package__).joinpath("match.json").read_text(encoding="utf-8"))
    weights, means, spreads = (tuple(given[name]) for name in ("weights", "means", "spreads"))
    return MatchModel(weights, means, spreads, float(given["bias"]), given["judged"])


class Matcher:
    """Matches queries against the known questions of one index. Safe to share between threads. With a `reader` the best are
    confirmed: it reads their first answers for the query, as `read` gives their texts; it knows English only."""

    def __init__(
        self,
        store: QuestionStore,
        embedder: Embedder,
        model: MatchModel,
        reader: Reranker | None = None,
        read: Callable[[Place], str] = lambda _: "",
    ) -> None:
        self.store, self.embedder, self.model, self.reader, self.read = store, embedder, model, reader, read
        self._loaded: tuple[int, Wordings, WordWeights] | None = None

    @property
    def known(self) -> tuple[Wordings, WordWeights]:
        """All wordings as they are now, read again where they changed."""
        stamp = self.store.stamp
        loaded = self._loaded
        if loaded is None or loaded[0] != stamp:
            wordings = self.store.wordings()
            loaded = self._loaded = (stamp, wordings, WordWeights(wordings.words))
        return loaded[1], loaded[2]

    def matches(self, query: str, limit: int = 5, other_reading: bool = False) -> tuple[Match, ...]:
        """The known questions that most likely ask the same, best first; () where there are none. `other_reading`: the query
        is not how the question reads most likely."""
        wordings, weights = self.known
        if not len(wordings):
            return ()
        cosines = wordings.vectors @ self.embedder.queries([query])[0]
        near = np.argsort(-cosines)[:NEAREST].tolist()
        looked_at = dict.fromkeys([*near, *self.store.word_search(query, NEAREST)])
        groups = grouped(list(looked_at), wordings, cosines)
        rows = features(query, groups, wordings, cosines, weights)
        probable = self.model.probability(np.array([f for _, f in rows])).tolist()
        best = sorted(zip(probable, rows, strict=True), key=lambda pair: -pair[0])[:limit]
        read = self._read(query, [wordings.questions[number] for _, (number, _) in best[:READ_FIRST]])
        found = []
        for n, (p, (number, row)) in enumerate(best):
            known, members = wordings.questions[number], groups[number]
            told = judged_row(p, row, read[n] if n < len(read) else None, known, _chinese(query), other_reading)
            equal = any(_equal(query, wordings.texts[m]) for m in members)
            same = equal and (not other_reading or bool(known.about))
            found.append(Match(number, known, wordings.texts[members[0]], SAME if same else self.model.good(told), query))
        return tuple(sorted(found, key=lambda m: -m.probability))

    def _read(self, query: str, questions: Sequence[Resolved]) -> list[float | None]:
        """What the reader makes of the first answer of each; None where it can read none."""
        if self.reader is None or _chinese(query):
            return [None] * len(questions)
        texts = [self.read(q.held[0]) if q.held else "" for q in questions]
        logits = iter(self.reader.judged(query, [t for t in texts if t]))
        return [next(logits) if t else None for t in texts]


def _chinese(text: str) -> bool:
    return guess_language(text) == "zh"


def _equal(query: str, wording: str) -> bool:
    return wording_key(query) == wording_key(wording)


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
    groups: dict[int, list[int]],
    wordings: Wordings,
    cosines: NDArray[np.float32],
    weights: WordWeights,
) -> list[tuple[int, tuple[float, ...]]]:
    """(question, one value each of `FEATURES`), in the order of the groups.

    Cosine of the nearest wording and of the second; how far it is ahead of the nearest wording of a question that is
    answered otherwise; of the words' weight the share of both that is shared, the share of the query's that all wordings
    lack, and the share of the nearest wording's that the query lacks; numbers that only one of them has; whether both are
    Han or neither.
    """
    asked = weights.spelled(words_of(query))
    asked_weight = weights.sum(asked) or 1.0
    han = any("\u4e00" <= c <= "\u9fff" for c in query)
    tops = [(float(cosines[members[0]]), wordings.questions[number].key, number) for number, members in groups.items()]
    found: list[tuple[int, tuple[float, ...]]] = []
    for number, members in groups.items():
        own = wordings.questions[number].key
        best = members[0]
        rival = max((c for c, first, other in tops if other != number and first != own), default=0.0)
        words = weights.words(best)
        all_words = frozenset(w for n in members for w in weights.words(n))
        either, shared = weights.sum(asked | words) or 1.0, weights.sum(asked & words)
        same = han == any("\u4e00" <= c <= "\u9fff" for c in wordings.texts[best])
        odd = numbers_of(asked - all_words) | numbers_of(words - asked)
        found.append((number, (
            float(cosines[best]), float(cosines[members[1]]) if len(members) > 1 else float(cosines[best]) - 0.1,
            float(cosines[best]) - rival, shared / either, weights.sum(asked - all_words) / asked_weight,
            weights.sum(words - asked) / (weights.sum(words) or 1.0), float(min(len(odd), 2)), float(same),
        )))  # fmt: skip
    return found
