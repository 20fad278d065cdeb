"""What a tutorial builds, to compare with: chunks of 1,000 characters with 200 of overlap in langchain-chroma.

It uses our own embedding model, so that the comparison is of the pipelines alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from langchain_chroma import Chroma
from langchain_core.embeddings import Embeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

from ingest.documents import Document
from ingest.models.load import Embedder

CHUNK_SIZE, CHUNK_OVERLAP = 1_000, 200


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
