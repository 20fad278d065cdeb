"""Damaged and hostile files are read or refused with a reason, in seconds; never anything else."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.add import Rejected, expand_sources
from ingest.errors import LoadError
from ingest.limits import DEFAULT_LIMITS
from ingest.load import load
from ingest.split import split
from tests.ingest import formats as make

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SECONDS = os.environ.get("ASK_FUZZ_SECONDS", "10")
MANY = 100_000
ALIASES = "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True))
LAUGHS = "<!DOCTYPE x [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {b} '{f'&{a};' * 20}'>" for a, b in zip("abcdefg", "bcdefgh", strict=True)
) + "]>"  # fmt: skip


def test_damaged_files_of_every_kind() -> None:
    command = [sys.executable, "-W", "ignore", "-X", "faulthandler", "-m", "tests.fuzz", SECONDS]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, f"{result.stdout[-6_000:]}\n{result.stderr[-3_000:]}"


def changed(maker: Callable[[Path], None], member: str, *pairs: tuple[str, str]) -> Callable[[Path], None]:
    """A maker whose file has other words in one of its members."""

    def write(path: Path) -> None:
        maker(path)
        made = io.BytesIO()
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                content = old.read(name).decode("utf-8", "surrogateescape")
                for before, after in pairs if name == member else ():
                    assert before in content
                    content = content.replace(before, after)
                new.writestr(name, content.encode("utf-8", "surrogateescape"))
        path.write_bytes(made.getvalue())

    return write


def far_cell(path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for place, value in (("A1", "Year"), ("B1", "Cost"), ("A2", 2031), ("B2", 905), ("XFD90000", "far")):
        book.active[place] = value
    book.save(path)


HOSTILE: list[tuple[str, str | Callable[[Path], None]]] = [
    ("heading.md", "# a" + " " * 20_000 + "b\n\nText."),
    ("brackets.md", "x " + "[" * MANY),
    ("stars.md", "**a" * MANY),
    ("quotes.md", "> " * MANY + "x"),
    ("rows.txt", "| a |\n|---|\n" + "| b |\n" * MANY),
    ("words.txt", "word " * 3 * MANY),
    ("aliases.md", f"---\na: &a [x]\n{ALIASES}title: *h\n---\nText."),
    ("deep.md", "---\na: " + "[" * 5_000 + "\n---\nText."),
    ("quotes.csv", '"a,' * MANY),
    ("blank.csv", "\n" * MANY),
    ("divs.html", "<html><body>" + "<div>" * MANY + "x"),
    ("angles.html", "<html>" + "<" * MANY),
    ("surrogates.html", "<html><meta charset=unicode_escape><main><article><p>" + "Some words here. " * 50 + "\\ud800</p>"),
    ("navs.epub", lambda p: make.epub(p, chapter="<nav " * MANY)),
    ("scripts.epub", lambda p: make.epub(p, chapter="<script>" * MANY)),
    ("deep.epub", lambda p: make.epub(p, chapter="<div>" * MANY)),
    ("spine.epub", changed(make.epub, "OEBPS/book.opf", ("<itemref idref='a'/>", "<itemref idref='a'/>" * MANY))),
    ("far.xlsx", far_cell),
    ("span.docx", changed(make.merged_docx, "word/document.xml", ('w:gridSpan w:val="2"', 'w:gridSpan w:val="99999999"'))),
    ("laughs.docx", changed(make.docx, "word/document.xml", ("<w:document ", f"{LAUGHS}<w:document "), ("moved", "&h;"))),
    ("laughs.xlsx", changed(make.xlsx, "xl/sharedStrings.xml", ("<sst ", f"{LAUGHS}<sst "), ("Year", "&h;"))),
    ("laughs.pptx", changed(make.pptx, "ppt/slides/slide1.xml", ("<p:sld ", f"{LAUGHS}<p:sld "), ("grew", "&h;"))),
]


@pytest.mark.parametrize(("name", "made"), HOSTILE, ids=[c[0] for c in HOSTILE])
def test_hostile_files_cost_seconds_at_most(tmp_path: Path, name: str, made: str | Callable[[Path], None]) -> None:
    path = tmp_path / name
    if isinstance(made, str):
        path.write_text(made)
    else:
        made(path)
    started = time.thread_time()
    try:
        document = load(path, tmp_path)
        split(document)
        document.text.encode()
        assert len(document.text) <= 2 * path.stat().st_size + 10_000
    except LoadError as refused:
        message = refused
        assert message.next_step
    assert time.thread_time() - started < 10


@pytest.mark.parametrize("named", ["**x", "a" * 300, "\x00", "[", "", "no/such/*", "~nobody-here/x"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for taken in expand_sources(named, tmp_path, DEFAULT_LIMITS):
        assert isinstance(taken, Rejected)
        assert taken.reason


def test_an_archive_with_strange_names(tmp_path: Path) -> None:
    names = [".", "./", "a/../b.md", "\u5408" * 200 + ".md", "_.md", "x.md"]
    (tmp_path / "a.zip").write_bytes(make.packed(dict.fromkeys(names, "Text.")))
    (tmp_path / "scratch").mkdir()
    files = list(expand_sources(str(tmp_path / "a.zip"), tmp_path / "scratch", DEFAULT_LIMITS))
    assert [t.path.read_text() for t in files if not isinstance(t, Rejected)] == ["Text."] * 3
