"""Finds the known question that asks the same as a query, and how likely its answer is a good one.

The nearest wordings by vector bring candidates. For a follow-up they are those near to the place of the question that is
meant (`projections.py`). The pair reader reads the turn in its conversation beside each. What a conversation was about is
its last turn as typed, or, if that leans on the one before, the known question that it was matched with. The probability is
a logistic function of what both say, fitted on lists that a reader judged: `python -m evals.training.match` writes
`match.json`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from app.known.features import Features, WordWeights, match_features, words_of
from app.known.projections import FollowupProjection, SimilarityProjection
from app.query.followup import points_back
from app.query.rules import language_rules
from app.query.understand import GLOSSED_LANGUAGES
from app.query.values import Query
from app.retrieval.retriever import Boosts
from app.text.words import is_common
from ingest.documents import guess_language
from ingest.models.load import Embedder, PairScorer
from ingest.questions.known import KnownQuestion, wording_key
from ingest.questions.store import QuestionStore, ResolvedQuestion, Wordings

MIN_SURE = 0.5  # probability from which a known question is taken for the one that is asked (docs/decisions/060)
MIN_LIKELY = (
    0.35  # probability from which it is answered, others beside it: a wrong one often covers half (docs/decisions/062)
)
MIN_SURE_ABSENCE = 0.65  # probability from which one is answered that says that nothing is held: a wrong one helps nobody
MIN_SUGGESTED = 0.03  # probability from which a held question is offered beside a refusal
EXACT_PROBABILITY = 0.99  # probability of a wording that was asked letter for letter
_WHOLE_WORD = re.compile(r"(?<![\w'’-])[A-Za-z]{3,}(?![\w'’-])")
Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Match:
    """A known question that may ask the same as the query.

    Attributes:
        number: Its number in the store.
        known: The question.
        wording: Its wording that is nearest.
        probability: How likely its answer is a good one, 0 to 1.
        read_as: How the query reads if it is taken for this question.
    """

    number: int
    known: ResolvedQuestion
    wording: str
    probability: float
    read_as: str = ""

    @property
    def is_absence(self) -> bool:
        """True if all that it says is that nothing is held."""
        return bool(self.known.gap) and not self.known.partial

    @property
    def is_sure(self) -> bool:
        """True if it is taken for the question that is asked."""
        return self.probability >= (MIN_SURE_ABSENCE if self.is_absence else MIN_SURE)

    @property
    def is_likely(self) -> bool:
        """True if the question is answered with it, though others may be meant."""
        return self.is_sure or (self.probability >= MIN_LIKELY and not self.is_absence)


def is_in_scope(match: Match, within: Sequence[str] | None) -> bool:
    """Return True if the match says something when only the documents `within` are asked."""
    return within is None or bool(match.known.about) or any(p.document_id in within for p in match.known.answers)


def likely_answers(matches: Sequence[Match]) -> Boosts:
    """Return the first answers of known questions that may ask the same; none of a gap."""
    probabilities: dict[tuple[str, int], float] = {}
    for match in matches:
        for place in match.known.held[:1]:
            key = (place.document_id, place.start)
            probabilities[key] = max(match.probability, probabilities.get(key, 0.0))
    return probabilities


@dataclass(frozen=True, slots=True)
class KnownCandidate:
    """A known question that came near.

    Attributes:
        number: Its number in the store.
        known: The question.
        wording: Its wording that is nearest.
        is_exact: True if that is the turn letter for letter.
        features: Its `match_features`, and the pair reader's score if it was read.
    """

    number: int
    known: ResolvedQuestion
    wording: str
    is_exact: bool
    features: Features


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights by feature: `order` says which candidate is likeliest, `good` how likely that one's answer is a good one."""

    order: Features
    good: Features

    def score(self, features: Features) -> float:
        """Return what candidates are ordered by; higher is likelier."""
        return sum(weight * features[name] for name, weight in self.order.items())

    def probability(self, features: Features) -> float:
        """Return the probability that an answer is a good one, from what `probability_features` says."""
        return 1 / (1 + math.exp(-self.good["bias"] - sum(self.good[name] * value for name, value in features.items())))


def probability_features(candidates: Sequence[KnownCandidate], weights: Weights, is_following: bool) -> list[Features]:
    """Return the features from which the probability of each candidate is computed.

    Returns:
        For each candidate its score, its lead over the best candidate with another answer, whether the documents do not
            hold its answer, and whether the turn follows another.
    """
    scores = [weights.score(c.features) for c in candidates]
    result: list[Features] = []
    for n, (candidate, score) in enumerate(zip(candidates, scores, strict=True)):
        rivals = [scores[k] for k, other in enumerate(candidates) if k != n and other.known.key != candidate.known.key]
        lead = score - max(rivals, default=score)
        gap = candidate.features["gap"]  # what is not held is judged apart: a neighbouring absence looks much like it
        result.append(
            {"score": score, "ahead": lead, "follows": float(is_following),
             "gap": gap, "gap: score": gap * score, "gap: ahead": gap * lead}
        )  # fmt: skip
    return result


