"""Projects question embeddings so that cosine similarity predicts paraphrase, also for a follow-up.

`python -m evals.training.similarity` and `python -m evals.training.followup` fit the maps.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Projection:
    """A map that was fitted to the vectors of one embedding model, by its fingerprint: their mean, one matrix or several."""

    FILE: ClassVar[str]
    fingerprint: str
    mean: Matrix
    matrix: Matrix

    @classmethod
    def shipped(cls) -> Self:
        """Load the map that comes with the program."""
        with resources.files(__package__).joinpath(cls.FILE).open("rb") as file, np.load(file) as arrays:
            return cls(str(arrays["fingerprint"]), arrays["mean"].astype(np.float32), arrays["matrix"].astype(np.float32))

    def save(self, path: Path) -> None:
        """Write it in half precision."""
        mean, matrix = self.mean.astype(np.float16), self.matrix.astype(np.float16)
        np.savez_compressed(path, fingerprint=np.array(self.fingerprint), mean=mean, matrix=matrix)


@dataclass(frozen=True, slots=True)
class SimilarityProjection(Projection):
    """A linear map of the vectors of one embedding model: those of another stay as they are."""

    FILE = "similarity.npz"

    def project(self, vectors: Matrix, fingerprint: str) -> Matrix:
        """Map vectors of questions to vectors that show whether two questions ask the same.

        Args:
            vectors: Unit vectors, (n, dimension).
            fingerprint: The model that made them.

        Returns:
            Unit vectors, (n, dimension); the same ones if the map was fitted for another model.
        """
        if fingerprint != self.fingerprint or not len(vectors):
            return vectors
        projected = (vectors - self.mean) @ self.matrix
        return np.asarray(projected / np.linalg.norm(projected, axis=1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class FollowupProjection(Projection):
    """Three linear maps that locate the meaning of a follow-up among the vectors of `SimilarityProjection`.

    They apply to the vectors of the follow-up, of the question before it, and of both in one line. The sum is near the
    vector of the question that is meant. `matrix` is (3, dimension, dimension).
    """

    FILE = "followup.npz"

    def project(self, vectors: Matrix, fingerprint: str) -> Matrix | None:
        """Map the vectors of a follow-up to the vector of the question that is meant.

        Args:
            vectors: Three unit vectors, (3, dimension).
            fingerprint: The model that made them.

        Returns:
            A unit vector; None if the maps were fitted for another model.
        """
        if fingerprint != self.fingerprint:
            return None
        projected = np.einsum("pi,pij->j", vectors - self.mean, self.matrix)
        return np.asarray(projected / np.linalg.norm(projected), dtype=np.float32)
