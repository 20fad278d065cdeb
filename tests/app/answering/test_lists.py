"""The rows of a table, one a year, where the same is asked for each of some years."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from app.answering.lists import MAX_LIST_ITEMS, QUOTE_MARGIN, with_whole_tables
from app.answering.quotes import draft_quotes
from app.answers import Evidence, Hit
from app.query.understand import understand
from ingest.documents import Document
from ingest.index import Index
from ingest.split import split
from ingest.sync import sync
from tests.drafts import texts
from tests.hash_embedder import HashEmbedder

FLEET = """# Blimps

The fleet grew in every year but one, because helium was cheap.

| Year | Blimps | Crew |
|---|---|---|
| 2030 | 17 | 90 |
| 2031 | 23 | 99 |
| 2032 | 25 | 101 |
| 2033 (estimate) | 24 | 102 |
| 2034 | 31 | 130 |
| 2035 to 2040 | 60 | 200 |

| Field | Blimps |
|---|---|
| North | 11 |
| South | 20 |

| Day | Event |
|---|---|
| 3 May 2041 | The mast of Alpha is built. |
| 9 June 2042 | The mast of Beta is built. |
| 1 July 2043 | The mast of Gamma is built. |
"""
DOCUMENT = Document(FLEET, "Blimps", "t.md", True)
PASSAGES = [p for chunk in split(DOCUMENT) for p in chunk.passages]
EVIDENCE = [Evidence(f"S{n}", DOCUMENT, p, p.read(FLEET)) for n, p in enumerate(PASSAGES, 1)]


def quoted(question: str, best: str, behind: str = "", by: float = 0.0) -> list[str]:
    """The first words of what is quoted where the passage with `best` answers best, that with `behind` next, all others
    badly."""
    scores = [3.0 if best in e.text else 3.0 - by if behind and behind in e.text else -9.0 for e in EVIDENCE]
    order = sorted(range(len(scores)), key=lambda n: -scores[n])
    hits = [Hit(PASSAGES[n], rank, rerank_score=scores[n]) for rank, n in enumerate(order, 1)]
    draft = draft_quotes(understand(question), [hits], EVIDENCE, 0.0, 5)
    return [text.split(";")[0].removeprefix("Year: ") for text in texts(draft)]


@pytest.mark.parametrize(
    ("question", "years"),
    [
        ("How many blimps were there, year by year?", ["2030", "2031", "2032", "2033 (estimate)", "2034"]),
        ("How many blimps were there from 2031 to 2033?", ["2031", "2032", "2033 (estimate)"]),
        ("How many blimps has it had since 2032?", ["2032", "2033 (estimate)", "2034"]),
        ("How many blimps were there from 2033 to 2034?", ["2034"]),  # two years show no way between
        ("How many blimps were there in 2034?", ["2034"]),
    ],
)
def test_the_rows_of_the_years_that_are_asked_for_in_their_order(question, years):
    assert quoted(question, best="2034") == years


def test_a_row_that_comes_close_to_the_best_passage_brings_its_table_and_another_does_not():
    for question in ("How did the blimps develop over the years?", "How did the blimps develop?"):
        close, far = (
            [words[:9] for words in quoted(question, best="helium", behind="2034", by=QUOTE_MARGIN + d)] for d in (-0.1, 0.1)
        )
        assert close == ["2030", "2031", "2032", "2033 (est", "2034"]
        assert far == ["The fleet"]


def test_events_are_a_series_only_for_years_that_are_named() -> None:
    assert quoted("Which masts does the fleet have?", best="Beta") == ["Day: 9 June 2042"]
    assert len(quoted("What happened at the masts from 2041 to 2043?", best="Beta")) == 3


def test_a_table_without_years_is_quoted_as_ever():
    assert quoted("How many blimps were there, year by year?", best="North") == ["Field: North"]


def test_the_rows_that_the_search_did_not_find_are_taken_from_the_table(tmp_path: Path) -> None:
    rng, folder = random.Random(0), tmp_path / "docs"
    folder.mkdir()
    words = "blimps moored at masts of the northern field in a year of storms".split()
    rows = "".join(f"| {y} | {y - 1900} {' '.join(rng.choices(words, k=40))} |\n" for y in range(1980, 2025))
    (folder / "t.md").write_text(f"# Blimps\n\n| Year | Blimps |\n|---|---|\n{rows}", encoding="utf-8")
    index = Index(tmp_path / "index", exact=True)
    sync([folder], index, HashEmbedder())
    (document,) = index.catalogue.document_ids()
    chunks = index.catalogue.document_chunks(document)
    assert len(chunks) > 1
    found = [Hit(p, n, rerank_score=1.0 - n) for n, p in enumerate(chunks[0].passages, 1)]
    whole = with_whole_tables(understand("How many blimps were there, year by year?"), found, index)
    assert whole[: len(found)] == tuple(found)
    assert len({h.passage.start for h in whole}) == len(whole) == 45
    assert [h.rank for h in whole] == list(range(1, 46))
    assert all(h.score <= found[-1].score for h in whole[len(found) :])
    assert with_whole_tables(understand("How many blimps were there in 2024?"), found, index) == tuple(found)
    assert MAX_LIST_ITEMS < 45
