"""Question -> ranked passages: vectors and words, fused by reciprocal rank, then reranked.

Reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009; k = 60 as there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever

from app.answers import Evidence, Hit, Question
from app.gloss import gloss, term_pairs
from app.reading import in_place
from ingest.documents import Chunk, Document, guess_language
from ingest.index import Found, Index
from ingest.models import Embedder, Reranker

POOL = 40  # chunks that each search brings
FUSION_K = 60
FEWEST = 10  # chunks reranked for each part of a question
OPENED = 7  # best chunks whose passages are scored one by one


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that the searches found, with its document; `similarity` is its cosine to the question as it was asked, where
    the search by meaning found it."""

    chunk: Chunk
    document: Document
    similarity: float | None = None


class Retriever:
    """Searches one index. Safe to share between threads."""

    def __init__(self, index: Index, embedder: Embedder, reranker: Reranker, reader: Reranker, candidates: int) -> None:
        self.index, self.embedder, self.candidates = index, embedder, candidates
        self.reranker, self.reader = reranker, reader
        self._terms: tuple[int, dict[str, str]] = (-1, {})

    def search(self, question: Question) -> tuple[Candidate, ...]:
        """The best chunks of all searches, fused, best first; a Chinese question is also searched for in English.

        Nothing for what asks nothing.
        """
        if not question.asks:
            return ()
        self.index.open(self.embedder)
        vector = self.embedder.queries([question.read_as])[0]
        rankings = [
            self.index.dense(vector, POOL, question.within),
            self.index.words(question.read_as, POOL, question.within),
        ]
        if question.language == "zh" and (english := self.english(question)):
            rankings.append(self.index.dense(self.embedder.queries([english])[0], POOL, question.within))
            rankings.append(self.index.words(english, POOL, question.within))
        similar = {item.id: item.score for item in rankings[0]}
        documents: dict[str, Document | None] = {}
        found = []
        for item, _ in fuse(rankings):
            key = item.chunk.document_id
            if key not in documents:
                documents[key] = self.index.document(key)
            if (document := documents[key]) is not None:
                found.append(Candidate(item.chunk, document, similar.get(item.id)))
        return tuple(found)

    def rank(self, question: Question, found: Sequence[Candidate], one_of: int = 1) -> tuple[Hit, ...]:
        """The passages of the best chunks, best first; fewer chunks are looked at where the question is `one_of` several.

        The reranker chooses the chunks, the reader their passages. Both know English only: they read a Chinese question in
        English, word for word, and leave Chinese texts to the embedding model.
        """
        kept = found[: self.candidates if one_of == 1 else max(self.candidates // one_of, FEWEST)]
        paragraphs = self._paragraphs(question, self.reranker, kept)
        best = sorted(zip(paragraphs, kept, strict=True), key=lambda pair: -pair[0])[:OPENED]
        opened = [(p, score, c) for score, c in best for p in c.chunk.passages]
        texts = [(text, c.document.language) for _, c in best for text in in_place(c.chunk, c.document)]
        read = zip(self._scores(question, self.reader, texts), opened, strict=True)
        scored = sorted(
            ((Hit(p, 0, score, paragraph), c) for score, (p, paragraph, c) in read), key=lambda pair: -pair[0].score
        )
        hits = [replace(hit, rank=rank) for rank, (hit, _) in enumerate(scored, 1)]
        for _, first in scored[:1]:
            hits[0] = replace(hits[0], whole=self._paragraphs(question, self.reader, [first])[0])
        return tuple(hits)

    def english(self, question: Question) -> str:
        """The question in English: as it was read, or word for word; '' where no word of it is known."""
        if question.language != "zh":
            return question.read_as
        stamp = self.index.catalogue.stamp
        if self._terms[0] != stamp:
            origins = sorted(self.index.catalogue.origins().items())  # of two pairs the same one wins every time
            keys = dict.fromkeys(key for _, (_, key) in origins)
            documents = (d for key in keys if (d := self.index.document(key)) is not None)
            self._terms = (stamp, term_pairs(documents))
        return gloss(question.read_as, self._terms[1])

    def _paragraphs(self, question: Question, model: Reranker, candidates: Sequence[Candidate]) -> list[float]:
        """Scores of whole chunks; what a search has found out about Chinese ones is not worked out again."""
        texts = [(_in_context(c), c.document.language) for c in candidates]
        return self._scores(question, model, texts, [c.similarity for c in candidates])

    def _scores(
        self, question: Question, model: Reranker, texts: Sequence[tuple[str, str]], known: Sequence[float | None] = ()
    ) -> list[float]:
        """Scores of (text, language) pairs: English by the model, Chinese by the embedding model, where the cosine is not
        `known`."""
        english = self.english(question)
        by_model = [n for n, (_, language) in enumerate(texts) if english and not language.startswith("zh")]
        others = sorted(set(range(len(texts))) - set(by_model))
        scores = dict(zip(by_model, model.scores(english, [texts[n][0] for n in by_model]), strict=True))
        similar = {n: cosine for n, cosine in enumerate(known) if cosine is not None}
        if unknown := [n for n in others if n not in similar]:
            vector = self.embedder.queries([question.read_as])[0]
            similar |= dict(zip(unknown, self.embedder.passages([texts[n][0] for n in unknown]) @ vector, strict=True))
        scores |= {n: _stretched(float(similar[n])) for n in others}
        return [scores[n] for n in range(len(texts))]

    def evidence(self, hits: Sequence[Hit]) -> tuple[Evidence, ...]:
        """What an engine is shown, one entry a hit, in their order."""
        documents: dict[str, Document] = {}
        found = []
        for hit in hits:
            key = hit.passage.document_id
            if key not in documents:
                document = self.index.document(key)
                if document is None:
                    continue
                documents[key] = document
            text = documents[key].text
            found.append(Evidence(f"S{hit.rank}", documents[key], hit.passage, hit.passage.read(text)))
        return tuple(found)


def _stretched(cosine: float) -> float:
    """e5's cosines lie between 0.7 and 0.9: stretched, so that a step means about as much as a logit of the reranker."""
    return (cosine - 0.8) * 100


def fuse(rankings: Sequence[Sequence[Found]]) -> list[tuple[Found, float]]:
    """Reciprocal rank fusion: the sum over rankings of 1 / (60 + rank), best first; ties keep the order of appearance."""
    scores: dict[int, float] = {}
    items: dict[int, Found] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, 1):
            scores[item.id] = scores.get(item.id, 0.0) + 1.0 / (FUSION_K + rank)
            items.setdefault(item.id, item)
    return sorted(((items[i], s) for i, s in scores.items()), key=lambda pair: -pair[1])


def merge(rankings: Sequence[Sequence[Hit]]) -> tuple[Hit, ...]:
    """The hits of several rankings in turn, best first, each passage once and ranked anew."""
    found: dict[tuple[str, int], Hit] = {}
    for row in zip_longest(*rankings):
        for hit in row:
            if hit is not None:
                found.setdefault((hit.passage.document_id, hit.passage.start), hit)
    return tuple(replace(hit, rank=n) for n, hit in enumerate(found.values(), 1))


def _in_context(candidate: Candidate) -> str:
    """A chunk as the reranker reads it: title and heading in front, as they were embedded."""
    return candidate.chunk.embedded(candidate.document.text, candidate.document.title)


class PlanRetriever(BaseRetriever):
    """The index as a LangChain retriever: the passages that answer a question, best first."""

    retriever: Any
    k: int = 10

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[LangChainDocument]:
        del run_manager
        question = Question(query, query, guess_language(query))
        hits = self.retriever.rank(question, self.retriever.search(question))[: self.k]
        return [
            LangChainDocument(
                page_content=e.text,
                metadata={
                    "document_id": e.document.id, "title": e.document.title, "heading": e.passage.heading,
                    "start": e.passage.start, "end": e.passage.end, "score": h.score,
                },
            )
            for e, h in zip(self.retriever.evidence(hits), hits, strict=False)
        ]  # fmt: skip
