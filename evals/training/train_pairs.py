"""Trains the pair reader: `python -m evals.training.train_pairs [--start FILE] [--epochs N]`.

The pair reader scores how well a known question asks what a visitor's turn asks. It is the cross-encoder again, with other
layers. It learns from lists that a reader judged (`evals/training/lists`): a turn in its conversation, and known questions
that ask the same, contain what is asked, rightly say that nothing is held, or do none of this. The loss is the cross-entropy
between these grades and the softmax over the list and "none of them", whose score is 0. So a score above 0 says more than
the order: the question may be answered with. Turns that are nearly one of the sets `l`, `m` and `n` are left out, since
those measure. The command writes `ingest/weights/pairs.npz`, in 8 bits.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import torch
from rapidfuzz import fuzz, process

import ingest
from app.known.match import question_text, turn_text
from app.settings import read_settings
from evals.cases import Line, read_lines
from evals.training.reader_layers import save_layers
from evals.training.train_reader import BATCH_PAIRS, Item, batches, item_of, learn, learner
from evals.training.train_reader import WEIGHTS as READER
from ingest.documents import guess_language
from ingest.questions.known import all_questions

log = logging.getLogger(__name__)
WEIGHTS = Path(ingest.__file__).with_name("weights") / "pairs.npz"
LISTS = Path(__file__).with_name("lists")
BLIND = Path(__file__).resolve().parents[1] / "blind"
MEASURED = tuple(BLIND / f"{name}.lists.jsonl" for name in "lmn")
CALIBRATION = ("w9", "w10")  # sets that the probability is fitted on (`evals.training.match`)
TRAINED_ON = tuple(path for path in sorted(LISTS.glob("*.jsonl")) if path.stem not in CALIBRATION)
NEARLY: dict[str, Any] = {"scorer": fuzz.ratio, "score_cutoff": 90.0}
"""Two turns that are nearly the same."""
MAX_WRONG = 6  # wrong questions of a list
RATE = 4e-5
COVERING_GRADE = 0.4  # the grade of a question that only contains what is asked; one that asks the same has 1


def read_lists(paths: Sequence[Path], whole: bool = False) -> list[Line]:
    """Read files of judged lists, without the turns that are nearly one of the measuring sets unless `whole`.

    Each line gets `before_full`: the turn before it, put in full by the judge; '' if it is the first.
    """
    lines = [line for path in paths for line in read_lines(path)]
    full: dict[tuple[str, ...], str] = {}
    for line in lines:
        conversation = (line["id"].split("-")[0], *line["before"])
        line["before_full"] = full.get(conversation, "")
        full[(*conversation, line["turn"])] = line["full"]
    if whole:
        return lines
    measured = [_standalone_turn(line) for path in MEASURED for line in read_lines(path)]
    return [line for line in lines if not process.extractOne(_standalone_turn(line), measured, **NEARLY)]


def _standalone_turn(line: Line) -> str:
    """Return a turn as it reads without its conversation, in lower case."""
    return str(line["full"] if line["before"] else line["turn"]).lower()


def readings(line: Line) -> tuple[str, ...]:
    """Return the ways in which a turn may stand: as typed, after the question before it in full, and in full itself."""
    earlier = [line["before"], *([[line["before_full"]]] if line["before_full"] else [])]
    return (*(turn_text(line["turn"], before) for before in earlier), line["full"])


def graded(line: Line, texts: Mapping[str, str], rng: random.Random, tokenizer: Any) -> Item | None:
    """Return a line in one of its readings, drawn by chance; None if no question of its list is known any more.

    The grades of its pairs and that of "none of them", the last, add up to 1.

    Args:
        line: A judged list.
        texts: What the pair reader reads of a known question, by its title.
        rng: Chooses the reading and the wrong questions.
        tokenizer: The cross-encoder's.
    """
    right = [t for t in [*line["answers"], *line["not_held"]] if t in texts]
    covering = [t for t in line["covers"] if t in texts and t not in right]
    wrong = [t for t in line["others"] if t in texts]
    wrong = rng.sample(wrong, min(MAX_WRONG, len(wrong)))
    grades = [*[1.0] * len(right), *[COVERING_GRADE] * len(covering), *[0.0] * len(wrong)]
    if not grades:
        return None
    grades.append(0.0 if right else 1 - COVERING_GRADE if covering else 1.0)
    texts_of_turn = readings(line)
    turn = texts_of_turn[0] if rng.random() < 0.5 else rng.choice(texts_of_turn)
    return item_of(tokenizer, turn, [texts[t] for t in [*right, *covering, *wrong]], [g / sum(grades) for g in grades])


def loss(scores: torch.Tensor, grades: torch.Tensor) -> torch.Tensor:
    """Return the cross-entropy of a turn from the scores of its pairs, (n,), and its grades, (n + 1,)."""
    return -(torch.log_softmax(torch.cat([scores, torch.zeros(1)]), 0) * grades).sum()


def train(lines: Sequence[Line], texts: Mapping[str, str], epochs: int, seed: int, start: Path) -> Iterator[Any]:
    """Yield the model after each epoch, a transformers BertForSequenceClassification."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    model, tokenizer = learner(start)
    tokenizer.enable_truncation(96)

    def draw_batches() -> list[list[Item]]:
        return batches([item for line in lines if (item := graded(line, texts, rng, tokenizer))], rng)

    steps = epochs * max(1, len(lines) * (MAX_WRONG + 2) // BATCH_PAIRS)
    yield from learn(model, (draw_batches() for _ in range(epochs)), loss, steps, RATE)


@click.command()
@click.option("--start", type=click.Path(path_type=Path), default=READER, help="A file of layers to go on from.")
@click.option("--epochs", type=int, default=1, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=WEIGHTS, show_default=True)
def main(start: Path, epochs: int, seed: int, out: Path) -> None:
    """Train and write the weights."""
    torch.set_num_threads(2)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    texts = {q.question: question_text(q) for q in all_questions(read_settings().corpus)}
    lines = [line for line in read_lists(TRAINED_ON) if guess_language(line["turn"]) != "zh"]
    log.info("%d lists", len(lines))
    for model in train(lines, texts, epochs, seed, start):
        save_layers(model, out)


if __name__ == "__main__":
    main()
