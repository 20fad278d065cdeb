"""How long work will still take, and how it is stopped."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.settings import Settings, read_settings
from app.store.documents import add, match
from ingest.added import Details
from ingest.errors import IndexBusy, Stopped
from ingest.index import Index
from ingest.progress import quiet, timed
from ingest.sync import sync
from tests.hash_embedder import HashEmbedder

TEXT = "# Many\n\n" + "".join(f"Paragraph {n} tells that region {n} grew.\n\n" for n in range(200))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "own.md").write_text("# Own\n\nThe corpus says so.")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "a.md").write_text(TEXT)
    (tmp_path / "new" / "b.md").write_text("# B\n\nAnother one.")
    return read_settings(corpus=tmp_path / "corpus", data=tmp_path / "data")


@pytest.fixture
def index(settings: Settings):
    index = Index(settings.index_folder)
    match(settings, index, HashEmbedder(), quiet)
    yield index
    index.close()


class StopAt:
    """A progress that sets a stop when it hears of a certain step, as a user who presses a button."""

    def __init__(self, what: str, done: int) -> None:
        self.at, self.stop, self.heard = (what, done), threading.Event(), list[tuple[str, int, int]]()

    def __call__(self, what: str, done: int, total: int) -> None:
        self.heard.append((what, done, total))
        if (what, done) == self.at:
            self.stop.set()


def test_the_time_that_is_left_follows_from_the_pace() -> None:
    now, reports = [0.0], list[tuple[str, int, float | None]]()

    def report(what: str, done: int, total: int, left: float | None) -> None:
        reports.append((what, done, left))

    progress = timed(report, lambda: now[0])
    for at, what, done in ((0, "Reading", 1), (5, "Embedding", 0), (7, "Embedding", 20), (11, "Embedding", 60)):
        now[0] = at
        progress(what, done, 100)
    assert reports == [("Reading", 1, None), ("Embedding", 0, None), ("Embedding", 20, 8.0), ("Embedding", 60, 4.0)]


def test_embedding_says_how_long_it_will_take(settings: Settings, index: Index, tmp_path: Path) -> None:
    left: list[float | None] = []

    def report(what: str, done: int, total: int, seconds: float | None) -> None:
        left.extend([seconds] if what == "Embedding" else [])

    add(settings, index, HashEmbedder, [str(tmp_path / "new")], Details(), timed(report))
    assert left[0] is None
    assert all(seconds is not None and seconds >= 0 for seconds in left[1:])
    assert left[-1] == 0


@pytest.mark.parametrize(("what", "done"), [("Checking", 1), ("Reading", 1), ("Embedding", 32), ("Writing", 1)])
def test_adding_is_stopped_between_files_and_batches(
    settings: Settings, index: Index, tmp_path: Path, what: str, done: int
) -> None:
    before, pressed, embedder = index.catalogue.origins(), StopAt(what, done), HashEmbedder()
    with pytest.raises(Stopped):
        add(settings, index, lambda: embedder, [str(tmp_path / "new")], Details(), pressed, stop=pressed.stop)
    assert pressed.heard[-1][:2] == (what, done)
    assert index.catalogue.origins() == before
    assert [p.name for p in settings.added_folder.iterdir() if not p.name.startswith(".")] == []
    assert match(settings, index, embedder, quiet).has_changes is False
    again = HashEmbedder()
    assert not add(settings, index, lambda: again, [str(tmp_path / "new")], Details(), quiet).failed
    if what == "Embedding":
        assert 0 < embedder.embedded < 100


def test_matching_is_stopped_and_goes_on_where_it_was(settings: Settings, index: Index) -> None:
    (settings.corpus / "more.md").write_text(TEXT)
    pressed, embedder = StopAt("Embedding", 64), HashEmbedder()
    with pytest.raises(Stopped):
        match(settings, index, embedder, pressed, stop=pressed.stop)
    assert embedder.embedded == 64 + 32
    assert match(settings, index, embedder, quiet).embedded == 200 - 96


def test_waiting_for_another_process_is_stopped(settings: Settings, index: Index) -> None:
    other, pressed = Index(settings.index_folder), StopAt("Waiting for another process to finish writing the index", 0)
    with other.writing():
        with pytest.raises(Stopped):
            match(settings, index, HashEmbedder(), pressed, stop=pressed.stop)
        with pytest.raises(IndexBusy):
            sync([settings.corpus], index, HashEmbedder(), patience=0.2)
    other.close()
