"""Decides which known question answers, if one does: the whole question, its parts one by one, or none."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.answering.confidence import confidence
from app.answering.lists import pair_evidence, rows_of_years, with_whole_tables
from app.answers import Hit
from app.known.answers import known_hits
from app.known.match import EXACT_PROBABILITY, MIN_SURE_ABSENCE, Match, Matcher, is_in_scope
from app.query.inhand import names_program
from app.query.translate import FolderLanguage
from app.query.understand import reread, understand
from app.query.values import Query, Turn, Wish
from app.retrieval.retriever import Retriever
from ingest.documents import guess_language
from ingest.questions.known import ADDED

MIN_ADDED = 0.6  # confidence from which an added document overrules a known question that nothing is held


@dataclass(frozen=True, slots=True)
class Decision:
    """What answers a question.

    Attributes:
        query: The question as it is read now.
        matches: The known questions that may be meant, likeliest first.
        match: The one that answers, None if none is sure enough.
        about: One on the program itself, which answers if no document does.
        parts: The parts of the question as they were matched, each with its match, None if it is searched; () if the
            question is answered as a whole.
        hits: The passages of the match.
        is_settled: True if nothing else is to be searched.
    """

    query: Query
    matches: tuple[Match, ...] = ()
    match: Match | None = None
    about: Match | None = None
    parts: tuple[tuple[Query, Match | None], ...] = ()
    hits: tuple[Hit, ...] = ()
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what decides how it is answered.

    `model_reads` is True if a language model reads on: known questions then add passages and do not replace the question.
    """

    query: Query
    history: tuple[Turn, ...]
    folder: FolderLanguage
    threshold: float
    model_reads: bool = False


