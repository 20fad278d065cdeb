"""Query -> the known question that asks the same, and how likely it does.

Candidates come from the nearest wordings by vector and by words. `order` says which of them asks the same most likely,
`good` how likely the answer of each of the best is a good one, from the same and from what the reader makes of the first
passage. Both were fitted on strangers' turns that were judged: `python -m evals.training.match`, which writes `match.json`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

import numpy as np

from app.retrieval.alike import Alike, shipped_alike
from app.retrieval.match_features import Row, WordWeights, features, grouped
from ingest.documents import guess_language
from ingest.models import Embedder, Reranker
from ingest.question_store import Place, QuestionStore, Resolved, Wordings
from ingest.questions import wording_key

NEAREST = 30  # wordings that each search brings
READ_FIRST = 3  # matches whose first answers are read
READ = 8.0  # logits of the reader count up to here, both ways
MATCHED = 0.6  # probability that a known question's answer is a good one, from which it is given (docs/decisions/048)
SAME = 0.99  # probability of a wording that was asked letter for letter, and not as one of several readings
Near = Mapping[tuple[str, int], float]
"""(document, start) of a passage -> the probability that a known question which it answers first asks the same."""


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
    """Weights by the names of `match_features.FEATURES`; those of `good` also of what `judged` adds, and `bias`."""

    order: Row
    good: Row
    alike: Alike

    def score(self, row: Row) -> float:
        """A candidate's features -> what candidates are ordered by, higher is likelier."""
        return sum(weight * row[name] for name, weight in self.order.items())

    def probability(self, row: Row) -> float:
        """A row of `judged` -> the probability that the answer is a good one."""
        return 1 / (1 + math.exp(-self.good["bias"] - sum(self.good[name] * value for name, value in row.items())))

    def judged(self, row: Row, reader: float | None) -> Row:
        """A candidate's features and what the reader gives its first answer (None where it cannot read it) -> the same with
        both, and the score."""
        read = min(max(reader or 0.0, -READ), READ)
        return {**row, "order": self.score(row), "reader": read, "unread": float(reader is None)}


def shipped_model() -> MatchModel:
    """The fitted model that comes with the program."""
    given: dict[str, Any] = json.loads(resources.files(__package__).joinpath("match.json").read_text(encoding="utf-8"))
    return MatchModel(given["order"], given["good"], shipped_alike())


@dataclass(frozen=True, slots=True)
class Candidate:
    """A known question that came near: its wordings that came near, the nearest first, whether one of them is the query
    letter for letter, its features and its score."""

    number: int
    known: Resolved
    wordings: tuple[str, ...]
    equal: bool
    row: Row
    score: float


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
        """All wordings as they are now, their vectors as they tell questions apart; read again where they changed."""
        stamp = self.store.stamp
        loaded = self._loaded
        if loaded is None or loaded[0] != stamp:
            wordings = self.store.wordings()
            seen = self.model.alike.seen(wordings.vectors, self.embedder.fingerprint)
            loaded = self._loaded = (stamp, replace(wordings, vectors=seen), WordWeights(wordings.words))
        return loaded[1], loaded[2]

    def candidates(self, query: str, other_reading: bool = False) -> tuple[Candidate, ...]:
        """The known questions that came near, likeliest first. `other_reading`: the query is not how the question reads most
        likely."""
        wordings, weights = self.known
        if not len(wordings):
            return ()
        asked = self.model.alike.seen(self.embedder.queries([query]), self.embedder.fingerprint)
        cosines = wordings.vectors @ asked[0]
        near = np.argsort(-cosines)[:NEAREST].tolist()
        looked_at = dict.fromkeys([*near, *self.store.word_search(query, NEAREST)])
        groups = grouped(list(looked_at), wordings, cosines)
        rows = features(query, groups, wordings, cosines, weights, other_reading)
        found = []
        for number, row in rows.items():
            texts = tuple(wordings.texts[m] for m in groups[number])
            equal = wording_key(query) in map(wording_key, texts)
            known, score = wordings.questions[number], self.model.score(row)
            found.append(Candidate(number, known, texts, equal, row, score))
        return tuple(sorted(found, key=lambda c: (not c.equal, -c.score)))

    def matches(self, query: str, limit: int = 5, other_reading: bool = False) -> tuple[Match, ...]:
        """The known questions that most likely ask the same, best first; () where there are none."""
        best = self.candidates(query, other_reading)[:limit]
        read = self.readings(query, [c.known for c in best[:READ_FIRST]])
        found = []
        for n, candidate in enumerate(best):
            same = candidate.equal and (not other_reading or bool(candidate.known.about))
            row = self.model.judged(candidate.row, read[n] if n < len(read) else None)
            probability = SAME if same else self.model.probability(row)
            found.append(Match(candidate.number, candidate.known, candidate.wordings[0], probability, query))
        return tuple(sorted(found, key=lambda m: -m.probability))

    def readings(self, query: str, questions: Sequence[Resolved]) -> list[float | None]:
        """What the reader makes of the first answer of each; None where it can read none."""
        if self.reader is None or guess_language(query) == "zh":
            return [None] * len(questions)
        texts = [self.read(q.held[0]) if q.held else "" for q in questions]
        logits = iter(self.reader.judged(query, [t for t in texts if t]))
        return [next(logits) if t else None for t in texts]
