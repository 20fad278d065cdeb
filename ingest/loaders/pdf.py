"""PDF: the text layer, page by page, its wrapped lines joined again; tables that are drawn with lines stay tables."""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from ingest.columns import paths
from ingest.documents import Document
from ingest.errors import LoadError
from ingest.languages import language_of
from ingest.limits import Limits, over_limit
from ingest.loaders.files import another_kind, clean_text, damaged, join_pages, read_bytes, title_of
from ingest.loaders.office import Row, markdown_table
from ingest.loaders.pdf_lines import HYPHEN, Grid, display_matrix, ends_sentence, grids, is_wide, join_all, paragraphs, width

# --- tables


_HYPHEN = re.compile("[\x02\ufffe](?:\r?\n)?")  # pdfium's signs for a hyphen and the line's end after it
_BASELINE_SHIFT = 10.0  # points by which a raised or lowered character may stand off its line
Place = tuple[int, int]
"""Row and column between the lines of a grid."""
_PAGE_NUMBER = re.compile(r"(?:page|p\.|第|[-–—])?\s*\d{1,4}\s*(?:(?:of|/)\s*\d{1,4}|页|頁|[-–—])?", re.IGNORECASE)


class Character(NamedTuple):
    """A character with the beginning of its baseline, and the grid and place that it stands in."""

    character: str
    x: float
    y: float
    grid: Grid | None
    place: Place


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, the first `head` of them column headings; `above` are titles over the whole width.

    `columns` are the places of its lines in points, `top` and `bottom` shares of the page's height, 0 at its top.
    """

    rows: tuple[Row, ...]
    head: int
    above: tuple[str, ...]
    columns: tuple[float, ...]
    top: float
    bottom: float

    def heading(self) -> Row:
        """One heading a column; one that stands over several columns is said in each."""
        return paths(self.rows[: self.head], spread=False)

    def markdown(self) -> str:
        """As a Markdown table below its titles."""
        return "\n\n".join([*self.above, markdown_table([self.heading(), *self.rows[self.head :]])])

    def continues_in(self, later: Table) -> bool:
        """Return True if a table that begins the next page is the rest of this one."""
        if later.above or len(self.columns) != len(later.columns):
            return False
        aligned = all(abs(a - b) <= 3.0 for a, b in zip(self.columns, later.columns, strict=True))  # points
        return aligned and (self.repeats_headings(later) or (self.bottom > 0.75 and later.top < 0.25))

    def repeats_headings(self, later: Table) -> bool:
        """Return True if a later table begins with the same headings."""
        return self.rows[: self.head] == later.rows[: self.head]

    def rest(self, later: Table) -> str:
        """Return the Markdown lines that `later`, the rest of this table, adds to it."""
        rows = later.rows[self.head if self.repeats_headings(later) else 0 :]
        return "\n".join(markdown_table([row]).split("\n")[0] for row in rows)


@dataclass(slots=True)
class _Cell:
    """The lines of a cell as they come, each with its height on the page; `is_askew` if words do not run to the right."""

    lines: list[str] = field(default_factory=list)
    heights: list[float] = field(default_factory=list)
    is_askew: bool = False
    last_x: float = 0.0

    def add(self, placed: Character, begins_line: bool) -> None:
        if begins_line or not self.lines:
            self.lines.append("")
            self.heights.append(placed.y)
        elif abs(placed.y - self.heights[-1]) > _BASELINE_SHIFT or placed.x < self.last_x - _BASELINE_SHIFT / 2:
            self.is_askew = True
        self.lines[-1] += HYPHEN if placed.character in "\x02\ufffe" else placed.character
        self.last_x = placed.x

    def trimmed(self) -> _Cell:
        lines = [(" ".join(x.split()), h) for x, h in zip(self.lines, self.heights, strict=True) if x.strip()]
        return _Cell([x for x, _ in lines], [h for _, h in lines], self.is_askew)

    def text(self) -> str:
        return join_all(self.lines)


def page_parts(page: Any, text_page: Any) -> list[str | Table]:
    """Return the texts and tables of a pypdfium2 page, in order.

    A page without tables is one text.
    """
    page_grids = grids(page)
    placed = list(_place_characters(page, text_page, page_grids)) if page_grids else []
    tables = [_table(grid, grid.spans(), placed, page.get_height()) for grid in page_grids]
    if not any(tables):
        return [_text(str(text_page.get_text_bounded()))]
    table_of = dict(zip(map(id, page_grids), tables, strict=True))
    parts: list[str | Table] = []
    visited: set[int] = set()
    words = ""
    for character in placed:
        table = table_of[id(character.grid)] if character.grid else None
        if table is None:
            words += character.character
        elif id(character.grid) not in visited:
            visited.add(id(character.grid))
            parts += [_text(words), table]
            words = ""
    return [*parts, _text(words)]


def _text(words: str) -> str:
    return _HYPHEN.sub(f"{HYPHEN}\n", words)


def _place_characters(page: Any, text_page: Any, page_grids: list[Grid]) -> Iterator[Character]:
    """Each character with its height, and the grid and place that it stands in; white space stands by what is before it."""
    import pypdfium2.raw as pdfium

    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    grid, place, origin = None, (0, 0), (0.0, 0.0)
    (page_width, page_height), matrix = page.get_size(), display_matrix(page)
    for number in range(text_page.count_chars()):
        character = chr(pdfium.FPDFText_GetUnicode(text_page.raw, number))
        if not character.isspace():
            pdfium.FPDFText_GetCharBox(text_page.raw, number, left, right, bottom, top)
            x, y = matrix.on_point((left.value + right.value) / 2, (bottom.value + top.value) / 2)
            if not (0 <= x <= page_width and 0 <= y <= page_height):
                continue
            pdfium.FPDFText_GetCharOrigin(text_page.raw, number, left, top)
            origin, grid = matrix.on_point(left.value, top.value), None
            for candidate in page_grids:
                if (cell := candidate.cell(x, y)) is not None:
                    grid, place = candidate, cell
                    break
        if character != "\x00":
            yield Character(character, *origin, grid, place)


def _cells(placed: Sequence[Character], grid: Grid, owner: dict[Place, Place]) -> dict[Place, _Cell]:
    """Return the cells of a grid that contain text, by the top left place of each."""
    cells: dict[Place, _Cell] = {}
    previous: Place | None = None
    for character in placed:
        key = owner[character.place] if character.grid is grid and character.character not in "\r\n" else None
        if key is not None:
            cells.setdefault(key, _Cell()).add(character, begins_line=key != previous)
        previous = key
    return {key: cell for key, cell_lines in cells.items() if (cell := cell_lines.trimmed()).lines}


def _table(grid: Grid, owner: dict[Place, Place], placed: Sequence[Character], page_height: float) -> Table | None:
    """Return the table in a grid; None if it does not look like one."""
    cells = _cells(placed, grid, owner)
    columns = [c for c in range(len(grid.xs) - 1) if any(column == c for _, column in cells)]
    rows = [r for r in range(len(grid.ys) - 1) if any(row == r for row, _ in cells)]
    above = []
    while rows and len({owner[rows[0], c] for c in columns}) == 1:
        above.append(cells[owner[rows[0], columns[0]]].text())
        rows.pop(0)
    if len(rows) < 2 or len(columns) < 2 or any(cell.is_askew for cell in cells.values()):
        return None
    head = _head(rows, columns, owner, cells)
    texts: list[Row] = [_row(r, columns, owner, cells, r in rows[:head]) for r in rows]
    body = [_row_lines(r, columns, owner, cells) for r in rows[head:]]
    if len(body) == 1 and _is_unclear(body[0]):
        return None
    for number, lines in reversed(list(enumerate(body, head))):
        if split_rows := _split_row(lines):
            texts[number : number + 1] = split_rows
    filled = [sum(map(bool, row)) for row in texts[head:]]
    # A cell with this much text shows that the lines only lay out a page.
    if sum(n > 1 for n in filled) * 2 < len(filled) or any(len(cell) > 600 for row in texts for cell in row):
        return None
    edges = tuple(grid.xs[c] for c in columns)
    return Table(
        tuple(tuple(r) for r in texts), head, tuple(above), edges, grid.ys[0] / page_height, grid.ys[-1] / page_height
    )


def _head(rows: list[int], columns: list[int], owner: dict[Place, Place], cells: dict[Place, _Cell]) -> int:
    """Count the rows of column headings: more than one if a heading spans several columns."""
    first = [owner[rows[0], c] for c in columns]
    over = [first.count(place) > 1 for place in first]
    if not any(over) or len(rows) < 3:
        return 1
    depth = sum(any(owner[r, c] == place for c, place in zip(columns, first, strict=True)) for r in rows)
    if depth > 1:
        return min(depth, len(rows) - 1)
    below = [owner[rows[1], c] in cells for c in columns]
    filled = [place in cells for place in first]  # a heading of its own says all: nothing stands below it
    fits = (under if wide else not (under and full) for wide, under, full in zip(over, below, filled, strict=True))
    return 2 if all(fits) else 1


def _row(row: int, columns: list[int], owner: dict[Place, Place], cells: dict[Place, _Cell], heading: bool) -> Row:
    """Return the texts of a row, one for each column.

    A cell that spans several rows is repeated in each of them. A cell that spans several columns stands in the first,
    but a heading stands in each.
    """
    texts = []
    for column in columns:
        place = owner[row, column]
        cell = cells.get(place) if heading or place[1] == column else None
        texts.append(cell.text() if cell else "")
    return tuple(texts)


def _row_lines(row: int, columns: list[int], owner: dict[Place, Place], cells: dict[Place, _Cell]) -> list[_Cell]:
    return [cells.get(owner[row, c], _Cell()) if owner[row, c] == (row, c) else _Cell() for c in columns]


def _split_row(cells: list[_Cell]) -> list[Row]:
    """Return the rows of what is drawn as one row, without lines between them; [] if it is one row.

    It is several if its cells have equally many lines at the same heights, and each line of one cell has a figure.
    Wrapped text does not look like that.
    """
    filled = [c for c in cells if c.lines]
    if len(filled) < 2 or len(filled[0].lines) < 3 or not all(_same_lines(filled[0], c) for c in filled):
        return []
    if not any(all(any(map(str.isdecimal, line)) for line in c.lines) for c in filled):
        return []
    return [tuple(c.lines[n] if c.lines else "" for c in cells) for n in range(len(filled[0].lines))]


def _same_lines(one: _Cell, other: _Cell) -> bool:
    return len(one.lines) == len(other.lines) and all(
        abs(a - b) < 2 for a, b in zip(one.heights, other.heights, strict=True)
    )


def _is_unclear(cells: list[_Cell]) -> bool:
    """Return True if the only row may be several without lines between them, or only wrapped."""
    return sum(len(c.lines) > 1 for c in cells) > 1 and not _split_row(cells)


# --- pages


def load_pdf(path: Path, origin: str, limits: Limits) -> Document:
    """Load the text of all pages of a PDF.

    The document's `pages` are the positions at which they begin.

    Raises:
        LoadError: the file is damaged, locked, has too many pages, or is scanned without a text layer.
    """
    raw = read_bytes(path, limits)
    if b"%PDF-" not in raw[:1_024]:
        raise another_kind(path, raw)
    title, pages = _read(raw, path, limits)
    text_length = sum(len(p.markdown() if isinstance(p, Table) else p.strip()) for parts in pages for p in parts)
    if text_length < 10 * len(pages):  # the words are in the pictures only
        message = "{path} is a scanned PDF: its {n} pages are pictures without a text layer."
        step = "Run it through a text recognition program (OCR) first, for example `ocrmypdf`."
        raise LoadError(message, step, path, len(pages))
    text, starts = join_pages(_contents(_page_bodies(pages)))
    return Document(text, title or title_of(path), origin, language=language_of(text), pages=starts)


def _contents(pages: Sequence[Sequence[str | Table]]) -> Iterator[str]:
    """Each page's text with what parts it from the next; a table that runs over a page's end is one table."""
    table: Table | None = None  # the one that began on an earlier page and goes on in this one
    for blocks, next_blocks in zip(pages, [*pages[1:], []], strict=True):
        texts = [b.markdown() if isinstance(b, Table) else b for b in blocks]
        if table is not None and isinstance(blocks[0], Table):
            texts[0] = table.rest(blocks[0])
        last, following = blocks[-1] if blocks else "", next_blocks[0] if next_blocks else ""
        last_table = last if isinstance(last, Table) else None
        if last_table is not None and table is not None and len(blocks) == 1:
            last_table = replace(table, bottom=last_table.bottom)
        table = last_table if last_table and isinstance(following, Table) and last_table.continues_in(following) else None
        yield _end_page("\n\n".join(texts), isinstance(last, Table) or isinstance(following, Table), table is not None)


def _end_page(content: str, at_table: bool, table_continues: bool) -> str:
    """Return a page with the white space that separates it from the next.

    A sentence that runs over the page's end goes on. Anything else begins anew.
    """
    if table_continues:
        return content + "\n"
    if content.endswith(HYPHEN):
        return content.removesuffix(HYPHEN) + ("\n\n" if at_table else "")
    if at_table or not content or ends_sentence(content):
        return content + "\n\n"
    return content + ("" if is_wide(content[-1]) else " ")


def _read(raw: bytes, path: Path, limits: Limits) -> tuple[str, list[list[str | Table]]]:
    """Return the title that the file states, and what each page contains.

    Raises:
        LoadError: the file is damaged, locked by a password, or has too many pages.
    """
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError as error:
        if "assword" in str(error):
            raise LoadError("{path} is password-protected.", "Save it without one.", path) from error
        raise damaged(path) from error
    try:
        if len(pdf) > limits.pages:
            raise over_limit(path, "has {n:,} pages", limits, "pages", len(pdf), step="Split it into parts")
        return _stated_title(pdf.get_metadata_value("Title")), [_page(pdf, n) for n in range(len(pdf))]
    except pypdfium2.PdfiumError as error:
        raise damaged(path) from error
    finally:
        pdf.close()


def _stated_title(title: str) -> str:
    """Return the title in the file's properties; '' if it is only a program's default.

    A program's name in front and a file's ending are removed.
    """
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


def _page_bodies(pages: Sequence[Sequence[str | Table]]) -> list[list[str | Table]]:
    """Each page's paragraphs and tables; lines that stand at the edge of most pages (headers, numbers) are left out."""
    page_lines = [[line for part in parts for line in _lines(part)] for parts in pages]
    shapes = _running_lines(page_lines)

    def is_running(line: str | Table) -> bool:
        return isinstance(line, str) and bool(_PAGE_NUMBER.fullmatch(line) or _line_shape(line) in shapes)

    bodies = []
    for lines in page_lines:
        ends = {0, len(lines) - 1}
        bodies.append(_blocks([x for n, x in enumerate(lines) if n not in ends or not is_running(x)]))
    return bodies


