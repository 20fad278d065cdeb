"""Whatever comes, goes, is merged or killed: what is found is what an exact search of the catalogue finds."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from ingest.index import Index
from ingest.sync import sync
from ingest.vectors import search as vectors_module
from ingest.vectors.search import search_exactly
from ingest.vectors.segments import Segment, origin_of, segments_to_search
from tests.hash_embedder import HashEmbedder

ROOT = Path(__file__).resolve().parents[2]
WORDS = "barley comet harbour lamp blimp tin crown quay rye valley".split()
EMBEDDER = HashEmbedder()


def write(folder: Path, number: int, version: int) -> None:
    lines = (f"{WORDS[(number + n) % 10].capitalize()} {number} {version} saw the {WORDS[n]}." for n in range(4))
    (folder / f"{number}.md").write_text(f"# Text {number}\n\n" + "\n\n".join(lines))


def segments_of(index: Index) -> tuple[Segment, ...]:
    return segments_to_search(index.vectors._segments.ready(origin_of(index.catalogue)))


def right(index: Index, folder: Path) -> None:
    """Every passage finds itself, and what is near to some of them is what an exact search finds."""
    index.open(EMBEDDER)
    catalogue = index.catalogue
    rows = list(catalogue.vectors())
    assert len(rows) == catalogue.count("embedded") == index.vectors.count()
    assert set(catalogue.origins()) == {p.name for p in folder.iterdir()}
    documents = catalogue.document_ids()
    for passage, document, vector in rows[:: max(1, len(rows) // 5)]:
        for within in (None, [document], documents[::2]):
            hits = index.vectors.nearest(vector, 6, within)
            expected = search_exactly((r for r in rows if within is None or r[1] in within), vector, 6)
            assert [score for _, score in hits] == pytest.approx([score for _, score in expected], abs=1e-4)
        assert passage in [i for i, score in index.vectors.nearest(vector, 6) if score > 0.9999]


class Changing(RuleBasedStateMachine):
    """Documents, segments and readers in any order."""

    @initialize()
    def begin(self) -> None:
        self.place = Path(tempfile.mkdtemp())
        self.folder = self.place / "docs"
        self.folder.mkdir()
        self.version = 0
        write(self.folder, 0, 0)
        self.index, self.reader = Index(self.place / "index"), Index(self.place / "index")
        sync([self.folder], self.index, EMBEDDER)

    @rule(numbers=st.sets(st.integers(1, 12), min_size=1, max_size=6))
    def documents_come_or_change(self, numbers: set[int]) -> None:
        self.version += 1
        for number in numbers:
            write(self.folder, number, self.version)
        sync([self.folder], self.index, EMBEDDER)

    @rule(number=st.integers(1, 12))
    def one_goes(self, number: int) -> None:
        (self.folder / f"{number}.md").unlink(missing_ok=True)
        sync([self.folder], self.index, EMBEDDER)

    @rule()
    def all_is_tidied(self) -> None:
        self.index.vectors.tidy()

    @rule()
    def what_came_becomes_a_segment(self) -> None:
        self.index.vectors.fill(EMBEDDER.dimension, max_outside=1)

    @rule()
    def it_is_opened_again(self) -> None:
        self.index.close()
        self.index = Index(self.place / "index")

    @rule()
    def it_is_built_anew(self) -> None:
        sync([self.folder], self.index, EMBEDDER, rebuild=True)

    @precondition(lambda self: self.version % 3 == 1)
    @rule()
    def the_store_is_deleted(self) -> None:
        self.index.vectors.close()
        self.reader.vectors.close()
        shutil.rmtree(self.place / "index" / "chroma", ignore_errors=True)

    @rule()
    def what_is_found_is_right(self) -> None:
        right(self.reader, self.folder)

    def teardown(self) -> None:
        if hasattr(self, "place"):
            right(self.index, self.folder)
            self.index.close()
            self.reader.close()
            shutil.rmtree(self.place)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little is much, so that all that happens to large stores happens to small ones."""
    for name, value in (("OUTSIDE_TIDY", 6), ("OUTSIDE", 30), ("MAX_ASKED", 12), ("ASK_FACTOR", 2)):
        monkeypatch.setattr(vectors_module, name, value)
    monkeypatch.setattr("ingest.vectors.chroma.GRACE_PERIOD", 0.0)
    monkeypatch.setattr("ingest.vectors.chroma.MAX_SEGMENT", 40)
    monkeypatch.setattr("ingest.vectors.segments.MAX_SEGMENT", 40)


@pytest.mark.slow
@pytest.mark.usefixtures("few")
def test_any_sequence_finds_what_an_exact_search_finds() -> None:
    Changing.TestCase.settings = settings(
        max_examples=12, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
    )
    Changing.TestCase("runTest").runTest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "docs"
    path.mkdir()
    for number in range(8):
        write(path, number, 0)
    return path


