"""Where an answer's time goes, beside a plain LangChain + Chroma pipeline in one run: `make bench`.

The plain pipeline is what a tutorial builds: 1,000-character chunks with 200 of overlap, langchain-chroma with the same
embedding model, the twelve nearest reranked by the bundled cross-encoder, the best four returned. It does not quote,
verify or abstain.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from langchain_core.documents import Document as LangChainDocument
from rich.console import Console
from rich.table import Table

from app.pipeline.chain import Chain
from app.settings import read_settings
from evals.baselines import plain_store
from evals.cases import own_cases
from ingest.bundles import CROSS_ENCODER
from ingest.errors import AskError
from ingest.folders import document_files
from ingest.index import Index
from ingest.load import load
from ingest.models import Embedder, Reranker, Vectors, load_embedder, load_reranker
from ingest.sync import sync

T = TypeVar("T")
QUESTIONS = 40


class Timed:
    """An embedding model and a reranker, with the seconds spent in them since the last `take`."""

    def __init__(self, embedder: Embedder, reranker: Reranker) -> None:
        self._embedder, self._reranker, self._spent = embedder, reranker, 0.0
        self.fingerprint, self.dimension = embedder.fingerprint, embedder.dimension
        self.multilingual = embedder.multilingual

    def queries(self, texts: Sequence[str]) -> Vectors:
        """As the embedder."""
        return self._timed(lambda: self._embedder.queries(texts))

    def passages(self, texts: Sequence[str]) -> Vectors:
        """As the embedder."""
        return self._timed(lambda: self._embedder.passages(texts))

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """As the reranker."""
        return self._timed(lambda: self._reranker.scores(question, texts))

    def judged(self, question: str, texts: Sequence[str]) -> list[float]:
        """As the reranker."""
        return self._timed(lambda: self._reranker.judged(question, texts))

    def take(self) -> float:
        """Seconds in the models since the last call."""
        spent, self._spent = self._spent, 0.0
        return spent

    def _timed(self, work: Callable[[], T]) -> T:
        started = time.perf_counter()
        found = work()
        self._spent += time.perf_counter() - started
        return found


def plain_pipeline(corpus: Path, models: Timed, folder: Path) -> Callable[[str], list[LangChainDocument]]:
    """The tutorial's pipeline over the same documents, as a function from question to its best four chunks."""
    store = plain_store([load(p, corpus) for p in document_files(corpus)], models, folder)

    def answer(question: str) -> list[LangChainDocument]:
        found = store.similarity_search(question, k=12)
        scores = models.scores(question, [d.page_content for d in found])
        return [d for _, d in sorted(zip(scores, found, strict=True), key=lambda pair: -pair[0])][:4]

    return answer


def measure(ask: Callable[[str], Any], questions: Sequence[str], *models: Timed) -> list[tuple[float, float]]:
    """A function and questions -> (seconds in all, seconds in the models) a question."""
    rows = []
    for question in questions:
        for model in models:
            model.take()
        started = time.perf_counter()
        ask(question)
        rows.append((time.perf_counter() - started, sum(model.take() for model in models)))
    return rows


def main() -> None:
    """Print both tables."""
    settings = read_settings()
    embedder = load_embedder(settings.embedding_model)
    models, plain_models = (Timed(embedder, load_reranker(name)) for name in (settings.reranker, CROSS_ENCODER))
    index = Index(settings.index_folder, settings.chroma_url)
    sync([settings.corpus], index, models)
    chain = Chain(index, models, models, settings)
    questions = [c.question for c in own_cases("tune") if c.language == "en" and not c.history][:QUESTIONS]
    console = Console(width=110)
    with tempfile.TemporaryDirectory() as folder:
        plain = plain_pipeline(settings.corpus, plain_models, Path(folder))
        stages: dict[str, list[float]] = {}

        def ask(question: str) -> None:
            for stage, seconds in chain.ask(question).timings:
                stages.setdefault(stage, []).append(seconds)

        for warm in questions[:3]:
            ask(warm)
            plain(warm)
        stages.clear()
        table = Table("pipeline", "median ms", "in the models, ms", "everything else, ms", "everything else, share")
        for name, work in (("ask-the-plan", ask), ("plain LangChain + Chroma", plain)):
            rows = measure(work, questions, models, plain_models)
            total, inside = (statistics.median(r[i] for r in rows) for i in (0, 1))
            rest = statistics.median(t - m for t, m in rows)
            share = sum(t - m for t, m in rows) / sum(t for t, _ in rows)
            table.add_row(name, f"{total * 1e3:.0f}", f"{inside * 1e3:.0f}", f"{rest * 1e3:.1f}", f"{share:.1%}")
    console.print(f"{len(questions)} questions, models loaded", table)
    split = Table("stage", "median ms")
    for stage, values in stages.items():
        split.add_row(stage, f"{statistics.median(values) * 1e3:.1f}")
    console.print(split)
    index.close()


if __name__ == "__main__":
    try:
        main()
    except AskError as error:
        raise SystemExit(error.sentence()) from error
