"""Web pages: the main text as Markdown; menus, scripts and styles stay out."""

from __future__ import annotations

import posixpath
import re
import zipfile
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ingest.columns import heading_rows, paths
from ingest.documents import Document
from ingest.errors import LoadError
from ingest.languages import language_of
from ingest.limits import Limits
from ingest.loaders.files import another_kind, clean_text, decode, decode_as, kind_of, open_package, read_bytes, title_of

_TABLE_MARKS = re.compile(r"<t[hd]\b[^>]*\b(?:col|row)span|<thead|<caption", re.IGNORECASE)
"""A page without any of these has no table that must be made plain."""
_MAX_SPAN = 1_000  # columns or rows that one cell spans at most, as browsers have it
_MAX_CELLS = 100_000  # cells; a table of more is left as it is
Cell = tuple[str, bool]
"""The text of a place, and True if it begins in this column."""
_LAYOUT = re.compile(r"<(?:article|aside|div|footer|form|header|main|nav|section|span|table)\b", re.IGNORECASE)
"""A page without any of these has no menus: all that it says is its main text, which need not stand in paragraphs."""
_ESCAPED = re.compile(r"\\([_<>\[\]])")  # by trafilatura, whatever the sign stands for
_CONTAINER = "META-INF/container.xml"
_DC = "{http://purl.org/dc/elements/1.1/}"


def simplify_tables(soup: Any) -> None:
    """Replace the tables of a page by ones without spanning cells and with one row of headings.

    `soup` is a page as BeautifulSoup read it; it is changed in place. Captions become paragraphs above their tables. A
    table that contains another is left as it is.
    """
    for table in soup.find_all("table"):
        if table.find("table") is not None:
            continue
        if (caption := table.find("caption")) is not None:
            caption.name = "p"
            table.insert_before(caption.extract())
        rows = table.find_all("tr")
        head = _heading_count(rows)
        if (head > 1 or any(_spans(cell) != (1, 1) for row in rows for cell in _cells(row))) and (grid := _grid(rows)):
            _rewrite_table(soup, table, grid, head)


def _rewrite_table(soup: Any, table: Any, grid: list[list[Cell]], head: int) -> None:
    """Rewrite a table with one row of headings and no spanning cells.

    A heading over several columns is repeated in each of them. Below the headings, a cell over several rows is repeated
    in each of these; one over several columns stands in the first.
    """
    body = [[text if begins else "" for text, begins in row] for row in grid]
    head = min(head or heading_rows(body), len(grid) - 1) or 1
    names = paths([[text for text, _ in row] for row in grid[:head]], spread=False)
    table.clear()
    for kind, row in [("th", names), *(("td", row) for row in body[head:])]:
        line = soup.new_tag("tr")
        for text in row:
            cell = soup.new_tag(kind)
            cell.string = text
            line.append(cell)
        table.append(line)


def _heading_count(rows: list[Any]) -> int:
    """Count the first rows that the page itself marks as headings."""
    is_heading = (row.parent.name == "thead" or bool(row.find("th") and not row.find("td")) for row in rows)
    return sum(takewhile(bool, is_heading))


def _cells(row: Any) -> list[Any]:
    return list(row.find_all(["td", "th"], recursive=False))


def _spans(cell: Any) -> tuple[int, int]:
    """Over how many columns and rows a cell stands."""
    values = [str(cell.get(name, "1")).strip() for name in ("colspan", "rowspan")]
    columns, rows = (min(int(t), _MAX_SPAN) if re.fullmatch(r"[0-9]{1,6}", t) else 1 for t in values)
    return columns or 1, rows or _MAX_SPAN  # a rowspan of 0 goes on to the end


def _grid(rows: list[Any]) -> list[list[Cell]]:
    """Return rows of places, all of the same width, for rows of elements; [] if they are too many."""
    grid: list[list[Cell]] = []
    spanning: dict[int, tuple[int, Cell]] = {}  # column -> rows that a cell above still covers, and the cell
    for row in rows:
        line: list[Cell] = []
        for cell in [*_cells(row), None]:
            while (covering := spanning.get(len(line))) and covering[0]:
                spanning[len(line)] = (covering[0] - 1, covering[1])
                line.append(covering[1])
            if cell is None:
                break
            (columns, height), text = _spans(cell), " ".join(cell.get_text(" ").split())
            for n in range(columns):
                spanning[len(line)] = (height - 1, (text, n == 0))
                line.append((text, n == 0))
        grid.append(line)
        if len(grid) * len(line) > _MAX_CELLS:
            return []
    width = max(map(len, grid), default=0)
    return [line + [("", True)] * (width - len(line)) for line in grid] if width * len(grid) <= _MAX_CELLS else []


