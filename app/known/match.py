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
from numpy.typing import NDArray

from app.known.alike import Alike, Behind, shipped_alike, shipped_behind
from app.known.match_features import Row, WordWeights, features_in, grouped, readings_of
from app.query.values import Query
from app.retrieval.retriever import Near
from ingest.documents import guess_language
from ingest.models.load import Embedder, Reranker
from ingest.questions.known import wording_key
from ingest.questions.store import Place, QuestionStore, Resolved, Wordings

NEAREST = 30  # wordings that each search brings
READ_FIRST = 3  # matches whose first answers are read
READ = 8.0  # logits of the reader count up to here, both ways
MATCHED = 0.6  # probability that a known question's answer is a good one, from which it is given (docs/decisions/048)
LEAST = (
    0.5  # cosine with where a follow-up stands that 96 of 100 right questions have: what is known of a thin folder is far
)
SAME = 0.99  # probability of a wording that was asked letter for letter, as the question reads most likely
Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Match:
    """A known question that may ask the same as the query: its number in the store, the wording that is nearest, the
    probability that its answer is a good one. `read_as` is how the question is read then."""

    number: int
    known: Resolved
    wording: str
    probability: float
    read_as: str = ""


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
class Weights:
    """Weights by the names of features, `match_features.FEATURES` of a first question, `FOLLOWED` of one that follows
    another; those of `good` also of what `judged` adds, and `bias`."""

    order: Row
    good: Row

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


@dataclass(frozen=True, slots=True)
class MatchModel:
    """What tells a first question's match, and a follow-up's."""

    first: Weights
    follow: Weights
    alike: Alike
    behind: Behind

    def of(self, query: Query) -> Weights:
        """Those for a query."""
        return self.follow if query.before else self.first


def shipped_model() -> MatchModel:
    """The fitted model that comes with the program."""
    given: dict[str, Any] = json.loads(resources.files(__package__).joinpath("match.json").read_text(encoding="utf-8"))
    return MatchModel(Weights(**given["first"]), Weights(**given["follow"]), shipped_alike(), shipped_behind())


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

    def candidates(self, query: Query) -> tuple[Candidate, ...]:
        """The known questions that came near to the query as it is read, likeliest first."""
        wordings, weights = self.known
        if not len(wordings):
            return ()
        roles = readings_of(query)
        cosines = self._cosines(query, roles)
        near = ([*np.argsort(-c)[:NEAREST].tolist(), *self.store.word_search(t, NEAREST)] for t, c in cosines.items())
        looked_at = list(dict.fromkeys(n for found in near for n in found))
        rows = features_in(roles, looked_at, wordings, cosines, weights)
        found = []
        for number, members in grouped(looked_at, wordings, cosines[query.standalone]).items():
            known, texts = wordings.questions[number], tuple(wordings.texts[m] for m in members)
            said = (query.standalone, query.text) if known.about else (query.standalone,)
            equal = not {wording_key(s) for s in said}.isdisjoint(wording_key(t) for t in texts)
            score = self.model.of(query).score(rows[number])
            found.append(Candidate(number, known, texts, equal, rows[number], score))
        return tuple(sorted(found, key=lambda c: (not c.equal, -c.score)))

    def _cosines(self, query: Query, roles: Mapping[str, Sequence[str]]) -> dict[str, Matrix]:
        """Readings by role -> their cosines with all wordings; of a follow-up that behind the question before it stands
        where what is meant does."""
        fingerprint = self.embedder.fingerprint
        texts = list(dict.fromkeys(text for read in roles.values() for text in read))
        vectors = self.embedder.queries([*texts, query.before] if query.before else texts)
        seen = self.model.alike.seen(vectors[: len(texts)], fingerprint)
        if query.before:
            together = vectors[[texts.index(roles["alone"][0]), len(texts), len(texts) - 1]]
            if (meant := self.model.behind.seen(together, fingerprint)) is not None:
                seen[-1] = meant
        return dict(zip(texts, seen @ self.known[0].vectors.T, strict=True))

    def matches(self, query: Query, limit: int = 5) -> tuple[Match, ...]:
        """The known questions that most likely ask the same, best first; () where there are none."""
        model, near = self.model.of(query), self.candidates(query)
        best = [c for c in near if c.equal or not query.before or c.row["behind: cosine"] >= LEAST][:limit]
        read = self.readings(query.standalone, [c.known for c in best[:READ_FIRST]])
        found = []
        for n, candidate in enumerate(best):
            row = model.judged(candidate.row, read[n] if n < len(read) else None)
            probability = SAME if candidate.equal else model.probability(row)
            read_as = self._read_as(candidate, query)
            found.append(Match(candidate.number, candidate.known, candidate.wordings[0], probability, read_as))
        return tuple(sorted(found, key=lambda m: -m.probability))

    def _read_as(self, candidate: Candidate, query: Query) -> str:
        """How a query reads that is taken for a known question: a follow-up as that is first worded in its language."""
        if candidate.equal or not query.before:
            return query.text if candidate.known.about else query.standalone
        wordings = self.known[0]
        own = (wordings.texts[n] for n in np.flatnonzero(wordings.owner == candidate.number))
        return next((w for w in own if guess_language(w) == guess_language(query.text)), query.standalone)

    def readings(self, query: str, questions: Sequence[Resolved]) -> list[float | None]:
        """What the reader makes of the first answer of each; None where it can read none."""
        if self.reader is None or guess_language(query) == "zh":
            return [None] * len(questions)
        texts = [self.read(q.held[0]) if q.held else "" for q in questions]
        logits = iter(self.reader.judged(query, [t for t in texts if t]))
        return [next(logits) if t else None for t in texts]
