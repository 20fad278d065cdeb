"""The values of ingestion: a document, the passages that may be quoted from it, the chunks that are embedded.

Offsets count code points in `Document.text`; `start` is inclusive, `end` exclusive.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from operator import not_
from typing import Any, Literal

from ingest.columns import PATH, cells, column_names
from ingest.languages import language_of

Kind = Literal["sentence", "item", "row"]
Authorship = Literal["summary", "original"]
"""A document in its publisher's own words is an original; one that tells in other words what its sources say, a summary."""

GIVEN: dict[str, Any] = {"json_schema_serialization_defaults_required": True}
"""Makes pydantic describe a value in public: whatever is not `optional` is always there."""
LONGEST_LINE = 300
"""Characters of a title and of whatever else is said of a document; what is longer was never meant to be read there."""
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")
"""Control characters, and halves of characters, which no store takes."""
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    chr(plane + last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)
)
_UNREADABLE = re.compile(rf"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069{_NONCHARACTERS}]")
"""Characters that move a terminal's cursor or turn the order of letters, and those that no XML file takes."""
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^)\s\[]*\)")  # no bracket inside: what is scanned for one is not scanned again
_BAR = re.compile(r"\n[ \t]*>[ \t>]*")  # before a line of a quoted paragraph that is not its first
_OPENS = re.compile(r"(?:\*\*|__|`)(?=\S)")
_CLOSES = {mark: re.compile(rf"(?<=\S){re.escape(mark)}") for mark in ("**", "__", "`")}
POINTS_BACK = re.compile(
    r"^(it|its|they|their|them|this|that|these|those|he|she|his|her|such|the (city|company|plan|fund|law|centre|same))\b"
    r"|^(它|其|该|这|此|他|她)",
    re.IGNORECASE,
)
"""Begins with a word whose meaning stands in the sentence before."""


def optional(description: str = "", name: str = "") -> dict[str, Any]:
    """Return the metadata of a field that the public form leaves out if it is empty, for pydantic.

    Args:
        description: What the field is, if its name does not say it.
        name: Its public name, if that is another.
    """
    metadata = {"description": description, "alias": name}
    return {"exclude_if": not_} | {key: value for key, value in metadata.items() if value}


def is_address(text: str) -> bool:
    """Return True if a text is an http(s) address rather than a path."""
    return text.lower().startswith(("http://", "https://"))


def content_id(text: str) -> str:
    """Return sixteen hexadecimal digits that identify a text; equal texts have equal ids."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def readable(text: str) -> str:
    r"""Return a text in a form that every store, page and terminal takes.

    Control characters, noncharacters, and those that turn the order of letters, become spaces. A byte of a file name that
    is not UTF-8 becomes text such as `\xe9`.
    """
    return _UNREADABLE.sub(" ", _SURROGATE.sub(_spell_byte, text))


def readable_name(name: str) -> str:
    """Return a file's name as it is stored and shown, on one line.

    All code uses this one spelling of a name.
    """
    return readable(name).translate(dict.fromkeys(map(ord, "\t\n\f\r"), " "))


def _spell_byte(match: re.Match[str]) -> str:
    byte = ord(match[0]) - 0xDC00  # Python keeps a name's strange bytes so, as halves of surrogate pairs
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else "\ufffd"


def _tidy(value: object, short_fields: Iterable[str], long_fields: Iterable[str]) -> None:
    """Make the texts of a frozen value readable, each on one line.

    The texts of `short_fields` are cut at `LONGEST_LINE` characters, those of `long_fields` keep their length. A `url` that
    no reader should follow is dropped.
    """
    for field_name in short_fields:
        text = " ".join(readable(getattr(value, field_name)[: 2 * LONGEST_LINE]).split())
        object.__setattr__(value, field_name, text if len(text) <= LONGEST_LINE else text[: LONGEST_LINE - 1] + "…")
    for field_name in long_fields:
        text = getattr(value, field_name)
        dropped = field_name == "url" and (len(text) > 2_000 or not is_address(text))
        object.__setattr__(value, field_name, "" if dropped else readable_name(text))


def guess_language(text: str) -> str:
    """Return the language in which the program speaks of a text: `zh` for Chinese, else `en`."""
    return "zh" if language_of(text) == "zh" else "en"


@dataclass(frozen=True, slots=True)
class Source:
    """A text that a summary is based on, or a document itself. Its `id` counts within its document and is not public."""

    __pydantic_config__ = GIVEN

    id: str = field(default="", metadata={"exclude": True})
    title: str = ""
    publisher: str = ""
    date: str = ""
    title_zh: str = field(default="", kw_only=True, metadata=optional("its Chinese title, if `title` is another"))
    url: str = field(default="", metadata=optional())
    where: str = field(default="", metadata=optional("where a reader finds it, if it has no `url`"))
    language: str = field(default="", metadata=optional("its language, if the data say so"))
    kind: str = field(default="", kw_only=True, metadata=optional("plan, law, statistics, press …, if the data say so"))
    official: bool = False

    def __post_init__(self) -> None:
        _tidy(self, ("title", "publisher", "date", "where", "language", "kind", "title_zh"), ("id", "url"))

    @property
    def key(self) -> str:
        """The id of the text itself, whichever document lists it: its address, else title, publisher and date."""
        return content_id(self.url or "\n".join((self.title, self.publisher, self.date)))


@dataclass(frozen=True, slots=True)
class Mark:
    """The source ids that stood at one position of the text before loading took them out."""

    position: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A text that can be quoted.

    `text` never changes after loading, and `id` is made from it. Characters of a loaded text that cannot be stored or
    shown become spaces, one for one, so that no position moves.

    Attributes:
        pages: The position at which each page or slide begins; () if the format has none.
        title_zh: The title for those who read Chinese. Search and embedding use `title` alone.
        authorship: Whose words are quoted. A summary's words are its own, not those of its sources.
        original_of: The key of the source whose own text this document is; '' if it is none's.
    """

    text: str
    title: str
    origin: str
    markdown: bool = False
    publisher: str = ""
    date: str = ""
    language: str = "en"
    url: str = ""
    sources: tuple[Source, ...] = ()
    marks: tuple[Mark, ...] = field(default=(), repr=False)
    pages: tuple[int, ...] = field(default=(), repr=False)
    title_zh: str = ""
    authorship: Authorship = "original"
    original_of: str = ""

    def __post_init__(self) -> None:
        if CONTROL.search(self.text):
            object.__setattr__(self, "text", CONTROL.sub(" ", self.text))  # one for one: no position moves
        _tidy(self, ("title", "publisher", "date", "language", "title_zh"), ("origin", "url"))

    def page(self, position: int) -> int | None:
        """Return the number of the page that contains a position, from 1; None if there are no pages."""
        return bisect_right(self.pages, position) or None

    @property
    def pages_read(self) -> int:
        """Return how many pages have text; the others are blank or pictures."""
        ends = (*self.pages[1:], len(self.text))
        return sum(any(map(str.isalnum, self.text[start:end])) for start, end in zip(self.pages, ends, strict=True))

    @property
    def id(self) -> str:
        """Content hash: the same text under two names is one document."""
        return content_id(self.text)


