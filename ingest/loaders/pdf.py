"""PDF: the text layer, page by page, its wrapped lines joined again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ingest.documents import Document, guess_language
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.loaders.files import another_kind, damaged, read_bytes
from ingest.loaders.text import clean

_ENDED = re.compile(r"[.!?。！？；;:：][\"'”’)\]）】」』]*$")
_WIDE = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]")
HYPHEN = "\ufffe"
_HYPHEN = re.compile("[\x02\ufffe](?:\r?\n)?")  # pdfium's signs for a hyphen and the line's end after it
_NUMBER = re.compile(r"(?:page|p\.|第|[-–—])?\s*\d{1,4}\s*(?:(?:of|/)\s*\d{1,4}|页|頁|[-–—])?", re.IGNORECASE)
_SCANNED = 10  # characters a page below which its words are in the picture only


def load_pdf(path: Path, origin: str, limits: Limits) -> Document:
    """The text of all pages; `pages` says where each begins.

    Raises:
        LoadError: damaged, locked, too many pages, or scanned without a text layer.
    """
    raw = read_bytes(path, limits)
    if b"%PDF-" not in raw[:1_024]:
        raise another_kind(path, raw)
    title, pages = _read(raw, path, limits)
    if sum(len(p.strip()) for p in pages) < _SCANNED * len(pages):
        raise LoadError(
            f"{path} is a scanned PDF: its {len(pages)} pages are pictures without a text layer.",
            "Run it through a text recognition program (OCR) first, for example `ocrmypdf`.",
        )
    parts, starts, length = [], [], 0
    for content in _bodies(pages):
        starts.append(length)
        content = content.removesuffix(HYPHEN) if content.endswith(HYPHEN) else content + _gap(content)
        parts.append(content)
        length += len(content)
    text = "".join(parts)
    return Document(text, title or path.stem.replace("_", " "), origin, language=guess_language(text), pages=tuple(starts))


def _gap(content: str) -> str:
    """What stands between two pages: a sentence that runs over the page's end goes on, anything else begins anew."""
    if not content or _ENDED.search(content):
        return "\n\n"
    return "" if _WIDE.match(content[-1]) else " "


def _read(raw: bytes, path: Path, limits: Limits) -> tuple[str, list[str]]:
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError as error:
        if "assword" in str(error):
            raise LoadError(f"{path} is locked by a password.", "Save it without one.") from error
        raise damaged(path) from error
    try:
        if len(pdf) > limits.pages:
            raise LoadError(f"{path} has {len(pdf):,} pages; the limit is {limits.pages:,}.", "Split it into parts.")
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


def _page(pdf: object, number: int) -> str:
    page = pdf[number]  # type: ignore[index]
    text_page = page.get_textpage()
    try:
        return _HYPHEN.sub(f"{HYPHEN}\n", str(text_page.get_text_bounded()))
    finally:
        text_page.close()
        page.close()


def _bodies(pages: Sequence[str]) -> list[str]:
    """Each page's paragraphs, one a line block; lines that stand at the edge of most pages (headers, numbers) left out."""
    split = [[" ".join(line.split()) for line in clean(p).split("\n") if line.strip()] for p in pages]
    edges = Counter(key for lines in split for key in {_shape(line) for line in [*lines[:1], *lines[-1:]]})
    running = {key for key, n in edges.items() if len(pages) >= 3 and n > len(pages) / 2}
    found = []
    for lines in split:
        ends = {0, len(lines) - 1}
        kept = [x for n, x in enumerate(lines) if n not in ends or not (_NUMBER.fullmatch(x) or _shape(x) in running)]
        found.append("\n\n".join(_paragraphs(kept)))
    return found


def _shape(line: str) -> str:
    """A line with its numbers made equal: a header that counts pages is one header."""
    return re.sub(r"\d+", "0", line)


def _paragraphs(lines: Sequence[str]) -> list[str]:
    """Wrapped lines joined: a paragraph ends at a short line that ends a sentence, a heading at a very short one."""
    full = max((_width(x) for x in lines), default=0)
    found: list[str] = []
    ended = True
    for line in lines:
        if ended or not found:
            found.append(line)
        else:
            found[-1] = _joined(found[-1], line)
        short = _width(line) < (0.85 if _ENDED.search(line) else 0.55) * full
        ended = short and not line.endswith(HYPHEN)
    return found


def _joined(before: str, line: str) -> str:
    if before.endswith(HYPHEN):
        return before[:-1] + line
    return before + ("" if _WIDE.match(before[-1:]) and _WIDE.match(line) else " ") + line


def _width(line: str) -> int:
    return len(line) + len(_WIDE.findall(line))
