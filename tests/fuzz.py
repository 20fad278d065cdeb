"""Damaged files: valid ones of every kind are cut, flipped, doubled, mixed and renamed, and each must be read or refused.

`python -m tests.fuzz SECONDS [SEED]`; `python -m tests.fuzz case NUMBER [SEED]` makes one case again, from its number alone.
"""

from __future__ import annotations

import io
import random
import re
import resource
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ingest.add import FileToAdd, expand_sources
from ingest.documents import Document
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.load import LOADERS, load, parse
from ingest.split import split
from tests.ingest import formats as make

LIMITS = Limits(file_bytes=2_000_000, unpacked_bytes=5_000_000, pages=20, rows=2_000, files=50)
LONGEST = 10.0  # seconds of work that a file of a few thousand bytes may take
LARGEST = 1_500_000_000  # bytes of memory over all cases
NAMES = [*LOADERS, ".zip"]
FRONT = "---\ntitle: A report\ndate: 2031-05-01\nsources:\n  a1: {title: First, url: 'https://example.org'}\n---\n\n"
TEXTS = [
    FRONT + "# Report\n\n" + make.ENGLISH + "[^a1]\n\n| A | Source |\n|---|---|\n| 1 | [^a1] |\n\n- one\n- two\n",
    make.CHINESE * 3, make.PAGE, "Year;Cost\n2031;9,05\n2032;\"12,\n04\"\n" * 5, make.ENGLISH,
]  # fmt: skip
TRICKS = [
    b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"<![CDATA[", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;&lol;", b"'\"", b"\r",
    b"[" * 3_000, b"(" * 500, b"<div>" * 2_000, b"<nav " * 2_000, b"> " * 900, b"9" * 5_000, b"|" * 800, b"**a" * 2_000,
    b"endobj", b"stream\r\n", b"/Kids [1 0 R]", b"/Count 99999999", b"---\n", b"&a [*a, *a]", b"# a" + b" " * 4_000 + b"b",
    b"\x1b[31m", "合\U0010ffff".encode(), b"1e999999", b"PK\x03\x04", b"%PDF-", b"&#xD800;", b"<meta charset=punycode>",
    b"<meta charset=unicode_escape>\\ud800",
]  # fmt: skip


def seeds(folder: Path) -> list[bytes]:
    """Valid files, with their kinds in no order: what a name says of them is chosen by the case."""
    makers: list[Callable[[Path], object]] = [
        make.docx, make.merged_docx, make.pptx, make.xlsx, make.epub, make.scanned_pdf,
        lambda p: make.pdf(p, [["The harbour moved 4,210 tonnes."], ["Page two."]]),
        lambda p: make.pdf_of(p, make.ENGLISH, (make.ROWS, [make.LINES])),
        lambda p: p.write_bytes(make.packed({"a.md": TEXTS[0], "b/c.html": make.PAGE, "d.csv": "a,b\n1,2\n"})),
    ]  # fmt: skip
    made = []
    for number, maker in enumerate(makers):
        maker(folder / f"{number}.bin")
        made.append((folder / f"{number}.bin").read_bytes())
    return made + [t.encode() for t in TEXTS] + [TEXTS[1].encode("gb18030"), TEXTS[4].encode("utf-16")]


def suffix_of(raw: bytes) -> str:
    """What a seed would rightly be called."""
    if raw.startswith(b"%PDF"):
        return ".pdf"
    if not raw.startswith(b"PK"):
        return ".html" if b"<html" in raw else ".csv" if b"Year;" in raw else ".md" if raw.startswith(b"---") else ".txt"
    names = zipfile.ZipFile(io.BytesIO(raw)).namelist()
    kinds = {"word/document.xml": ".docx", "ppt/presentation.xml": ".pptx", "xl/workbook.xml": ".xlsx", "mimetype": ".epub"}
    return next((suffix for member, suffix in kinds.items() if member in names), ".zip")


def damaged(raw: bytes, rng: random.Random) -> bytes:
    """The bytes with one to six things done to them."""
    for _ in range(rng.randint(1, 6)):
        at, size = rng.randrange(len(raw) + 1), rng.choice([1, 4, 30, 400])
        match rng.randrange(7):
            case 0 if at < len(raw):
                raw = raw[:at] + bytes([raw[at] ^ (1 << rng.randrange(8))]) + raw[at + 1 :]
            case 1:
                raw = raw[:at] + raw[at + size :]
            case 2:
                raw = raw[:at] + rng.randbytes(size) + raw[at:]
            case 3:
                raw = raw[:at] + raw[at : at + size] * rng.choice([2, 3, 200]) + raw[at + size :]
            case 4:
                raw = raw[:at] + rng.choice(TRICKS) + raw[at:]
            case 5:
                raw = raw[:at] + bytes(size) + raw[at + size :]
            case 6 if rng.random() < 0.3:
                raw = raw[:at]
    return raw


