"""Chooses, among the statements of the known questions, those that answer a turn that no known question asks as a whole.

The statements of the known questions that come near, and those that rest on the passages that a search ranks best, are read
beside the turn in its conversation. Its score and the confidence of the search tell how likely the best statement answers;
below `MIN_PROBABILITY` none is shown. Further statements are shown if they score high and none says the same already. An
absence is a statement too: if it scores best, and high enough, the documents do not hold what was asked first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

from app.answering.draft import Draft, Statement, location
from app.answers import Hit, NotePart
from app.known.features import numbers_of, words_of
from app.known.match import Match, Matcher, turn_text
from app.known.statements import KnownStatement, statements_by_passage, statements_of
from app.query.values import Query
from app.text.messages import message
from ingest.documents import PassageLocation
from ingest.models.load import PairScorer

MAX_READ = 30  # statements that are read of a turn
QUESTIONS = 12  # known questions whose statements are candidates
PASSAGES = 12  # passages whose statements are candidates
RANK_CONSTANT = 10  # of the two rankings that are joined; lower favours the first
PASSAGE_WEIGHT = 0.6  # of the passages' ranking beside the known questions'
ABSENCES = 4  # of the statements that are read, so many that say what is not held, if that many came near
# weights of a logistic function: the best statement's score, the log-odds of the search's confidence, and a constant
SCORE, CONFIDENCE, INTERCEPT = 0.61, 0.83, 0.73  # fitted by `python -m benchmarks.choice` (docs/decisions/069)
MIN_PROBABILITY = 0.45  # that the best statement answers
MIN_ABSENCE = 1.2  # the score of an absence that stands alone: a wrong one misleads, a plain refusal does not
MIN_OTHER = 1.0  # the score that each other statement needs
SURE = 0.85  # the probability from which a follow-up is answered without a word of doubt (docs/decisions/070)
MAX_CHOSEN = 5
SAME = 80.0  # the likeness of words, 0 to 100, from which two statements say the same
SAME_PASSAGE = 60.0  # and from which they do if they rest on the same passages
Ranking = tuple[int, float, Sequence[KnownStatement]]  # a rank, the weight of the ranking, the statements there
Resting = tuple[Mapping[PassageLocation, tuple[KnownStatement, ...]], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Choice:
    """The statements that answer a turn, best first, and how likely the best one answers, from 0 to 1."""

    statements: tuple[KnownStatement, ...] = ()
    probability: float = 0.0


class Chooser:
    """Chooses statements for one index. Threads may share it.

    Args:
        matcher: The known questions.
        reader: The statement reader; it knows English only.
    """

    def __init__(self, matcher: Matcher, reader: PairScorer) -> None:
        self.matcher, self.reader = matcher, reader
        self._loaded: tuple[int, Resting] = (-1, ({}, frozenset()))

    @property
    def _resting(self) -> Resting:
        """Return the statements of the known questions as they are now, by passage, and the documents of these passages."""
        known, (stamp, resting) = self.matcher.known, self._loaded
        if stamp != known.stamp:
            by_passage = statements_by_passage(known.wordings.questions)
            resting = by_passage, frozenset(place.document_id for place in by_passage)
            self._loaded = known.stamp, resting
        return resting

    def has_statements(self, document_id: str) -> bool:
        """Return True if statements were written of a document."""
        return document_id in self._resting[1]

    def draft(
        self, query: Query, hits: Sequence[Hit], threshold: float, confidence: float, least: float = -math.inf
    ) -> Draft | None:
        """Draft an answer of the statements that are chosen, None if none is.

        Args:
            query: The question.
            hits: The passages that a search ranked best.
            threshold: The confidence that an answer needs.
            confidence: How surely the search found an answer, from 0 to 1.
            least: The score that each statement needs.
        """
        able = [(item, score) for item, score in self.read(query, hits) if score >= least]
        choice = choose(able, confidence, query.scope.number or MAX_CHOSEN)
        if choice.probability < threshold or not choice.statements:
            return None
        chosen = choice.statements
        absences = [item.statement.in_language(query.language) for item in chosen if item.is_absence]
        statements = _in_order([item for item in chosen if not item.is_absence])
        if not statements:
            return Draft(query, missing=absences[0], closest=tuple((location(hit),) for hit in hits[:3]))
        is_unsure = bool(query.earlier) and not chosen[0].is_absence and choice.probability < SURE
        notes = [NotePart("unanswered" if chosen[0].is_absence else "gap", text) for text in absences[:1]]
        unsure = [NotePart("unanswered", message("notes.unsure", query.language))] if is_unsure else []
        return Draft(
            query,
            status="partial" if absences or is_unsure else "answered",
            statements=statements,
            notes=(*unsure, *notes),
            confidence=round(choice.probability, 4),
            written=True,
            composed=True,
        )

    def candidates(self, query: Query, matches: Sequence[Match], hits: Sequence[Hit]) -> tuple[KnownStatement, ...]:
        """Return the statements that may answer, likeliest first, each text once."""
        found: dict[str, tuple[KnownStatement, float]] = {}
        for rank, weight, statements in self._rankings(matches, hits):
            for item in filter(lambda item: _may_stand(item, query.within), statements):
                text = item.statement.in_language("en")
                first, score = found.get(text, (item, 0.0))
                found[text] = first, score + weight / (RANK_CONSTANT + rank)
        ranked = [item for item, _ in sorted(found.values(), key=lambda pair: -pair[1])]
        absences = [item for item in ranked if item.is_absence][:ABSENCES]
        return (*[item for item in ranked if not item.is_absence][: MAX_READ - len(absences)], *absences)

    def near(self, query: Query, hits: Sequence[Hit]) -> tuple[KnownStatement, ...]:
        """Return the statements that may answer a turn, likeliest first."""
        matches = self.matcher.matches(query, QUESTIONS)
        if query.earlier:  # a turn may leave what the conversation was about; the reader sees both
            alone = self.matcher.matches(replace(query, earlier=()), QUESTIONS)
            matches = tuple(match for pair in zip(matches, alone, strict=False) for match in pair)
        return self.candidates(query, matches, hits)

    def read(self, query: Query, hits: Sequence[Hit]) -> tuple[tuple[KnownStatement, float], ...]:
        """Score the candidates beside the turn, best first; none is read if the turn is not in English."""
        candidates = self.near(query, hits) if query.tongue == "en" else ()
        scores = self.reader.scores(turn_text(query.match_text, query.earlier), [item.read for item in candidates])
        return tuple(sorted(zip(candidates, map(float, scores), strict=True), key=lambda pair: -pair[1]))

    def _rankings(self, matches: Sequence[Match], hits: Sequence[Hit]) -> Iterator[Ranking]:
        for rank, match in enumerate(matches):
            yield rank, 1.0, tuple(statements_of(match.number, match.known))
        for rank, hit in enumerate(hits[:PASSAGES]):
            yield rank, PASSAGE_WEIGHT, self._resting[0].get(location(hit), ())


def choose(ranked: Sequence[tuple[KnownStatement, float]], confidence: float, most: int) -> Choice:
    """Choose at most `most` statements, none if it is not likely enough that the best answers.

    Args:
        ranked: The statements with their scores, best first.
        confidence: How surely the search found an answer, from 0 to 1.
        most: The number of statements.
    """
    able = [(item, score) for item, score in ranked if score >= MIN_ABSENCE or not item.is_absence]
    if not able:
        return Choice()
    best, score = able[0]
    kept = min(max(confidence, 0.01), 0.99)
    odds = score if best.is_absence else SCORE * score + CONFIDENCE * math.log(kept / (1 - kept)) + INTERCEPT
    probability = 1 / (1 + math.exp(-odds))
    if probability < MIN_PROBABILITY:
        return Choice()
    chosen = [best]
    for item, score in ranked:
        if score >= MIN_OTHER and not _is_said(item, chosen):
            chosen.append(item)
    return Choice(tuple(chosen[:most]), probability)


def _may_stand(item: KnownStatement, within: Sequence[str] | None) -> bool:
    """Return True if a statement says something by itself, from documents that are asked."""
    introduces = item.statement.in_language("en").endswith(":")
    places = item.places or item.known.answers
    return not introduces and (within is None or all(place.document_id in within for place in places))


def _is_said(item: KnownStatement, chosen: Sequence[KnownStatement]) -> bool:
    """Return True if the statements say the same: no other figures, and much the same words as one of them.

    Fewer words need to be the same if all passages that the statement rests on are cited already.
    """
    others = [other for other in chosen if other.is_absence == item.is_absence]
    alike = [fuzz.token_set_ratio(_text(item), _text(other)) for other in others]
    figures, said = _figures(item), [_figures(other) for other in others]
    if any(a >= SAME and (figures <= f or f <= figures) for a, f in zip(alike, said, strict=True)):
        return True
    is_cited = item.places and item.places <= frozenset(place for other in others for place in other.places)
    return bool(is_cited) and max(alike) >= SAME_PASSAGE and figures <= frozenset().union(*said)


def _text(item: KnownStatement) -> str:
    return item.statement.in_language("en")


def _figures(item: KnownStatement) -> frozenset[str]:
    return numbers_of(words_of(_text(item)))


def _in_order(chosen: Sequence[KnownStatement]) -> tuple[Statement, ...]:
    """Return statements as paragraphs, those of one known question together and in its order, the best question first."""
    homes = list(dict.fromkeys(item.number for item in chosen))
    ordered = sorted(chosen, key=lambda item: (homes.index(item.number), item.order))
    own = (item.statement for item in ordered)
    return tuple(replace(s, text=s.alone or s.text, kind="paragraph", block=1, cells={}) for s in own)
