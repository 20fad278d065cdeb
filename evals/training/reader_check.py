"""The reader on questions about documents that it was not trained on, beside the cross-encoder that it was made from:
`python -m evals.training.reader_check`.

Both read what the chain brings: the 40 passages that look best before. `first`, `among three`: the best
of them answers, or one of the three best. AUROC: the score that the confidence is made of tells a question with an answer
from one without.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from app.answering.verify import read_score
from app.pipeline.chain import Chain
from app.query.understand import understand
from app.retrieval.retriever import Retriever
from evals.intervals import Interval, interval, mean_interval
from evals.metrics import auroc
from evals.opening import corpus_chain
from evals.training.reader_data import HELD_OUT, read_lines
from ingest.models.bundles import CROSS_ENCODER, READER
from ingest.models.load import load_reranker


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader made of one question of a kind: its score, and where the first passage that gives an answer stands, from
    1; 0 where none was opened."""

    kind: str
    score: float
    place: int

    @property
    def answerable(self) -> bool:
        """Whether the documents hold an answer."""
        return self.kind == "answerable"


def read(chain: Chain, reader: str, lines: Sequence[dict[str, Any]]) -> list[Read]:
    """Lines -> each question of `heldout.jsonl` as the chain would rank its passages with that reader, read as one
    question."""
    retriever = Retriever(chain.index, chain.embedder, load_reranker(reader), chain.settings.candidates)
    found = []
    for line in lines:
        question = understand(line["question"], (), chain.folder)
        hits = retriever.rank(question, retriever.search(question))
        texts = [e.text for e in retriever.evidence(hits)]
        place = next((n for n, text in enumerate(texts, 1) if text in line["quotes"]), 0)
        found.append(Read(line["kind"], read_score(hits), place))
    return found


def row(found: Sequence[Read]) -> list[str]:
    """What was found -> `first`, `among three` and both AUROCs, with intervals."""
    places = [r.place for r in found if r.answerable]
    cells = [_shown(mean_interval([float(0 < p <= most) for p in places])) for most in (1, 3)]
    for kind in ("near miss", "false premise"):
        chosen = [r for r in found if r.answerable or r.kind == kind]
        scores, answerable = np.array([r.score for r in chosen]), np.array([r.answerable for r in chosen])
        cells.append(_shown(interval(auroc, scores, answerable)))
    return cells


def _shown(value: Interval) -> str:
    return f"{value.value:.2f} [{value.low:.2f}, {value.high:.2f}]"


@click.command()
@click.option("--sample", type=click.IntRange(min=1), default=300, show_default=True, help="This many of the questions.")
@click.option("--seed", type=int, default=0, show_default=True)
def main(sample: int, seed: int) -> None:
    """Print the table."""
    lines = read_lines(HELD_OUT)
    lines = random.Random(seed).sample(lines, min(sample, len(lines)))
    chain = corpus_chain()
    table = Table("model", "first", "among three", "AUROC, near misses", "AUROC, false premises")
    for name in (CROSS_ENCODER, READER):
        table.add_row(name, *row(read(chain, name, lines)))
    Console(width=120).print(f"{len(lines)} questions", table)


if __name__ == "__main__":
    main()