@dataclass(frozen=True, slots=True)
class MatchModel:
    """The maps of vectors, and the weights: `read` if the pair reader read the candidates, else `unread`."""

    similarity: SimilarityProjection
    followup: FollowupProjection
    read: Weights
    unread: Weights


def shipped_model() -> MatchModel:
    """Return the fitted model that comes with the program."""
    fitted = json.loads(resources.files(__package__).joinpath("match.json").read_text(encoding="utf-8"))
    projections = SimilarityProjection.shipped(), FollowupProjection.shipped()
    return MatchModel(*projections, Weights(**fitted["read"]), Weights(**fitted["unread"]))


@dataclass(frozen=True, slots=True)
class KnownWordings:
    """All wordings as they are at one time.

    Attributes:
        stamp: The store's at that time.
        wordings: Their vectors are those that tell questions apart.
        words: How much each word tells.
        keys: The number of each wording, by `wording_key`.
    """

    stamp: int
    wordings: Wordings
    words: WordWeights
    keys: Mapping[str, int]


class Matcher:
    """Matches queries against the known questions of one index. Threads may share it.

    Args:
        store: The known questions.
        embedder: The model that embedded their wordings.
        model: What was learnt of matching.
        reader: The pair reader; it knows English only. None: vectors alone decide.
    """

    def __init__(
        self, store: QuestionStore, embedder: Embedder, model: MatchModel, reader: PairScorer | None = None
    ) -> None:
        self.store, self.embedder, self.model, self.reader = store, embedder, model, reader
        self._loaded: KnownWordings | None = None
        self._matched = lru_cache(maxsize=1_000)(self._match)

    def with_store(self, store: QuestionStore) -> Matcher:
        """Return the same matcher for the known questions of another store."""
        return Matcher(store, self.embedder, self.model, self.reader)

    @property
    def known(self) -> KnownWordings:
        """All wordings as they are now; read again after a change."""
        stamp, loaded = self.store.stamp, self._loaded
        if loaded is None or loaded.stamp != stamp:
            wordings = self.store.wordings()
            projected = self.model.similarity.project(wordings.vectors, self.embedder.fingerprint)
            keys = {wording_key(text): n for n, text in enumerate(wordings.texts)}
            loaded = KnownWordings(stamp, replace(wordings, vectors=projected), WordWeights(wordings.words), keys)
            self._loaded = loaded
        return loaded

    def rare_names(self, query: Query) -> Iterator[str]:
        """Yield the names and unknown words of a query that almost no wording has, nor one that is spelled nearly so.

        Only an English or Chinese query has any, and no word for which the documents have one of their own.
        """
        replaced = " ".join(phrase for phrase, _ in query.expansions).lower().split()
        typed = {w.lower(): w for w in _WHOLE_WORD.findall(query.text)} if query.tongue in GLOSSED_LANGUAGES else {}
        for low, word in typed.items():
            words = words_of(word)
            if words and low not in replaced and not is_common(word) and self.known.words.are_rare(words):
                yield word

    def matches(self, query: Query, limit: int = 5) -> tuple[Match, ...]:
        """Return the known questions that most likely ask the same as a query, best first; () if there are none."""
        subject = ""
        for turn in query.earlier:
            subject = self._subject(turn, subject)
        matches = self._matched(self.store.stamp, query.match_text, subject)
        if subject and _stands_alone(query.match_text):  # it may have left what the conversation was about
            standalone = self._matched(self.store.stamp, query.match_text, "")
            matches = max(matches, standalone, key=lambda ranked: ranked[0].probability if ranked else 0.0)
        return tuple(replace(m, read_as=self._read_as(m, query)) for m in matches[:limit])

    def _subject(self, turn: str, subject: str) -> str:
        """Return what the conversation is about after a turn, given what it was about before.

        That is the turn itself or, if the turn depends on the one before it, the known question that it was matched
        with. A Chinese one is taken as worded in Chinese, and added to the turns before it if nothing matches surely.
        """
        if not subject or _stands_alone(turn):
            return turn
        best, is_chinese = next(iter(self._matched(self.store.stamp, turn, subject)), None), guess_language(turn) == "zh"
        if best and best.is_sure:
            return self.wording_in(best, "zh") if is_chinese else best.known.question
        return f"{subject} {turn}" if is_chinese else turn

    def _match(self, stamp: int, turn: str, subject: str) -> tuple[Match, ...]:  # noqa: ARG002
        """Return all candidates, best first; `stamp` is the store's, so that a change empties the cache."""
        candidates = self.candidates(turn, subject)
        weights = self.model.read if candidates and "reader" in candidates[0].features else self.model.unread
        ranked = []
        for c, features in zip(candidates, probability_features(candidates, weights, bool(subject)), strict=True):
            probability = EXACT_PROBABILITY if c.is_exact else weights.probability(features)
            ranked.append((c.is_exact, features["score"], Match(c.number, c.known, c.wording, probability)))
        return tuple(match for *_, match in sorted(ranked, key=lambda item: item[:2], reverse=True))

    def candidates(self, turn: str, subject: str = "") -> tuple[KnownCandidate, ...]:
        """Return the known questions that come near to a turn, nearest first.

        Args:
            turn: The question as typed.
            subject: What the conversation is about; '' if nothing was asked before.
        """
        known = self.known
        wordings = known.wordings
        if not len(wordings):
            return ()
        cosines = wordings.vectors @ self._query_vector(turn, subject)
        exact = _exact_wording(known, turn, subject)
        order = ([] if exact is None else [exact]) + np.argsort(-cosines)[:500].tolist()
        groups: dict[int, list[int]] = {}  # the numbers of a known question's wordings, closest first
        for n in order:
            groups.setdefault(int(wordings.owner[n]), []).append(n)
        if exact is None:  # nobody asks the same thing twice in other words
            groups = {number: own for number, own in groups.items() if wordings.questions[number].question != subject}
        # more for a follow-up, for which recall is lower (docs/decisions/060)
        groups = dict(list(groups.items())[: 16 if subject else 12])
        features = match_features(f"{subject} {turn}".strip(), groups, wordings, cosines, known.words)
        if self.reader is not None and guess_language(turn) != "zh":
            texts = [question_text(wordings.questions[number]) for number in groups]
            scores = self.reader.scores(turn_text(turn, [subject] if subject else ()), texts)
            features = {number: {**features[number], "reader": score} for number, score in zip(groups, scores, strict=True)}
        return tuple(
            KnownCandidate(number, wordings.questions[number], wordings.texts[own[0]], own[0] == exact, features[number])
            for number, own in groups.items()
        )

    def _query_vector(self, turn: str, subject: str) -> Matrix:
        """Return the unit vector of the question that is meant, in the space of the wordings."""
        fingerprint = self.embedder.fingerprint
        vectors = self.embedder.queries([turn, subject, f"{subject} {turn}"] if subject else [turn])
        projected = self.model.followup.project(vectors, fingerprint) if subject else None
        return self.model.similarity.project(vectors[-1:], fingerprint)[0] if projected is None else projected

    def wording_in(self, match: Match, language: str) -> str:
        """Return the first wording of a matched question in a language; its title if it has none."""
        wordings = self.known.wordings
        texts = (wordings.texts[n] for n in np.flatnonzero(wordings.owner == match.number))
        return next((w for w in texts if guess_language(w) == language), match.known.question)

    def _read_as(self, match: Match, query: Query) -> str:
        """Return how a query reads that is taken for a known question: a follow-up as first worded in its language."""
        if match.probability >= EXACT_PROBABILITY or not query.earlier:
            return query.text if match.known.about else query.match_text
        return self.wording_in(match, guess_language(query.text))


