"""Moves vectors of questions so that they tell whether two ask the same, and finds where a follow-up stands among them.

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
        """The one that comes with the program."""
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
        """Unit vectors, (n, dimension), and the model that made them -> unit vectors."""
        if fingerprint != self.fingerprint or not len(vectors):
            return vectors
        moved = (vectors - self.mean) @ self.matrix
        return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Behind(LinearMap):
    """Three linear maps, of a follow-up's vector, of the question before it and of both in one line, whose sum stands among
    the vectors of `Alike` where the question that is meant does. `matrix` (3, dimension, dimension)."""

    def seen(self, vectors: Matrix, fingerprint: str) -> Matrix | None:
        """Three unit vectors, (3, dimension), and the model that made them -> a unit vector; None for another model's."""
        if fingerprint != self.fingerprint:
            return None
        moved = np.einsum("pi,pij->j", vectors - self.mean, self.matrix)
        return np.asarray(moved / np.linalg.norm(moved), dtype=np.float32)
