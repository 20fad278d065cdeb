"""Word documents and presentations as Markdown: headings, lists and tables stay what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest.columns import MOST
from ingest.documents import Document
from ingest.languages import language_of
from ingest.limits import Limits, beyond
from ingest.loaders.files import damaged, open_package
from ingest.loaders.tables import check_cells, markdown_table, with_headings
from ingest.loaders.text import clean

_WIDEST = 10_000  # columns of a table: a cell can claim to span millions


def load_docx(path: Path, origin: str, limits: Limits) -> Document:
    """A DOCX file -> paragraphs, lists and tables in order; titled by the properties, a paragraph of style Title, or the
    file's name."""
    open_package(path, limits, "word/document.xml").close()
    import docx

    document = docx.Document(str(path))
    blocks = list(_docx_blocks(document, path, limits))
    titled = next((b[2:] for b in blocks if b.startswith("# ")), "")
    title = (document.core_properties.title or "").strip() or titled
    text = clean("\n\n".join(blocks))
    return Document(text, title or path.stem.replace("_", " "), origin, markdown=True, language=language_of(text))


def _docx_blocks(document: Any, path: Path, limits: Limits) -> Iterator[str]:
    from docx.table import Table

    items: list[str] = []
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            text, item = _docx_table(block, path, limits), False
        else:
            text, item = _docx_paragraph(block)
        if items and not item:
            yield "\n".join(items)
            items = []
        if text and item:
            items.append(text)
        elif text:
            yield text
    if items:
        yield "\n".join(items)


def _docx_paragraph(paragraph: Any) -> tuple[str, bool]:
    """A paragraph as Markdown, and whether it is a list item."""
    text = " ".join(paragraph.text.split())
    style = (paragraph.style.name or "").lower() if paragraph.style is not None else ""
    properties = paragraph._p.pPr
    if not text:
        return "", False
    if style == "title":
        return f"# {text}", False
    if found := re.match(r"heading (\d)", style):
        return f"{'#' * min(int(found[1]) + 1, 6)} {text}", False
    if style.startswith("list") or (properties is not None and properties.numPr is not None):
        return f"- {text}", True
    return text, False


def _docx_table(table: Any, path: Path, limits: Limits) -> str:
    """A cell that spans several columns stands in the first of them, as a heading in each."""
    rows, heads = [], []
    width = said = 0
    for number, row in enumerate(table.rows, 1):
        width = max(width, sum(cell.grid_span for cell in row._tr.tc_lst))
        if width > _WIDEST:
            raise damaged(path)
        check_cells(number, width, path, limits)
        cells, last = [], None
        for cell in row.cells:
            cells.append("" if cell._tc is last else cell.text)
            last = cell._tc
        rows.append(cells)
        if number <= MOST:
            heads.append([cell.text for cell in row.cells])
        said += said == number - 1 and row._tr.trPr is not None and bool(row._tr.trPr.xpath("./w:tblHeader"))
    return with_headings(rows, heads, said) if any(any(r) for r in rows) else ""


def load_pptx(path: Path, origin: str, limits: Limits) -> Document:
    """A PPTX file -> each slide under its title, with its speaker notes; `pages` says where each slide begins."""
    open_package(path, limits, "ppt/presentation.xml").close()
    from pptx import Presentation

    show = Presentation(str(path))
    if len(show.slides) > limits.pages:
        raise beyond(path, f"has {len(show.slides):,} slides", limits, "pages", "Split it into parts")
    title, slides = (show.core_properties.title or "").strip(), ["\n\n".join(_slide(s)) for s in show.slides]
    if title.lower() == "powerpoint presentation":
        title = ""
    parts, starts, length = [], [], 0
    for slide in map(clean, slides):
        starts.append(length)
        parts.append(slide + "\n\n")
        length += len(slide) + 2
    text = "".join(parts)
    title = title or path.stem.replace("_", " ")
    return Document(text, title, origin, markdown=True, language=language_of(text), pages=tuple(starts))


def _slide(slide: Any) -> Iterator[str]:
    heading = slide.shapes.title
    if heading is not None and heading.text_frame.text.strip():
        yield "## " + " ".join(heading.text_frame.text.split())
    for shape in _shapes(slide.shapes):
        if heading is not None and shape.shape_id == heading.shape_id:
            continue
        if getattr(shape, "has_table", False) and shape.has_table:
            yield markdown_table([[c.text for c in row.cells] for row in shape.table.rows])
        elif shape.has_text_frame:
            lines = [" ".join(p.text.split()) for p in shape.text_frame.paragraphs]
            lines = [x for x in lines if x]
            yield "\n".join(f"- {x}" for x in lines) if len(lines) > 1 else "".join(lines)
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None and notes.text.strip():
        yield " ".join(notes.text.split())


def _shapes(shapes: Any) -> Iterator[Any]:
    """All shapes, those in groups too."""
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes)
        else:
            yield shape
