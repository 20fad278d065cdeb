"""What lies in no segment is searched exactly, and what came later is put behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.index import Index
from ingest.sync import sync
from ingest.vectors.search import Delta, search_exactly
from ingest.vectors.segments import Span
from tests.hash_embedder import HashEmbedder

EMBEDDER = HashEmbedder()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "docs"
    path.mkdir()
    for n in range(9):
        (path / f"{n}.md").write_text(f"# T{n}\n\nRegion {n} grew barley.\n")
    return path


@pytest.fixture
def index(tmp_path: Path, folder: Path) -> Iterator[Index]:
    index = Index(tmp_path / "index", exact=True)
    sync([folder], index, EMBEDDER)
    yield index
    index.close()


def test_what_came_is_read_alone_also_behind_a_gap_between_segments(index: Index, folder: Path) -> None:
    last = index.catalogue.last()
    delta = Delta.read(index.catalogue, [Span(2, 4)], 64, last)
    assert delta.ids == (3, 4)
    assert delta.is_reusable(index.catalogue, [Span(2, 4)], 64)
    assert not delta.is_reusable(index.catalogue, [Span(2, 4)], 32)
    assert delta.extended(index.catalogue, last) is delta
    (folder / "late.md").write_text("# Late\n\nA comet passed.\n")
    sync([folder], index, EMBEDDER)
    grown = delta.extended(index.catalogue, index.catalogue.last())
    assert grown.ids == (3, 4, last + 1)
    vector = EMBEDDER.queries(["Late. A comet passed."])[0]
    assert grown.nearest(vector, 1)[0][0] == last + 1
    expected = search_exactly((r for r in index.catalogue.vectors() if r[0] in grown.ids), vector, 2)
    assert [i for i, _ in grown.nearest(vector, 2)] == [i for i, _ in expected]
    assert grown.nearest(vector[:32], 1) == []


def test_what_is_half_gone_is_read_anew(index: Index, folder: Path) -> None:
    spans = [Span(0, index.catalogue.last())]
    delta = Delta.read(index.catalogue, spans, 64, spans[0].last)
    for n in range(6):
        (folder / f"{n}.md").unlink()
    sync([folder], index, EMBEDDER)
    assert not delta.is_reusable(index.catalogue, spans, 64)
    assert len(Delta.read(index.catalogue, spans, 64, spans[0].last).ids) == 3
