"""Files and folders that would harm whoever reads them: each is read, or refused in a sentence, within seconds, and the next
file is read as if nothing had been."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from ingest import parser, split
from ingest.add import Outcome, import_files
from ingest.added import AddedFolder, Details, read_note
from ingest.documents import Document
from ingest.errors import AskError, CorpusError, LoadError, StorageError
from ingest.index import Index
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.load import load, parse
from ingest.questions.known import read_questions
from ingest.sync import sync
from ingest.yaml_files import read_mapping
from tests.hash_embedder import HashEmbedder
from tests.ingest import formats as make

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are read on Linux only")
SMALL = Limits(parse_seconds=20, cells=200_000, characters=500_000, passages=20_000, unpacked_bytes=20_000_000)
SECRET = "sk-of-somebody"


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[parser._Processes]:
    """Processes that are started now, as the system's limits and the environment are now."""
    found = parser._Processes()
    monkeypatch.setattr(parser, "_processes", found)
    yield found
    found.close()


def text(folder: Path, name: str = "a.txt") -> Path:
    path = folder / name
    path.write_text("The comet of Fredonia returns every 311 years.")
    return path


def taken(path: Path, limits: Limits = SMALL) -> Document | LoadError:
    """The document, or the sentence that refuses it; nothing else may come of a file."""
    try:
        return load(path, path.parent, limits)
    except LoadError as error:
        found = error
    assert found.next_step
    assert len(found.sentence()) < 700
    assert "Traceback" not in found.sentence()
    return found


# --- the process that parses


def started(processes: parser._Processes, folder: Path) -> psutil.Process:
    """The process that has read a file and waits for another."""
    assert isinstance(taken(text(folder)), Document)
    return psutil.Process(processes._idle[-1]._process.pid)


@LINUX
@pytest.mark.parametrize(("name", "flag", "given", "hard"), [("AS", "v", 4_000_000, 4_096_000_000), ("CPU", "t", 500, 500)])
def test_a_limit_that_is_there_stays(
    fresh: parser._Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, flag: str, given: int, hard: int
) -> None:
    wrapped(monkeypatch, tmp_path, f"ulimit -{flag} {given}")
    assert started(fresh, tmp_path).rlimit(getattr(psutil, f"RLIMIT_{name}"))[1] == hard


@LINUX
@pytest.mark.parametrize("name", ["NPROC", "FSIZE", "CORE"])
def test_it_starts_and_writes_nothing(fresh: parser._Processes, tmp_path: Path, name: str) -> None:
    assert started(fresh, tmp_path).rlimit(getattr(psutil, f"RLIMIT_{name}")) == (0, 0)


