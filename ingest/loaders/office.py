"""Word documents, presentations, spreadsheets and CSV files as Markdown: headings, lists and tables stay what they are."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from ingest.columns import MOST_HEADING_ROWS, heading_rows, paths
from ingest.documents import Document
from ingest.languages import language_of
from ingest.limits import Limits, over_limit
from ingest.loaders.files import clean_text, damaged, join_pages, open_package, read_text, title_of

Row = Sequence[str]
_DELETED = ".//w:del | .//w:moveFrom | .//w:tr[w:trPr/w:del] | .//w:sdt[w:sdtPr/w:docPartObj] | .//w:sdtPr | .//w:sdtEndPr"
"""Of a Word document: what was deleted, what moved elsewhere, tables of contents, and what controls are set to."""
_WRAPPERS = ".//w:ins | .//w:moveTo | .//w:sdt | .//w:sdtContent | .//w:smartTag"


# --- tables, spreadsheets and CSV files


def markdown_table(rows: Sequence[Row]) -> str:
    """Return a Markdown table with the first row as column headings.

    Every row is made as wide as the widest.
    """
    width = max(len(r) for r in rows)
    lines = ["| " + " | ".join(_cell(c) for c in [*row, *[""] * (width - len(row))]) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * width, *lines[1:]])


def with_headings(rows: Sequence[Row], heads: Sequence[Row], marked: int = 0) -> str:
    """Return a Markdown table with one row of headings.

    Args:
        rows: All rows; a cell that spans several columns stands in the first of them.
        heads: The first rows again; a cell that spans several columns stands in each of them.
        marked: How many of the rows the file marks as headings, 0 if it does not say.
    """
    count = min(max(marked, heading_rows(rows)), len(rows) - 1, len(heads)) if len(rows) > 1 else 1
    if count < 2 or not any(len(set(row)) < sum(map(bool, row)) for row in heads[:count]):
        return markdown_table(rows)  # nothing spans: which rows are headings is read off the table itself
    return markdown_table([paths(heads[:count], spread=False), *rows[count:]])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def check_cells(rows: int, columns: int, path: Path, limits: Limits) -> None:
    """Refuse a table before its rows are made as wide as the widest.

    Raises:
        LoadError: rows times columns are too many.
    """
    if rows * columns > limits.cells:
        raise over_limit(path, "has a table of {n:,} rows × {m:,} columns", limits, "cells", rows, columns)


def sheet_markdown(rows: Iterable[Row], path: Path, limits: Limits) -> str:
    """Return the rows of a sheet as paragraphs and tables.

    Empty rows separate them. A row with one cell above a table is a paragraph, unless it is a heading over several
    columns.

    Raises:
        LoadError: a table has too many cells.
    """
    parts: list[str] = []
    for group in (list(group) for is_filled, group in groupby(rows, key=any) if is_filled):
        columns = sorted({n for row in group for n, cell in enumerate(row) if cell})
        check_cells(len(group), len(columns), path, limits)
        block = [[r[n] if n < len(r) else "" for n in columns] for r in group]
        while len(block) > 1 and len(columns) > 1 and sum(map(bool, block[0])) == 1 and not _spans(block):
            parts.append(" ".join(filter(None, block.pop(0))))
        if len(columns) == 1 or len(block) == 1:
            parts += [_cell(" ".join(filter(None, row))) for row in block]
        else:
            parts.append(markdown_table(block))
    return "\n\n".join(parts)


def _spans(block: Sequence[Row]) -> bool:
    """Return True if the one cell of the first row is a heading over columns, which other headings stand below."""
    return not block[0][0] and heading_rows(block) > 1


def load_csv(path: Path, origin: str, limits: Limits) -> Document:
    """Load a CSV or TSV file as tables.

    The separator is detected in the first lines.
    """
    text = read_text(path, limits)
    try:
        dialect: Any = csv.Sniffer().sniff(text[:20_000], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel_tab if path.suffix.lower() == ".tsv" else csv.excel
    rows = [[c.strip() for c in row] for row in _limit_rows(csv.reader(io.StringIO(text), dialect), path, limits)]
    body = sheet_markdown(rows, path, limits)
    return Document(body, title_of(path), origin, markdown=True, language=language_of(body))


def _limit_rows(rows: Iterable[Any], path: Path, limits: Limits) -> Iterator[Any]:
    for number, row in enumerate(rows):
        if number >= limits.rows:
            raise over_limit(path, "has more than {n:,} rows", limits, "rows", limits.rows)
        yield row


def load_xlsx(path: Path, origin: str, limits: Limits) -> Document:
    """Load a workbook: each sheet under its name, each run of rows as a table.

    Formulas are read as the values that were saved with them.
    """
    open_package(path, limits, "xl/workbook.xml").close()
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True)
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what a sheet claims: every row would be filled up to it
        sheets = [(s.title, _row_texts(_limit_rows(s.iter_rows(), path, limits))) for s in book.worksheets]
        parts = [(name, sheet_markdown(rows, path, limits)) for name, rows in sheets]
        title = (book.properties.title or "").strip()
    finally:
        book.close()
    body = "\n\n".join(f"## {name}\n\n{content}" for name, content in parts if content)
    return Document(body, title or title_of(path), origin, markdown=True, language=language_of(body))


def _row_texts(rows: Iterable[Any]) -> Iterator[Row]:
    for row in rows:
        yield [_display_value(cell.value, cell.number_format or "") if cell.value is not None else "" for cell in row]


def _display_value(value: Any, number_format: str) -> str:
    """Return a cell's value about as the sheet shows it."""
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float) and "%" in number_format:
        return f"{value * 100:.10g}%"
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value).strip()


