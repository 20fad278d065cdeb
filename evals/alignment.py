"""Measures which sentences of the documents the originals that are held are shown to carry: draws some for a judge, and
reads the judge's labels. `docs/decisions/061-originals.md` says how to judge."""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.settings import read_settings
from app.store.carried import summaries
from app.store.documents import index_of
from evals.intervals import Interval, mean_interval
from ingest.database.alignments import carried_in
from ingest.database.catalogue import Catalogue

Item = Mapping[str, Any]


def pairs(catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """Each sentence and each original that it rests on, with the passage that is shown for it, '' if none is."""
    originals = catalogue.originals()
    for summary, passages in summaries(catalogue):
        places = carried_in(catalogue, summary.id)
        for original, key in originals.items():
            ids = {s.id for s in summary.sources if s.key == key}
            text, shown = catalogue.document(original), {c.at: c for c in places.get(original, ())}
            for passage in passages:
                if text and not ids.isdisjoint(passage.sources):
                    place, sentence = shown.get(passage.start), passage.introduced(summary.text)
                    quote = text.text[place.start : place.end] if place else ""
                    yield {"language": text.language, "original": text.title, "sentence": sentence, "shown": quote}


def by_language(items: Iterable[Item]) -> dict[str, list[Item]]:
    """Pairs by the language of their original."""
    sorted_out: dict[str, list[Item]] = {}
    for item in items:
        sorted_out.setdefault(item["language"], []).append(item)
    return sorted_out


def draw(items: Iterable[Item], count: int, seed: int) -> list[Item]:
    """Draw so many pairs of each language by chance."""
    chance = random.Random(seed)
    return [i for of in by_language(items).values() for i in chance.sample(of, min(count, len(of)))]


def measured(items: Iterable[Item]) -> dict[str, tuple[Interval, Interval]]:
    """Judged pairs -> by language precision of what is shown, and recall of what the original says."""
    return {
        language: (
            mean_interval([float(i["carries"]) for i in of if i["shown"]]),
            mean_interval([float(bool(i["shown"] and i["carries"])) for i in of if i["says"]]),
        )
        for language, of in by_language(items).items()
    }


def main() -> None:
    """Print drawn pairs as JSON lines, or read judged ones from standard input."""
    parser = argparse.ArgumentParser(prog="python -m evals.alignment", description=__doc__)
    parser.add_argument("what", choices=["draw", "score"])
    parser.add_argument("--count", type=int, default=75, help="pairs for each language of an original")
    parser.add_argument("--seed", type=int, default=41)
    given = parser.parse_args()
    if given.what == "draw":
        for item in draw(pairs(index_of(read_settings()).catalogue), given.count, given.seed):
            sys.stdout.write(json.dumps(item, ensure_ascii=False) + "\n")
        return
    for language, values in measured(map(json.loads, sys.stdin)).items():
        said = (f"{v.value:.2f} ({v.low:.2f} to {v.high:.2f}, of {v.cases})" for v in values)
        sys.stdout.write(f"{language}: precision {next(said)}, recall {next(said)}\n")


if __name__ == "__main__":
    main()