def test_it_holds_no_key(fresh: parser._Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ASK_PASSWORD", "HTTPS_PROXY"):
        monkeypatch.setenv(name, SECRET)
    assert SECRET not in str(started(fresh, tmp_path).environ())


@pytest.mark.parametrize("before", ["ulimit -v 20000", "exit 3", "kill -9 $$"])
def test_one_that_dies_before_it_reads_says_so(
    fresh: parser._Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    with monkeypatch.context() as patched:
        wrapped(patched, tmp_path, before)
        found = taken(text(tmp_path))
    assert "the process that reads files died before it began" in str(found)
    assert "damaged" not in str(found)
    assert isinstance(taken(text(tmp_path)), Document)


def wrapped(monkeypatch: pytest.MonkeyPatch, folder: Path, before: str) -> None:
    """Python is started by a shell that does something before."""
    shell = folder / "python"
    shell.write_text(f'#!/bin/sh\n{before}\nexec "{sys.executable}" "$@"\n')
    shell.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(shell))


# --- beside a document


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def folder(path: Path) -> None:
    path.mkdir()


def loop(path: Path) -> None:
    path.symlink_to(path.name)


Making = Callable[[Path], None]
SPECIAL = pytest.mark.parametrize("make_it", [pipe, device, folder, loop])


@SPECIAL
def test_a_note_that_is_no_file(tmp_path: Path, make_it: Making) -> None:
    corpus, added = tmp_path / "corpus", tmp_path / "added"
    corpus.mkdir()
    added.mkdir()
    text(corpus, "b.txt")
    make_it(text(added).with_name("a.txt.yaml"))
    with pytest.raises(LoadError, match=r"a\.txt\.yaml"):
        read_note(added / "a.txt")
    index = Index(tmp_path / "index", exact=True)
    report = sync([corpus], index, HashEmbedder(), added=added)
    assert report.added == ("b.txt",)
    assert [name for name, _ in report.failed] == ["added/a.txt"]
    index.close()
    assert AddedFolder(added).named("a.txt") == [added / "a.txt"]
    (tmp_path / "new.txt").write_text("Another text.")
    assert [o.status for o in add(added, tmp_path / "new.txt")] == ["added"]


@SPECIAL
def test_a_folder_s_own_words_that_are_no_file(tmp_path: Path, make_it: Making) -> None:
    make_it(tmp_path / "_page.yaml")
    with pytest.raises(CorpusError, match="cannot be read as YAML"):
        read_mapping(tmp_path / "_page.yaml", "Mend it.")
    (tmp_path / "_questions").mkdir()
    make_it(tmp_path / "_questions" / "a.yaml")
    with pytest.raises(CorpusError, match="cannot be read as YAML"):
        list(read_questions(tmp_path))


def add(added: Path, *named: object, limits: Limits = SMALL) -> tuple[Outcome, ...]:
    return import_files([str(n) for n in named], added, Details(), limits, lambda *_: None)


def test_what_a_kill_left_is_swept(tmp_path: Path) -> None:
    added = tmp_path / "added"
    add(added, text(tmp_path))
    (copy,) = added.glob("*.txt")
    left = [added / "gone-0123456789ab.txt.yaml", added / ".gone-0123456789ab.txt.draft"]
    kept = [added / f"{copy.name}.yaml", added / "own.yaml", copy]
    for path in (*left, kept[1]):
        path.write_text("title: Left")
    with AddedFolder(added).changing():
        assert not any(map(Path.exists, left))
        assert all(map(Path.exists, kept))


def test_a_wide_table_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("\n".join(",".join(f"{row}x{column}" for column in range(50)) for row in range(20)))
    read: list[int] = []
    plain = split._MARKDOWN.parse

    def counted(said: str) -> object:
        read.append(len(said))
        return plain(said)

    monkeypatch.setattr(split._MARKDOWN, "parse", counted)
    parse(path, tmp_path, DEFAULT_LIMITS)
    assert len(read) == 1


@pytest.mark.parametrize("place", ["file/data", "/proc/data", "/sys/data", "/dev/null/data"])
def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("A file.")
    with pytest.raises(StorageError, match="cannot be used"):
        add(tmp_path / place, text(tmp_path))


# --- what a file holds


def deep(inside: str, around: tuple[str, str], times: int) -> str:
    return around[0] * times + inside + around[1] * times


HOSTILE: dict[str, str | bytes] = {
    "lists.md": "\n".join("  " * n + "- a point" for n in range(3_000)),
    "quotations.md": "> " * 20_000 + "Said.",
    "brackets.md": "[" * 50_000 + "Said." + "](" * 50_000,
    "stars.md": "*a **b " * 20_000,
    "fences.md": "```\n" * 20_000 + "Said.",
    "headings.md": "\n\n".join(f"{'#' * (n % 6 + 1)} Heading {n}" for n in range(5_000)),
    "marks.md": "---\nsources: {a: {title: A}}\n---\n" + "Said." + "[^a]" * 50_000,
    "one-line.txt": "a" * 400_000,
    "no-breaks.txt": "长" * 300_000,
    "zeros.txt": bytes(400_000),
    "surrogates.txt": b"\xed\xa0\x80 Said. " * 20_000,
    "yaml-deep.md": "---\ntitle: " + "[" * 50_000 + "\n---\nSaid.",
    "yaml-aliases.md": "---\na: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefghij", "bcdefghijk", strict=True))
    + "title: *k\n---\nSaid.",
    "yaml-date.md": "---\ndate: 2026-02-31\n---\nSaid.",
    "div.html": deep("Said.", ("<div>", "</div>"), 50_000),
    "table.html": deep("Said.", ("<table><tr><td>", "</td></tr></table>"), 3_000),
    "span.html": "<table><tr><td colspan=1000000000 rowspan=1000000000>Said.</td><td>b</td></tr></table><p>Said.</p>",
    "entities.xhtml": '<!DOCTYPE a [<!ENTITY a "Said."><!ENTITY b "' + "&a;" * 5_000 + '">]><html><p>&b;</p></html>',
    "wide.csv": ",".join(f"c{n}" for n in range(20_000)) + "\n" + "\n".join(f"{n}," for n in range(200)),
    "tall.csv": "a,b\n" * 120_000,
    "quote.csv": '"' + "a\n" * 100_000,
    "wide.md": "|" + "a|" * 20_000 + "\n|" + "---|" * 20_000 + "\n|" + "1|" * 20_000,
    "not.pdf": b"%PDF-1.7\n" + b"1 0 obj << /Kids [1 0 R] >> endobj\n" * 20_000,
    "not.docx": b"PK\x03\x04" + os.urandom(10_000),
    "bomb.docx": make.bomb("word/document.xml", 40_000_000),
    "bomb.xlsx": make.bomb("xl/workbook.xml", 40_000_000),
    "bomb.pptx": make.bomb("ppt/presentation.xml", 40_000_000),
    "bomb.epub": make.bomb("META-INF/container.xml", 40_000_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_read_or_refused(tmp_path: Path, name: str) -> None:
    path, holds = tmp_path / name, HOSTILE[name]
    path.write_bytes(holds if isinstance(holds, bytes) else holds.encode())
    found = taken(path)
    if isinstance(found, Document):
        assert sum(len(p.read(found.text)) for c in split.split(found) for p in c.passages) <= len(found.text)
    assert isinstance(taken(text(tmp_path)), Document), "the next file is read"


@pytest.mark.parametrize(
    "name",
    [
        "a\nb.txt",
        "\u202egnp.txt",
        "-rf.txt",
        "a" * 250 + ".txt",
        "🚀 ..  .txt",
        "a;$(reboot)`x`.txt",
        "..txt",
        "%2e%2e%2f.txt",
    ],
)
def test_an_odd_name_is_kept_and_shown_without_harm(tmp_path: Path, name: str) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (outcome,) = add(tmp_path / "added", text(docs, name))
    assert outcome.status == "added", outcome.reason
    assert outcome.name.isprintable()
    (copy,) = (p for p in (tmp_path / "added").iterdir() if p.suffix == ".txt")
    assert copy.parent == tmp_path / "added"


@pytest.mark.parametrize("inside", ["../../out.txt", "/out.txt", "C:\\out.txt", "a/../../out.txt", "inner.zip"])
def test_an_archive_writes_nothing_beside_itself(tmp_path: Path, inside: str) -> None:
    path = tmp_path / "in" / "all.zip"
    path.parent.mkdir()
    path.write_bytes(make.packed({inside: "Out.", "good.txt": "A good text."}))
    found = {o.name.rpartition("/")[2]: o.status for o in add(tmp_path / "added", path)}
    assert found.pop("good.txt") == "added"
    assert set(found.values()) <= {"failed"}
    assert not list(tmp_path.rglob("out.txt"))


def test_links_that_lead_out_or_round_are_told(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    (docs / "deep").mkdir(parents=True)
    text(docs)
    text(tmp_path, "private.txt")
    (docs / "out.txt").symlink_to(tmp_path / "private.txt")
    (docs / "loop.txt").symlink_to("loop.txt")
    (docs / "deep" / "up").symlink_to(docs)
    index = Index(tmp_path / "index", exact=True)
    with suppress(AskError):
        report = sync([docs], index, HashEmbedder())
    assert report.added == ("a.txt",)
    assert "out.txt" in [name for name, _ in report.failed]
    index.close()
