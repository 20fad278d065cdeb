"""Damage, a full disk and closed folders end in a sentence with a way out; files are their owner's alone."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.settings import read_settings
from app.store.documents import match
from ingest.add import import_files
from ingest.added import Details
from ingest.errors import IndexDamaged, StorageError
from ingest.index import Index
from ingest.limits import DEFAULT_LIMITS
from ingest.storage import append_line, close_to_others, private_file, private_folder, write_whole
from ingest.sync import sync
from tests.hash_embedder import HashEmbedder

TEXTS = {f"d{n}.txt": f"Region {n} grew barley and the figure was {n}17. " * 20 for n in range(20)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "docs"
    path.mkdir()
    for name, text in TEXTS.items():
        (path / name).write_text(text)
    return path


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    index = Index(tmp_path / "index", exact=True)
    yield index
    index.close()


def damage(path: Path, kind: str) -> None:
    """Of a catalogue that nobody has open."""
    size = path.stat().st_size
    if kind == "garbage":
        path.write_bytes(b"No database at all. " * 500)
    elif kind == "truncated":
        os.truncate(path, size // 2)
    elif kind == "torn":  # the head is whole, the pages behind it are not
        with path.open("r+b") as file:
            file.seek(8192)
            file.write(b"\xff" * (size - 12_288))
    else:
        with sqlite3.connect(path) as db:
            db.executescript("DROP TABLE origins; CREATE TABLE origins (path TEXT, other TEXT);")
        db.close()


@pytest.mark.parametrize("kind", ["garbage", "truncated", "torn", "another layout"])
def test_a_damaged_catalogue_is_told_set_aside_and_made_anew_on_demand(
    kind: str, folder: Path, index: Index, caplog: pytest.LogCaptureFixture
) -> None:
    embedder = HashEmbedder()
    sync([folder], index, embedder)
    index.close()
    damage(index.catalogue.path, kind)
    damaged = index.catalogue.path.read_bytes()
    reader = Index(index.folder, exact=True)
    with pytest.raises(IndexDamaged) as error:
        sync([folder], reader, embedder)
    assert str(index.folder) in str(error.value)
    assert "sync --rebuild" in error.value.next_step
    again = Index(index.folder, exact=True)
    report = sync([folder], again, embedder, rebuild=True)
    assert len(report.added) == len(TEXTS)
    assert again.catalogue.is_sound()
    assert (index.folder / "catalogue.damaged.db").read_bytes() == damaged
    assert "It has been renamed to catalogue.damaged.db" in caplog.text
    for one in (again, reader):  # the one that met the damage, too
        one.open(embedder)
        assert one.dense(embedder.queries(["Region 7 barley"])[0], 3)
        one.close()


def test_a_rebuild_of_what_is_whole_keeps_the_vectors(folder: Path, index: Index) -> None:
    sync([folder], index, HashEmbedder())
    again = HashEmbedder()
    assert sync([folder], index, again, rebuild=True).embedded == 0


def test_the_command_line_says_it_in_one_line(folder: Path, index: Index) -> None:
    sync([folder], index, HashEmbedder())
    index.close()
    damage(index.catalogue.path, "garbage")
    command = [sys.executable, "-m", "app", "--corpus", folder, "--index", index.folder, "list"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 2
    assert "is damaged" in done.stderr
    assert "Run `ask-the-plan sync --rebuild`" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_in_the_catalogue(folder: Path, index: Index) -> None:
    sync([folder], index, HashEmbedder())
    before = index.catalogue.counts()
    (folder / "long.txt").write_text(
        "\n\n".join(f"Region {n} sold {n} tons of rye to region {n + 1}." for n in range(3_000))
    )
    pages = index.catalogue.db.execute("PRAGMA page_count").fetchone()[0]
    index.catalogue.db.execute(f"PRAGMA max_page_count={pages + 4}")
    with pytest.raises(StorageError, match="no room left on the disk") as error:
        sync([folder], index, HashEmbedder())
    assert "Free some space" in error.value.next_step
    assert index.catalogue.counts()["documents"] == before["documents"]
    index.close()
    assert "long.txt" in sync([folder], index, HashEmbedder()).added


@contextmanager
def small_disk(size: str) -> Iterator[Path]:
    place = Path(tempfile.mkdtemp())
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], capture_output=True)
    if done.returncode:
        place.rmdir()
        pytest.skip("no file system may be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)
        place.rmdir()


def test_a_full_disk_under_the_copies_and_the_index(folder: Path) -> None:
    with small_disk("600k") as disk:
        (disk / "filler").write_bytes(bytes(500_000))
        big = folder / "big.txt"
        big.write_text("Barley. " * 30_000)
        outcome, *_ = import_files([str(big)], disk / "added", Details(), DEFAULT_LIMITS, lambda *_: None)
        assert "no room left" in outcome.reason
        assert [p.name for p in (disk / "added").iterdir() if not p.name.startswith(".lock")] == []
        index = Index(disk / "index")
        with pytest.raises(StorageError, match="no room left"):
            sync([folder], index, HashEmbedder())
        index.close()


def test_a_full_disk_under_the_vector_store(folder: Path) -> None:
    with small_disk("2m") as disk:
        embedder, first = HashEmbedder(), Index(disk / "index", exact=True)
        sync([folder], first, embedder)  # the catalogue alone
        first.close()
        room = os.statvfs(disk)
        (disk / "filler").write_bytes(bytes(room.f_bavail * room.f_frsize - 100_000))
        index = Index(disk / "index")
        with pytest.raises(StorageError, match="The vectors cannot be written") as error:
            sync([folder], index, embedder)
        assert "has room" in error.value.next_step
        assert not list((disk / "index" / "chroma").iterdir())
        index.open(embedder)
        assert index.dense(embedder.queries(["Region 7 grew barley"])[0], 3)
        (disk / "filler").unlink()
        sync([folder], index, embedder)
        index.open(embedder)
        assert index.vectors.count() == index.catalogue.counts()["embedded"]
        index.close()


def test_a_line_that_finds_room_for_its_beginning_only_is_told(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    append_line(path, "before")
    code = (
        "import resource, sys; from pathlib import Path; from ingest.storage import append_line, storage_errors\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (12, 12)); path = Path(sys.argv[1])\n"
        "with storage_errors(path): append_line(path, 'a line that is paid for')"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, cwd=root)
    assert "StorageError: There is no room left on the disk for" in done.stderr
    append_line(path, "after")
    assert path.read_text().splitlines()[::2] == ["before", "after"]


@contextmanager
def as_somebody(place: Path) -> Iterator[None]:
    """Without root's rights, where the tests have them: root may do everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder that others reach as well, unlike pytest's own."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o777)
    yield place
    shutil.rmtree(place)


