"""OpenDocument texts: their elements become those of a web page, which is then read as one."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from ingest.documents import Document
from ingest.errors import LoadError
from ingest.languages import language_of
from ingest.limits import Limits
from ingest.loaders.files import clean_text, open_package, title_of
from ingest.loaders.html import page_markdown

_NAMES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
}
_STYLE, _TABLE, _TEXT = (f"{{{_NAMES[name]}}}" for name in ("style", "table", "text"))
_DC_TITLE = ".//{http://purl.org/dc/elements/1.1/}title"
_TAGS = {
    "p": "p", "list": "ul", "list-item": "li", "list-header": "li", "table": "table", "table-header-rows": "thead",
    "table-row": "tr", "table-cell": "td", "line-break": "br",
}  # fmt: skip
_SPANS = {
    "number-columns-spanned": "colspan",
    "number-columns-repeated": "colspan",
    "number-rows-spanned": "rowspan",
}
_LEFT_OUT = ("tracked-changes", "annotation", "note", "sequence-decls", "table-of-content", "covered-table-cell")
"""Deleted text, comments, footnotes, and what repeats or only declares something; cells that another one covers."""
_BLANK = ("s", "tab")


def load_odt(path: Path, origin: str, limits: Limits) -> Document:
    """Load an ODT file: its headings, paragraphs, lists and tables in order, with changes accepted.

    The title is that of the properties, else a paragraph of style Title, else the file's name.

    Raises:
        LoadError: the file is of another kind, too large when unpacked, or locked.
    """
    from defusedxml import ElementTree

    with open_package(path, limits, "content.xml") as package:
        if "META-INF/manifest.xml" in package.namelist() and b"encryption-data" in package.read("META-INF/manifest.xml"):
            raise LoadError("{path} is password-protected.", "Save it without one.", path)
        root: Any = ElementTree.fromstring(package.read("content.xml"))
        stated = _stated_title(package)
    body = root.find("office:body/office:text", _NAMES)
    if body is None:
        message = "{path} is not what its name says: {member} is missing from it."
        raise LoadError(message, "Give it the right extension.", path, "office:text")
    heading = _take_title(root, body)
    _become_page(body)
    text = page_markdown(ElementTree.tostring(body, encoding="unicode", method="html"))
    text = clean_text(f"# {heading}\n\n{text}" if heading else text)
    return Document(text, stated or heading or title_of(path), origin, True, language=language_of(text))


def _stated_title(package: zipfile.ZipFile) -> str:
    from defusedxml import ElementTree

    if "meta.xml" not in package.namelist():
        return ""
    return (ElementTree.fromstring(package.read("meta.xml")).findtext(_DC_TITLE) or "").strip()


def _take_title(root: Any, body: Any) -> str:
    """Remove the first paragraph of style Title, or of a style made from it, and return its words."""
    styles = {"Title"} | {
        style.get(f"{_STYLE}name")
        for style in root.iterfind("office:automatic-styles/style:style", _NAMES)
        if style.get(f"{_STYLE}parent-style-name") == "Title"
    }
    for paragraph in body.iterfind("text:p", _NAMES):
        if paragraph.get(f"{_TEXT}style-name") in styles and (words := " ".join("".join(paragraph.itertext()).split())):
            body.remove(paragraph)
            return words
    return ""


def _become_page(body: Any) -> None:
    """Rename the elements of a text to those of HTML, in place, and empty those that are left out."""
    for element in list(body.iter()):
        name = _name(element)
        if name in _LEFT_OUT:
            tail = element.tail
            element.clear()
            element.tail = tail
        elif name in _BLANK:
            element.text = " "
        level = element.get(f"{_TEXT}outline-level", "1")
        spans = {new: n for old, new in _SPANS.items() if (n := element.get(f"{_TABLE}{old}"))}
        element.tag = f"h{min(int(level), 5)}" if name == "h" else _TAGS.get(name, "span")
        element.attrib = spans if name == "table-cell" else {}


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
