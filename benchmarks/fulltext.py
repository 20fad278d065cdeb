"""PostgreSQL's full text beside SQLite's, on the built-in corpus: `python -m benchmarks.fulltext`.

Of every question of the evals the first chunks are compared, and how many of the passages that answer are among them.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from ingest.index import Index
from ingest.sync import sync
from tests.hash_embedder import HashEmbedder
from tests.servers import Postgres

ROOT = Path(__file__).resolve().parents[1]
Search = Callable[[str], Sequence[int]]


def measured(
    search: Search, index: Index, cases: Sequence[dict[str, object]]
) -> tuple[list[list[int]], float, float, float]:
    """(chunks by question, recall of the passages among the first 10 and 40, milliseconds of a search)."""
    results, recalled, seconds = [], {10: 0, 40: 0}, 0.0
    gold_count = 0
    texts: dict[int, tuple[str, str]] = {}
    for case in cases:
        start = time.perf_counter()
        ids = list(search(str(case["question"])))
        seconds += time.perf_counter() - start
        results.append(ids)
        for i, chunk in index.catalogue.chunks([i for i in ids if i not in texts]).items():
            document = index.catalogue.document(chunk.document_id)
            assert document
            texts[i] = document.origin, " ".join(document.text[chunk.start : chunk.end].split())
        for gold in case.get("evidence") or ():  # type: ignore[attr-defined]
            gold_count += 1
            places = (texts[i] for i in ids)
            quote = " ".join(gold["quote"].split())
            rank = next((n for n, (origin, text) in enumerate(places) if gold["document"] in origin and quote in text), 99)
            for first in recalled:
                recalled[first] += rank < first
    return results, recalled[10] / gold_count, recalled[40] / gold_count, seconds / len(cases) * 1000


@click.command()
def main() -> None:
    """Compare the two engines' first chunks, and what they take."""
    cases = [
        json.loads(line) for p in sorted((ROOT / "evals" / "data").glob("*.jsonl")) for line in p.open(encoding="utf-8")
    ]
    server = Postgres()
    try:
        with tempfile.TemporaryDirectory() as place:
            local, team = (
                Index(Path(place, "l"), exact=True),
                Index(Path(place, "t"), exact=True, database=server.database()),
            )
            for index in (local, team):
                sync([ROOT / "corpus"], index, HashEmbedder())
            engines: dict[str, tuple[Search, Index]] = {
                "FTS5": (lambda q: local.catalogue.word_search(q, 40), local),
                "ts_rank": (lambda q: team.catalogue.word_search(q, 40), team),
            }
            first: list[list[int]] = []
            for name, (search, index) in engines.items():
                results, at_10, at_40, ms = measured(search, index, cases)
                first = first or results
                overlaps = {n: _overlap(first, results, n) for n in (10, 40)}
                same_order = sum(a == b for a, b in zip(first, results, strict=True))
                overlap = f"first 10 {overlaps[10]:.3f} first 40 {overlaps[40]:.3f} order {same_order}/{len(cases)}"
                click.echo(f"{name:<24} {overlap} recall at 10 {at_10:.3f} at 40 {at_40:.3f} {ms:.1f} ms")
    finally:
        from ingest.database.postgres import close_all

        close_all()
        server.stop()


def _overlap(first: list[list[int]], second: list[list[int]], size: int) -> float:
    pairs = [(set(a[:size]), set(b[:size])) for a, b in zip(first, second, strict=True) if a]
    return sum(len(a & b) / len(a) for a, b in pairs) / len(pairs)


if __name__ == "__main__":
    main()
