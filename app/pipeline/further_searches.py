"""Searches after the first: those that a language model names, other readings of a follow-up, what the first quote names."""

from __future__ import annotations

from dataclasses import replace

from app.answering.confidence import confidence
from app.answering.further import further as next_step
from app.answering.further import with_further
from app.answers import Hit
from app.pipeline.steps import State
from app.query.folder import FolderLanguage
from app.query.understand import reread, understand
from app.retrieval.retriever import Retriever, merge

SURER = 0.15  # what another reading of a follow-up must be surer than an answer has to be (docs/decisions/050)


class FurtherSearches:
    """Each takes a state and gives the same with what was found beside it. Safe to share between threads."""

    def __init__(self, retriever: Retriever) -> None:
        self.retriever = retriever

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
