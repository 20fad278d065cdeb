"""HTML tables whose cells span others, or with several rows of headings, made plain: one row of headings, no spans.

What turns HTML into Markdown knows neither: it writes each row of headings as the head of another table, or loses columns.
"""

from __future__ import annotations

import re
from typing import Any

from ingest.columns import heading_rows, paths

MARKS = re.compile(r"<t[hd]\b[^>]*\b(?:col|row)span|<thead|<caption", re.IGNORECASE)
"""A page without any of these has no table that must be made plain."""
_WIDEST = 1_000  # columns or rows that one cell spans at most, as browsers have it
_LARGEST = 100_000  # cells; a table of more is left as it is
Cell = tuple[str, bool]
"""What is said in a place, and whether it begins in this column."""


def plain_tables(soup: Any) -> None:
    """A page as BeautifulSoup read it -> the same with plain tables; captions become paragraphs above them."""
    for table in soup.find_all("table"):
        if table.find("table") is not None:
            continue
        if (caption := table.find("caption")) is not None:
            caption.name = "p"
            table.insert_before(caption.extract())
        rows = table.find_all("tr")
        head = _headed(rows)
        if (head > 1 or any(_spans(cell) != (1, 1) for row in rows for cell in _cells(row))) and (grid := _grid(rows)):
            _write(soup, table, grid, head)


def _write(soup: Any, table: Any, grid: list[list[Cell]], head: int) -> None:
    """One row of headings, a spanning one said in each of its columns; below them a cell over several rows in each of these,
    one over several columns in the first."""
    body = [[said if begins else "" for said, begins in row] for row in grid]
    head = min(head or heading_rows(body), len(grid) - 1) or 1
    names = paths([[said for said, _ in row] for row in grid[:head]], spread=False)
    table.clear()
    for kind, row in [("th", names), *(("td", row) for row in body[head:])]:
        line = soup.new_tag("tr")
        for said in row:
            cell = soup.new_tag(kind)
            cell.string = said
            line.append(cell)
        table.append(line)


def _headed(rows: list[Any]) -> int:
    """How many of the first rows the page itself calls headings."""
    found = 0
    for row in rows:
        if row.parent.name != "thead" and not (row.find("th") and not row.find("td")):
            break
        found += 1
    return found


def _cells(row: Any) -> list[Any]:
    return list(row.find_all(["td", "th"], recursive=False))


def _spans(cell: Any) -> tuple[int, int]:
    """Over how many columns and rows a cell stands."""
    told = [str(cell.get(name, "1")).strip() for name in ("colspan", "rowspan")]
    wide, high = (min(int(t), _WIDEST) if re.fullmatch(r"[0-9]{1,6}", t) else 1 for t in told)
    return wide or 1, high or _WIDEST  # a rowspan of 0 goes on to the end


def _grid(rows: list[Any]) -> list[list[Cell]]:
    """Rows of elements -> rows of places, all as wide; [] where they are too many."""
    grid: list[list[Cell]] = []
    down: dict[int, tuple[int, Cell]] = {}  # column -> rows that a cell above still covers, and the cell
    for row in rows:
        line: list[Cell] = []
        for cell in [*_cells(row), None]:
            while (held := down.get(len(line))) and held[0]:
                down[len(line)] = (held[0] - 1, held[1])
                line.append(held[1])
            if cell is None:
                break
            (wide, high), said = _spans(cell), " ".join(cell.get_text(" ").split())
            for n in range(wide):
                down[len(line)] = (high - 1, (said, n == 0))
                line.append((said, n == 0))
        grid.append(line)
        if len(grid) * len(line) > _LARGEST:
            return []
    width = max(map(len, grid), default=0)
    return [line + [("", True)] * (width - len(line)) for line in grid] if width * len(grid) <= _LARGEST else []