def _running_lines(pages: Sequence[Sequence[str | Table]]) -> set[str]:
    """Return the shapes of the lines at the edge of most pages: running headers and footers.

    What they stand around must differ, since equal pages have no header. At least three pages are needed.
    """
    edges: Counter[str] = Counter()
    pages_with: dict[str, set[tuple[str | Table, ...]]] = {}
    for lines in pages:
        page = tuple(_line_shape(x) if isinstance(x, str) else x for x in lines)
        for key in {x for x in [*page[:1], *page[-1:]] if isinstance(x, str)}:
            edges[key] += 1
            pages_with.setdefault(key, set()).add(page)
    return {key for key, n in edges.items() if len(pages) >= 3 and n > len(pages) / 2 and len(pages_with[key]) > 1}


def _lines(part: str | Table) -> list[str | Table]:
    if isinstance(part, Table):
        return [part]
    return [" ".join(line.split()) for line in clean_text(part).split("\n") if line.strip()]


def _blocks(lines: Sequence[str | Table]) -> list[str | Table]:
    """Lines of text as paragraphs; a table is a block of its own."""
    line_width = max((width(x) for x in lines if isinstance(x, str)), default=0)
    blocks: list[str | Table] = []
    for _, group in groupby(lines, key=lambda x: isinstance(x, str)):
        items = list(group)
        lines_of_text = [x for x in items if isinstance(x, str)]
        blocks += paragraphs(lines_of_text, line_width) if lines_of_text else items
    return blocks


def _line_shape(line: str) -> str:
    """Return a line with its numbers made equal.

    A header that counts pages is one header then.
    """
    return re.sub(r"\d+", "0", line)
