"""Trains the reader: `python -m evals.training.train_reader [--start FILE]`.

The reader starts as the bundled cross-encoder, or as the layers in FILE. Its layers learn, from questions with texts that
answer and texts that only look like it (`reader_data.py`), to score a text above 0 if it answers and below 0 if it does
not. The loss of a text that answers is the cross-entropy of choosing it
among itself, the wrong ones and "none of them", whose score is 0 (the null answer of Devlin et al., NAACL 2019, section
4.3). Every question, also one with an answer, adds that of choosing "none" among its wrong texts, so that how a question
sounds is not enough to go by. It writes `ingest/weights/reader.npz`, or the file that `--out` names: the layers, in 8 bits.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import torch

import ingest
from app.settings import read_settings
from evals.cases import read_lines
from evals.training.reader_data import VISITORS, Example, judged_examples, lines_for, own_examples
from evals.training.reader_layers import classifier, save_layers
from ingest.models.bundles import BGE
from ingest.models.load import load_embedder

log = logging.getLogger(__name__)
WEIGHTS = Path(ingest.__file__).with_name("weights") / "reader.npz"
RATE = 5e-5
BATCH_PAIRS = 64  # (question, passage) pairs of one step
BATCH_TOKENS = 3_200  # of pairs that go through the layers together, padding included
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
LENGTH_STEP = 16  # lengths are padded to multiples of it: a new shape costs more than some padding


def loss(scores: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return the loss of a question from the scores of its pairs, (n,), and which of them answer."""
    answers, wrong = scores[right], scores[~right]
    rest = torch.logsumexp(torch.cat([wrong, torch.zeros(1)]), 0)
    return rest + (torch.logaddexp(rest, answers) - answers).mean() if len(answers) else rest


@dataclass(frozen=True, slots=True)
class Pair:
    """A question with a passage, as the tokenizer gives them: token ids, and 0 for the question, 1 for the passage."""

    ids: tuple[int, ...]
    types: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """The pairs of one question, which are read together, and what a loss holds their scores against."""

    pairs: tuple[Pair, ...]
    target: torch.Tensor


def item_of(tokenizer: Any, question: str, texts: Sequence[str], target: Sequence[float]) -> Item:
    """Tokenize a question with each of the texts."""
    encodings = tokenizer.encode_batch([(question, text) for text in texts])
    return Item(tuple(Pair(tuple(f.ids), tuple(f.type_ids)) for f in encodings), torch.tensor(target))


def batches(items: Sequence[Item], rng: random.Random) -> list[list[Item]]:
    """Return all items once, in random order, in batches of at most `BATCH_PAIRS` pairs."""
    order = list(items)
    rng.shuffle(order)
    result: list[list[Item]] = [[]]
    for item in order:
        if sum(len(other.pairs) for other in result[-1]) + len(item.pairs) > BATCH_PAIRS:
            result.append([])
        result[-1].append(item)
    rng.shuffle(result)
    return result


def pair_scores(model: Any, pairs: Sequence[Pair]) -> torch.Tensor:
    """Score all pairs, in their order, (n,).

    Pairs of similar length go through the layers together.
    """
    parts: list[list[int]] = [[]]
    for n in sorted(range(len(pairs)), key=lambda n: len(pairs[n].ids)):
        if parts[-1] and _padded(pairs[n]) * (len(parts[-1]) + 1) > BATCH_TOKENS:
            parts.append([])
        parts[-1].append(n)
    scores = torch.zeros(len(pairs))
    for part in parts:
        scores[part] = _score_batch(model, [pairs[n] for n in part])
    return scores


def _padded(pair: Pair) -> int:
    return -(-len(pair.ids) // LENGTH_STEP) * LENGTH_STEP


def _score_batch(model: Any, pairs: Sequence[Pair]) -> torch.Tensor:
    """Score pairs of which the last is the longest."""
    length = _padded(pairs[-1])
    rows = ([p.ids for p in pairs], [p.types for p in pairs], [(1,) * len(p.ids) for p in pairs])
    ids, types, mask = (torch.tensor([[*row, *[0] * (length - len(row))] for row in column]) for column in rows)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(input_ids=ids, token_type_ids=types, attention_mask=mask).logits
    return logits.float()[:, 0]  # type: ignore[no-any-return]


def learner(*start: Path) -> tuple[Any, Any]:
    """Return the cross-encoder, with all layers ready to learn, and its tokenizer.

    The vocabulary does not learn. The layers are the bundled ones, or those of the files `start`.
    """
    model, tokenizer = classifier(start)
    model.set_attn_implementation("eager")  # a step took 2.2 s, with torch's own attention 2.5
    model.bert.embeddings.dropout = torch.nn.Identity()
    for layer in model.bert.encoder.layer:
        layer.attention.self.dropout.p = 0.0
    model.bert.embeddings.requires_grad_(False)
    return model, tokenizer


def learn(model: Any, rounds: Iterable[Sequence[Sequence[Item]]], loss: Loss, steps: int, rate: float) -> Iterator[Any]:
    """Yield the model after each round of batches.

    Args:
        model: What learns.
        rounds: The batches of each round.
        loss: Makes the loss of an item of the scores of its pairs and its target.
        steps: About how many batches there are in all: the learning rate rises over the first of them and then falls.
        rate: Its height.
    """
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda n: min((n + 1) / (0.06 * steps), max(0.02, 1 - n / steps))
    )
    steps_done = 0
    for batches_of_round in rounds:
        model.train()
        for batch in batches_of_round:
            scores = pair_scores(model, [pair for item in batch for pair in item.pairs])
            own_scores = torch.split(scores, [len(item.pairs) for item in batch])
            value = torch.stack([loss(own, item.target) for own, item in zip(own_scores, batch, strict=True)]).mean()
            value.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
            steps_done += 1
            log.info("step %d of about %d, loss %.3f", steps_done, steps, value.item())
        yield model.eval()


def train(examples: Sequence[Example], epochs: int, seed: int, rate: float, start: Path | None) -> Iterator[Any]:
    """Yield the model after each epoch over the examples, a transformers BertForSequenceClassification."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    model, tokenizer = learner(*([start] if start else []))
    items = [item_of(tokenizer, e.question, e.texts, [n in e.answers for n in range(len(e.texts))]) for e in examples]
    steps = epochs * len(batches(items, rng))
    yield from learn(model, (batches(items, rng) for _ in range(epochs)), loss, steps, rate)


@click.command()
@click.option("--start", type=click.Path(path_type=Path), help="A file of layers to go on from.")
@click.option("--share", type=float, default=1.0, show_default=True, help="Of the questions that were not judged.")
@click.option("--rate", type=float, default=RATE, show_default=True)
@click.option("--epochs", type=int, default=1, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=WEIGHTS, show_default=True)
def main(start: Path | None, share: float, rate: float, epochs: int, seed: int, out: Path) -> None:
    """Train and write the weights."""
    torch.set_num_threads(2)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    corpus = read_settings().corpus
    examples = own_examples(corpus, load_embedder(BGE), lines_for(share, seed))
    examples += judged_examples(corpus, read_lines(VISITORS))
    log.info("%d questions", len(examples))
    for model in train(examples, epochs, seed, rate, start):
        save_layers(model, out)


if __name__ == "__main__":
    main()
