"""Several at once: writers take turns, readers neither wait nor see half a state, and a second sync is quick."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.errors import IndexMismatch
from ingest.index import Index
from ingest.sync import sync
from tests.hash_embedder import HashEmbedder
from tests.ingest.test_sync import state

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
CODE = "from tests.ingest.test_sync import run; run()"


def text(n: int, version: int = 0) -> str:
    parts = (f"## Part {p}\n\nRegion {n} grew barley in part {p} and the figure was {n}{p}{version}." for p in range(8))
    return f"# Region {n}\n\n" + "\n\n".join(parts)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "docs"
    path.mkdir()
    for n in range(60):
        (path / f"{n}.md").write_text(text(n))
    return path


@pytest.fixture
def index(tmp_path: Path, database: str) -> Iterator[Index]:
    index = Index(tmp_path / "index", database=database)
    yield index
    index.close()


def start(folder: Path, index: Index) -> subprocess.Popen[bytes]:
    words = [str(folder), str(index.folder), index.database]
    return subprocess.Popen([sys.executable, "-c", CODE, *words], cwd=ROOT, stderr=subprocess.PIPE)


def test_two_processes_that_write_at_once(folder: Path, index: Index) -> None:
    for version in range(3):
        for n in range(0, 60, 3):
            (folder / f"{n}.md").write_text(text(n, version))
        for writer in [start(folder, index), start(folder, index)]:
            with writer:
                assert writer.stderr is not None
                assert (writer.stderr.read(), writer.wait()) == (b"", 0)
    index.open(HashEmbedder())
    assert state(index) == {p.read_text() for p in folder.iterdir()}


def test_a_reader_is_right_while_another_process_writes(folder: Path, index: Index) -> None:
    embedder, wrong, asked = HashEmbedder(), [], 0
    sync([folder], index, embedder)
    question = "Region 7 grew barley in part 3"
    vector = embedder.queries([f"Region 7. Part 3. {question} and the figure was 730."])[0]
    for version in range(1, 4):
        for n in range(60):
            if n != 7:
                (folder / f"{n}.md").write_text(text(n, version))
        with start(folder, index) as writer:
            while writer.poll() is None:
                index.open(embedder)
                hits = [*index.dense(vector, 5), *index.words(question, 5)]
                texts = [d.text[h.chunk.start : h.chunk.end] for h in hits if (d := index.document(h.chunk.document_id))]
                asked += 1
                if not any("figure was 730." in t for t in texts):
                    wrong.append(texts)
            assert writer.returncode == 0
    assert asked > 20  # who waited for the writer would ask once a change
    assert not wrong
    index.open(embedder)
    assert state(index) == {p.read_text() for p in folder.iterdir()}


def test_what_is_not_in_the_store_yet_is_found_all_the_same(
    folder: Path, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = HashEmbedder()
    sync([folder], index, embedder)
    reader = Index(index.folder, database=index.database)
    reader.open(embedder)
    (folder / "late.md").write_text("# Late\n\nA comet was seen over the harbour.")
    (folder / "7.md").unlink()
    vector = embedder.queries(["Late. A comet was seen over the harbour."])[0]
    with monkeypatch.context() as patch:
        patch.setattr(index.vectors, "fill", lambda _: None)  # a writer that is still at it, or was killed
        sync([folder], index, embedder)
        with index.writing():
            reader.open(embedder)
            (hit, *_) = reader.dense(vector, 3)
            late = hit.chunk.document_id
            assert hit.score == pytest.approx(1.0, abs=1e-3)
            assert [f.chunk.document_id for f in reader.dense(vector, 3, [late])] == [late]
            removed = embedder.queries(["Region 7. Part 3. Region 7 grew barley in part 3 and the figure was 730."])[0]
            hits = reader.dense(removed, 5)
            assert len(hits) == 5
            assert all("Region 7." not in str(reader.document(h.chunk.document_id)) for h in hits)
    reader.open(embedder)  # the writer is gone: the reader fills the store
    assert state(reader) == {p.read_text() for p in folder.iterdir()}
    reader.close()


def test_an_index_serves_until_its_rebuild_is_ready(folder: Path, index: Index) -> None:
    old, new = HashEmbedder(), HashEmbedder("other", 32)
    sync([folder], index, old)
    reader = Index(index.folder, database=index.database)
    reader.open(old)
    vector = old.queries(["Region 7. Part 3. Region 7 grew barley in part 3 and the figure was 730."])[0]
    answers = []

    def progress(what: str, done: int, total: int) -> None:
        reader.open(old)
        answers.append((what, reader.dense(vector, 1)[0].score > 0.99))

    sync([folder], index, new, progress, rebuild=True)
    assert {what for what, _ in answers} >= {"Reading", "Embedding", "Writing"}
    assert all(right for _, right in answers)
    with pytest.raises(IndexMismatch, match="was built with"):
        reader.open(old)
    reader.open(new)
    assert reader.dense(new.queries(["Region 7"])[0], 3)
    reader.close()


def test_many_threads_ask_while_one_adds(folder: Path, index: Index) -> None:
    embedder, errors, stop = HashEmbedder(), [], threading.Event()
    sync([folder], index, embedder)
    vector = embedder.queries(["Region 7 barley"])[0]

    def ask() -> None:
        while not stop.is_set():
            try:
                index.open(embedder)
                assert len(index.dense(vector, 5)) == 5
            except Exception as error:
                errors.append(error)
        index.catalogue.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for version in range(1, 5):
        for n in range(10):
            (folder / f"{n}.md").write_text(text(n, version))
        sync([folder], index, embedder)
    stop.set()
    for thread in threads:
        thread.join()
    assert not errors
    assert state(index) == {p.read_text() for p in folder.iterdir()}


def test_of_an_unchanged_folder_nothing_is_read_or_embedded(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(40):
        (folder / f"{n}.md").write_text(text(n))
    sync([folder], index, HashEmbedder())
    monkeypatch.setattr("ingest.folders.load", lambda path, *_: pytest.fail(f"{path} is read"))
    monkeypatch.setattr(HashEmbedder, "passages", lambda *_: pytest.fail("a passage is embedded"))
    for _ in range(2):
        report = sync([folder], index, HashEmbedder())
        assert (len(report.unchanged), report.embedded, report.has_changes) == (40, 0, False)
