"""The bundled weights in onnxruntime alone: what embeds a text, and what scores a pair.

Each text and each pair is read alone, by one thread, several of them at once: int8 models are quantised by what they read
together, so beside others a text would get another vector, and short texts do not fill two threads.

The cross-encoder is read with layers of our own, which `evals.training.train_reader` trained. The vocabulary stays in the
package that brings it; our layers, named as the ONNX model names them, are put in their places when the model is loaded: all
of ours, or a mean of ours and the bundled ones (Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022,
section 3).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import numpy_helper
from tokenizers import Tokenizer

Vectors = NDArray[np.float32]
Features = dict[str, NDArray[Any]]
MAX_TOKENS = 512
MAX_CHARACTERS = 8_000  # more are never read: no token of ordinary text has sixteen
WORKERS = min(os.cpu_count() or 1, 4)  # texts that are read at once


class Tokens(Protocol):
    """A text as a model's input."""

    def features(self, text: str) -> Features:
        """What the model reads, as a batch of one."""
        ...


def session(model: bytes | str, fused: bool = True) -> onnxruntime.InferenceSession:
    """A model -> an onnxruntime session of one thread on the CPU, for several threads to ask; `fused` by the runtime or as
    it is."""
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
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()  # the file carries a fixed padding to 512 tokens: five times slower

    def features(self, text: str, second: str | None = None) -> Features:
        """Ids, mask and types, (1, n)."""
        found = self._tokenizer.encode(model_input(text), None if second is None else model_input(second))
        rows = {"input_ids": found.ids, "attention_mask": found.attention_mask, "token_type_ids": found.type_ids}
        return {name: np.array([row], dtype=np.int64) for name, row in rows.items()}


class OnnxEncoder:
    """Texts to unit vectors. What stands in front of a query and of a passage is the model's own."""

    dimension = 384

    def __init__(self, tokens: Tokens, running: onnxruntime.InferenceSession, query: str, passage: str) -> None:
        self._tokens, self._session, self._query, self._passage = tokens, running, query, passage
        self._pool = ThreadPoolExecutor(WORKERS, "texts")

    def queries(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension), normalised."""
        return self._vectors(self._query, texts)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension), normalised."""
        return self._vectors(self._passage, texts)

    def _vectors(self, before: str, texts: Sequence[str]) -> Vectors:
        """The longest are begun first, so that no thread waits long for another."""
        order = sorted(range(len(texts)), key=lambda n: -len(texts[n]))
        found = np.empty((len(texts), self.dimension), dtype=np.float32)
        vectors = self._pool.map(lambda n: self._vector(before + model_input(texts[n])), order)
        for n, vector in zip(order, vectors, strict=True):
            found[n] = vector
        return found

    def _vector(self, text: str) -> Vectors:
        found = self._session.run(None, self._tokens.features(text))[0][0]
        vector = found if found.ndim == 1 else found[0]  # of the text, or of each token: the first one's stands for the text
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


class OnnxPairScorer:
    """Relevance of (question, passage) pairs as a raw logit; the folder holds the model's tokenizer."""

    def __init__(self, folder: Path, running: onnxruntime.InferenceSession) -> None:
        self._tokens, self._session = WordPieces(folder), running
        self._pool = ThreadPoolExecutor(WORKERS, "pairs")

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """One logit a text, in their order; the longest are begun first."""
        order = sorted(range(len(texts)), key=lambda n: -len(texts[n]))
        logits = self._pool.map(lambda n: self._score(question, texts[n]), order)
        found = dict(zip(order, logits, strict=True))
        return [found[n] for n in range(len(texts))]

    def _score(self, question: str, text: str) -> float:
        return float(self._session.run(None, self._tokens.features(question, text))[0][0, 0])


def model_input(text: str) -> str:
    """A text -> as much of it as a model may read; half a surrogate pair, which no tokenizer takes, is a question mark."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode()


Arrays = dict[str, NDArray[Any]]
LEVELS = 127  # of a signed byte, both ways
QUANTISED = "_quantized"


def with_layers(base: Path, layers: Path, share: float = 1.0) -> bytes:
    """A model and layers -> the ONNX model `base` with the arrays of `layers` in the places of those that have their names:
    `share` of each weight is that of `layers`, the rest that of `base`."""
    model = onnx.load(str(base))
    with np.load(layers) as file:
        ours: Arrays = dict(file)
    if share < 1.0:
        theirs = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer if i.name in ours}
        ours = _mean(ours, theirs, share)
    for initializer in model.graph.initializer:
        if initializer.name in ours:
            initializer.CopyFrom(numpy_helper.from_array(ours[initializer.name], initializer.name))
    found: bytes = model.SerializeToString()
    return found


def dequantised(arrays: Arrays, name: str) -> NDArray[np.float32]:
    """A quantised matrix -> numbers."""
    levels = arrays[f"{name}{QUANTISED}"].astype(np.float32) - arrays[f"{name}_zero_point"].astype(np.float32)
    return np.asarray(levels * arrays[f"{name}_scale"], dtype=np.float32)


def quantised(name: str, matrix: NDArray[np.float32]) -> Arrays:
    """A matrix, (inputs, outputs) -> the same in 8 bits, with a scale for each output.

    The bundled model has one scale a matrix. With that our layers, which learnt by small steps, come out as another model:
    what they had learnt about near misses was gone (docs/decisions/031).
    """
    scale = np.asarray(np.abs(matrix).max(0) / LEVELS, dtype=np.float32)
    levels = np.clip(np.round(matrix / scale), -LEVELS, LEVELS).astype(np.int8)
    return {f"{name}{QUANTISED}": levels, f"{name}_scale": scale, f"{name}_zero_point": np.zeros(scale.shape, np.int8)}


def _mean(ours: Arrays, theirs: Arrays, share: float) -> Arrays:
    """`share` of ours and the rest of theirs, weight by weight."""
    matrices = {name.removesuffix(QUANTISED) for name in ours if name.endswith(QUANTISED)}
    found: Arrays = {}
    for name in matrices:
        found |= quantised(name, share * dequantised(ours, name) + (1 - share) * dequantised(theirs, name))
    for name, array in ours.items():
        if name not in found:
            found[name] = np.asarray(share * array + (1 - share) * theirs[name], dtype=np.float32)
    return found
