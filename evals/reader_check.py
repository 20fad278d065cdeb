"""The reader on questions about documents that it was not trained on, beside the cross-encoder that it was made from:
`python -m evals.reader_check`.

Each question comes with eight passages, those of the same documents that look most like it among them. `first`: the best of
them answers. AUROC: the best score tells a question with an answer from one without.
"""

from __future__ import annotations

from collections.abc import Sequence

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from app.settings import read_settings
from evals.intervals import Interval, interval, mean_interval
from evals.metrics import auroc
from evals.reader_data import HELD_OUT, Example, own_examples
from ingest.models import BGE, CROSS_ENCODER, READER, Reranker, load_embedder, load_reranker

PASSAGES = 8


def row(model: Reranker, examples: Sequence[Example]) -> list[str]:
    """`first` and both AUROCs, with intervals."""
    scores = [model.scores(e.question, e.texts) for e in examples]
    best = np.array([max(s) for s in scores])
    first = [float(int(np.argmax(s)) in e.answers) for s, e in zip(scores, examples, strict=True) if e.answers]
    found = [_shown(mean_interval(first))]
    for kind in ("near miss", "false premise"):
        chosen = [n for n, e in enumerate(examples) if e.answers or e.kind == kind]
        answerable = np.array([bool(examples[n].answers) for n in chosen])
        found.append(_shown(interval(auroc, best[chosen], answerable)))
    return found


def _shown(value: Interval) -> str:
    return f"{value.value:.2f} [{value.low:.2f}, {value.high:.2f}]"


@click.command()
def main() -> None:
    """Print the table."""
    examples = own_examples(read_settings().corpus, load_embedder(BGE), HELD_OUT, PASSAGES - 1)
    table = Table("model", "first", "AUROC, near misses", "AUROC, false premises")
    for name in (CROSS_ENCODER, READER):
        table.add_row(name, *row(load_reranker(name), examples))
    Console(width=110).print(f"{len(examples)} questions", table)


if __name__ == "__main__":
    main()
