"""Simpler programs over the same index, to compare with: each quotes the best paragraphs whole and never abstains.

`full text`, `dense` (by their nearest passage) and `hybrid` rank our own chunks and quote the first; `plain LangChain` is
what a tutorial builds: chunks of 1,000 characters with 200 of overlap in langchain-chroma, the nearest four quoted. All use
the chain's own embedding model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from langchain_chroma import Chroma
from langchain_core.embeddings import Embeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

from app.answering.verify import sources_of
from app.answers import Answer, Hit
from app.pipeline.values import Request
from app.query.understand import check_question, understand
from app.query.values import Query
from app.retrieval.retriever import POOL, fuse
from app.sentences import Citation, Sentence
from evals.metrics import Span, overlap
from ingest.documents import Document
from ingest.index import ChunkHit, Index
from ingest.models.load import Embedder

Ranker = Callable[[Query], list[Span]]
LONGEST = 10_000  # characters of a question
CHUNK_SIZE, CHUNK_OVERLAP, PLAIN_FOUND, PLAIN_QUOTED = 1_000, 200, 10, 4


class Baseline:
    """Answers with the first `quoted` spans that `rank` gives."""

    def __init__(self, index: Index, rank: Ranker, quoted: int = 1) -> None:
        self.index, self.rank, self.quoted = index, rank, quoted

    def answer(self, request: Request) -> Answer:
        """As `app.pipeline.chain.Chain.answer`; the threshold has no effect."""
        query = understand(check_question(request.question, LONGEST), request.history, within=request.within)
        spans = self.rank(query)
        quoted = list(enumerate(spans[: self.quoted], 1))
        if not quoted:
            return Answer(query.text, query.standalone, "not_found")
        citations = tuple(self._cite(n, span) for n, span in quoted)
        sentences = tuple(Sentence(self._read_span(span), (n,)) for n, span in quoted)
        found = [p for s in spans for p in self.index.passages(s[0]) if overlap(s, (p.document_id, p.start, p.end))]
        hits = tuple(Hit(p, rank, rerank_score=1.0 - rank) for rank, p in enumerate(dict.fromkeys(found), 1))
        return Answer(query.text, query.standalone, "answered", sentences, citations, confidence=1.0, hits=hits)

    def _read_span(self, span: Span) -> str:
        """Return the passages that lie in a span, as a reader understands them.

        If the span cuts all of its passages, its bare text is returned.
        """
        text = self._document(span).text
        inside = [p for p in self.index.passages(span[0]) if span[1] <= p.start and p.end <= span[2]]
        return " ".join(p.read(text) for p in inside) or text[span[1] : span[2]]

    def _cite(self, number: int, span: Span) -> Citation:
        document = self._document(span)
        quote, sources = document.text[span[1] : span[2]], sources_of(document, ())
        return Citation(number, document.id, document.title, "", quote, *span[1:], document.language, sources)

    def _document(self, span: Span) -> Document:
        document = self.index.document(span[0])
        assert document
        return document


def baselines(index: Index, embedder: Embedder, folder: Path) -> dict[str, Baseline]:
    """Return the baselines over an index, by name; `folder` is for the plain pipeline's store."""

    def dense(query: Query) -> list[ChunkHit]:
        return index.dense(embedder.queries([query.standalone])[0], POOL, query.within)

    def lexical(query: Query) -> list[ChunkHit]:
        return index.words(query.standalone, POOL, query.within)

    return {
        "full text": Baseline(index, lambda q: _spans(lexical(q))),
        "dense": Baseline(index, lambda q: _spans(dense(q))),
        "hybrid": Baseline(index, lambda q: _spans(fuse([dense(q), lexical(q)]))),
        "plain LangChain": Baseline(index, plain_ranker(index, embedder, folder), PLAIN_QUOTED),
    }


def _spans(hits: Sequence[ChunkHit]) -> list[Span]:
    return [(f.chunk.document_id, f.chunk.start, f.chunk.end) for f in hits]


def plain_ranker(index: Index, embedder: Embedder, folder: Path) -> Ranker:
    """Return a ranker that is the tutorial's pipeline over the documents of an index."""
    documents = [d for _, key in index.catalogue.origins().values() if (d := index.document(key)) is not None]
    store = plain_store(documents, embedder, folder)

    def rank(query: Query) -> list[Span]:
        results = store.similarity_search(query.standalone, k=PLAIN_FOUND)
        starts = [int(d.metadata["start_index"]) for d in results]
        return [(str(d.metadata["id"]), n, n + len(d.page_content)) for d, n in zip(results, starts, strict=True)]

    return rank


def plain_store(documents: Sequence[Document], embedder: Embedder, folder: Path) -> Chroma:
    """Store documents in langchain-chroma, in chunks of 1,000 characters with an overlap of 200.

    The metadata of a chunk give its document's id and its offsets.
    """
    splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK_SIZE, chunk_overlap=CHUNK_OVERLAP, add_start_index=True)
    chunks = splitter.create_documents([d.text for d in documents], [{"id": d.id} for d in documents])
    store = Chroma(
        "plain", LangChainEmbeddings(embedder), str(folder), collection_configuration={"hnsw": {"space": "cosine"}}
    )
    store.add_documents(chunks)
    return store


class LangChainEmbeddings(Embeddings):
    """Our embedding model as LangChain's."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text."""
        return [v.tolist() for v in self._embedder.passages(texts)]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question."""
        vector: list[float] = self._embedder.queries([text])[0].tolist()
        return vector
