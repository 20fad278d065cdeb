"""Trains what two wordings of a question have in common: `python -m evals.training.similarity` (two minutes).

The embedding model knows how near two texts are; which differences make another question of them, it learnt nowhere
("target" and "result" are near, "chips" and "semiconductors" no nearer). A linear map of its vectors is fitted on the known
questions' wordings: of a batch of wordings, each of another question, one must find the other wording of its own question
(InfoNCE, van den Oord et al., 2018), starting from and held to the map that changes nothing. Questions that are answered
alike are not held against each other. It writes `app/known/similarity.npz`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import torch
from rich.progress import track

import app.known
from app.known.projections import Matrix, SimilarityProjection
from evals.folder import corpus_chain
from ingest.questions.store import QuestionStore, Wordings

RATE = 1e-3
TEMPERATURE = 0.05
PENALTY = 1e-3  # how much it costs to leave the maps that training starts with
SEED = 0
FOLDER = Path(app.known.__file__).parent


def fit(start: torch.Tensor, loss_of: Callable[[torch.Tensor], torch.Tensor], steps: int) -> Matrix:
    """Fit linear maps, from `start` on and held to it.

    `loss_of` returns their loss on a batch that it draws.
    """
    maps = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([maps], lr=RATE)
    for _ in track(range(steps), "Training"):
        loss = loss_of(maps) + PENALTY * ((maps - start) ** 2).sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return np.asarray(maps.detach().numpy())


def train(wordings: Wordings, fingerprint: str, steps: int = 200, batch: int = 1_024) -> SimilarityProjection:
    """Train the map on wordings that the model with this fingerprint embedded."""
    rng = np.random.default_rng(SEED)
    wordings_of: dict[int, list[int]] = defaultdict(list)
    for n, owner in enumerate(wordings.owner.tolist()):
        wordings_of[owner].append(n)
    owners = [owner for owner, members in wordings_of.items() if len(members) > 1]
    candidates = [wordings_of[owner] for owner in owners]
    answer_ids = {key: n for n, key in enumerate(dict.fromkeys(q.key for q in wordings.questions))}
    answer_of = torch.tensor([answer_ids[wordings.questions[owner].key] for owner in owners])
    mean = wordings.vectors.mean(0)
    vectors = torch.tensor(wordings.vectors - mean)

    def loss_of(matrix: torch.Tensor) -> torch.Tensor:
        batch_owners = rng.choice(len(candidates), min(batch, len(candidates)), replace=False)
        pairs = np.array([rng.choice(candidates[n], 2, replace=False) for n in batch_owners])
        first, second = (torch.nn.functional.normalize(vectors[pairs[:, side]] @ matrix) for side in (0, 1))
        similarity = first @ second.T / TEMPERATURE
        same_answer = answer_of[batch_owners][:, None] == answer_of[batch_owners][None]
        similarity = similarity.masked_fill(same_answer & ~torch.eye(len(batch_owners), dtype=torch.bool), -torch.inf)
        target = torch.arange(len(batch_owners))
        both_ways = [torch.nn.functional.cross_entropy(scores, target) for scores in (similarity, similarity.T)]
        return torch.stack(both_ways).mean()

    return SimilarityProjection(fingerprint, mean, fit(torch.eye(vectors.shape[1]), loss_of, steps))


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=FOLDER / SimilarityProjection.FILE)
def main(out: Path) -> None:
    """Train it on the corpus's known questions and write it."""
    with corpus_chain() as chain:
        train(QuestionStore(chain.index.folder).wordings(), chain.embedder.fingerprint).save(out)


if __name__ == "__main__":
    main()