def repacked(raw: bytes, rng: random.Random) -> bytes:
    """An archive in which members are damaged, lost, doubled or renamed, well packed for all that."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        hit = set(rng.sample(names, min(len(names), rng.randint(1, 2))))
        for name in names:
            content, action = old.read(name), rng.randrange(6) if name in hit else -1
            if action == 0:
                continue
            if action == 1:
                name = rng.choice([*names, "../x.md", "/x.md", "C:\\x.md", "n" * 300 + ".md", "a\u0001.md", ".md"])
            elif action >= 2:
                content = damaged(content, rng)
            new.writestr(name, content)
    return made.getvalue()


def case(number: int, seed: int, made: list[bytes]) -> tuple[str, bytes]:
    """A name and the file's bytes."""
    rng = random.Random(f"{seed} {number}")
    raw = rng.choice(made)
    suffix = suffix_of(raw) if rng.random() < 0.8 else rng.choice(NAMES)
    if suffix in (".html", ".csv", ".md", ".txt"):
        suffix = rng.choice({".html": [".html", ".htm", ".xhtml"], ".csv": [".csv", ".tsv"],
                             ".md": [".md", ".markdown"], ".txt": [".txt", ".text", ".md", ".csv"]}[suffix])  # fmt: skip
    if raw.startswith(b"PK") and rng.random() < 0.7:
        raw = repacked(raw, rng)
        return f"case{suffix}", raw if rng.random() < 0.8 else damaged(raw, rng)
    return f"case{suffix}", damaged(raw, rng)


def read(path: Path) -> list[Document]:
    """The documents in a file; none where it is refused as it should be."""
    found, reasons = [], []
    with tempfile.TemporaryDirectory() as scratch:
        for item in expand_sources(str(path), Path(scratch), LIMITS):
            if not isinstance(item, FileToAdd):
                assert item.reason
                continue
            try:
                found.append(load(item.path, item.path.parent, LIMITS))
            except LoadError as refused:
                mistake = ours(item.path) if "is damaged" in str(refused) else ""
                assert not mistake, f"a mistake of our own: {mistake}"
                reasons.append(refused)
    for reason in reasons:
        assert str(reason), "an empty reason"
        assert reason.next_step, f"no next step: {reason}"
    return found


def ours(path: Path) -> str:
    """Return where an error that no loader foresaw came up in a loader itself; '' if a library that it uses raised it.

    The file is parsed once more in this process: an error of the process that parses comes as a sentence alone.
    """
    try:
        parse(path, path.parent, LIMITS)
    except LoadError as refused:
        cause = refused.__cause__
        frames = traceback.extract_tb(cause.__traceback__) if cause else []
        inside = bool(frames) and "/ingest/" in frames[-1].filename and path.suffix.lower() != ".epub"
        return f"{type(cause).__name__}: {cause}, {frames[-1]}" if inside else ""  # of a book any part may be missing
    return ""


def check(document: Document) -> None:
    """Whatever was read can be split, stored and quoted."""
    assert len(document.text) <= LIMITS.unpacked_bytes
    (document.text + document.title + document.publisher + document.date).encode()
    for chunk in split(document):
        for passage in chunk.passages:
            assert passage.quote(document.text).strip()
            passage.read(document.text)


def tried(number: int, seed: int, made: list[bytes], folder: Path) -> tuple[str, str, float]:
    """(suffix, what went wrong or '', seconds of work) of one case."""
    name, raw = case(number, seed, made)
    path = folder / name
    path.write_bytes(raw)
    started, said = time.thread_time(), ""
    try:
        for document in read(path):
            check(document)
    except Exception:
        said = traceback.format_exc()
    took = time.thread_time() - started
    if took > LONGEST:
        said += f"took {took:.1f} s"
    path.unlink()
    return path.suffix, said, took


def peak_memory() -> int:
    """The most bytes of memory that this program held; where /proc tells, without those of the process that started it."""
    status = Path("/proc/self/status")
    found = re.search(r"^VmHWM:\s+(\d+) kB", status.read_text(), re.MULTILINE) if status.exists() else None
    return (int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1_024


def main() -> int:
    one = sys.argv[1] == "case"
    seed = int(sys.argv[3 if one else 2]) if len(sys.argv) > (3 if one else 2) else 0
    with tempfile.TemporaryDirectory() as place:
        made = seeds(Path(place))
        number = int(sys.argv[2]) if one else 0
        deadline = time.monotonic() + (0 if one else float(sys.argv[1]))
        counts: Counter[str] = Counter()
        wrong: list[str] = []
        slowest = (0.0, -1)
        while True:
            suffix, said, took = tried(number, seed, made, Path(place))
            counts[suffix] += 1
            slowest = max(slowest, (took, number))
            if said:
                wrong.append(said.strip().splitlines()[-1])
                print(f"--- case {number} of seed {seed}, {suffix}\n{said}", flush=True)  # noqa: T201
            number += 1
            if time.monotonic() > deadline:
                break
    peak = peak_memory()
    kinds = ", ".join(f"{n} {suffix}" for suffix, n in sorted(counts.items()))
    print(f"{sum(counts.values())} cases ({kinds}): {len(wrong)} wrong; slowest {slowest[0]:.1f} s (case {slowest[1]}), "  # noqa: T201
          f"at most {peak / 1e6:.0f} MB")  # fmt: skip
    for line, times in Counter(wrong).most_common():
        print(f"{times} times {line}")  # noqa: T201
    return int(bool(wrong) or peak > LARGEST)


if __name__ == "__main__":
    sys.exit(main())
