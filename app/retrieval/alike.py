"""Vectors of questions -> the same as they tell whether two ask the same; fitted by `python -m evals.training.alike`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Alike:
    """A linear map of the vectors of one embedding model: those of another stay as they are."""

    fingerprint: str
    mean: Matrix
    matrix: Matrix

    def seen(self, vectors: Matrix, fingerprint: str) -> Matrix:
        """Unit vectors, (n, dimension), and the model that made them -> unit vectors."""
        if fingerprint != self.fingerprint or not len(vectors):
            return vectors
        moved = (vectors - self.mean) @ self.matrix
        return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), dtype=np.float32)

    def save(self, path: Path) -> None:
        """Write it in half precision."""
        mean, matrix = self.mean.astype(np.float16), self.matrix.astype(np.float16)
        np.savez_compressed(path, fingerprint=np.array(self.fingerprint), mean=mean, matrix=matrix)


def shipped_alike() -> Alike:
    """The one that comes with the program."""
    with resources.files(__package__).joinpath("alike.npz").open("rb") as file, np.load(file) as given:
        return Alike(str(given["fingerprint"]), given["mean"].astype(np.float32), given["matrix"].astype(np.float32))
