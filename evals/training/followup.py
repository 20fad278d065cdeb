"""Trains the maps that place a follow-up among known questions.

Run `python -m evals.training.followup` (minutes).

Three linear maps are learnt: of the vector of a follow-up, of that of the question before it and of that of both in one
line. Their sum must be nearer to the questions that are meant than to all others (a softmax over all, by which the right
ones together are to be likeliest), and near to the follow-up put in full. Training starts from a mean of the three as
`SimilarityProjection` sees them. The follow-ups are those of the judged lists that the pair reader is trained on. The
command writes `app/known/followup.npz`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray

from app.known.projections import FollowupProjection, Matrix, SimilarityProjection
from evals.folder import corpus_chain
from evals.training.similarity import FOLDER, TEMPERATURE, fit
from evals.training.train_pairs import TRAINED_ON, read_lists

BATCH = 256
INITIAL_SHARES = (0.5, 0.2, 0.5)  # what each of the three counts at first


@dataclass(frozen=True, slots=True)
class Example:
    """A follow-up.

    Attributes:
        vectors: Of it, of the question before it and of both, (3, dimension).
        full: The vector of the follow-up put in full, as `SimilarityProjection` sees it.
        right: The numbers of the known questions that are right.
    """

    vectors: Matrix
    full: Matrix
    right: tuple[int, ...]


def centres(vectors: Matrix, owner: NDArray[np.int64], number: int) -> Matrix:
    """Return the mean vector of each question's wordings, scaled to unit length.

    Args:
        vectors: The vectors of the wordings, as `SimilarityProjection` sees them.
        owner: The number of each wording's question.
        number: The number of questions.
    """
    sums = np.zeros((number, vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, owner, vectors)
    return np.asarray(sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def train(examples: Sequence[Example], known: Matrix, alike: SimilarityProjection, steps: int = 400) -> FollowupProjection:
    """Train the maps on follow-ups.

    `known` holds the centres of all known questions.
    """
    torch.manual_seed(0)
    vectors = torch.tensor(np.stack([e.vectors for e in examples]) - alike.mean)
    full, centre = torch.tensor(np.stack([e.full for e in examples])), torch.tensor(known)
    right = torch.zeros(len(examples), len(known), dtype=torch.bool)
    for n, example in enumerate(examples):
        right[n, list(example.right)] = True

    def loss_of(matrices: torch.Tensor) -> torch.Tensor:
        batch = torch.randint(len(examples), (min(BATCH, len(examples)),))
        projected = torch.nn.functional.normalize(torch.einsum("npi,pij->nj", vectors[batch], matrices))
        similarity = projected @ centre.T / TEMPERATURE
        has_answer = right[batch].any(1)
        right_score = similarity[has_answer].masked_fill(~right[batch][has_answer], -torch.inf).logsumexp(1)
        answer_loss = (similarity[has_answer].logsumexp(1) - right_score).mean()
        rewrite_loss = (1 - (projected * full[batch]).sum(1)).mean()
        return answer_loss + rewrite_loss

    start = torch.stack([torch.tensor(alike.matrix * share) for share in INITIAL_SHARES])
    return FollowupProjection(alike.fingerprint, alike.mean, fit(start, loss_of, steps))


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=FOLDER / FollowupProjection.FILE)
def main(out: Path) -> None:
    """Train and write the maps."""
    with corpus_chain() as chain:
        matcher = chain.matcher
        assert matcher
        alike, wordings = matcher.model.similarity, matcher.known.wordings
        numbers = {question.question: n for n, question in enumerate(wordings.questions)}
        examples = []
        for line in read_lists(TRAINED_ON):
            if line["before"]:
                before = line["before_full"] or line["before"][-1]
                vectors = matcher.embedder.queries([line["turn"], before, f"{before} {line['turn']}", line["full"]])
                right = tuple(numbers[t] for t in [*line["answers"], *line["not_held"]] if t in numbers)
                full = alike.project(vectors[-1:], matcher.embedder.fingerprint)[0]
                examples.append(Example(vectors[:3], full, right))
        train(examples, centres(wordings.vectors, wordings.owner, len(wordings.questions)), alike).save(out)


if __name__ == "__main__":
    main()
