"""Gathers what a language model reads beside what was found for a question.

These are the passages that the last answers cite, what further searches find, and what the model asks to see.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.answering.draft import Proposal, location
from app.answers import Evidence, Hit
from app.known.answers import evidence_at
from app.known.choosing import Chooser
from app.llm.evidence import WrittenEvidence, gives_orders
from app.llm.selecting import MAX_CHOSEN, Material
from app.llm.writing import TurnReading
from app.query.translate import FolderLanguage
from app.query.understand import understand
from app.query.values import Query, Turn
from app.retrieval.retriever import Retriever, merge
from app.text.words import letters
from ingest.documents import Passage
from ingest.index import Index

MAX_TITLES = 100  # documents that a model is told; it searches for others
MAX_CARRIED = 3  # passages of the last answer that are looked for again if it cites none
CITED_SCORE = 8.0  # a high logit: what the last answers cite was found sure enough before


class Gathering:
    """Gathers for one question.

    Args:
        retriever: The retriever that searches.
        folder: The documents' words for those of the question.
        within: The ids of the documents that may be read, None for all.
        chooser: Knows the statements that were written beforehand; None if there are none.
    """

    def __init__(
        self, retriever: Retriever, folder: FolderLanguage, within: tuple[str, ...] | None, chooser: Chooser | None = None
    ) -> None:
        self.retriever, self.folder, self.within, self.chooser = retriever, folder, within, chooser

    def wider(self, searches: Sequence[str]) -> tuple[tuple[Hit, ...], ...]:
        """Return what further searches find: a model reads it, and nothing is quoted of it without the model."""
        queries = [q for text in searches for q in understand(text, (), self.folder, self.within).subqueries()]
        return tuple(self.retriever.hits(q) for q in queries)

    def material(self, own: Proposal, hits: Sequence[Hit], history: Sequence[Turn], reading: TurnReading | None) -> Material:
        """Return what a model is given for a question.

        Args:
            own: The program's own draft.
            hits: The passages that were found.
            history: The turns before the question.
            reading: How the model reads the turn.
        """
        index, evidence = self.retriever.index, own.evidence
        if reading and (wider := self.wider(reading.searches)):
            evidence = self.retriever.evidence(merge([hits, *wider]))
        carried = cited_passages(history, index, self.within)
        if reading and reading.questions and not carried:
            last_answer = [turn.content for turn in history if turn.role == "assistant"][-1:]
            carried = merge(self.wider(last_answer))[:MAX_CARRIED]
        return Material(
            own.draft.query,
            own.draft,
            evidence,
            index,
            history,
            own.draft.missing,
            written=self._written(own.draft.query, hits),
            carried=self.retriever.evidence(carried),
            form=reading.form if reading else "",
            whole=self.within if self.within and len(self.within) <= MAX_CHOSEN else (),
            titles=document_titles(index, self.within),
            look=self._look_up,
        )

    def _written(self, query: Query, hits: Sequence[Hit]) -> tuple[WrittenEvidence, ...]:
        """Return the statements that come near, those of one known question together and in its order."""
        near = self.chooser.near(query, hits) if self.chooser else ()
        homes = list(dict.fromkeys(item.number for item in near))
        written: list[WrittenEvidence] = []
        for item in sorted(near, key=lambda item: (homes.index(item.number), item.order)):
            text, places = item.statement.in_language(query.language), item.places
            evidence = {location(e): e for e in evidence_at(places, self.retriever.index, self.within)}
            if len(evidence) == len(places) and not gives_orders(text):
                runs = tuple(tuple(evidence[place] for place in run) for run in item.statement.rests_on)
                written.append(WrittenEvidence(f"W{len(written) + 1}", item.known.question, text, runs))
        return tuple(written)

    def _look_up(self, names: Sequence[str]) -> tuple[Evidence, ...]:
        """Return what a model asks to see: documents and headings that it names, and what searches find."""
        named = {name: find_passages(name, self.retriever.index, self.within) for name in names}
        searches = [name for name, evidence in named.items() if not evidence]
        searched = self.retriever.evidence(merge(self.wider(searches)))
        return (*(e for evidence in named.values() for e in evidence), *searched)


def cited_passages(history: Sequence[Turn], index: Index, within: Sequence[str] | None) -> tuple[Hit, ...]:
    """Return the passages that the last two answers cite, those of the last one first; () if that is not known."""
    answers = [turn for turn in history if turn.role == "assistant"][-2:]
    spans = dict.fromkeys(span for turn in reversed(answers) for span in turn.cited)
    passages_by_place: dict[tuple[str, int], Passage] = {}
    for document_id, start, end in spans:
        if within is None or document_id in within:
            passages = index.passages(document_id)
            passages_by_place |= {(document_id, p.start): p for p in passages if start <= p.start and p.end <= end}
    return tuple(Hit(p, n, rerank_score=CITED_SCORE - n) for n, p in enumerate(passages_by_place.values(), 1))


def document_titles(index: Index, within: Sequence[str] | None) -> tuple[str, ...]:
    """Return the titles of the documents that may answer."""
    return tuple(d.title for d in index.catalogue.listing() if within is None or d.id in within)[:MAX_TITLES]


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
