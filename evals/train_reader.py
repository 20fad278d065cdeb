"""Trains the reader: `python -m evals.train_reader [--also FOLDER …]`.

The reader starts as the bundled cross-encoder. Its upper layers learn, from questions with passages that answer and
passages that only look like it, to score a passage above 0 where it answers and all of them below 0 where none does. For
each passage that answers, the loss is the cross-entropy of choosing it among itself, the wrong passages and "none of them",
whose score is 0 (the null answer of Devlin et al., NAACL 2019, section 4.3); without an answer, that of choosing "none".

It writes `ingest/weights/reader.npz`: the trained layers, in 8 bits as the bundled model has them.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import torch

import ingest
from app.settings import read_settings
from evals.reader_data import Example, folder_examples, own_examples
from evals.reader_layers import bundled_classifier, save_layers
from ingest.models import BGE, load_embedder

log = logging.getLogger(__name__)
WEIGHTS = Path(ingest.__file__).with_name("weights") / "reader.npz"
RATE = 5e-5
PAIRS = 56  # (question, passage) pairs of one step


def losses(scores: torch.Tensor, group: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """The loss of each question: `scores` of all its pairs, (n,); `group` numbers the question of each pair, from 0."""
    found = []
    for number in range(int(group.max()) + 1):
        own = scores[group == number]
        answers, wrong = own[right[group == number]], own[~right[group == number]]
        rest = torch.logsumexp(torch.cat([wrong, torch.zeros(1)]), 0)
        found.append((torch.logaddexp(rest, answers) - answers).mean() if len(answers) else rest)
    return torch.stack(found)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An example with what the layers that do not learn make of its pairs."""

    example: Example
    states: list[torch.Tensor]


def batches(prepared: Sequence[Prepared], draw: random.Random) -> Iterator[list[Prepared]]:
    """All examples once, in random order, those of like length together."""
    order = sorted(prepared, key=lambda p: max(map(len, p.states)) * draw.uniform(0.8, 1.25))
    found: list[list[Prepared]] = [[]]
    for item in order:
        if sum(len(p.states) for p in found[-1]) + len(item.states) > PAIRS:
            found.append([])
        found[-1].append(item)
    draw.shuffle(found)
    return iter(found)


def train(examples: Sequence[Example], first_layer: int, epochs: int, seed: int) -> Iterator[Any]:
    """The model after each epoch, a transformers BertForSequenceClassification."""
    torch.manual_seed(seed)
    draw = random.Random(seed)
    model, tokenizer = bundled_classifier()
    prepared = [Prepared(e, lower_states(model, tokenizer, e, first_layer)) for e in examples]
    log.info("lower layers computed")
    learning = [p for module in upper_modules(model, first_layer) for p in module.parameters()]
    optimiser = torch.optim.AdamW(learning, lr=RATE, weight_decay=0.01)
    steps = epochs * len(list(batches(prepared, random.Random(seed))))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda n: min((n + 1) / (0.06 * steps), max(0.02, 1 - n / steps))
    )
    done, mean = 0, 0.0
    for _ in range(epochs):
        model.train()
        for batch in batches(prepared, draw):
            group = torch.tensor([n for n, e in enumerate(batch) for _ in e.states])
            right = torch.tensor([n in e.example.answers for e in batch for n in range(len(e.states))])
            scores = upper_scores(model, [state for e in batch for state in e.states], first_layer)
            loss = losses(scores, group, right).mean()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(learning, 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
            done, mean = done + 1, 0.98 * mean + 0.02 * loss.item()
            if done % 25 == 0:
                log.info("step %d of %d, loss %.3f", done, steps, mean / (1 - 0.98**done))
        yield model.eval()


def upper_modules(model: Any, first_layer: int) -> list[Any]:
    """What learns: the layers from `first_layer` upwards, the pooler and the classifier."""
    return [*model.bert.encoder.layer[first_layer:], model.bert.pooler, model.classifier]


@torch.no_grad()
def lower_states(model: Any, tokenizer: Any, example: Example, first_layer: int) -> list[torch.Tensor]:
    """What the layers that do not learn make of each pair, (tokens, 384), computed once."""
    model.eval()
    found = tokenizer.encode_batch([(example.question, text) for text in example.texts])
    mask = torch.tensor([f.attention_mask for f in found])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        states = model.bert.embeddings(torch.tensor([f.ids for f in found]), torch.tensor([f.type_ids for f in found]))
        for layer in model.bert.encoder.layer[:first_layer]:
            states = layer(states, _additive(mask, states))
    return [s[:length].bfloat16().clone() for s, length in zip(states, mask.sum(1).tolist(), strict=True)]


def upper_scores(model: Any, pairs: Sequence[torch.Tensor], first_layer: int) -> torch.Tensor:
    """The scores, (n,), of pairs as `lower_states` made them."""
    states = torch.nn.utils.rnn.pad_sequence(list(pairs), batch_first=True)
    mask = torch.arange(states.shape[1])[None] < torch.tensor([len(p) for p in pairs])[:, None]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        for layer in model.bert.encoder.layer[first_layer:]:
            states = layer(states, _additive(mask, states))
        return model.classifier(model.dropout(model.bert.pooler(states))).float()[:, 0]  # type: ignore[no-any-return]


def _additive(mask: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """The attention mask as the layers add it: 0 where a token stands, very low where none does."""
    return ((1.0 - mask.float()) * -1e4)[:, None, None, :].to(states.dtype)


@click.command()
@click.option("--also", multiple=True, type=click.Path(path_type=Path), help="A folder as for `eval run`: its half `tune`.")
@click.option("--most", type=int, default=900, show_default=True, help="Most questions of each such folder.")
@click.option("--first-layer", type=int, default=6, show_default=True, help="The lowest layer that learns.")
@click.option("--epochs", type=int, default=2, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=WEIGHTS, show_default=True)
def main(also: tuple[Path, ...], most: int, first_layer: int, epochs: int, seed: int, out: Path) -> None:
    """Train and write the weights."""
    torch.set_num_threads(1)  # small matrices: a second thread waits more than it helps
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    embedder = load_embedder(BGE)
    examples = own_examples(read_settings().corpus, embedder)
    log.info("%d of our own questions", len(examples))
    for folder in also:
        found = folder_examples(folder, embedder)
        examples += random.Random(seed).sample(found, min(most, len(found)))
        log.info("%d with those of %s", len(examples), folder.name)
    for model in train(examples, first_layer, epochs, seed):
        save_layers(model, first_layer, out)


if __name__ == "__main__":
    main()
