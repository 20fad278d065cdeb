"""E-books: the chapters in reading order, as Markdown."""

from __future__ import annotations

import posixpath
import re
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ingest.documents import Document
from ingest.errors import LoadError
from ingest.languages import language_of
from ingest.limits import Limits
from ingest.loaders.files import open_package
from ingest.loaders.spans import plain_tables
from ingest.loaders.text import clean, decode

_CONTAINER = "META-INF/container.xml"
_DC = "{http://purl.org/dc/elements/1.1/}"


def load_epub(path: Path, origin: str, limits: Limits) -> Document:
    """An e-book -> its document, with title, publisher and date as the book states them.

    Raises:
        LoadError: another kind of file, too large, or locked.
    """
    with open_package(path, limits, _CONTAINER) as book:
        if "META-INF/encryption.xml" in book.namelist() and b"font" not in book.read("META-INF/encryption.xml").lower():
            raise LoadError(f"{path} is locked against copying.", "Add an edition without a lock.")
        stated, chapters = _read(book, path)
    text = clean("\n\n".join(chapters))
    title = stated.get("title") or path.stem.replace("_", " ")
    date = stated.get("date", "")[:10]
    return Document(text, title, origin, True, stated.get("publisher", ""), date, language_of(text))


def _read(book: zipfile.ZipFile, path: Path) -> tuple[dict[str, str], list[str]]:
    """What the book states of itself, and its chapters."""
    from defusedxml import ElementTree

    root: Any = ElementTree.fromstring(book.read(_CONTAINER))
    place = root.find(".//{*}rootfile").attrib["full-path"]
    package: Any = ElementTree.fromstring(book.read(place))
    stated = {n: (package.findtext(f".//{_DC}{n}") or "").strip() for n in ("title", "publisher", "date")}
    files = {i.attrib["id"]: i.attrib["href"] for i in package.iter() if i.tag.endswith("}item")}
    order = dict.fromkeys(files[i.attrib["idref"]] for i in package.iter() if i.tag.endswith("}itemref"))
    names = [posixpath.normpath(posixpath.join(posixpath.dirname(place), unquote(href))) for href in order]
    chapters = [_chapter(decode(book.read(name), path)) for name in names]
    return stated, [c for c in chapters if c]


def _chapter(page: str) -> str:
    """A chapter as Markdown, its headings one level down: the book's title stands above them."""
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    soup = BeautifulSoup(page, "lxml")  # in one pass, whatever begins and never ends
    for element in soup(["head", "script", "style", "svg", "nav"]):
        element.decompose()
    plain_tables(soup)
    converter = MarkdownConverter(
        heading_style="ATX", bullets="-", strip=["a", "img"], escape_asterisks=False, escape_underscores=False,
        escape_misc=False,
    )  # fmt: skip
    found = converter.convert_soup(soup.body or soup)
    return re.sub(r"(?m)^(#{1,5}) ", r"#\1 ", re.sub(r"\n{3,}", "\n\n", str(found))).strip()
