"""The bundled weights in onnxruntime alone: what embeds a text, and what scores a pair.

Each text and each pair is read alone, by one thread, several of them at once: int8 models are quantised by what they read
together, so beside others a text would get another vector, and short texts do not fill two threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

Vectors = NDArray[np.float32]
Features = dict[str, NDArray[Any]]
T = TypeVar("T")
WORKERS = min(os.cpu_count() or 1, 4)  # texts that are read at once


def session(model: bytes | str, fused: bool = True) -> onnxruntime.InferenceSession:
    """Open a session that runs a model in one thread on the CPU; several threads may call it at once.

    Args:
        model: The serialised ONNX model, or the path of its file.
        fused: False to keep onnxruntime from fusing the model's operators.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    if not fused:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class WordPieces:
    """The tokenizer of one folder, for texts and for pairs."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(512)
        self._tokenizer.no_padding()  # the file carries a fixed padding to 512 tokens: five times slower

    def features(self, text: str, second: str | None = None) -> Features:
        """Ids, mask and types, (1, n)."""
        encoding = self._tokenizer.encode(model_input(text), None if second is None else model_input(second))
        rows = {"input_ids": encoding.ids, "attention_mask": encoding.attention_mask, "token_type_ids": encoding.type_ids}
        return {name: np.array([row], dtype=np.int64) for name, row in rows.items()}


class OnnxEncoder:
    """Encodes texts as unit vectors.

    `features` gives the arrays that the model reads of a text, as a batch of one. The words in front of a query and of a
    passage are the model's own.
    """

    dimension = 384

    def __init__(
        self, features: Callable[[str], Features], onnx_session: onnxruntime.InferenceSession, query: str, passage: str
    ) -> None:
        self._features, self._session, self._query, self._passage = features, onnx_session, query, passage
        self._pool = ThreadPoolExecutor(WORKERS, "texts")

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of queries, (n, dimension), normalised."""
        return self._vectors(self._query, texts)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of passages, (n, dimension), normalised."""
        return self._vectors(self._passage, texts)

    def _vectors(self, prefix: str, texts: Sequence[str]) -> Vectors:
        vectors = _map_texts(self._pool, lambda text: self._vector(prefix + model_input(text)), texts)
        return np.array(vectors, dtype=np.float32).reshape(len(texts), self.dimension)

    def _vector(self, text: str) -> Vectors:
        output = self._session.run(None, self._features(text))[0][0]
        vector = output if output.ndim == 1 else output[0]  # one of the text, or one a token, the first for the text
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


class OnnxPairScorer:
    """Relevance of (question, passage) pairs as a raw logit; the folder holds the model's tokenizer."""

    def __init__(self, folder: Path, onnx_session: onnxruntime.InferenceSession) -> None:
        self._tokens, self._session = WordPieces(folder), onnx_session
        self._pool = ThreadPoolExecutor(WORKERS, "pairs")

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """One logit a text, in their order."""

        def score(text: str) -> float:
            return float(self._session.run(None, self._tokens.features(question, text))[0][0, 0])

        return _map_texts(self._pool, score, texts)


def _map_texts(pool: ThreadPoolExecutor, work: Callable[[str], T], texts: Sequence[str]) -> list[T]:
    """Do the work on each text, and return the results in the order of the texts.

    The longest texts are begun first, so that no thread waits long for another.
    """
    order = sorted(range(len(texts)), key=lambda n: -len(texts[n]))
    results = dict(zip(order, pool.map(lambda n: work(texts[n]), order), strict=True))
    return [results[n] for n in range(len(texts))]


def model_input(text: str) -> str:
    """Return as much of a text as a model may read, with half surrogate pairs replaced by '?'.

    No tokenizer accepts half a surrogate pair.
    """
    return text[:8_000].encode("utf-8", "replace").decode()  # no token of ordinary text has sixteen
