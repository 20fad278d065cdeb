"""The pace of indexing a folder: `sync` beside a plain LangChain + Chroma pipeline with the same model and texts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from langchain_chroma import Chroma
from langchain_core.documents import Document as Plain
from langchain_text_splitters import RecursiveCharacterTextSplitter

from evals.plain import LangChainEmbeddings
from ingest.documents import contextualised_texts
from ingest.folders import document_files
from ingest.index import Index
from ingest.load import load
from ingest.models.load import Embedder
from ingest.split import split
from ingest.sync import sync

Texts = dict[Path, list[str]]


@dataclass(frozen=True, slots=True)
class Ingest:
    """Passages of the folder, and the seconds of each: the faster of the runs."""

    documents: int
    passages: int
    ours: float
    again: float
    """A second sync, which has nothing to do."""
    plain: float

    @property
    def share(self) -> float:
        """Our pace as a share of the plain pipeline's."""
        return self.plain / self.ours


def measure(corpus: Path, embedder: Embedder, place: Path, runs: int = 2) -> Ingest:
    """Both bring in a folder that has no vectors of its own, in turn."""
    texts = {path: _texts(path, corpus) for path in document_files(corpus)}
    embedder.passages(["warm"])
    ours, again, plain = [], [], []
    for run in range(runs):
        index = Index(place / f"ours{run}")
        ours.append(_timed(partial(sync, [corpus], index, embedder)))
        again.append(_timed(partial(sync, [corpus], index, embedder)))
        index.close()
        plain.append(_timed(partial(_plain, texts, embedder, place / f"plain{run}")))
    return Ingest(len(texts), sum(map(len, texts.values())), min(ours), min(again), min(plain))


def _timed(work: Callable[[], object]) -> float:
    """Its seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _texts(path: Path, corpus: Path) -> list[str]:
    document = load(path, corpus)
    return [text for chunk in split(document) for text in contextualised_texts(chunk, document)]


def _plain(texts: Texts, embedder: Embedder, folder: Path) -> None:
    """Index as a tutorial does: it knows no sources, no spans and no full text."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=100_000, chunk_overlap=0)
    store = Chroma(embedding_function=LangChainEmbeddings(embedder), persist_directory=str(folder))
    for path, passages in texts.items():
        path.read_text(encoding="utf-8")
        store.add_documents(splitter.split_documents([Plain(page_content=t) for t in passages]))
