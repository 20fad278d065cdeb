"""What a file does to the library that reads it does nothing to the process that asked for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from app.settings import Settings, read_settings
from ingest import parser
from ingest.add import Rejected, expand_sources, import_files
from ingest.added import Details
from ingest.errors import LoadError
from ingest.index import Index
from ingest.limits import DEFAULT_LIMITS, SETTINGS, Limits
from ingest.load import load
from ingest.progress import quiet
from ingest.sync import sync
from tests.hash_embedder import HashEmbedder
from tests.ingest import formats as make
from tests.ingest.hostile import HOSTILE, long_stream
from tests.servers import PATIENCE

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
TIGHT = Limits(parse_memory=400_000_000, parse_seconds=8.0)


class Watched:
    """The most processor time that passed before another thread got its turn, and the most memory that children took."""

    gap = 0.0
    memory = 0


@contextmanager
def watched() -> Iterator[Watched]:
    watched, over, me = Watched(), threading.Event(), psutil.Process()

    def beat() -> None:
        last = time.process_time()
        while not over.wait(0.02):
            watched.gap, last = max(watched.gap, time.process_time() - last), time.process_time()
            for child in me.children():
                try:
                    if "ingest.parse_child" not in child.cmdline():  # as it is forked it still has this process's memory
                        continue
                    watched.memory = max(watched.memory, child.memory_info().rss)
                except psutil.Error:
                    continue

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        yield watched
    finally:
        over.set()
        thread.join()


def children() -> list[psutil.Process]:
    return [c for c in psutil.Process().children() if "ingest.parse_child" in c.cmdline()]


def note(folder: Path, text: str = "# Note\n\nThe harbour grew.\n", name: str = "note.md") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def refusal(path: Path) -> str:
    """Why a file is not read, '' where it is."""
    try:
        load(path, path.parent, TIGHT)
    except LoadError as error:
        return error.sentence()
    return ""


READ = ("paragraph.txt", "heading.md", "column.csv")
"""Read within the limits: one long paragraph, and headings of which each passage or row has the first signs."""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_no_more_than_the_limits(tmp_path: Path, name: str) -> None:
    HOSTILE[name](tmp_path / name)
    assert (tmp_path / name).stat().st_size <= 5_000_000
    started, before = time.process_time(), psutil.Process().memory_info().rss
    with watched() as found:
        message = refusal(tmp_path / name)
    bounded = "front matter has" in message or any(setting in message for setting in SETTINGS.values())
    assert bounded or name in READ, message
    assert time.process_time() - started < 30  # the other process has its own limit
    assert found.memory < 1.1 * TIGHT.parse_memory
    assert psutil.Process().memory_info().rss - before < 150_000_000
    assert found.gap < 2
    assert load(note(tmp_path), tmp_path).title == "Note"


@pytest.mark.parametrize(
    ("name", "content", "limits", "said"),
    [
        ("a.txt", "word " * 30, Limits(characters=100), "has 150 characters; the limit is 100. Split"),
        ("a.md", "# Much too long\n\nText.", Limits(title=10), "has a title of 13 characters; the limit is 10."),
        ("a.md", "# T\n\n## Much\n\n### Too long\n\nText.", Limits(heading=10), "headings of 15 characters above one"),
        ("a.md", "One.\n\nTwo.\n\nThree.", Limits(passages=2), "has 3 passages; the limit is 2."),
        ("a.md", "# Title\n\nOne.\n\nTwo.", Limits(passage_characters=17), "has 18 characters in its passages"),
        ("a.csv", "a,b,c\n1,2,3\n", Limits(cells=5), "has a table of 2 rows × 3 columns; the limit is 5 cells."),
        ("a.csv", "a,b,c\n1,2,3\n", Limits(rows=1), "has more than 1 rows; the limit is 1."),
        ("a.txt", "word", Limits(file_bytes=3), "has 4 bytes; the limit is 3."),
    ],
)
def test_what_is_too_large_is_refused_by_name(tmp_path: Path, name: str, content: str, limits: Limits, said: str) -> None:
    with pytest.raises(LoadError) as error:
        load(note(tmp_path, content, name), tmp_path, limits)
    assert said in error.value.sentence()
    assert "or raise ASK_MAX_" in error.value.next_step


def test_each_limit_has_its_setting() -> None:
    for name, setting in SETTINGS.items():
        field = setting.removeprefix("ASK_").lower()
        assert getattr(Settings().limits, name) == getattr(DEFAULT_LIMITS, name)
        value = 3_000.0 if name == "parse_seconds" else 987_654_321
        assert getattr(read_settings(**{field: value}).limits, name) == value


def test_the_parsers_process_is_kept_and_replaced_when_it_dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = note(tmp_path)
    load(path, tmp_path)
    (first,) = children()
    load(path, tmp_path)
    assert children() == [first]
    first.send_signal(signal.SIGKILL)
    first.wait(PATIENCE)
    assert load(path, tmp_path).title == "Note"
    (second,) = children()
    second.send_signal(signal.SIGSTOP)  # as one that hangs
    (asked,) = parser._processes._idle
    receive = asked._receive  # the system ends it while its answer is waited for
    monkeypatch.setattr(asked, "_receive", lambda *given: (second.kill(), receive(*given))[1])
    with pytest.raises(LoadError, match=r"damaged or too large: .* \(SIGKILL\)"):
        load(path, tmp_path)
    assert load(path, tmp_path).title == "Note"
    (third,) = children()
    third.send_signal(signal.SIGSTOP)
    with pytest.raises(LoadError, match="longer than 1 seconds"):
        load(path, tmp_path, Limits(parse_seconds=1))
    assert load(path, tmp_path).title == "Note"


def test_many_threads_at_once(tmp_path: Path) -> None:
    paths = [note(tmp_path, f"# T{n}\n\nText {n}.", f"{n}.md") for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        titles = list(pool.map(lambda p: load(p, tmp_path).title, paths))
    assert titles == [f"T{n}" for n in range(40)]
    assert len(children()) <= parser.MAX_PARSERS


def test_memory_is_looked_at_where_the_system_does_not_hold_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "MEMORY_ENFORCED", False)
    long_stream(tmp_path / "a.pdf")
    with watched() as found, pytest.raises(LoadError, match="more than 400,000,000 bytes of memory"):
        load(tmp_path / "a.pdf", tmp_path, replace(TIGHT, parse_seconds=PATIENCE))
    assert found.memory < 2 * TIGHT.parse_memory


def test_the_parsers_process_is_light_and_leaves_with_its_parent(tmp_path: Path) -> None:
    code = (
        "import sys, ingest.parse_child; "
        "print({'torch', 'chromadb', 'gradio', 'sentence_transformers'} & set(sys.modules) or 'light')"
    )
    assert "light" in subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT).stdout
    note(tmp_path)
    code = (
        "import os, sys; from pathlib import Path; from ingest.load import load; import psutil\n"
        "load(Path('note.md'), Path('.')); print(psutil.Process().children()[0].pid, flush=True); os._exit(1)"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment)
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(done.stdout)).wait(PATIENCE)


def test_a_folder_full_of_false_libraries_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    parser._processes.close()
    for name in ("yaml", "json", "ingest"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(3)")
    assert load(note(tmp_path), tmp_path).title == "Note"


def test_sentences_name_the_file_as_it_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    note(tmp_path, "---\ndate: 2031-02-30\n---\nText.")
    with pytest.raises(LoadError) as error:
        load(Path("note.md"), Path())
    assert str(error.value).startswith("note.md: a date")


@pytest.mark.parametrize("suffix", [".md", ".zip", ".pdf"])
def test_a_pipe_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"pipe{suffix}"
    os.mkfifo(path)
    (outcome,) = import_files([str(path)], tmp_path / "added", Details(), DEFAULT_LIMITS, quiet)
    assert outcome.status == "failed"
    assert "is a pipe, not a file" in outcome.reason


def test_a_device_is_refused(tmp_path: Path) -> None:
    (tmp_path / "zero.txt").symlink_to("/dev/zero")
    (outcome,) = import_files([str(tmp_path / "zero.txt")], tmp_path / "added", Details(), DEFAULT_LIMITS, quiet)
    assert "is a device, not a file" in outcome.reason


def test_a_huge_file_is_that_files_failure(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    note(corpus)
    with (corpus / "huge.txt").open("wb") as file:
        file.truncate(3_000_000_000)
    index = Index(tmp_path / "index")
    before = psutil.Process().memory_info().rss
    report = sync([corpus], index, HashEmbedder())
    index.close()
    assert report.added == ("note.md",)
    assert [(name, "has 3,000,000,000 bytes; the limit is" in said) for name, said in report.failed] == [("huge.txt", True)]
    assert psutil.Process().memory_info().rss - before < 200_000_000


def test_equal_pages_are_no_header(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    make.pdf(path, [["The harbour of Quuxville grew by half in 2031."]] * 4)
    assert load(path, tmp_path).text.count("The harbour of Quuxville grew") == 4
    make.pdf(path, [["A notice to all.", "It holds for every day."]] * 4)
    assert "A notice to all." in load(path, tmp_path).text
    make.pdf(path, [["The harbour report", f"Page {'abcd'[n]} says this."] for n in range(4)])
    assert load(path, tmp_path).text.count("The harbour report") == 0


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_DEFLATED])
def test_an_archive_that_lies_about_its_sizes(tmp_path: Path, kind: int) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", kind) as archive, archive.open("a.txt", "w", force_zip64=False) as out:
        for _ in range(150):
            out.write(bytes(1_000_000))
    size = (150_000_000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(size, (100).to_bytes(4, "little")))
    before = psutil.Process().memory_info().rss
    peak: list[int] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.01):
            peak.append(psutil.Process().memory_info().rss)

    thread = threading.Thread(target=look)
    thread.start()
    (tmp_path / "scratch").mkdir()
    files = list(expand_sources(str(path), tmp_path / "scratch", DEFAULT_LIMITS))
    over.set()
    thread.join()
    assert all(isinstance(t, Rejected) for t in files)
    assert max(peak, default=before) - before < 75_000_000
