"""The same questions through the chain and through a plain LangChain + Chroma pipeline, in turn.

The plain pipeline is what a tutorial builds: 1,000-character chunks with 200 of overlap, langchain-chroma with the same
embedding model, the twelve nearest reranked by the bundled cross-encoder, the best four returned. It does not quote,
verify or abstain.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from langchain_core.documents import Document as LangChainDocument

from app.pipeline.load import load_chain
from app.settings import read_settings
from app.store.documents import match
from evals.plain import plain_store
from ingest.folders import document_files
from ingest.index import Index
from ingest.load import load
from ingest.models.bundles import CROSS_ENCODER
from ingest.models.load import Embedder, Reranker, Vectors, load_embedder, load_reranker
from ingest.progress import quiet

T = TypeVar("T")
WARM = 3  # questions that are asked before any counts


class Timed:
    """An embedding model and a reranker, with the seconds spent in them since the last `take`."""

    def __init__(self, embedder: Embedder, reranker: Reranker) -> None:
        self._embedder, self._reranker, self._seconds = embedder, reranker, 0.0
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
        spent, self._seconds = self._seconds, 0.0
        return spent

    def _timed(self, work: Callable[[], T]) -> T:
        started = time.perf_counter()
        result = work()
        self._seconds += time.perf_counter() - started
        return result


def plain_pipeline(corpus: Path, models: Timed, folder: Path) -> Callable[[str], list[LangChainDocument]]:
    """Return the tutorial's pipeline over the same documents.

    It is a function that returns the best four chunks for a question.
    """
    store = plain_store([load(p, corpus) for p in document_files(corpus)], models, folder)

    def answer(question: str) -> list[LangChainDocument]:
        results = store.similarity_search(question, k=12)
        scores = models.scores(question, [d.page_content for d in results])
        return [d for _, d in sorted(zip(scores, results, strict=True), key=lambda pair: -pair[0])][:4]

    return answer


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of each question, in all and in the models; the stages of ours, and whether a known question matched it."""

    ours: list[tuple[float, float]] = field(default_factory=list)
    plain: list[tuple[float, float]] = field(default_factory=list)
    known: list[bool] = field(default_factory=list)
    stages: dict[str, list[float]] = field(default_factory=dict)

    def medians(self, part: int = 0, known: bool | None = None) -> tuple[float, float]:
        """Of ours and of the plain one: in all, or (part 1) in the models; of all questions, or of those that are known."""
        numbers = [n for n, is_known in enumerate(self.known) if known in (None, is_known)]
        ours, plain = (statistics.median(each[n][part] for n in numbers) for each in (self.ours, self.plain))
        return ours, plain


def measure(corpus: Path, questions: Sequence[str], folder: Path) -> Times:
    """Each question through both, one after the other. Each has models of its own: no vector is there already."""
    settings = read_settings(corpus=corpus, data=folder / "answers")
    models, plain_models = (Timed(load_embedder(), load_reranker(n)) for n in (settings.reranker, CROSS_ENCODER))
    index, times = Index(settings.index_folder), Times()
    match(settings, index, models, quiet)
    chain = load_chain(settings, index, models, models)
    plain = plain_pipeline(corpus, plain_models, folder / "plain")
    for warm_up_question in questions[:WARM]:
        chain.ask(warm_up_question)
        plain(warm_up_question)
    for question in questions:
        seconds, answer = _one(partial(chain.ask, question), models)
        times.ours.append(seconds)
        times.plain.append(_one(partial(plain, question), plain_models)[0])
        times.known.append("ranking" not in dict(answer.timings))
        for stage, seconds_spent in answer.timings:
            times.stages.setdefault(stage, []).append(seconds_spent)
    index.close()
    return times


def _one(work: Callable[[], T], models: Timed) -> tuple[tuple[float, float], T]:
    """(seconds in all, seconds in the models) of one question, and what came of it."""
    models.take()
    started = time.perf_counter()
    result = work()
    return (time.perf_counter() - started, models.take()), result
