"""Other ways to read a question, compared by what the documents have.

These are a follow-up's readings, the searches that a language model names, and documents that were added to those that
known questions were written for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.answering.lists import pair_evidence, rows_of_years, with_whole_tables
from app.answering.verify import confidence
from app.answers import Evidence, Hit
from app.known.match import EXACT_PROBABILITY, Match
from app.query.translate import FolderLanguage
from app.query.understand import reread, understand
from app.query.values import Query, Turn
from app.retrieval.retriever import Retriever
from app.text.words import letters
from ingest.documents import Passage
from ingest.index import Index
from ingest.questions.known import ADDED


class Readings:
    """Searches for other readings of a question. Safe to share between threads."""

    def __init__(self, retriever: Retriever) -> None:
        self.retriever = retriever
        self._added: tuple[int, tuple[str, ...]] = (-1, ())

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

    def wider(
        self, searches: Sequence[str], folder: FolderLanguage, within: tuple[str, ...] | None
    ) -> tuple[tuple[Hit, ...], ...]:
        """Return what a language model's further searches find: it reads them, and nothing is quoted of them without it."""
        queries = [q for text in searches for q in understand(text, (), folder, within).subqueries()]
        return tuple(self._hits(q) for q in queries)

    def surest(
        self, query: Query, hits: Sequence[Hit], folder: FolderLanguage, threshold: float
    ) -> tuple[Query, tuple[Hit, ...]] | None:
        """Find the reading of a follow-up that has the surest answer.

        Returns:
            The reading with its hits. None if `hits` already answer, or if no other reading is surer by 0.15 than an answer
                has to be (docs/decisions/050).
        """
        if confidence(hits) >= threshold or not query.asks:  # thanks lean on nothing
            return None
        readings = [reread(query, reading, folder) for reading in query.readings if reading != query.standalone]
        searched = [(reading, self._hits(reading)) for reading in readings]
        surest = max(searched, key=lambda pair: confidence(pair[1]), default=None)
        return surest if surest and confidence(surest[1]) > threshold + 0.15 else None

    def _hits(self, query: Query) -> tuple[Hit, ...]:
        return self.retriever.rank(query, self.retriever.search(query))

    def _added_answers(self, query: Query, match: Match) -> bool:
        """Return True if a document that a user added answers more surely than the known question.

        If the known question says that the documents hold no answer, a confidence of 0.6 is enough.
        """
        catalogue = self.retriever.index.catalogue
        if self._added[0] != catalogue.stamp:
            self._added = catalogue.stamp, catalogue.documents_below(ADDED)
        held_ids = {place.document_id for place in match.known.held}
        within = tuple(d for d in self._added[1] if d not in held_ids and (query.within is None or d in query.within))
        threshold = match.probability if match.known.held else 0.6
        return bool(within) and confidence(self._hits(replace(query, within=within))) > threshold

    def _has_series(self, query: Query, threshold: float) -> bool:
        """Return True if a table row for one of the years asked for answers best, beside rows of other years.

        This needs checking because "2021-2025" may also be the name of a plan.
        """
        if query.scope.years is None:
            return False
        hits = with_whole_tables(query, self._hits(query), self.retriever.index)
        rows = rows_of_years(query, pair_evidence(hits, self.retriever.evidence(hits)))
        return bool(rows) and hits[0].passage in [e.passage for e in rows] and confidence(hits) >= threshold


# --- What a language model reads beside what was found for a question: what the last answers cite, and what it asks to see.


def cited_passages(history: Sequence[Turn], index: Index, within: Sequence[str] | None) -> tuple[Hit, ...]:
    """Return the passages that the last two answers cite, those of the last one first; () if that is not known."""
    answers = [turn for turn in history if turn.role == "assistant"][-2:]
    spans = dict.fromkeys(span for turn in reversed(answers) for span in turn.cited)
    passages_by_place: dict[tuple[str, int], Passage] = {}
    for document_id, start, end in spans:
        if within is None or document_id in within:
            passages = index.passages(document_id)
            passages_by_place |= {(document_id, p.start): p for p in passages if start <= p.start and p.end <= end}
    # they were found sure enough before: a logit of 8 is a high score
    return tuple(Hit(p, n, rerank_score=8.0 - n) for n, p in enumerate(passages_by_place.values(), 1))


def document_titles(index: Index, within: Sequence[str] | None) -> tuple[str, ...]:
    """Return the titles of the documents that may answer, at most 100: a model searches for others."""
    return tuple(d.title for d in index.catalogue.listing() if within is None or d.id in within)[:100]


def find_passages(name: str, index: Index, within: Sequence[str] | None) -> tuple[Evidence, ...]:
    """Return the passages of a named document, or of those below one of its headings.

    Args:
        name: The title of the document, or "title › heading". If no heading begins so, the whole document counts.
        index: The index.
        within: The ids of the documents that may be opened, None for all.

    Returns:
        The passages; () if no such document may be opened.
    """
    title, _, heading = (letters(part) for part in name.partition("›"))
    evidence: list[Evidence] = []
    for entry in index.catalogue.listing():
        if letters(entry.title) == title and (within is None or entry.id in within):
            document = index.document(entry.id)
            passages = index.passages(entry.id) if document else ()
            section = [p for p in passages if heading and letters(p.heading).startswith(heading)] or passages
            evidence += (Evidence("", document, p, p.read(document.text)) for p in section if document)
    return tuple(evidence)
