"""Searches beside the first: those that a language model names, other readings of a follow-up, what the first quote names,
and what was added to the documents that known questions were written for."""

from __future__ import annotations

from dataclasses import replace

from app.answering.confidence import confidence
from app.answering.further import further as next_step
from app.answering.further import with_further
from app.answering.lists import paired
from app.answering.series import rows_of_years, with_whole_tables
from app.answers import Hit
from app.pipeline.steps import State
from app.query.folder import FolderLanguage
from app.query.understand import reread, understand
from app.query.values import Query
from app.retrieval.match import MATCHED, SAME, Match
from app.retrieval.retriever import Retriever, merge
from ingest.questions import ADDED

SURER = 0.15  # what another reading of a follow-up must be surer than an answer has to be (docs/decisions/050)


class FurtherSearches:
    """Each takes a state and gives the same with what was found beside it. Safe to share between threads."""

    def __init__(self, retriever: Retriever) -> None:
        self.retriever = retriever
        self._added: tuple[int, tuple[str, ...]] = (-1, ())

    def overruled(self, asked: Query, alone: Query, match: Match, threshold: float) -> Query | None:
        """The reading that the documents answer better than the known question that is to be taken for it: as that `asked`,
        where a document that was added knows it, or `alone`, where a table has a row for each of the years that it asks for;
        None for neither."""
        if match.known.about or (match.known.held and match.probability >= SAME):
            return None
        if self._added_knows(asked, match):
            return asked
        return alone if self._has_series(alone, threshold) else None

    def _added_knows(self, question: Query, match: Match) -> bool:
        """Whether a document that a user added answers more surely than the known question does, which was written for
        others; where that says that those do not hold it, as surely as a known question has to be matched."""
        catalogue = self.retriever.index.catalogue
        if self._added[0] != catalogue.stamp:
            self._added = catalogue.stamp, catalogue.below(ADDED)
        others = {place.document_id for place in match.known.held}
        within = tuple(d for d in self._added[1] if d not in others and (question.within is None or d in question.within))
        if not within:
            return False
        asked = replace(question, within=within)
        hits = self.retriever.rank(asked, self.retriever.search(asked))
        return confidence(hits) > (match.probability if match.known.held else MATCHED)

    def _has_series(self, question: Query, threshold: float) -> bool:
        """Whether a row for one of the years that are asked for answers best, and others stand beside it: "2021-2025" may as
        well be the name of a plan."""
        if question.scope.years is None:
            return False
        retriever = self.retriever
        hits = with_whole_tables(question, retriever.rank(question, retriever.search(question)), retriever.index)
        rows = rows_of_years(question, paired(hits, retriever.evidence(hits)))
        return bool(rows) and hits[0].passage in [e.passage for e in rows] and confidence(hits) >= threshold

    def wider(self, state: State, folder: FolderLanguage) -> tuple[tuple[Hit, ...], ...]:
        """What a language model's further searches find: for it to read, not to be quoted without it."""
        searches = state.reading.searches if state.reading else ()
        queries = [q for text in searches for q in understand(text, (), folder).subqueries()]
        return tuple(self.retriever.rank(q, self.retriever.search(q)) for q in queries)

    def reconsidered(self, state: State, folder: FolderLanguage, threshold: float) -> State:
        """A follow-up that finds no answer as it reads most likely, in the reading that finds the surest, if any is sure
        enough."""
        question = state.question
        assert question
        if confidence(state.hits) >= threshold or not question.asks:  # thanks lean on nothing
            return state
        best = threshold + SURER
        for reading in question.readings:
            if reading == question.standalone:
                continue
            other = reread(question, reading, folder)
            hits = self.retriever.rank(other, self.retriever.search(other))
            if confidence(hits) > best:
                best = confidence(hits)
                state = replace(state, question=other, rankings=(hits,), hits=merge([hits]))
        return state

    def further(self, state: State, folder: FolderLanguage, threshold: float) -> State:
        """With what a second search finds by what the first quote names, where the quotes lack words of the question and
        would be an answer."""
        assert state.question
        assert state.draft
        draft = state.draft
        step = next_step(state.question, draft, state.evidence)
        if step is None or draft.confidence < threshold:
            return state
        query = reread(state.question, step.text, folder)
        hits = self.retriever.rank(query, step.among(self.retriever.search(query)))
        best = step.best(hits, self.retriever.evidence(hits))
        if best is None:
            return state
        known = {(h.passage.document_id, h.passage.start) for h in state.hits}
        if (best.passage.document_id, best.passage.start) not in known:
            state = replace(state, hits=(*state.hits, replace(best, rank=len(state.hits) + 1)))
            state = replace(state, evidence=self.retriever.evidence(state.hits))
        item = next(e for e in state.evidence if e.passage == best.passage)
        return replace(state, draft=with_further(draft, item, state.evidence))
