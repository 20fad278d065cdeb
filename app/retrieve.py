"""Question -> ranked passages: vectors and words, fused by reciprocal rank, then reranked.

Reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009; k = 60 as there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever

from app.answers import Evidence, Hit, Question
from ingest.documents import Chunk, Document, Passage, guess_language
from ingest.index import Found, Index
from ingest.models import Embedder, Reranker

POOL = 40  # chunks that each search brings
FUSION_K = 60
OPENED = 5  # best chunks whose passages are scored one by one
Scorer = Callable[[Sequence[str]], list[float]]
PARAGRAPH_SHARE = 0.4  # how much the paragraph's own score counts in a passage's


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that the searches found, with its document; `similarity` is the vector search's cosine, 0 if it missed."""

    chunk: Chunk
    document: Document
    fused: float
    similarity: float


class Retriever:
    """Searches one index. Safe to share between threads."""

    def __init__(self, index: Index, embedder: Embedder, reranker: Reranker, candidates: int) -> None:
        self.index, self.embedder, self.reranker, self.candidates = index, embedder, reranker, candidates

    def search(self, question: Question) -> tuple[Candidate, ...]:
        """The best chunks of both searches, fused, best first."""
        self.index.open(self.embedder)
        vector = self.embedder.queries([question.read_as])[0]
        dense = self.index.dense(vector, POOL, question.within)
        words = self.index.words(question.read_as, POOL, question.within)
        similarity = {f.id: f.score for f in dense}
        fused = fuse([dense, words])
        documents: dict[str, Document | None] = {}
        found = []
        for item, score in fused:
            key = item.chunk.document_id
            if key not in documents:
                documents[key] = self.index.document(key)
            if (document := documents[key]) is not None:
                found.append(Candidate(item.chunk, document, score, similarity.get(item.id, 0.0)))
        return tuple(found)

    def rank(self, question: Question, found: Sequence[Candidate]) -> tuple[Hit, ...]:
        """The passages of the best chunks, best first.

        The cross-encoder knows English only: where question or text is Chinese, the embedding model ranks.
        """
        kept = found[: self.candidates]
        if not kept:
            return ()
        foreign = question.language == "zh" or all(c.document.language.startswith("zh") for c in kept)
        score = self._by_similarity(question) if foreign else partial(self.reranker.scores, question.read_as)
        paragraphs = self._known(kept, score) if foreign else score([_in_context(c) for c in kept])
        best = sorted(zip(paragraphs, kept, strict=True), key=lambda pair: -pair[0])[:OPENED]
        passages = [(p, c, whole) for whole, c in best for p in c.chunk.passages]
        texts = [alone(p, c.document) for p, c, _ in passages]
        scored = [
            (relevance + PARAGRAPH_SHARE * whole, relevance, whole, passage)
            for relevance, (passage, _, whole) in zip(score(texts), passages, strict=True)
        ]
        scored.sort(key=lambda s: -s[0])
        return tuple(Hit(p, rank, total, alone_, whole) for rank, (total, alone_, whole, p) in enumerate(scored, 1))

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

    def _by_similarity(self, question: Question) -> Scorer:
        """The embedding model as a scorer."""
        vector = self.embedder.queries([question.read_as])[0]
        return lambda texts: [_stretched(float(s)) for s in self.embedder.passages(texts) @ vector] if texts else []

    def _known(self, kept: Sequence[Candidate], score: Scorer) -> list[float]:
        """Scores of chunks by similarity: from the vector search where it found them, else embedded now."""
        missed = [c for c in kept if not c.similarity]
        made = iter(score([_in_context(c) for c in missed]))
        return [_stretched(c.similarity) if c.similarity else next(made) for c in kept]


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


def _in_context(candidate: Candidate) -> str:
    """A chunk as the reranker reads it: title and heading in front, as they were embedded."""
    return candidate.chunk.embedded(candidate.document.text, candidate.document.title)


def alone(passage: Passage, document: Document) -> str:
    """A passage as the reranker reads it: a list item behind the sentence that introduces the list, heading in front."""
    text = passage.read(document.text)
    if passage.lead is not None:
        text = f"{document.text[slice(*passage.lead)]} {text}"
    return text


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
