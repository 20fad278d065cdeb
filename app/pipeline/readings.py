"""Other ways to read a question, compared by what the documents have.

These are a follow-up's readings, the searches that a language model names, and documents that were added to those that
known questions were written for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.answering.lists import paired, rows_of_years, with_whole_tables
from app.answering.verify import confidence
from app.answers import Evidence, Hit
from app.known.match import SAME, Match
from app.query.translate import FolderLanguage
from app.query.understand import reread, understand
from app.query.values import Query, Turn
from app.retrieval.retriever import Retriever
from app.text.words import letters
from ingest.documents import Passage
from ingest.index import Index
from ingest.questions.known import ADDED

ADDED_CONFIDENCE = 0.6  # confidence from which an added document answers what a known question says is not held
MARGIN = 0.15  # by which another reading of a follow-up must be surer than an answer has to be (docs/decisions/050)


class Readings:
    """Searches for other readings of a question. Safe to share between threads."""

    def __init__(self, retriever: Retriever) -> None:
        self.retriever = retriever
        self._added: tuple[int, tuple[str, ...]] = (-1, ())

    def overruled(self, asked: Query, alone: Query, match: Match, threshold: float) -> Query | None:
        """Return the reading that the documents answer better than the known question does.

        Args:
            asked: The question as the known question reads it; it wins if an added document answers it more surely.
            alone: The question as it stands; it wins if a table has a row for each of the years that it asks for.
            match: The known question.
            threshold: The confidence that an answer needs.

        Returns:
            One of the two, or None if the known question stands.
        """
        if match.known.about or (match.known.held and match.probability >= SAME):
            return None
        if self._added_answers(asked, match):
            return asked
        return alone if self._has_series(alone, threshold) else None

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
            The reading with its hits. None if `hits` already answer, or if no other reading is sure enough.
        """
        if confidence(hits) >= threshold or not query.asks:  # thanks lean on nothing
            return None
        readings = [reread(query, reading, folder) for reading in query.readings if reading != query.standalone]
        found = [(reading, self._hits(reading)) for reading in readings]
        best = max(found, key=lambda pair: confidence(pair[1]), default=None)
        return best if best and confidence(best[1]) > threshold + MARGIN else None

    def _hits(self, query: Query) -> tuple[Hit, ...]:
        return self.retriever.rank(query, self.retriever.search(query))

    def _added_answers(self, query: Query, match: Match) -> bool:
        """Return True if a document that a user added answers more surely than the known question.

        If the known question says that the documents hold no answer, `ADDED_CONFIDENCE` is the bound.
        """
        catalogue = self.retriever.index.catalogue
        if self._added[0] != catalogue.stamp:
            self._added = catalogue.stamp, catalogue.documents_below(ADDED)
        others = {place.document_id for place in match.known.held}
        within = tuple(d for d in self._added[1] if d not in others and (query.within is None or d in query.within))
        least = match.probability if match.known.held else ADDED_CONFIDENCE
        return bool(within) and confidence(self._hits(replace(query, within=within))) > least

    def _has_series(self, query: Query, threshold: float) -> bool:
        """Return True if a table row for one of the years asked for answers best, beside rows of other years.

        This needs checking because "2021-2025" may also be the name of a plan.
        """
        if query.scope.years is None:
            return False
        hits = with_whole_tables(query, self._hits(query), self.retriever.index)
        rows = rows_of_years(query, paired(hits, self.retriever.evidence(hits)))
        return bool(rows) and hits[0].passage in [e.passage for e in rows] and confidence(hits) >= threshold


# --- What a language model reads beside what was found for a question: what the last answers cite, and what it asks to see.


LAST = 2  # answers whose passages are carried on
CITED = 8.0  # logits of a passage that an answer cites: it was found sure enough before
LISTED = 100  # titles that a model is told: it searches for others


def cited_before(history: Sequence[Turn], index: Index, within: Sequence[str] | None) -> tuple[Hit, ...]:
    """Return the passages that the last answers cite, those of the last one first; () if nobody knows what they cite."""
    answers = [turn for turn in history if turn.role == "assistant"][-LAST:]
    spans = dict.fromkeys(span for turn in reversed(answers) for span in turn.cited)
    found: dict[tuple[str, int], Passage] = {}
    for document_id, start, end in spans:
        if within is None or document_id in within:
            passages = index.passages(document_id)
            found |= {(document_id, p.start): p for p in passages if start <= p.start and p.end <= end}
    return tuple(Hit(p, n, rerank_score=CITED - n) for n, p in enumerate(found.values(), 1))


def titles(index: Index, within: Sequence[str] | None) -> tuple[str, ...]:
    """Return what the documents that are asked are called."""
    return tuple(d.title for d in index.catalogue.listing() if within is None or d.id in within)[:LISTED]


def opened(name: str, index: Index, within: Sequence[str] | None) -> tuple[Evidence, ...]:
    """Return the passages of a named document, or of those below one of its headings.

    Args:
        name: The title of the document, or "title › heading". If no heading begins so, the whole document counts.
        index: The index.
        within: The ids of the documents that may be opened, None for all.

    Returns:
        The passages; () if no such document may be opened.
    """
    title, _, heading = (letters(part) for part in name.partition("›"))
    found: list[Evidence] = []
    for listed in index.catalogue.listing():
        if letters(listed.title) == title and (within is None or listed.id in within):
            document = index.document(listed.id)
            passages = index.passages(listed.id) if document else ()
            below = [p for p in passages if heading and letters(p.heading).startswith(heading)] or passages
            found += (Evidence("", document, p, p.read(document.text)) for p in below if document)
    return tuple(found)
