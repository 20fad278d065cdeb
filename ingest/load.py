"""A file becomes a `Document`, or a `LoadError` that says why not. `load` has it parsed in a process of its own by `parse`.

A corpus document is Markdown with front matter that lists its sources; every sentence ends in source ids, `[^gwr21]`.
Loading takes the ids out of the text and keeps where they stood. In a document without `sources`, `[^x]` is ordinary text.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ingest.documents import Chunk, Document, Mark, Source
from ingest.errors import LoadError, Translatable
from ingest.languages import language_of
from ingest.limits import DEFAULT_LIMITS, Limits, over_limit
from ingest.loaders.files import check_file, damaged, read_text, title_of
from ingest.loaders.html import load_epub, load_html
from ingest.loaders.mail import load_eml
from ingest.loaders.odt import load_odt
from ingest.loaders.office import load_csv, load_docx, load_pptx, load_xlsx
from ingest.loaders.pdf import load_pdf
from ingest.parser import parse_in_child
from ingest.split import document_blocks, split

MARK = re.compile(r"(?:\[\^[A-Za-z0-9_-]+\])+")
FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Reads the same as `yaml.safe_load`, twenty times as fast, and refuses deep nesting instead of exhausting the stack."""
LONGEST_YAML = 200_000
"""Characters of a front matter or a note; a megabyte takes seconds."""
_SOURCE_HEADER = re.compile(r"\|\s*Source\s*\|[ \t]*$")
_LAST_CELL = re.compile(r"\|[^|\n]*\|[ \t]*$")
_SAVE_AS = {
    **dict.fromkeys((".doc", ".rtf"), ".docx"),
    **dict.fromkeys((".ppt", ".odp"), ".pptx"),
    **dict.fromkeys((".xls", ".ods"), ".xlsx"),
    ".msg": ".eml",
}
Loader = Callable[[Path, str, Limits], Document]


def check_bounds(document: Document, path: Path, limits: Limits) -> None:
    """Refuse a document that is larger than the limits, or becomes so when it is split; `path` is for the message.

    Raises:
        LoadError: it says what is too large, the limit, and the setting.
    """
    if len(document.text) > limits.characters:
        raise over_limit(path, "has {n:,} characters", limits, "characters", len(document.text))
    if len(document.title) > limits.title:
        has = "has a title of {n:,} characters"
        raise over_limit(path, has, limits, "title", len(document.title), step="Give it a shorter one")
    if (details := _details_length(document)) > limits.characters:
        raise over_limit(path, "has {n:,} characters of source details", limits, "characters", details)
    blocks = document_blocks(document)
    longest = max((len(block.heading) for block in blocks), default=0)
    if longest > limits.heading:  # before splitting, which writes the headings above a block down for each of its passages
        has = "has headings of {n:,} characters above one passage"
        raise over_limit(path, has, limits, "heading", longest, step="Shorten them")
    chunks = split(document, blocks)
    passages = sum(len(c.passages) for c in chunks)
    if passages > limits.passages:
        raise over_limit(path, "has {n:,} passages", limits, "passages", passages)
    read_length = sum(_read_length(c, document) for c in chunks)
    if read_length > limits.passage_characters:
        has = "has {n:,} characters in its passages, each read with title and headings"
        raise over_limit(path, has, limits, "passage_characters", read_length, step="Shorten its headings or split it")


def _details_length(document: Document) -> int:
    """Characters of what stands beside the text; YAML can name one long value many times."""
    fields = [document.title_zh, document.publisher, document.date, document.url, document.language]
    for s in document.sources:
        fields += [s.id, s.title, s.title_zh, s.publisher, s.date, s.url, s.where, s.language]
    return sum(map(len, fields))


