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

from ingest.database.fulltext import stems
from ingest.index import Index
from ingest.sync import sync
from tests.hash_embedder import HashEmbedder
from tests.servers import Postgres

ROOT = Path(__file__).resolve().parents[1]
RANKS = {
    "ts_rank": "ts_rank(lexemes, q)",
    "ts_rank, by length": "ts_rank(lexemes, q, 1)",
    "ts_rank_cd": "ts_rank_cd(lexemes, q)",
    "ts_rank_cd, by length": "ts_rank_cd(lexemes, q, 1)",
}
Search = Callable[[str], Sequence[int]]


def by_rank(index: Index, rank: str) -> Search:
    """Make a search that ranks with one of PostgreSQL's own functions, over the same words."""

    def search(question: str) -> Sequence[int]:
        asked = " | ".join(f"'{term}'" for term in dict.fromkeys(stems().search_terms(question)))
        sql = f"SELECT rowid FROM words, CAST(? AS tsquery) q WHERE lexemes @@ q ORDER BY {rank} DESC, rowid LIMIT 40"
        return [row[0] for row in index.catalogue.db.execute(sql, (asked,))]

    return search


def measured(
    search: Search, index: Index, cases: Sequence[dict[str, object]]
) -> tuple[list[list[int]], float, float, float]:
    """(chunks by question, recall of the passages among the first 10 and 40, milliseconds of a search)."""
    found, hits, took = [], {10: 0, 40: 0}, 0.0
    wanted = 0
    texts: dict[int, tuple[str, str]] = {}
    for case in cases:
        began = time.perf_counter()
        ids = list(search(str(case["question"])))
        took += time.perf_counter() - began
        found.append(ids)
        for i, chunk in index.catalogue.chunks([i for i in ids if i not in texts]).items():
            document = index.catalogue.document(chunk.document_id)
            assert document
            texts[i] = document.origin, " ".join(document.text[chunk.start : chunk.end].split())
        for gold in case.get("evidence") or ():  # type: ignore[attr-defined]
            wanted += 1
            places = (texts[i] for i in ids)
            quote = " ".join(gold["quote"].split())
            at = next((n for n, (origin, text) in enumerate(places) if gold["document"] in origin and quote in text), 99)
            for first in hits:
                hits[first] += at < first
    return found, hits[10] / wanted, hits[40] / wanted, took / len(cases) * 1000


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
            ways: dict[str, tuple[Search, Index]] = {
                "FTS5": (lambda q: local.catalogue.word_search(q, 40), local),
                "BM25 in SQL": (lambda q: team.catalogue.word_search(q, 40), team),
            } | {name: (by_rank(team, rank), team) for name, rank in RANKS.items()}
            first: list[list[int]] = []
            for name, (search, index) in ways.items():
                found, at_10, at_40, took = measured(search, index, cases)
                first = first or found
                same = {n: _overlap(first, found, n) for n in (10, 40)}
                ordered = sum(a == b for a, b in zip(first, found, strict=True))
                click.echo(f"{name:<24} first 10 {same[10]:.3f} first 40 {same[40]:.3f} order {ordered}/{len(cases)} "
                           f"recall at 10 {at_10:.3f} at 40 {at_40:.3f} {took:.1f} ms")  # fmt: skip
    finally:
        from ingest.database.postgres import close_all

        close_all()
        server.stop()


def _overlap(one: list[list[int]], other: list[list[int]], most: int) -> float:
    pairs = [(set(a[:most]), set(b[:most])) for a, b in zip(one, other, strict=True) if a]
    return sum(len(a & b) / len(a) for a, b in pairs) / len(pairs)


if __name__ == "__main__":
    main()
