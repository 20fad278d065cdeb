"""A PDF's page as text and tables in the order in which it is read."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ingest.columns import PATH
from ingest.loaders.pdf_lines import HYPHEN, Grid, all_joined, grids, moved, shown
from ingest.loaders.tables import Row, markdown_table

_HYPHEN = re.compile("[\x02\ufffe](?:\r?\n)?")  # pdfium's signs for a hyphen and the line's end after it
_PROSE = 600  # characters in a cell beyond which the lines lay out a page
_LEVEL = 10.0  # points by which a raised or lowered character may stand off its line
_APART = 3.0  # points by which columns of two pages may differ and still be those of one table
Place = tuple[int, int]
"""Row and column between the lines of a grid."""


class Placed(NamedTuple):
    """A character with the beginning of its baseline, and the grid and place that it stands in."""

    sign: str
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
        columns = zip(*self.rows[: self.head], strict=True)
        return [PATH.join(dict.fromkeys(cell for cell in column if cell)) for column in columns]

    def markdown(self) -> str:
        """As a Markdown table below its titles."""
        return "\n\n".join([*self.above, markdown_table([self.heading(), *self.rows[self.head :]])])

    def goes_on(self, later: Table) -> bool:
        """Whether a table that begins the next page is the rest of this one."""
        if later.above or len(self.columns) != len(later.columns):
            return False
        near = all(abs(a - b) <= _APART for a, b in zip(self.columns, later.columns, strict=True))
        return near and (self.repeated(later) or (self.bottom > 0.75 and later.top < 0.25))

    def repeated(self, later: Table) -> bool:
        """Whether a later table begins with the same headings."""
        return self.rows[: self.head] == later.rows[: self.head]

    def rest(self, later: Table) -> str:
        """The lines that the rest of this table adds to its Markdown."""
        rows = later.rows[self.head if self.repeated(later) else 0 :]
        return "\n".join(markdown_table([row]).split("\n")[0] for row in rows)


@dataclass(slots=True)
class _Cell:
    """The lines of a cell as they come, each with its height on the page; `askew` where words do not run to the right."""

    lines: list[str] = field(default_factory=list)
    heights: list[float] = field(default_factory=list)
    askew: bool = False
    last: float = 0.0

    def add(self, one: Placed, begins: bool) -> None:
        if begins or not self.lines:
            self.lines.append("")
            self.heights.append(one.y)
        elif abs(one.y - self.heights[-1]) > _LEVEL or one.x < self.last - _LEVEL / 2:
            self.askew = True
        self.lines[-1] += HYPHEN if one.sign in "\x02\ufffe" else one.sign
        self.last = one.x

    def trimmed(self) -> _Cell:
        kept = [(" ".join(x.split()), h) for x, h in zip(self.lines, self.heights, strict=True) if x.strip()]
        return _Cell([x for x, _ in kept], [h for _, h in kept], self.askew)

    def text(self) -> str:
        return all_joined(self.lines)


def page_parts(page: Any, text_page: Any) -> list[str | Table]:
    """A pypdfium2 page -> what it holds; a page without tables is one text."""
    found = grids(page)
    placed = list(_placed(page, text_page, found)) if found else []
    tables = [_table(grid, grid.spans(), placed, page.get_height()) for grid in found]
    if not any(tables):
        return [_text(str(text_page.get_text_bounded()))]
    by_grid = dict(zip(map(id, found), tables, strict=True))
    parts: list[str | Table] = []
    seen: set[int] = set()
    words = ""
    for one in placed:
        table = by_grid[id(one.grid)] if one.grid else None
        if table is None:
            words += one.sign
        elif id(one.grid) not in seen:
            seen.add(id(one.grid))
            parts += [_text(words), table]
            words = ""
    return [*parts, _text(words)]


def _text(words: str) -> str:
    return _HYPHEN.sub(f"{HYPHEN}\n", words)


def _placed(page: Any, text_page: Any, found: list[Grid]) -> Iterator[Placed]:
    """Each character with its height, and the grid and place that it stands in; white space stands by what is before it."""
    import pypdfium2.raw as pdfium

    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    grid, place, at = None, (0, 0), (0.0, 0.0)
    (wide, high), matrix = page.get_size(), shown(page)
    for number in range(text_page.count_chars()):
        character = chr(pdfium.FPDFText_GetUnicode(text_page.raw, number))
        if not character.isspace():
            pdfium.FPDFText_GetCharBox(text_page.raw, number, left, right, bottom, top)
            x, y = moved(matrix, (left.value + right.value) / 2, (bottom.value + top.value) / 2)
            if not (0 <= x <= wide and 0 <= y <= high):
                continue
            pdfium.FPDFText_GetCharOrigin(text_page.raw, number, left, top)
            at, grid = moved(matrix, left.value, top.value), None
            for one in found:
                if (inside := one.cell(x, y)) is not None:
                    grid, place = one, inside
                    break
        if character != "\x00":
            yield Placed(character, *at, grid, place)


def _cells(placed: Sequence[Placed], grid: Grid, owner: dict[Place, Place]) -> dict[Place, _Cell]:
    """What stands in the grid's cells, by the top left place of each."""
    cells: dict[Place, _Cell] = {}
    before: Place | None = None
    for one in placed:
        key = owner[one.place] if one.grid is grid and one.sign not in "\r\n" else None
        if key is not None:
            cells.setdefault(key, _Cell()).add(one, begins=key != before)
        before = key
    return {key: cell for key, made in cells.items() if (cell := made.trimmed()).lines}


