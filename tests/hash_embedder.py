"""A stand-in for the embedding model: vectors made of hashed words, for tests of everything but the model itself."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from ingest.models.load import Vectors
from ingest.words import tokens


class HashEmbedder:
    """An `Embedder` without weights: texts that share words are near each other; equal texts are equal."""

    def __init__(self, name: str = "hash", dimension: int = 64) -> None:
        self.fingerprint, self.dimension, self.multilingual = f"{name}@{dimension}", dimension, False
        self.embedded = 0

    def queries(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension), normalised."""
        return np.stack([self._vector(t) for t in texts])

    def passages(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension), normalised; counts in `embedded`."""
        self.embedded += len(texts)
        return self.queries(texts)

    def _vector(self, text: str) -> Vectors:
        vector = np.full(self.dimension, 1e-3, dtype=np.float32)
        for word in tokens(text):
            digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            vector[int.from_bytes(digest, "big") % self.dimension] += 1.0
        found: Vectors = (vector / np.linalg.norm(vector)).astype(np.float32)
        return found
