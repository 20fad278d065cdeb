"""PDF: the text layer, page by page, its wrapped lines joined again; tables that are drawn with lines stay tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from ingest.documents import Document
from ingest.errors import LoadError
from ingest.languages import language_of
from ingest.limits import Limits, beyond
from ingest.loaders.files import another_kind, damaged, read_bytes
from ingest.loaders.pdf_lines import HYPHEN, ended, paragraphs, wide, width
from ingest.loaders.pdf_tables import Table, page_parts
from ingest.loaders.text import clean

_NUMBER = re.compile(r"(?:page|p\.|第|[-–—])?\s*\d{1,4}\s*(?:(?:of|/)\s*\d{1,4}|页|頁|[-–—])?", re.IGNORECASE)
_SCANNED = 10  # characters a page below which its words are in the picture only


def load_pdf(path: Path, origin: str, limits: Limits) -> Document:
    """A PDF -> the text of all pages; `pages` says where each begins.

    Raises:
        LoadError: damaged, locked, too many pages, or scanned without a text layer.
    """
    raw = read_bytes(path, limits)
    if b"%PDF-" not in raw[:1_024]:
        raise another_kind(path, raw)
    title, pages = _read(raw, path, limits)
    held = sum(len(p.markdown() if isinstance(p, Table) else p.strip()) for parts in pages for p in parts)
    if held < _SCANNED * len(pages):
        raise LoadError(
            f"{path} is a scanned PDF: its {len(pages)} pages are pictures without a text layer.",
            "Run it through a text recognition program (OCR) first, for example `ocrmypdf`.",
        )
    parts, starts, length = [], [], 0
    for content in _contents(_bodies(pages)):
        starts.append(length)
        parts.append(content)
        length += len(content)
    text = "".join(parts)
    return Document(text, title or path.stem.replace("_", " "), origin, language=language_of(text), pages=tuple(starts))


def _contents(pages: Sequence[Sequence[str | Table]]) -> Iterator[str]:
    """Each page's text with what parts it from the next; a table that runs over a page's end is one table."""
    table: Table | None = None  # the one that began on an earlier page and goes on in this one
    for blocks, later in zip(pages, [*pages[1:], []], strict=True):
        shown = [b.markdown() if isinstance(b, Table) else b for b in blocks]
        if table is not None and isinstance(blocks[0], Table):
            shown[0] = table.rest(blocks[0])
        last, following = blocks[-1] if blocks else "", later[0] if later else ""
        whole = last if isinstance(last, Table) else None
        if whole is not None and table is not None and len(blocks) == 1:
            whole = replace(table, bottom=whole.bottom)
        table = whole if whole and isinstance(following, Table) and whole.goes_on(following) else None
        yield _ended_page("\n\n".join(shown), isinstance(last, Table) or isinstance(following, Table), table is not None)


def _ended_page(content: str, at_table: bool, goes_on: bool) -> str:
    """A page with the white space before the next: a sentence that runs over the page's end goes on, anything else begins
    anew."""
    if goes_on:
        return content + "\n"
    if content.endswith(HYPHEN):
        return content.removesuffix(HYPHEN) + ("\n\n" if at_table else "")
    if at_table or not content or ended(content):
        return content + "\n\n"
    return content + ("" if wide(content[-1]) else " ")


def _read(raw: bytes, path: Path, limits: Limits) -> tuple[str, list[list[str | Table]]]:
    """The title that the file states, and what each page holds."""
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError as error:
        if "assword" in str(error):
            raise LoadError(f"{path} is locked by a password.", "Save it without one.") from error
        raise damaged(path) from error
    try:
        if len(pdf) > limits.pages:
            raise beyond(path, f"has {len(pdf):,} pages", limits, "pages", "Split it into parts")
        return _stated_title(pdf.get_metadata_value("Title")), [_page(pdf, n) for n in range(len(pdf))]
    except pypdfium2.PdfiumError as error:
        raise damaged(path) from error
    finally:
        pdf.close()


def _stated_title(title: str) -> str:
    """The title in the file's properties, '' where it is what a program writes of itself."""
    title = re.sub(
        r"^Microsoft (Word|PowerPoint) - |\.(docx?|pptx?|indd|qxd|tex|dvi)$", "", title.strip(), flags=re.IGNORECASE
    )
    return "" if re.fullmatch(r"(?i)\(?(untitled|anonymous|document|none|slide)\)?[\s_-]*\d*", title) else title


def _page(pdf: Any, number: int) -> list[str | Table]:
    page = pdf[number]
    text_page = page.get_textpage()
    try:
        return page_parts(page, text_page)
    finally:
        text_page.close()
        page.close()


def _bodies(pages: Sequence[Sequence[str | Table]]) -> list[list[str | Table]]:
    """Each page's paragraphs and tables; lines that stand at the edge of most pages (headers, numbers) are left out."""
    split = [[line for part in parts for line in _lines(part)] for parts in pages]
    running = _running(split)

    def runs(line: str | Table) -> bool:
        return isinstance(line, str) and bool(_NUMBER.fullmatch(line) or _shape(line) in running)

    found = []
    for lines in split:
        ends = {0, len(lines) - 1}
        found.append(_blocks([x for n, x in enumerate(lines) if n not in ends or not runs(x)]))
    return found


def _running(pages: Sequence[Sequence[str | Table]]) -> set[str]:
    """The shapes of the lines at the edge of most pages, where what they stand around differs: equal pages are no header."""
    edges: Counter[str] = Counter()
    around: dict[str, set[tuple[str | Table, ...]]] = {}
    for lines in pages:
        page = tuple(_shape(x) if isinstance(x, str) else x for x in lines)
        for key in {x for x in [*page[:1], *page[-1:]] if isinstance(x, str)}:
            edges[key] += 1
            around.setdefault(key, set()).add(page)
    return {key for key, n in edges.items() if len(pages) >= 3 and n > len(pages) / 2 and len(around[key]) > 1}


def _lines(part: str | Table) -> list[str | Table]:
    if isinstance(part, Table):
        return [part]
    return [" ".join(line.split()) for line in clean(part).split("\n") if line.strip()]


def _blocks(lines: Sequence[str | Table]) -> list[str | Table]:
    """Lines of text as paragraphs; a table is a block of its own."""
    full = max((width(x) for x in lines if isinstance(x, str)), default=0)
    found: list[str | Table] = []
    for _, run in groupby(lines, key=lambda x: isinstance(x, str)):
        together = list(run)
        text = [x for x in together if isinstance(x, str)]
        found += paragraphs(text, full) if text else together
    return found


def _shape(line: str) -> str:
    """A line with its numbers made equal: a header that counts pages is one header."""
    return re.sub(r"\d+", "0", line)
