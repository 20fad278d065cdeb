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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import torch
from rapidfuzz import fuzz, process

import ingest
from app.known.match import question_text, turn_text
from app.settings import read_settings
from evals.cases import Line, read_lines
from evals.training.reader_data import Example
from evals.training.reader_layers import save_layers
from evals.training.train_reader import PAIRS, Pair, batches, learn, learner, pair_scores, prepare
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
NEARLY = 90.0  # of 100: the likeness from which a turn counts as one of the measuring sets
OTHERS = 6  # wrong questions of a list
RATE = 4e-5
LONGEST = 96  # tokens of a pair
COVERS = 0.4  # the grade of a question that only contains what is asked; one that asks the same has 1


@dataclass(frozen=True, slots=True)
class Graded:
    """Pairs of one turn with their grades, which with that of "none of them", the last, add up to 1."""

    pairs: tuple[Pair, ...]
    grades: tuple[float, ...]


def read_lists(paths: Sequence[Path], whole: bool = False) -> list[Line]:
    """Read files of judged lists, without the turns that are nearly one of the measuring sets unless `whole`.

    Each line gets `before_full`: the turn before it, put in full by the judge; '' if it is the first.
    """
    lines = [line for path in paths for line in read_lines(path)]
    full: dict[tuple[str, ...], str] = {}
    for line in lines:
        place = (line["id"].split("-")[0], *line["before"])
        line["before_full"] = full.get(place, "")
        full[(*place, line["turn"])] = line["full"]
    if whole:
        return lines
    known = [_alone(line).lower() for path in MEASURED for line in read_lines(path)]
    return [line for line in lines if not _is_near(_alone(line).lower(), known)]


def _alone(line: Line) -> str:
    """Return a turn as it reads without its conversation."""
    return str(line["full"] if line["before"] else line["turn"])


def _is_near(turn: str, known: Sequence[str]) -> bool:
    return process.extractOne(turn, known, scorer=fuzz.ratio, score_cutoff=NEARLY) is not None


def readings(line: Line) -> tuple[str, ...]:
    """Return the ways in which a turn may stand: as typed, after the question before it in full, and in full itself."""
    found = [turn_text(line["turn"], line["before"])]
    if line["before_full"]:
        found.append(turn_text(line["turn"], [line["before_full"]]))
    return (*found, line["full"])


def graded(line: Line, texts: Mapping[str, str], draw: random.Random, tokenizer: Any) -> Graded | None:
    """Return the pairs of a line in one of its readings, drawn by chance; None if no question of its list is known any more.

    Args:
        line: A judged list.
        texts: What the pair reader reads of a known question, by its title.
        draw: Chooses the reading and the wrong questions.
        tokenizer: The cross-encoder's.
    """
    same = [t for t in [*line["answers"], *line["not_held"]] if t in texts]
    covers = [t for t in line["covers"] if t in texts and t not in same]
    wrong = [t for t in line["others"] if t in texts]
    wrong = draw.sample(wrong, min(OTHERS, len(wrong)))
    grades = [*[1.0] * len(same), *[COVERS] * len(covers), *[0.0] * len(wrong)]
    if not grades:
        return None
    grades.append(0.0 if same else 1 - COVERS if covers else 1.0)
    total = sum(grades)
    ways = readings(line)
    question = ways[0] if draw.random() < 0.5 else draw.choice(ways)
    example = Example(question, tuple(texts[t] for t in [*same, *covers, *wrong]), frozenset())
    return Graded(prepare(tokenizer, example).pairs, tuple(g / total for g in grades))


def loss_of(scores: torch.Tensor, batch: Sequence[Graded]) -> torch.Tensor:
    """Return the mean cross-entropy of the turns of a batch; `scores` are those of all their pairs, (n,)."""
    parts = (torch.cat([own, torch.zeros(1)]) for own in torch.split(scores, [len(item.pairs) for item in batch]))
    shares = (torch.log_softmax(own, 0) for own in parts)
    found = [-(own * torch.tensor(item.grades)).sum() for own, item in zip(shares, batch, strict=True)]
    return torch.stack(found).mean()


def train(lines: Sequence[Line], texts: Mapping[str, str], epochs: int, seed: int, start: Path) -> Iterator[Any]:
    """Yield the model after each epoch, a transformers BertForSequenceClassification."""
    torch.manual_seed(seed)
    draw = random.Random(seed)
    model, tokenizer = learner(start)
    tokenizer.enable_truncation(LONGEST)

    def drawn() -> list[list[Graded]]:
        return batches([item for line in lines if (item := graded(line, texts, draw, tokenizer))], draw)

    def loss(batch: Sequence[Graded]) -> torch.Tensor:
        return loss_of(pair_scores(model, [pair for item in batch for pair in item.pairs]), batch)

    steps = epochs * max(1, len(lines) * (OTHERS + 2) // PAIRS)
    yield from learn(model, (drawn() for _ in range(epochs)), loss, steps, RATE)


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