def _table(grid: Grid, owner: dict[Place, Place], placed: Sequence[Placed], page_height: float) -> Table | None:
    """The table in a grid; None where it does not look like one."""
    cells = _cells(placed, grid, owner)
    columns = [c for c in range(len(grid.xs) - 1) if any(column == c for _, column in cells)]
    rows = [r for r in range(len(grid.ys) - 1) if any(row == r for row, _ in cells)]
    above = []
    while rows and len({owner[rows[0], c] for c in columns}) == 1:
        above.append(cells[owner[rows[0], columns[0]]].text())
        rows.pop(0)
    if len(rows) < 2 or len(columns) < 2 or any(cell.askew for cell in cells.values()):
        return None
    head = _head(rows, columns, owner, cells)
    read: list[Row] = [_row(r, columns, owner, cells, r in rows[:head]) for r in rows]
    body = [_row_lines(r, columns, owner, cells) for r in rows[head:]]
    if len(body) == 1 and _unclear(body[0]):
        return None
    for number, lines in reversed(list(enumerate(body, head))):
        if several := _several(lines):
            read[number : number + 1] = several
    filled = [sum(map(bool, row)) for row in read[head:]]
    if sum(n > 1 for n in filled) * 2 < len(filled) or any(len(cell) > _PROSE for row in read for cell in row):
        return None
    edges = tuple(grid.xs[c] for c in columns)
    return Table(
        tuple(tuple(r) for r in read), head, tuple(above), edges, grid.ys[0] / page_height, grid.ys[-1] / page_height
    )


def _head(rows: list[int], columns: list[int], owner: dict[Place, Place], cells: dict[Place, _Cell]) -> int:
    """How many rows are column headings: more than one where a heading stands over several columns."""
    first = [owner[rows[0], c] for c in columns]
    over = [first.count(place) > 1 for place in first]
    if not any(over) or len(rows) < 3:
        return 1
    deep = sum(any(owner[r, c] == place for c, place in zip(columns, first, strict=True)) for r in rows)
    if deep > 1:
        return min(deep, len(rows) - 1)
    below = [owner[rows[1], c] in cells for c in columns]
    named = [place in cells for place in first]  # a heading of its own says all: nothing stands below it
    fits = (under if wide else not (under and name) for wide, under, name in zip(over, below, named, strict=True))
    return 2 if all(fits) else 1


def _row(row: int, columns: list[int], owner: dict[Place, Place], cells: dict[Place, _Cell], heading: bool) -> Row:
    """A cell over several rows is said in each of them; one over several columns in the first, as a heading in each."""
    found = []
    for column in columns:
        place = owner[row, column]
        cell = cells.get(place) if heading or place[1] == column else None
        found.append(cell.text() if cell else "")
    return tuple(found)


def _row_lines(row: int, columns: list[int], owner: dict[Place, Place], cells: dict[Place, _Cell]) -> list[_Cell]:
    return [cells.get(owner[row, c], _Cell()) if owner[row, c] == (row, c) else _Cell() for c in columns]


def _several(cells: list[_Cell]) -> list[Row]:
    """The rows of a row without lines between them; none where it is one. Its cells hold as many lines on the same heights,
    and those of one are figures: no wrapped text."""
    full = [c for c in cells if c.lines]
    if len(full) < 2 or len(full[0].lines) < 3 or not all(_level(full[0], c) for c in full):
        return []
    if not any(all(re.search(r"\d", line) for line in c.lines) for c in full):
        return []
    return [tuple(c.lines[n] if c.lines else "" for c in cells) for n in range(len(full[0].lines))]


def _level(one: _Cell, other: _Cell) -> bool:
    return len(one.lines) == len(other.lines) and all(
        abs(a - b) < 2 for a, b in zip(one.heights, other.heights, strict=True)
    )


def _unclear(cells: list[_Cell]) -> bool:
    """Whether the only row may be several without lines between them, or only wrapped."""
    return sum(len(c.lines) > 1 for c in cells) > 1 and not _several(cells)