def test_an_index_in_a_folder_that_may_not_be_written_is_read(open_place: Path) -> None:
    docs, embedder = open_place / "docs", HashEmbedder()
    docs.mkdir()
    (docs / "a.txt").write_text("Region 7 grew barley.")
    with as_somebody(open_place):
        target = open_place / "index"
        index = Index(target, exact=True)
        sync([docs], index, embedder)
        index.close()
        target.chmod(0o500)
        try:
            index.open(embedder)
            assert index.built_with()[2] == embedder.fingerprint
            index.close()
        finally:
            target.chmod(0o700)


def test_a_folder_that_may_not_be_written(open_place: Path) -> None:
    docs, closed = open_place / "docs", open_place / "closed"
    docs.mkdir()
    closed.mkdir(mode=0o555)
    (docs / "a.txt").write_text("Region 7 grew barley.")
    with as_somebody(open_place):
        for target in (closed, closed / "index"):
            with pytest.raises(StorageError, match="cannot be used") as error:
                sync([docs], Index(target, exact=True), HashEmbedder())
            assert "permissions" in error.value.next_step
        with pytest.raises(StorageError, match="cannot be used"):
            import_files([str(docs / "a.txt")], closed / "added", Details(), DEFAULT_LIMITS, lambda *_: None)
    (open_place / "file").write_text("A file where a folder should be.")
    with pytest.raises(StorageError, match="cannot be used"):
        sync([docs], Index(open_place / "file" / "index", exact=True), HashEmbedder())