def load_epub(path: Path, origin: str, limits: Limits) -> Document:
    """Load an e-book, with the title, publisher and date that it states.

    Raises:
        LoadError: the file is of another kind, too large, or locked.
    """
    with open_package(path, limits, _CONTAINER) as book:
        if "META-INF/encryption.xml" in book.namelist() and b"font" not in book.read("META-INF/encryption.xml").lower():
            raise LoadError("{path} is copy-protected.", "Add a copy without copy protection.", path)
        stated, chapters = _read_book(book, path)
    text = clean_text("\n\n".join(chapters))
    title = stated.get("title") or title_of(path)
    date = stated.get("date", "")[:10]
    return Document(text, title, origin, True, stated.get("publisher", ""), date, language_of(text))


def _read_book(book: zipfile.ZipFile, path: Path) -> tuple[dict[str, str], list[str]]:
    """Return the details that a book states of itself, and its chapters as Markdown."""
    from defusedxml import ElementTree

    root: Any = ElementTree.fromstring(book.read(_CONTAINER))
    package_path = root.find(".//{*}rootfile").attrib["full-path"]
    package: Any = ElementTree.fromstring(book.read(package_path))
    stated = {n: (package.findtext(f".//{_DC}{n}") or "").strip() for n in ("title", "publisher", "date")}
    files = {i.attrib["id"]: i.attrib["href"] for i in package.iter() if i.tag.endswith("}item")}
    order = dict.fromkeys(files[i.attrib["idref"]] for i in package.iter() if i.tag.endswith("}itemref"))
    names = [posixpath.normpath(posixpath.join(posixpath.dirname(package_path), unquote(href))) for href in order]
    chapters = [page_markdown(decode(book.read(name), path)) for name in names]
    return stated, [c for c in chapters if c]


def page_markdown(page: str) -> str:
    """Return all that a page says as Markdown, as a chapter of a book does.

    Its headings are one level down, since the title stands above them.
    """
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    soup = BeautifulSoup(page, "lxml")  # in one pass, whatever begins and never ends
    for element in soup(["head", "script", "style", "svg", "nav"]):
        element.decompose()
    simplify_tables(soup)
    converter = MarkdownConverter(
        heading_style="ATX", bullets="-", strip=["a", "img"], escape_asterisks=False, escape_underscores=False,
        escape_misc=False,
    )  # fmt: skip
    markdown = converter.convert_soup(soup.body or soup)
    return re.sub(r"(?m)^(#{1,5}) ", r"#\1 ", re.sub(r"\n{3,}", "\n\n", str(markdown))).strip()


def load_html(path: Path, origin: str, limits: Limits) -> Document:
    """Load the main text of a page, with title, publisher and date if it states them.

    Raises:
        LoadError: the file is of another kind, too large, not HTML, or without a main text.
    """
    raw = read_bytes(path, limits)
    if kind_of(raw):
        raise another_kind(path, raw)
    page = _decode_page(raw, path)
    if "<" not in page:
        raise LoadError("{path} is not what its name says: it contains no HTML.", "Give it the right extension.", path)
    import trafilatura

    if _TABLE_MARKS.search(page):
        from bs4 import BeautifulSoup

        soup = BeautifulSoup(page, "lxml")
        simplify_tables(soup)
        page = str(soup)
    if _LAYOUT.search(page):
        body = trafilatura.extract(page, output_format="markdown", include_comments=False, include_tables=True)
        body = _ESCAPED.sub(r"\1", body or "")
    else:
        body = page_markdown(page)
    if not body:
        message = "{path} contains no main text."
        raise LoadError(message, "A page that is built by a script must be saved after it has loaded.", path)
    stated = trafilatura.extract_metadata(page)
    title, publisher, date = (getattr(stated, name, None) or "" for name in ("title", "sitename", "date"))
    text = clean_text(body)
    return Document(text, title or title_of(path), origin, True, publisher, date, language_of(text))


def _decode_page(raw: bytes, path: Path) -> str:
    """Return a page as text, decoded with the encoding that it states if that works."""
    stated = re.search(rb"""<meta[^>]{0,200}charset=["']?([\w-]{3,20})""", raw[:2_000], re.IGNORECASE)
    return decode_as(raw, stated[1].decode("ascii") if stated else "", path)
