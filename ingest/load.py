"""A file becomes a `Document`, or a `LoadError` that says why not.

A corpus document is Markdown with front matter that lists its sources; every sentence ends in source ids, `[^gwr21]`.
Loading takes the ids out of the text and keeps where they stood. In a document without `sources`, `[^x]` is ordinary text.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from ingest.documents import Document, Mark, Source, guess_language
from ingest.errors import DateError, LoadError

MARK = re.compile(r"(?:\[\^[A-Za-z0-9_-]+\])+")
FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
MAX_BYTES = 20_000_000

_SOURCE_HEADER = re.compile(r"\|\s*Source\s*\|[ \t]*$")
_LAST_CELL = re.compile(r"\|[^|\n]*\|[ \t]*$")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def read_text(path: Path) -> str:
    """The file's text with `\\n` line ends, a byte-order mark dropped.

    Raises:
        LoadError: too large, unreadable, not UTF-8, or binary.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise LoadError(f"{path} has {size:,} bytes; the limit is {MAX_BYTES:,}.", "Split it into smaller files.")
        raw = path.read_bytes()
    except OSError as error:
        raise LoadError(f"{path} cannot be read ({error.strerror}).", "Check its permissions.") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"byte 0x{raw[error.start]:02X} at position {error.start:,}"
        raise LoadError(f"{path} is not UTF-8 ({where}).", "Save it as UTF-8 and sync again.") from error
    if "\x00" in text:
        raise LoadError(f"{path} is a binary file.", "Only Markdown (.md) and plain text (.txt) are read.")
    return _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


def split_front_matter(text: str, path: Path) -> tuple[dict[str, Any], str]:
    """The front matter as a mapping (empty where there is none) and the body after it."""
    found = FRONT_MATTER.match(text)
    if not found:
        return {}, text
    try:
        meta = yaml.safe_load(found[1])
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 2
        raise LoadError(f"{path}, line {line}: the front matter is not YAML.", "Quote values that hold a colon.") from error
    except ValueError as error:
        raise DateError(f"{path}: a date in the front matter is in no calendar ({error}).", "Correct it.") from error
    if meta is None:
        return {}, text[found.end() :]
    if not isinstance(meta, dict):
        # A text may begin with a horizontal rule: then it is no front matter.
        return {}, text
    return meta, text[found.end() :]


def scalar(value: object) -> str:
    """A front-matter value as text; a date as YYYY-MM-DD, nothing as ''."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime.date) else str(value).strip()


def read_sources(meta: dict[str, Any]) -> tuple[Source, ...]:
    """The sources that the front matter lists, in its order."""
    listed = meta.get("sources")
    if not isinstance(listed, dict):
        return ()
    names = ("title", "publisher", "date", "url", "where", "language")
    return tuple(
        Source(id=str(key), official=entry.get("official") is True, **{n: scalar(entry.get(n)) for n in names})
        for key, entry in listed.items()
        if isinstance(entry, dict)
    )


def drop_source_columns(body: str) -> str:
    """Tables lose their last column where it is headed `Source`; the ids in it move to the row's end."""
    lines, inside = body.split("\n"), False
    for number, line in enumerate(lines):
        if _SOURCE_HEADER.search(line):
            inside = True
        elif not line.lstrip().startswith("|"):
            inside = False
        if inside:
            marks = "".join(MARK.findall(_LAST_CELL.search(line)[0])) if _LAST_CELL.search(line) else ""  # type: ignore[index]
            lines[number] = _LAST_CELL.sub("|", line) + marks
    return "\n".join(lines)


def take_marks(body: str) -> tuple[str, tuple[Mark, ...]]:
    """The text without its source ids, and each group of ids with its position in that text."""
    parts, marks, at, length = [], [], 0, 0
    for found in MARK.finditer(body):
        part = body[at : found.start()]
        parts.append(part)
        length += len(part)
        marks.append(Mark(length, tuple(re.findall(r"\[\^([^\]]+)\]", found[0]))))
        at = found.end()
    return "".join([*parts, body[at:]]), tuple(marks)


def load_markdown(path: Path, origin: str) -> Document:
    """Markdown, with or without front matter."""
    meta, body = split_front_matter(read_text(path), path)
    sources = read_sources(meta)
    marks: tuple[Mark, ...] = ()
    if sources:
        body, marks = take_marks(drop_source_columns(body))
    heading = re.search(r"^#\s+(.+?)\s*#*\s*$", body, re.MULTILINE)
    return Document(
        text=body,
        title=scalar(meta.get("title")) or (heading[1] if heading else path.stem.replace("_", " ").replace("-", " ")),
        origin=origin,
        markdown=True,
        publisher=scalar(meta.get("publisher")),
        date=scalar(meta.get("date")),
        language=scalar(meta.get("language")) or guess_language(body),
        url=scalar(meta.get("url")),
        sources=sources,
        marks=marks,
    )


def load_text(path: Path, origin: str) -> Document:
    """Plain text; the file's name is its title."""
    text = read_text(path)
    return Document(text, path.stem.replace("_", " "), origin, language=guess_language(text))


LOADERS: dict[str, Callable[[Path, str], Document]] = {
    ".md": load_markdown,
    ".markdown": load_markdown,
    ".txt": load_text,
}


def load(path: Path, root: Path) -> Document:
    """The document in `path`; its origin is the path relative to `root`.

    Raises:
        LoadError: unknown kind of file, unreadable, not UTF-8, too large, binary or without a word in it.
    """
    loader = LOADERS.get(path.suffix.lower())
    if loader is None:
        kinds = ", ".join(LOADERS)
        raise LoadError(f"{path} is not a kind of file that is read.", f"Kinds read: {kinds}.")
    document = loader(path, path.relative_to(root).as_posix())
    if not re.search(r"\w", document.text):
        raise LoadError(f"{path} holds no text.", "Fill it or remove it.")
    return document