@pytest.mark.usefixtures("few")
def test_a_change_leaves_the_segments_as_they_are_and_the_next_tidying_merges(folder: Path, tmp_path: Path) -> None:
    index = Index(tmp_path / "index")
    sync([folder], index, EMBEDDER)
    (before,) = (index.folder / "chroma").iterdir()
    was = {p.name: p.stat().st_mtime_ns for p in before.rglob("*") if p.is_file()}
    write(folder, 3, 1)
    sync([folder], index, EMBEDDER)
    assert list((index.folder / "chroma").iterdir()) == [before]
    assert {p.name: p.stat().st_mtime_ns for p in before.rglob("*") if p.is_file()} == was
    right(index, folder)
    for number in range(8, 11):
        write(folder, number, 1)
    sync([folder], index, EMBEDDER)
    index.vectors.tidy()
    assert len(segments_of(index)) == 2  # one of 40 takes no more
    right(index, folder)
    for number in range(8):
        (folder / f"{number}.md").unlink()
    sync([folder], index, EMBEDDER)
    index.vectors.tidy()
    right(index, folder)
    assert sum(s.count for s in segments_of(index)) < 40
    index.close()


@pytest.mark.usefixtures("few")
def test_much_that_is_gone_hides_nothing(folder: Path, tmp_path: Path) -> None:
    index = Index(tmp_path / "index")
    sync([folder], index, EMBEDDER)
    for version in range(1, 12):  # a hundred passages that are gone, each near to one that is there
        write(folder, 3, version)
        sync([folder], index, EMBEDDER)
        index.vectors.fill(EMBEDDER.dimension, max_outside=1)
    right(index, folder)
    index.close()


def test_while_another_writes_segments_a_change_goes_through(folder: Path, tmp_path: Path) -> None:
    index = Index(tmp_path / "index")
    sync([folder], index, EMBEDDER)
    with index._segments_lock():
        write(folder, 99, 0)
        sync([folder], index, EMBEDDER)
        index.vectors.tidy()
        right(index, folder)
    index.close()


VICTIM = """if True:
    import os, signal, sys
    from pathlib import Path
    import ingest.vectors.chroma, ingest.vectors.chroma, ingest.vectors.segments, ingest.vectors.search
    from tests.ingest.test_filling import EMBEDDER, kill_at
    from ingest.index import Index
    from ingest.sync import sync
    ingest.vectors.search.OUTSIDE_TIDY, ingest.vectors.chroma.BATCH_SIZE = 6, 5
    kill_at(sys.argv[3])
    index = Index(Path(sys.argv[2]))
    sync([Path(sys.argv[1])], index, EMBEDDER)
    index.vectors.tidy()
"""


def kill_at(point: str) -> None:
    """Let this process die at a point of its writing."""
    from ingest.vectors import chroma

    def die(*_: object, **__: object) -> None:
        import os

        os.kill(os.getpid(), signal.SIGKILL)

    if point == "begun":
        chroma.write_rows = die  # type: ignore[assignment]
    elif point == "written":
        chroma.recall_of_written = die  # type: ignore[assignment]
    elif point == "unmarked":
        chroma.close_to_others = die
    elif point == "marked":
        chroma.Path.rename = lambda draft, to: (draft.replace(to), die())  # type: ignore[assignment,method-assign,return-value]
    elif point == "half deleted":
        chroma.shutil.rmtree = die  # type: ignore[assignment]


@pytest.mark.kills
@pytest.mark.slow
@pytest.mark.parametrize("point", ["begun", "written", "unmarked", "marked", "half deleted"])
def test_a_kill_at_any_point_leaves_what_the_next_run_uses(
    point: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = Index(tmp_path / "index")
    sync([folder], index, EMBEDDER)
    index.close()
    for number in range(8, 16):
        write(folder, number, 0)
    if point == "half deleted":
        (index.folder / "chroma" / "left").mkdir()
    command = [sys.executable, "-c", VICTIM, str(folder), str(index.folder), point]
    assert subprocess.run(command, cwd=ROOT, stderr=subprocess.DEVNULL).returncode == -signal.SIGKILL
    for _ in range(2):
        right(index, folder)
        index.close()
    monkeypatch.setattr(vectors_module, "OUTSIDE_TIDY", 6)
    monkeypatch.setattr("ingest.vectors.chroma.GRACE_PERIOD", 0.0)
    sync([folder], index, EMBEDDER)
    for _ in range(2):
        index.vectors.tidy()
    right(index, folder)
    complete = {p.parent.name for p in (index.folder / "chroma").glob("*/READY")}
    assert {p.name for p in (index.folder / "chroma").iterdir()} == complete
    assert len(complete) == 1
    index.close()


def test_a_vector_that_no_passage_uses_goes_with_the_next_change(folder: Path, tmp_path: Path) -> None:
    index = Index(tmp_path / "index", exact=True)
    sync([folder], index, EMBEDDER)
    index.catalogue.put_vectors(["left by a kill"], [np.ones(64, np.float32)])
    write(folder, 3, 1)
    sync([folder], index, EMBEDDER)
    used = {r[0] for r in index.catalogue.db.execute("SELECT vector_key FROM embedded")}
    assert {r[0] for r in index.catalogue.db.execute("SELECT key FROM vectors")} == used
    assert index.catalogue.count("loose") == 0
    index.close()