def _read_length(chunk: Chunk, document: Document) -> int:
    """About how many characters `ingest.documents.contextualised_texts` makes of a chunk, without making them."""
    context = len(document.title) + len(chunk.heading)
    spans = [span for p in chunk.passages for span in (p.header, p.lead, p.section, p.unit, p.above) if span]
    passages_length = sum(context + p.end - p.start for p in chunk.passages)
    return passages_length + sum(end - start for start, end in spans)


def read_yaml(text: str) -> Any:
    """Parse a short YAML text.

    Raises:
        YAMLError: the text is not YAML, or longer than `LONGEST_YAML`.
        ValueError: a date in it is not in the calendar.
    """
    if len(text) > LONGEST_YAML:
        raise yaml.YAMLError(f"it has {len(text):,} characters; the limit is {LONGEST_YAML:,}")
    return yaml.load(text, Loader=YAML)


def split_front_matter(text: str, path: Path) -> tuple[dict[str, Any], str]:
    """Split a file's text into its front matter, {} if there is none, and the body after it.

    Raises:
        LoadError: The front matter is too long, not YAML, or has a date that does not exist.
    """
    match = FRONT_MATTER.match(text)
    if not match:
        return {}, text
    if len(match[1]) > LONGEST_YAML:
        message = "{path}: the front matter has {n:,} characters; the limit is {most:,}."
        step = "Move what is not front matter below it, or end it with a line `---`."
        raise LoadError(message, step, path, len(match[1]), LONGEST_YAML)
    try:
        meta = read_yaml(match[1])
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 2
        message = "{path}, line {n}: the front matter is not YAML."
        raise LoadError(message, "Put quotation marks around values that contain a colon.", path, line) from error
    except ValueError as error:
        raise LoadError("{path}: a date in the front matter does not exist ({why}).", "Correct it.", path, error) from error
    if meta is None:
        return {}, text[match.end() :]
    if not isinstance(meta, dict):
        # A text may begin with a horizontal rule: then it is no front matter.
        return {}, text
    return meta, text[match.end() :]


def scalar(value: object) -> str:
    """Return a front-matter value as text; '' for nothing and for lists and mappings.

    A date becomes YYYY-MM-DD.
    """
    if value is None or isinstance(value, list | dict | set | tuple):  # written out, a few aliases can be gigabytes
        return ""
    try:
        return value.isoformat() if isinstance(value, datetime.date) else str(value).strip()
    except ValueError:  # a number of thousands of digits
        return ""


def read_sources(meta: dict[str, Any]) -> tuple[Source, ...]:
    """Return the sources that a front matter lists, in its order."""
    sources = meta.get("sources")
    if not isinstance(sources, dict):
        return ()
    names = ("title", "title_zh", "publisher", "date", "url", "where", "language", "kind")
    return tuple(
        Source(id=str(key), official=entry.get("official") is True, **{n: scalar(entry.get(n)) for n in names})
        for key, entry in sources.items()
        if isinstance(entry, dict)
    )


def drop_source_columns(body: str) -> str:
    """Remove the last column of each table that heads it `Source`.

    The source ids in a row's last cell move to the end of the row.
    """
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
    """Remove the source ids from a body.

    Returns:
        The text without the ids, and each group of ids with its position in that text.
    """
    parts, marks, position, position_without = [], [], 0, 0
    for match in MARK.finditer(body):
        text = body[position : match.start()]
        parts.append(text)
        position_without += len(text)
        marks.append(Mark(position_without, tuple(match[0][2:-1].split("][^"))))
        position = match.end()
    return "".join([*parts, body[position:]]), tuple(marks)


