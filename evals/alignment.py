"""Measures whether the passages of originals that are shown beside our sentences carry them: `python -m evals.alignment`.

It draws pairs for a judge and counts the judge's labels; `docs/decisions/061-originals.md` says how to judge.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

import click

from app.settings import read_settings
from app.store.carried import summaries
from app.store.documents import index_of
from evals.intervals import Interval, mean_interval
from ingest.database.alignments import aligned_passages
from ingest.database.catalogue import Catalogue

Item = Mapping[str, Any]


def pairs(catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """Each sentence and each original that it rests on, with the passage that is shown for it, '' if none is."""
    originals = catalogue.originals()
    for summary, passages in summaries(catalogue):
        places = aligned_passages(catalogue, summary.id)
        for original, key in originals.items():
            ids = {s.id for s in summary.sources if s.key == key}
            text, passages_shown = catalogue.document(original), {c.at: c for c in places.get(original, ())}
            for passage in passages:
                if text and not ids.isdisjoint(passage.sources):
                    place, sentence = passages_shown.get(passage.start), passage.introduced(summary.text)
                    quote = text.text[place.start : place.end] if place else ""
                    yield {"language": text.language, "original": text.title, "sentence": sentence, "shown": quote}


def by_language(items: Iterable[Item]) -> dict[str, list[Item]]:
    """Pairs by the language of their original."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item["language"], []).append(item)
    return groups


def draw(items: Iterable[Item], count: int, seed: int) -> list[Item]:
    """Draw so many pairs of each language by chance."""
    rng = random.Random(seed)
    return [i for group in by_language(items).values() for i in rng.sample(group, min(count, len(group)))]


def precision_and_recall(items: Iterable[Item]) -> dict[str, tuple[Interval, Interval]]:
    """Return the precision and the recall of judged pairs, by language of the original.

    Precision is the share of shown passages that carry their sentence. Recall is the share of pairs with such a passage,
    among those whose original says what the sentence says.
    """
    return {
        language: (
            mean_interval([float(i["carries"]) for i in group if i["shown"]]),
            mean_interval([float(bool(i["shown"] and i["carries"])) for i in group if i["says"]]),
        )
        for language, group in by_language(items).items()
    }


@click.group()
def main() -> None:
    """Measure how well the originals that are held are shown beside our sentences."""


@main.command("draw")
@click.option("--count", default=75, show_default=True, help="Pairs for each language of an original.")
@click.option("--seed", default=41, show_default=True)
def draw_command(count: int, seed: int) -> None:
    """Print drawn pairs as JSON lines."""
    for item in draw(pairs(index_of(read_settings()).catalogue), count, seed):
        click.echo(json.dumps(item, ensure_ascii=False))


@main.command("score")
@click.argument("judged", type=click.File(encoding="utf-8"), default="-")
def score_command(judged: TextIO) -> None:
    """Print precision and recall of JUDGED pairs, by default of those on standard input."""
    for language, values in precision_and_recall(map(json.loads, judged)).items():
        shares = (f"{v.value:.2f} ({v.low:.2f} to {v.high:.2f}, of {v.cases})" for v in values)
        click.echo(f"{language}: precision {next(shares)}, recall {next(shares)}")


if __name__ == "__main__":
    main()
