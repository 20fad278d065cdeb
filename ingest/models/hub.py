"""A model that no package carries: a folder, or a name that sentence-transformers fetches from its hub.

Beside the training this is the only importer of sentence-transformers, and so of torch: they take seconds and gigabytes,
and come with an extra.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.errors import ModelError

Vectors = NDArray[np.float32]


class HubEncoder:
    """Texts to unit vectors, with the model's own prompts and pooling; one text at a time, as bundled ones."""

    def __init__(self, name: str) -> None:
        self._model = _library(name).SentenceTransformer(name, device="cpu")
        self.dimension = int(self._model.get_embedding_dimension())

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of queries, (n, dimension), normalised."""
        return np.asarray(self._model.encode_query(list(texts), batch_size=1, **_OPTIONS), dtype=np.float32)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of passages, (n, dimension), normalised."""
        return np.asarray(self._model.encode_document(list(texts), batch_size=1, **_OPTIONS), dtype=np.float32)


class HubPairScorer:
    """Relevance of (question, passage) pairs as a raw logit."""

    def __init__(self, name: str) -> None:
        library = _library(name)
        import torch

        self._model = library.CrossEncoder(name, activation_fn=torch.nn.Identity(), device="cpu")

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """One logit a text, in their order."""
        pairs = [(question, text) for text in texts]
        return [float(s) for s in self._model.predict(pairs, batch_size=1, show_progress_bar=False)]


_OPTIONS: dict[str, Any] = {"normalize_embeddings": True, "show_progress_bar": False}


def _library(name: str) -> Any:
    try:
        import sentence_transformers
    except ImportError as error:
        step = "Install it with `pip install -e '.[hub]'`, or use a model that comes with the program."
        raise ModelError("The model {name} needs sentence-transformers, which is not installed.", step, name) from error
    return sentence_transformers
