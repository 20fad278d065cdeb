"""Trains what two wordings of a question have in common: `python -m evals.training.alike` (two minutes).

The embedding model knows how near two texts are; which differences make another question of them, it learnt nowhere
("target" and "result" are near, "chips" and "semiconductors" no nearer). A linear map of its vectors is fitted on the known
questions' wordings: of a batch of wordings, each of another question, one must find the other wording of its own question
(InfoNCE, van den Oord et al., 2018), starting from and held to the map that changes nothing. Questions that are answered
alike are not held against each other. It writes `app/known/similarity.npz`.
"""

from __future__ import annotations

from collections import defaultdict
from importlib import resources
from pathlib import Path

import click
import numpy as np
import torch
from rich.progress import track

from app.known.projections import SimilarityProjection
from evals.folder import corpus_chain
from ingest.questions.store import QuestionStore, Wordings

STEPS, BATCH, RATE = 200, 1_024, 1e-3
TEMPERATURE = 0.05
HELD = 1e-3  # how much it costs to change the vectors
SEED = 0


def train(wordings: Wordings, fingerprint: str, steps: int = STEPS, batch: int = BATCH) -> SimilarityProjection:
    """Train the map on wordings that the model with this fingerprint embedded."""
    torch.manual_seed(SEED)
    draw = np.random.default_rng(SEED)
    groups: dict[int, list[int]] = defaultdict(list)
    for n, owner in enumerate(wordings.owner.tolist()):
        groups[owner].append(n)
    owners = [owner for owner, members in groups.items() if len(members) > 1]
    several = [groups[owner] for owner in owners]
    keys = {key: n for n, key in enumerate(dict.fromkeys(q.key for q in wordings.questions))}
    answered = torch.tensor([keys[wordings.questions[owner].key] for owner in owners])
    mean = wordings.vectors.mean(0)
    vectors = torch.tensor(wordings.vectors - mean)
    still = torch.eye(vectors.shape[1])
    matrix = still.clone().requires_grad_()
    optimizer = torch.optim.Adam([matrix], lr=RATE)
    for _ in track(range(steps), "Training"):
        chosen = draw.choice(len(several), min(batch, len(several)), replace=False)
        pairs = np.array([draw.choice(several[n], 2, replace=False) for n in chosen])
        one, other = (torch.nn.functional.normalize(vectors[pairs[:, side]] @ matrix) for side in (0, 1))
        near = one @ other.T / TEMPERATURE
        alike = answered[chosen][:, None] == answered[chosen][None]
        near = near.masked_fill(alike & ~torch.eye(len(chosen), dtype=torch.bool), -torch.inf)
        own = torch.arange(len(chosen))
        found = torch.nn.functional.cross_entropy(near, own) + torch.nn.functional.cross_entropy(near.T, own)
        loss = found / 2 + HELD * ((matrix - still) ** 2).sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return SimilarityProjection(fingerprint, mean, matrix.detach().numpy())


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Another file to write.")
def main(out: Path | None) -> None:
    """Train it on the corpus's known questions and write it."""
    chain = corpus_chain()
    found = train(QuestionStore(chain.index.folder).wordings(), chain.embedder.fingerprint)
    found.save(out or Path(str(resources.files("app.known") / "similarity.npz")))
    chain.index.close()


if __name__ == "__main__":
    main()
