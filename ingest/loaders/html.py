"""Web pages: the main text as Markdown; menus, scripts and styles stay out."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from ingest.documents import Document
from ingest.errors import LoadError
from ingest.languages import language_of
from ingest.limits import Limits
from ingest.loaders.files import another_kind, kind_of, read_bytes
from ingest.loaders.spans import MARKS, plain_tables
from ingest.loaders.text import clean, decode, encoding_of

_NO_PAGE = ("idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7", "undefined")  # Python's own, or slow


def load_html(path: Path, origin: str, limits: Limits) -> Document:
    """A page -> its main text with title, publisher and date where it states them."""
    raw = read_bytes(path, limits)
    if kind_of(raw):
        raise another_kind(path, raw)
    page = _text(raw, path)
    if "<" not in page:
        raise LoadError(f"{path} is not what its name says: it holds no HTML.", "Give it its right name.")
    import trafilatura

    if MARKS.search(page):
        from bs4 import BeautifulSoup

        soup = BeautifulSoup(page, "lxml")
        plain_tables(soup)
        page = str(soup)
    body = trafilatura.extract(page, output_format="markdown", include_comments=False, include_tables=True)
    if not body:
        raise LoadError(f"{path} holds no main text.", "A page that a program draws must be saved after it is drawn.")
    stated = trafilatura.extract_metadata(page)
    title = (stated.title if stated else "") or path.stem
    publisher = (stated.sitename if stated else "") or ""
    date = (stated.date if stated else "") or ""
    text = clean(body)
    return Document(text, title, origin, True, publisher, date, language_of(text))


def _text(raw: bytes, path: Path) -> str:
    """The page as text: in the encoding that it states where that works."""
    stated = re.search(rb"""<meta[^>]{0,200}charset=["']?([\w-]{3,20})""", raw[:2_000], re.IGNORECASE)
    if stated and encoding_of(raw) not in ("utf-8-sig", "utf-16", "utf-32"):
        name = stated[1].decode("ascii").lower()
        try:
            if codecs.lookup(name).name not in _NO_PAGE:
                return raw.decode("gb18030" if name in ("gb2312", "gbk") else name)
        except (LookupError, UnicodeError):
            pass
    return decode(raw, path)