@dataclass(frozen=True, slots=True)
class PassageLocation:
    """The place of a passage: its document's id and its start there."""

    document_id: str
    start: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A text that may be quoted: a sentence, a list item or a table row.

    Spans are positions in the document's text, (start, end).

    Attributes:
        block: The number of the paragraph, list or table that the passage belongs to, within its document.
        header: The span of the column headings above a row.
        lead: The span of the sentence that introduces a list or table.
        section: The span of the rows that say what a row is about.
        unit: The span of the words around a table that state the unit of its figures.
        above: The span of the sentence before a table that no sentence introduces.
    """

    document_id: str
    start: int
    end: int
    kind: Kind = "sentence"
    block: int = 0
    heading: str = ""
    sources: tuple[str, ...] = ()
    header: tuple[int, int] | None = None
    lead: tuple[int, int] | None = None
    section: tuple[int, int] | None = None
    unit: tuple[int, int] | None = None
    above: tuple[int, int] | None = None

    def quote(self, text: str) -> str:
        """Return the passage in the document's own characters."""
        return text[self.start : self.end]

    def read(self, text: str) -> str:
        """Return the passage as a reader understands it alone, in plain words.

        A row is read with its column headings. Anything else only loses its Markdown marks.
        """
        if self.header is None:
            return plain(self.quote(text))
        section, unit = (text[slice(*span)] if span else "" for span in (self.section, self.unit))
        return read_row(text[slice(*self.header)], self.quote(text), section, unit)

    def cells(self, text: str) -> tuple[tuple[str, str], ...]:
        """Return a row's cells as (column name, cell); () for any other passage."""
        if self.header is None:
            return ()
        return named_cells(text[slice(*self.header)], self.quote(text), text[slice(*self.section)] if self.section else "")

    def units(self, text: str) -> str:
        """Return the unit of a row's figures; '' if the words around its table name none."""
        return plain(text[slice(*self.unit)]) if self.unit else ""

    def subject(self, text: str) -> str:
        """Return the first cell of a row, which says what it is about; '' for any other passage."""
        return plain(cells(self.quote(text))[0]) if self.kind == "row" else ""

    def introduced(self, text: str) -> str:
        """As `read`, a list's item behind the sentence that introduces its list; a row has its headings."""
        if self.kind != "item" or self.lead is None:
            return self.read(text)
        return f"{plain(text[slice(*self.lead)])} {self.read(text)}"