class Policy:
    """Decides for the known questions of one index. Safe to share between threads."""

    def __init__(self, matcher: Matcher, retriever: Retriever) -> None:
        self.matcher, self.retriever = matcher, retriever
        self._added: tuple[int, tuple[str, ...]] = (-1, ())

    def decide(self, asked: Asked) -> Decision:
        """Decide which known question answers.

        If a language model reads a first question, a known question about the program counts only if it was asked word
        for word.
        """
        query, matches = asked.query, self._matches(asked.query)
        about = next((m for m in matches if m.known.about and m.is_likely and _may_be_of_program(m, query)), None)
        model_decides = asked.model_reads and not query.before
        matches = tuple(m for m in matches if _may_answer(m, query, model_decides))
        parts = () if model_decides else self._parts(asked, matches[0] if matches else None)
        match = next((m for m in matches if m.is_sure or (m.is_likely and not m.known.about)), None)
        decision = Decision(query, matches, about=about, parts=parts)
        if parts:
            return replace(decision, is_settled=not asked.model_reads and all(match for _, match in parts))
        if match is None:
            return decision
        if not model_decides:
            as_known = reread(query, match.read_as, asked.folder)
            standalone = reread(query, query.text, asked.folder) if query.before else as_known
            if overruling := self.overruled(as_known, standalone, match, asked.threshold):
                return Decision(overruling if query.before else query, about=about)
            decision = replace(decision, query=as_known)
        hits = known_hits(match, self.retriever.index, query.within, asked.model_reads)
        return replace(decision, match=match, hits=hits, is_settled=not asked.model_reads or bool(match.known.about))

    def overruled(self, as_known: Query, standalone: Query, match: Match, threshold: float) -> Query | None:
        """Return the reading that the documents answer better than the known question does.

        Args:
            as_known: The question as the known question reads it; it wins if an added document answers it more surely.
            standalone: The question as it stands; it wins if a table has a row for each of the years that it asks for.
            match: The known question.
            threshold: The confidence that an answer needs.

        Returns:
            One of the two, or None if the known question stands.
        """
        if match.known.about or (match.known.held and match.probability >= EXACT_PROBABILITY):
            return None
        if self._added_answers(as_known, match):
            return as_known
        return standalone if self._has_series(standalone, threshold) else None

    # --- parts

    def _parts(self, asked: Asked, whole: Match | None) -> tuple[tuple[Query, Match | None], ...]:
        """Match the parts of a question one by one with known questions.

        Args:
            asked: The question.
            whole: The best match of the whole question, None if there is none. If it is also the match of only one of
                several parts, it says nothing about the others and is ignored.

        Returns:
            Each part with its match, None if the part is to be searched for. () if no part has a match, or if the match
                of the whole is better.
        """
        query = asked.query
        if whole and whole.probability >= EXACT_PROBABILITY:
            return ()
        result: list[tuple[Query, Match | None]] = []
        for part in [p for p in query.parts if p.standalone != query.standalone]:  # a comparison stands before its sides
            if result and part.text and part.text != part.standalone:  # a second half follows the first
                first = Turn("user", result[0][0].standalone)
                part = understand(part.text, [*asked.history, first], asked.folder, query.within)
            part = replace(part, wish=query.wish, language=query.language)
            sure = (m for m in self._matches(part) if m.is_sure and _may_answer(m, part))
            result.append((part, next((m for m in sure if not m.known.about), None)))
        matches = [m for _, m in result if m]
        numbers = {m.number for m in matches}
        mean_probability = sum(m.probability for m in matches) / max(len(result), 1)
        all_in_one = whole and (whole.number not in numbers or (len(numbers) == 1 and len(matches) == len(result)))
        whole_stands = whole and all_in_one and whole.is_sure and whole.probability >= mean_probability
        return tuple(result) if matches and not whole_stands else ()

    def _matches(self, query: Query) -> tuple[Match, ...]:
        """Return the matches of a query.

        A first question with a wish for a form is also matched as it was typed, and the better result counts: a known
        question may itself ask for simple words. A follow-up is matched once.
        """
        matches = self.matcher.matches(query)
        if query.wish == Wish() or query.text not in query.readings or query.text == query.standalone or query.before:
            return matches
        typed = self.matcher.matches(replace(query, readings=(), earlier=(), standalone=query.text))
        return max(matches, typed, key=lambda ranked: ranked[0].probability if ranked else 0.0)

    def _added_answers(self, query: Query, match: Match) -> bool:
        """Return True if a document that a user added answers more surely than the known question."""
        catalogue = self.retriever.index.catalogue
        if self._added[0] != catalogue.stamp:
            self._added = catalogue.stamp, catalogue.documents_below(ADDED)
        read_ids = {place.document_id for place in match.known.answers}  # a gap was written by who read its nearest passages
        within = tuple(d for d in self._added[1] if d not in read_ids and (query.within is None or d in query.within))
        threshold = match.probability if match.known.held else MIN_ADDED
        return bool(within) and confidence(self.retriever.hits(replace(query, within=within))) > threshold

    def _has_series(self, query: Query, threshold: float) -> bool:
        """Return True if a table row for one of the years asked for answers best, beside rows of other years.

        This needs checking because "2021-2025" may also be the name of a plan.
        """
        if query.scope.years is None:
            return False
        hits = with_whole_tables(query, self.retriever.hits(query), self.retriever.index)
        rows = rows_of_years(query, pair_evidence(hits, self.retriever.evidence(hits)))
        return bool(rows) and hits[0].passage in [e.passage for e in rows] and confidence(hits) >= threshold


def _may_answer(match: Match, query: Query, model_decides: bool = False) -> bool:
    """Return True if the match may be taken for the question.

    Its documents must be among those that are asked. One about the program must be in the question's language, and exact if
    the question follows another or a model decides.
    """
    if match.known.about:
        if not _may_be_of_program(match, query):
            return False
        is_near = match.probability >= EXACT_PROBABILITY or not (query.before or model_decides)
        return is_near and guess_language(match.wording) == query.tongue
    return is_in_scope(match, query.within)


def _may_be_of_program(match: Match, query: Query) -> bool:
    """Return True unless a follow-up may mean the last answer, or some documents alone are asked: "who made this?"."""
    is_near = not query.before or match.probability >= MIN_SURE_ABSENCE
    return is_near and (query.within is None or names_program(query.text, match.probability >= EXACT_PROBABILITY))