# --- what the pair reader reads, a cross-encoder that `evals.training.train_pairs` trained on lists that a reader judged: a
# turn in its conversation and a known question. A score above 0 says that the question may be answered with.


def turn_text(turn: str, earlier: Sequence[str] = ()) -> str:
    """Return what the pair reader reads of a turn: the last two earlier questions, oldest first, then the turn.

    >>> turn_text("and the others?", ["why Hefei?"])
    'why Hefei? / and the others?'
    """
    return " / ".join(part[:200] for part in [*earlier[-2:], turn])


def question_text(known: KnownQuestion | ResolvedQuestion) -> str:
    """Return what the pair reader reads of a known question: its title, and what is held of it if that is not all."""
    coverage = ("held in part" if known.partial else "not held") if known.gap else ""
    state = "about this page" if known.about else coverage
    return f"{known.question} ({state})" if state else known.question


def _stands_alone(turn: str) -> bool:
    """Return True if a turn in a conversation is long enough to be understood without it."""
    return len(turn) > (12 if guess_language(turn) == "zh" else 36)


def _exact_wording(known: KnownWordings, turn: str, subject: str) -> int | None:
    """Return the number of the wording that is equal to a turn letter for letter, None if there is none.

    Within a conversation only a whole question counts, since "Hefei" and "when did it start" may refer to what was asked
    before. A question about the program always counts.
    """
    number = known.keys.get(wording_key(turn))
    is_whole = len(turn.split()) >= 4 or (guess_language(turn) == "zh" and len(turn) >= 8)
    if number is None or not subject or (is_whole and not points_back(turn, language_rules())):
        return number
    return number if known.wordings.questions[known.wordings.owner[number]].about else None
