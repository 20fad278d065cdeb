"""Trains the statement reader: `python -m evals.training.train_statements [--epochs N]`.

The statement reader scores how well a statement answers a visitor's turn in its conversation. It is the pair reader, taught
further on choices that a reader made among some 26 statements a turn (`evals/training/choices.jsonl`): those that it would
show, those that are right as well, and all others. A score above 0 says that the statement belongs into the answer. The
loss of a turn is the binary cross-entropy of its statements and, as for the pair reader, half the cross-entropy of the
softmax over them and "none of them", whose score is 0. The command writes what is to be
added to the pair reader, in 8 bits: `ingest/weights/statements.npz`. Every tenth turn is held out: nothing is taught on it.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

import ingest
from app.known.match import turn_text
from app.known.statements import statements_of
from app.settings import read_settings
from evals.cases import Line, read_lines
from evals.training.reader_layers import save_layers
from evals.training.train_pairs import WEIGHTS as PAIRS
from evals.training.train_reader import Item, batches, item_of, learn, learner
from ingest.questions.known import KnownQuestion, all_questions
from ingest.questions.store import ResolvedQuestion

log = logging.getLogger(__name__)
WEIGHTS = Path(ingest.__file__).with_name("weights") / "statements.npz"
CHOICES = Path(__file__).with_name("choices.jsonl")
MAX_TOKENS = 128
MAX_WRONG = 9  # statements of a turn that are not chosen, drawn by chance
MAX_ALSO_RIGHT = 3
ALSO_RIGHT = 0.6  # the grade of a statement that is right and was not chosen; a chosen one has 1
AS_TYPED = 0.6  # the share of turns that are read as typed, behind those before; the others are put in full
RATE = 5e-5
HELD_OUT = 10  # every tenth turn is kept for `python -m benchmarks.choice`


def loss(scores: torch.Tensor, grades: torch.Tensor) -> torch.Tensor:
    """Return the loss of a turn from the scores of its statements and their grades, (n,) each."""
    single = binary_cross_entropy_with_logits(scores, grades, weight=1 + 1.5 * grades)
    target = torch.cat([grades, torch.tensor([0.0 if grades.sum() > 0 else 1.0])])
    together = torch.log_softmax(torch.cat([scores, torch.zeros(1)]), 0)
    return single - 0.5 * (together * target / target.sum()).sum()


def graded(line: Line, texts: Mapping[str, str], rng: random.Random, tokenizer: Any) -> Item | None:
    """Return a judged turn with its statements; None if the program has none of them any more."""
    picked = [i for i in line["pick"] if i in texts]
    right = [i for i in line["ok"] if i in texts and i not in picked][:MAX_ALSO_RIGHT]
    wrong = [i for i in line["candidates"] if i in texts and i not in line["pick"] and i not in line["ok"]]
    wrong = rng.sample(wrong, min(MAX_WRONG, len(wrong)))
    turn = turn_text(line["turn"], line["before"]) if rng.random() < AS_TYPED else line["full"]
    grades = [1.0] * len(picked) + [ALSO_RIGHT] * len(right) + [0.0] * len(wrong)
    return item_of(tokenizer, turn, [texts[i] for i in (*picked, *right, *wrong)], grades) if grades else None


def texts_of(questions: Iterable[KnownQuestion]) -> dict[str, str]:
    """Return what the statement reader reads of each statement, by its id."""
    texts: dict[str, str] = {}
    for n, q in enumerate(questions):
        written = {"places": [("", n) for n in range(len(q.written.quotes))], **q.written.answer} if q.written else None
        known = ResolvedQuestion(q.question, q.gap, q.about, (), q.partial, q.gap_zh, json.dumps(written) if written else "")
        texts |= {s.id: s.read for s in statements_of(n, known)}
    return texts


def train(lines: Sequence[Line], texts: Mapping[str, str], epochs: int, seed: int, start: Path | None) -> Iterator[Any]:
    """Yield the model after each epoch, a transformers BertForSequenceClassification."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    model, tokenizer = learner(PAIRS, *([start] if start else []))
    tokenizer.enable_truncation(MAX_TOKENS)

    def draw_batches() -> list[list[Item]]:
        return batches([item for line in lines if (item := graded(line, texts, rng, tokenizer))], rng)

    steps = epochs * len(draw_batches())
    yield from learn(model, (draw_batches() for _ in range(epochs)), loss, steps, RATE)


@click.command()
@click.option("--start", type=click.Path(path_type=Path), help="A file of layers to go on from.")
@click.option("--epochs", type=int, default=2, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=WEIGHTS, show_default=True)
def main(start: Path | None, epochs: int, seed: int, out: Path) -> None:
    """Train and write the weights."""
    torch.set_num_threads(2)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    texts = texts_of(all_questions(read_settings().corpus))
    taught = [line for n, line in enumerate(read_lines(CHOICES)) if n % HELD_OUT]
    log.info("%d turns", len(taught))
    for model in train(taught, texts, epochs, seed, start):
        save_layers(model, out, older=[PAIRS])


if __name__ == "__main__":
    main()