@dataclass(frozen=True, slots=True)
class Chunk:
    """About a paragraph: what is embedded and searched. `passages` tile it, but for headings and white space."""

    document_id: str
    start: int
    end: int
    heading: str
    passages: tuple[Passage, ...]

    def read(self, text: str) -> str:
        """Return the passages in order, each as a reader understands it alone.

        The sentence that introduces a list comes first if it stands before the chunk.
        """
        lead = self.passages[0].lead if self.passages else None
        introduction = [plain(text[slice(*lead)])] if lead and lead[0] < self.start else []
        return " ".join(introduction + [p.read(text) for p in self.passages])

    def embedded(self, text: str, title: str) -> str:
        """Return the text of the chunk behind its document's title and its heading, which give the context.

        Full-text search and the reranker read this text. The embedding model reads `contextualised_texts`.
        """
        return f"{title}. {self.heading}. {self.read(text)}" if self.heading else f"{title}. {self.read(text)}"


def read_row(header: str, row: str, section: str = "", unit: str = "") -> str:
    """Return a table row in words: `Year: 2020; R&D spending (billion yuan): 2,439.3`.

    Each filled cell follows its column's name. The first cell follows what `section` says the row is about. The unit
    comes last.
    """
    return row_in_words(named_cells(header, row, section), plain(unit))


def named_cells(header: str, row: str, section: str = "") -> tuple[tuple[str, str], ...]:
    """Return the cells of a row, empty ones too, as (column name, cell) in plain words.

    The first cell follows what `section` says the row is about.
    """
    names, values = column_names(header), cells(row)
    subjects = [next(filter(None, cells(line)), "").rstrip(" :：") for line in section.split("\n") if line]
    values[0] = PATH.join([*subjects, *filter(None, values[:1])])
    return tuple((plain(n), plain(v)) for n, v in zip_longest(names, values, fillvalue=""))


def row_in_words(row: Iterable[tuple[str, str]], unit: str = "") -> str:
    """Join named cells into the words of a row: the filled cells, then the unit in brackets."""
    words = "; ".join(f"{name}: {value}" if name else value for name, value in row if value)
    return f"{words} ({unit})" if unit else words


def plain(text: str) -> str:
    """Turn Markdown into plain words for reading and searching.

    Marks of emphasis, code and links are removed, and so are the bars of quoted lines; white space is collapsed.
    """
    return " ".join(_unmarked(_BAR.sub("\n", _LINK.sub(r"\1", text))).split())


def _unmarked(text: str) -> str:
    """Remove the marks of emphasis and code if a pair stands on one line; the text between them stays.

    One regular expression would take quadratic time on a line of marks without partners.
    """
    parts, at, search_from, line_end = [], 0, 0, -1
    unclosed: dict[str, int] = {}  # mark -> the end of the line in which nothing closes it any more
    while opening := _OPENS.search(text, search_from):
        mark, start = opening[0], opening.end()
        if start > line_end:
            line_end = text.find("\n", start) % (len(text) + 1)
        closing = None if unclosed.get(mark) == line_end else _CLOSES[mark].search(text, start + 1, line_end)
        if closing is None:
            unclosed[mark] = line_end
            search_from = opening.start() + 1
            continue
        parts += [text[at : opening.start()], text[start : closing.start()]]
        at = search_from = closing.end()
    return "".join([*parts, text[at:]])


# --- the text of a passage as the models read it, and as an answer may say it


def contextualised_texts(chunk: Chunk, document: Document) -> list[str]:
    """Return the text of each passage of a chunk behind the document's title and the chunk's heading.

    A list item follows the sentence that introduces its list, a row the sentence above its table. A sentence that points
    back follows the sentence before it in its paragraph. The embedding model reads these texts.
    """
    context = f"{document.title}. {chunk.heading}. " if chunk.heading else f"{document.title}. "
    texts = []
    for n, passage in enumerate(chunk.passages):
        text = passage.read(document.text)
        if passage.lead is not None:
            text = f"{document.text[slice(*passage.lead)]} {text}"
        elif passage.above is not None:
            text = f"{' '.join(document.text[slice(*passage.above)].split())} {text}"
        elif n and passage.kind == "sentence" and POINTS_BACK.match(text) and chunk.passages[n - 1].block == passage.block:
            text = f"{chunk.passages[n - 1].read(document.text)} {text}"
        texts.append(context + text)
    return texts


def allowed_renderings(passages: Sequence[Passage], text: str) -> tuple[str, ...]:
    """Return what a sentence that cites these passages may say.

    The passages are of one document, in their order. The first text is what they say to a reader together. A single
    passage also has a second one, behind the sentence that introduces it. Each text is on one line.
    """
    joined = " ".join(p.read(text) for p in passages)
    introduced = [p.introduced(text) for p in passages[:1] if len(passages) == 1]
    return tuple(" ".join(words.split()) for words in (joined, *introduced))