def test_an_unreadable_sub_folder_keeps_its_documents(open_place: Path) -> None:
    docs = open_place / "docs"
    (docs / "deep" / "er").mkdir(parents=True)
    for name in ("a.txt", "deep/b.txt", "deep/er/c.txt"):
        (docs / name).write_text(f"The text of {name}.")
    index, embedder = Index(open_place / "index", exact=True), HashEmbedder()
    with as_somebody(open_place):
        sync([docs], index, embedder)
    for mode in (0o000, 0o444):
        (docs / "deep").chmod(mode)
        with as_somebody(open_place):
            report = sync([docs], index, embedder)
        assert {n.split("/")[0] for n, _ in report.failed} == {"deep"}
        assert "deep" in report.failed[0][1]
        assert "Permission denied" in report.failed[0][1]
        assert not report.removed
        assert len(index.catalogue.document_ids()) == 3
    (docs / "deep").chmod(0o755)
    (docs / "deep" / "b.txt").unlink()
    with as_somebody(open_place):
        assert sync([docs], index, embedder).removed == ("deep/b.txt",)
    index.close()


def modes(place: Path) -> dict[str, str]:
    """What others may do, by path; nothing where nobody else may do anything."""
    return {
        str(p.relative_to(place)): oct(m)
        for p in [place, *place.rglob("*")]
        if (m := stat.S_IMODE(p.stat().st_mode)) & 0o077
    }


def test_what_is_made_is_private_whatever_the_umask(folder: Path, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        data = tmp_path / "data"
        index = Index(data / "index")
        import_files([str(folder / "d1.txt")], data / "added", Details(), DEFAULT_LIMITS, lambda *_: None)
        sync([folder], index, HashEmbedder(), added=data / "added")
        assert not modes(data)
        index.close()
    finally:
        os.umask(before)


def test_a_file_is_written_whole_or_not_at_all_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    write_whole(path, "before")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "half of a character: \ud800")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
    assert not modes(tmp_path)


def test_what_is_there_already_is_closed_and_links_are_not_followed(tmp_path: Path) -> None:
    outside, data = tmp_path / "outside", tmp_path / "data"
    (data / "added").mkdir(parents=True, mode=0o755)
    outside.write_text("Somebody else's.")
    outside.chmod(0o644)
    (data / "added" / "link").symlink_to(outside)
    (data / "added" / "a.txt").write_text("Ours.")
    (data / "added" / "a.txt").chmod(0o640)
    close_to_others(data)
    private_file(data / "new")
    assert stat.S_IMODE((data / "new").stat().st_mode) == 0o600
    assert stat.S_IMODE((data / "added" / "a.txt").stat().st_mode) == 0o600
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    private_folder(shared)
    assert stat.S_IMODE(shared.stat().st_mode) == 0o1777


def test_a_sync_closes_what_a_former_version_left_open_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "added").mkdir(parents=True)
    for name in ("conversations.db", "feedback.jsonl", "server.json", "token", "added/a.txt", "holiday.jpg"):
        (data / name).write_text("Some text.")
        (data / name).chmod(0o644)
    settings = read_settings(corpus=folder, data=data)
    index = Index(settings.index_folder, exact=True)
    match(settings, index, HashEmbedder(), lambda *_: None)
    assert modes(data) == {"holiday.jpg": "0o644"}
    index.close()
