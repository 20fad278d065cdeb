"""Trains where a follow-up stands among known questions: maps of its vector, of the one before it and of both in one line.

Their sum must be nearer to the questions that are meant than to all others (a softmax over all, by which the right ones
together are to be likeliest), starting from and held to a mean of the three as `Alike` sees them. `evals.training.follow`
says what is asked and what is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from app.known.alike import Alike, Behind

STEPS, BATCH, RATE = 200, 256, 1e-3
TEMPERATURE = 0.05
HELD = 3e-3  # how much it costs to leave the mean
BEGIN = (0.5, 0.2, 0.5)  # what each of the three counts at first
SEED = 0
Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Example:
    """A follow-up: the vectors of it, of the question before and of both, (3, dimension), the numbers of the known questions
    that are right, and what it counts."""

    vectors: Matrix
    right: tuple[int, ...]
    weight: float


def centres(vectors: Matrix, owner: NDArray[np.int64], number: int) -> Matrix:
    """Vectors of wordings, as `Alike` sees them, and the question of each -> the unit mean of each question's."""
    sums = np.zeros((number, vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, owner, vectors)
    return np.asarray(sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def train(examples: Sequence[Example], known: Matrix, alike: Alike, steps: int = STEPS) -> Behind:
    """Follow-ups and the centres of all known questions -> the maps."""
    torch.manual_seed(SEED)
    vectors = torch.tensor(np.stack([e.vectors for e in examples]) - alike.mean)
    right = torch.zeros(len(examples), len(known), dtype=torch.bool)
    for n, example in enumerate(examples):
        right[n, list(example.right)] = True
    weights = torch.tensor([e.weight for e in examples])
    still = torch.stack([torch.tensor(alike.matrix * share) for share in BEGIN])
    matrices, centre = still.clone().requires_grad_(), torch.tensor(known)
    optimizer = torch.optim.Adam([matrices], lr=RATE)
    for _ in range(steps):
        chosen = torch.randint(len(examples), (min(BATCH, len(examples)),))
        meant = torch.nn.functional.normalize(torch.einsum("npi,pij->nj", vectors[chosen], matrices))
        near = meant @ centre.T / TEMPERATURE
        own = near.masked_fill(~right[chosen], -torch.inf).logsumexp(1)
        missed = ((near.logsumexp(1) - own) * weights[chosen]).sum() / weights[chosen].sum()
        loss = missed + HELD * ((matrices - still) ** 2).sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return Behind(alike.fingerprint, alike.mean, matrices.detach().numpy())
