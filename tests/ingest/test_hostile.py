"""What a folder, an archive or a name can hold to do harm: refused or passed over, each with a sentence."""

from __future__ import annotations

import io
import os
import socket
import stat
import zipfile
from pathlib import Path

import pytest

from ingest.add import Outcome, import_files
from ingest.added import Details
from ingest.index import Index
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.sync import sync
from tests.hash_embedder import HashEmbedder
from tests.ingest import formats as make


def add(added: Path, *named: object, limits: Limits = DEFAULT_LIMITS) -> dict[str, Outcome]:
    return {o.name: o for o in import_files([str(n) for n in named], added, Details(), limits, lambda *_: None)}


@pytest.mark.parametrize("name", ["", " ", "\t\n", "\u3000"])
def test_an_empty_name_adds_nothing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "private.txt").write_text("Nobody named this file.")
    monkeypatch.chdir(work)
    (outcome,) = add(tmp_path / "added", name).values()
    assert outcome.status == "failed"
    assert "A name is empty" in outcome.reason
    assert not list((tmp_path / "added").glob("*.txt"))


@pytest.fixture
def specials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one document, a pipe and a socket that are named like documents."""
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.txt").write_text("A text of its own.")
    os.mkfifo(folder / "pipe.txt")
    monkeypatch.chdir(folder)  # the name of a socket has at most 107 bytes, and the folder's is somebody else's
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket.md")
    (folder / "nowhere.txt").symlink_to(folder / "gone.txt")
    return folder


def test_pipes_and_sockets_are_passed_over_with_a_sentence(specials: Path, tmp_path: Path) -> None:
    outcomes = add(tmp_path / "added", specials)
    assert {n for n, o in outcomes.items() if o.status == "added"} == {"a.txt"}
    assert "is a pipe, not a file" in outcomes[str(specials / "pipe.txt")].reason
    assert "is a socket, not a file" in outcomes[str(specials / "socket.md")].reason
    for argument in (specials / "pipe.txt", specials / "*.txt", "/dev/zero"):
        assert any("not a file" in o.reason for o in add(tmp_path / "added", argument).values())
    index = Index(tmp_path / "index", exact=True)
    report = sync([specials], index, HashEmbedder())
    assert report.added == ("a.txt",)
    assert {n: r.split(" is ", 1)[1] for n, r in report.failed} == {
        "pipe.txt": "a pipe, not a file. It is left out.",
        "socket.md": "a socket, not a file. It is left out.",
    }
    index.close()


@pytest.mark.parametrize("kind", [stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFLNK])
def test_special_entries_of_an_archive(kind: int, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("special.txt")
        entry.external_attr = (kind | 0o666) << 16
        archive.writestr(entry, "A text.")
        archive.writestr("good.txt", "A good text.")
    outcomes = add(tmp_path / "added", path)
    assert outcomes["all.zip/good.txt"].status == "added"
    assert "It is left out." in outcomes["all.zip/special.txt"].reason


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packing_that_unpacks_without_a_bound_is_refused(packing: int, tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        archive.writestr("bomb.txt", bytes(200_000_000))
    raw = bytearray(out.getvalue())
    for at in (22, raw.rindex(b"PK\x01\x02") + 24):  # it says that it is small
        raw[at : at + 4] = (100).to_bytes(4, "little")
    path = tmp_path / "bomb.zip"
    path.write_bytes(raw)
    (outcome,) = add(tmp_path / "added", path).values()
    assert "is compressed in a way that is not accepted" in outcome.reason


def test_names_that_a_terminal_or_a_database_would_choke_on(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(make.packed({"red\x1b[31m\u202etxt.md": "# A\n\nText a."}))
    ((name, outcome),) = add(tmp_path / "added", path).items()
    assert outcome.status == "added"
    assert name.isprintable()
    folder = tmp_path / "docs"
    folder.mkdir()
    try:
        (folder / os.fsdecode(b"caf\xe9.txt")).write_text("A name in another encoding.")
    except OSError:
        pytest.skip("this file system has no such names")
    index = Index(tmp_path / "index", exact=True)
    assert sync([folder], index, HashEmbedder()).added == ("caf\\xe9.txt",)
    assert sync([folder], index, HashEmbedder()).unchanged == ("caf\\xe9.txt",)
    assert index.catalogue.listing()[0].origin.isascii()
    index.close()
    added = add(tmp_path / "added", folder)
    assert [o.status for o in added.values()] == ["added"]


def test_all_copies_together_have_a_limit(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for n in range(5):
        (tmp_path / "in" / f"{n}.txt").write_text(f"Text {n}. " * 100)
    limits = Limits(added_bytes=2_500)
    outcomes = add(tmp_path / "added", tmp_path / "in", limits=limits)
    assert sorted(o.status for o in outcomes.values()) == ["added", "added", "added", "failed", "failed"]
    (reason, *_) = [o.reason for o in outcomes.values() if o.reason]
    assert "the limit is 2,500" in reason
    assert "ASK_MAX_ADDED_BYTES" in reason
    again = add(tmp_path / "added", tmp_path / "in" / "0.txt", limits=Limits(added_bytes=1))
    assert again["0.txt"].status == "unchanged"


@pytest.mark.parametrize("comment", [b"", b"x" * 60_000])
def test_an_archive_with_a_huge_list_of_entries_is_refused_before_it_is_read(
    comment: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.comment = comment
        for n in range(200):
            archive.writestr(f"{n:0200}.md", b"")
    monkeypatch.setattr("ingest.add.ENTRY_BYTES", 300)
    (outcome,) = add(tmp_path / "added", path, limits=Limits(files=100)).values()
    assert "The file list of" in outcome.reason