def load_markdown(path: Path, origin: str, limits: Limits) -> Document:
    """Load a Markdown file, with or without front matter."""
    meta, body = split_front_matter(read_text(path, limits), path)
    sources = read_sources(meta)
    marks: tuple[Mark, ...] = ()
    if sources:
        body, marks = take_marks(drop_source_columns(body))
    headings = (line[2:].strip().rstrip("#").strip() for line in body.split("\n") if line.startswith(("# ", "#\t")))
    heading = next(filter(None, headings), "")
    return Document(
        text=body,
        title=scalar(meta.get("title")) or (heading or title_of(path).replace("-", " ")),
        origin=origin,
        markdown=True,
        publisher=scalar(meta.get("publisher")),
        date=scalar(meta.get("date")),
        language=scalar(meta.get("language")) or language_of(body),
        url=scalar(meta.get("url")),
        sources=sources,
        marks=marks,
        title_zh=scalar(meta.get("title_zh")),
        authorship="summary" if scalar(meta.get("authorship")) == "summary" else "original",
    )


def load_text(path: Path, origin: str, limits: Limits) -> Document:
    """Load a plain text file; its name is its title."""
    text = read_text(path, limits)
    return Document(text, title_of(path), origin, language=language_of(text))


@dataclass(frozen=True, slots=True)
class Format:
    """A format that is read: what loads it, the suffixes of its files' names, and the media types that servers call it."""

    load: Loader
    suffixes: tuple[str, ...]
    media_types: tuple[str, ...] = ()


_OFFICE = "application/vnd.openxmlformats-officedocument"
FORMATS = (
    Format(load_markdown, (".md", ".markdown"), ("text/markdown",)),
    Format(load_text, (".txt", ".text"), ("text/plain",)),
    Format(load_html, (".html", ".htm", ".xhtml"), ("text/html", "application/xhtml+xml")),
    Format(load_pdf, (".pdf",), ("application/pdf",)),
    Format(load_docx, (".docx",), (f"{_OFFICE}.wordprocessingml.document",)),
    Format(load_odt, (".odt",), ("application/vnd.oasis.opendocument.text",)),
    Format(load_pptx, (".pptx",), (f"{_OFFICE}.presentationml.presentation",)),
    Format(load_xlsx, (".xlsx",), (f"{_OFFICE}.spreadsheetml.sheet",)),
    Format(load_csv, (".csv",), ("text/csv",)),
    Format(load_csv, (".tsv",), ("text/tab-separated-values",)),
    Format(load_epub, (".epub",), ("application/epub+zip",)),
    Format(load_eml, (".eml",), ("message/rfc822",)),
)
LOADERS = {suffix: form.load for form in FORMATS for suffix in form.suffixes}
MEDIA_TYPES = {media_type: form.suffixes[0] for form in FORMATS for media_type in form.media_types}
"""The suffix that stands for each media type."""


def load(path: Path, root: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Load a file as a document, parsing it in another process within the limits.

    Its origin is the path relative to `root`.

    Raises:
        LoadError: an unknown kind of file, another kind than its name says, unreadable, damaged, too large, binary, or
            without a word in it.
    """
    _loader(path)
    check_file(path, limits)
    return parse_in_child(path, root, limits)


def parse(path: Path, root: Path, limits: Limits) -> Document:
    """As `load`, in this process, whatever the file does to it.

    Raises:
        LoadError: as in `load`.
        MemoryError: this process has no more.
    """
    try:
        document = _loader(path)(path, path.relative_to(root).as_posix(), limits)
        if not any(map(str.isalnum, document.text)):
            raise LoadError("{path} contains no text.", "Add text to it or remove it.", path)
        check_bounds(document, path, limits)
    except (LoadError, MemoryError):
        raise
    except Exception as error:  # whatever a damaged file does to its library is one sentence
        raise damaged(path) from error
    return document


def _loader(path: Path) -> Loader:
    suffix = path.suffix.lower()
    if suffix not in LOADERS:
        other = Translatable("Save it as {kind}.", kind=_SAVE_AS[suffix]) if suffix in _SAVE_AS else ""
        kinds = Translatable("Types that can be read: {kinds}.", kinds=", ".join(LOADERS))
        raise LoadError("{path} is not a type of file that can be read here.", other or kinds, path)
    return LOADERS[suffix]