# --- Word documents and presentations


def load_docx(path: Path, origin: str, limits: Limits) -> Document:
    """Load a DOCX file: its paragraphs, lists and tables in order.

    The title is that of the properties, else a paragraph of style Title, else the file's name.
    """
    open_package(path, limits, "word/document.xml").close()
    import docx

    document = docx.Document(str(path))
    _accept_changes(document.element.body)
    blocks = list(_docx_blocks(document, path, limits))
    title_block = next((b[2:] for b in blocks if b.startswith("# ")), "")
    title = (document.core_properties.title or "").strip() or title_block
    text = clean_text("\n\n".join(blocks))
    return Document(text, title or title_of(path), origin, markdown=True, language=language_of(text))


def _accept_changes(body: Any) -> None:
    """Make of a body with tracked changes what it is once they are accepted; content controls become what they contain."""
    for gone in body.xpath(_DELETED):
        if gone.getparent() is not None:
            gone.getparent().remove(gone)
    for kept in body.xpath(_WRAPPERS):
        parent = kept.getparent()
        for child in list(kept):
            kept.addprevious(child)
        parent.remove(kept)


def _docx_blocks(document: Any, path: Path, limits: Limits) -> Iterator[str]:
    from docx.table import Table

    blocks = (
        (_docx_table(block, path, limits), False) if isinstance(block, Table) else _docx_paragraph(block)
        for block in document.iter_inner_content()
    )
    for is_list, group in groupby(blocks, key=lambda block: block[1]):
        texts = [text for text, _ in group]
        yield from ["\n".join(texts)] if is_list else filter(None, texts)


def _docx_paragraph(paragraph: Any) -> tuple[str, bool]:
    """Return a paragraph as Markdown, and True if it is a list item."""
    text = " ".join(paragraph.text.split())
    style = (paragraph.style.name or "").lower() if paragraph.style is not None else ""
    properties = paragraph._p.pPr
    if not text:
        return "", False
    if style == "title":
        return f"# {text}", False
    if style.startswith("heading ") and style[8:9].isdecimal():
        return f"{'#' * min(int(style[8]) + 1, 6)} {text}", False
    if style.startswith("list") or (properties is not None and properties.numPr is not None):
        return f"- {text}", True
    return text, False


def _docx_table(table: Any, path: Path, limits: Limits) -> str:
    """Return a table as Markdown; '' if it is empty.

    A cell that spans several columns stands in the first of them; a heading stands in each.
    """
    rows, heads = [], []
    width = marked = 0
    for number, row in enumerate(table.rows, 1):
        width = max(width, sum(cell.grid_span for cell in row._tr.tc_lst))
        if width > 10_000:  # a cell can claim to span millions
            raise damaged(path)
        check_cells(number, width, path, limits)
        cells, previous = [], None
        for cell in row.cells:
            cells.append("" if cell._tc is previous else cell.text)
            previous = cell._tc
        rows.append(cells)
        if number <= MOST_HEADING_ROWS:
            heads.append([cell.text for cell in row.cells])
        marked += marked == number - 1 and row._tr.trPr is not None and bool(row._tr.trPr.xpath("./w:tblHeader"))
    return with_headings(rows, heads, marked) if any(any(r) for r in rows) else ""


def load_pptx(path: Path, origin: str, limits: Limits) -> Document:
    """Load a PPTX file: each slide under its title, with its speaker notes.

    The document's `pages` are the positions at which the slides begin.
    """
    open_package(path, limits, "ppt/presentation.xml").close()
    from pptx import Presentation

    presentation = Presentation(str(path))
    if len(presentation.slides) > limits.pages:
        raise over_limit(path, "has {n:,} slides", limits, "pages", len(presentation.slides), step="Split it into parts")
    title, slides = (presentation.core_properties.title or "").strip(), ["\n\n".join(_slide(s)) for s in presentation.slides]
    if title.lower() == "powerpoint presentation":
        title = ""
    text, starts = join_pages(slide + "\n\n" for slide in map(clean_text, slides))
    return Document(text, title or title_of(path), origin, markdown=True, language=language_of(text), pages=starts)


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
            lines = [line for line in lines if line]
            yield "\n".join(f"- {line}" for line in lines) if len(lines) > 1 else "".join(lines)
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None and notes.text.strip():
        yield " ".join(notes.text.split())


def _shapes(shapes: Any) -> Iterator[Any]:
    """All shapes, those in groups too."""
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes)
        else:
            yield shape
