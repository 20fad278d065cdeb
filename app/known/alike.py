"""Maps vectors of questions, so that they tell whether two ask the same, and to which a follow-up is near.

`python -m evals.training.alike` and `python -m evals.training.behind` fit the maps.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LinearMap:
    """A map that was fitted to the vectors of one embedding model, by its fingerprint: their mean, one matrix or several."""

    fingerprint: str
    mean: Matrix
    matrix: Matrix

    @classmethod
    def shipped(cls) -> Self:
        """Load the map that comes with the program."""
        name = f"{cls.__name__.lower()}.npz"
        with resources.files(__package__).joinpath(name).open("rb") as file, np.load(file) as given:
            return cls(str(given["fingerprint"]), given["mean"].astype(np.float32), given["matrix"].astype(np.float32))

    def save(self, path: Path) -> None:
        """Write it in half precision."""
        mean, matrix = self.mean.astype(np.float16), self.matrix.astype(np.float16)
        np.savez_compressed(path, fingerprint=np.array(self.fingerprint), mean=mean, matrix=matrix)


@dataclass(frozen=True, slots=True)
class Alike(LinearMap):
    """A linear map of the vectors of one embedding model: those of another stay as they are."""

    def seen(self, vectors: Matrix, fingerprint: str) -> Matrix:
        """Map vectors of questions to vectors that show whether two questions ask the same.

        Args:
            vectors: Unit vectors, (n, dimension).
            fingerprint: The model that made them.

        Returns:
            Unit vectors, (n, dimension); the same ones if the map was fitted for another model.
        """
        if fingerprint != self.fingerprint or not len(vectors):
            return vectors
        moved = (vectors - self.mean) @ self.matrix
        return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Behind(LinearMap):
    """Three linear maps that locate the meaning of a follow-up among the vectors of `Alike`.

    They apply to the vectors of the follow-up, of the question before it, and of both in one line. The sum is near the
    vector of the question that is meant. `matrix` is (3, dimension, dimension).
    """

    def seen(self, vectors: Matrix, fingerprint: str) -> Matrix | None:
        """Map the vectors of a follow-up to the vector of the question that is meant.

        Args:
            vectors: Three unit vectors, (3, dimension).
            fingerprint: The model that made them.

        Returns:
            A unit vector; None if the maps were fitted for another model.
        """
        if fingerprint != self.fingerprint:
            return None
        moved = np.einsum("pi,pij->j", vectors - self.mean, self.matrix)
        return np.asarray(moved / np.linalg.norm(moved), dtype=np.float32)
