"""The sentences of an answer, with what each rests on: as a language model wrote them, and as they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from ingest.documents import Authorship, Kind, Source, plain, said_row


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote in a document: `quote` is the document's text from `start` (inclusive) to `end` (exclusive).

    `kind` is what was quoted, None where an older record does not say it. Of a table's row `row` holds the cells, each with
    its column's name, and `unit` in what its figures are, where the words around the table say so.
    `title_zh` is what the document is called in Chinese, '' where it does not say.
    `authorship` says whose words the quote holds, None in an older record, which lacks `publisher`, `date` and `url` of the
    document as well.
    """

    number: int
    document_id: str
    title: str
    heading: str
    quote: str
    start: int
    end: int
    language: str
    sources: tuple[Source, ...]
    page: int | None = None
    kind: Kind | None = None
    row: tuple[tuple[str, str], ...] = ()
    unit: str = ""
    title_zh: str = ""
    authorship: Authorship | None = None
    publisher: str = ""
    date: str = ""
    url: str = ""

    @property
    def read(self) -> str:
        """The quote as a reader understands it alone: a row with its column headings."""
        return said_row(self.row, self.unit) if self.row else plain(self.quote)

    @property
    def document(self) -> Source:
        """The quoted document, to which the quote is attributed."""
        itself = next((s for s in self.sources if self._is_itself(s)), None)
        return itself or Source("", self.title, self.publisher, self.date, self.url, title_zh=self.title_zh)

    @property
    def based_on(self) -> tuple[Source, ...]:
        """The sources of the quoted document, whose words the quote is not; () where it rests on none but itself."""
        return tuple(s for s in self.sources if not self._is_itself(s))

    def _is_itself(self, source: Source) -> bool:
        alike = (source.publisher, source.date) == (self.publisher, self.date) or self.authorship is None
        return alike and source.title == self.title

    def with_kinds(self, kind_of: Callable[[Source], str]) -> Citation:
        """The same, each of its sources with what kind of thing it is."""
        return replace(self, sources=tuple(replace(s, kind=kind_of(s)) for s in self.sources))

    def to_dict(self) -> dict[str, Any]:
        """The public form. What there is none of is left out."""
        return {
            "number": self.number,
            "document_id": self.document_id,
            "title": self.title,
            **{n: value for n in ("title_zh", "authorship", "publisher", "date", "url") if (value := getattr(self, n))},
            "heading": self.heading,
            **({} if self.page is None else {"page": self.page}),
            "quote": self.quote,
            **({} if self.kind is None else {"kind": self.kind}),
            **({"row": [list(cell) for cell in self.row]} if self.row else {}),
            **({"unit": self.unit} if self.unit else {}),
            "start": self.start,
            "end": self.end,
            "language": self.language,
            "sources": [_source(s) for s in self.sources],
        }


def _source(source: Source) -> dict[str, Any]:
    found: dict[str, Any] = {"title": source.title, "publisher": source.publisher, "date": source.date}
    found |= {name: value for name in ("title_zh", "url", "where", "language", "kind") if (value := getattr(source, name))}
    return found | {"official": source.official}


BlockKind = Literal["paragraph", "list", "table"]


@dataclass(frozen=True, slots=True)
class Quoted:
    """The exact words that a language model says a statement rests on, and the key of the evidence that it says they stand
    in; `words` is '' where it named a key alone."""

    key: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a language model says, with what it says it rests on. Nobody has checked it.

    `block` numbers the paragraph, list or table that it stands in, from 1; in a table it is a row, whose `cells` are pairs
    of a column's heading ('' without one) and what stands below it.
    """

    text: str
    supports: tuple[Quoted, ...] = ()
    kind: BlockKind = "paragraph"
    block: int = 1
    cells: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sentence of a language model stands in its answer: a paragraph, list or table, numbered from 1; `cells` as in
    `Statement`."""

    block: int
    kind: BlockKind = "paragraph"
    cells: tuple[tuple[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The public form; `cells` are left out but for a table's row."""
        found: dict[str, Any] = {"number": self.block, "kind": self.kind}
        return found | ({"cells": [list(c) for c in self.cells]} if self.cells else {})


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer with the numbers of its citations, at least one.

    `highlight` is where `text` holds the figure, date or name that was asked for (start inclusive, end exclusive); None
    where that cannot be seen. `place` is None for a quote that stands by itself.
    """

    text: str
    citations: tuple[int, ...]
    highlight: tuple[int, int] | None = None
    place: Place | None = None

    def to_dict(self) -> dict[str, Any]:
        """The public form; `emphasis`, the highlight, and `block`, the place, are left out where there is none."""
        found: dict[str, Any] = {"text": self.text, "citations": list(self.citations)}
        found |= {} if self.highlight is None else {"emphasis": list(self.highlight)}
        return found if self.place is None else found | {"block": self.place.to_dict()}


def said_text(sentence: Sentence, before: Sentence | None = None) -> str:
    """Return a sentence as plain text with `[n]` for its citations: a line, or a row of a Markdown table, which has its head
    above it and an empty line on either side; `before` is the sentence before it."""
    numbers = "".join(f"[{n}]" for n in sentence.citations)
    table, last = _table(sentence), _table(before)
    gap = "\n" if before and table != last else ""
    if sentence.place is None or not table:
        return f"{gap}{sentence.text} {numbers}"
    names, values = ([cell.replace("|", "/") for cell in column] for column in zip(*sentence.place.cells, strict=True))
    row = f"| {' | '.join(values)} {numbers} |"
    return row if table == last else f"{gap}| {' | '.join(names)} |\n|{'---|' * len(names)}\n{row}"


def _table(sentence: Sentence | None) -> int:
    """Return the number of the table that a sentence is a row of, 0 if it is none."""
    return sentence.place.block if sentence and sentence.place and sentence.place.cells else 0


@dataclass(frozen=True, slots=True)
class LookedFor:
    """An event: what a language model looks for before it answers."""

    what: tuple[str, ...]

    def __add__(self, later: object) -> object:
        """Return the later event: LangChain adds up what a generator yields."""
        return later


@dataclass(frozen=True, slots=True)
class VerifiedSentence:
    """A sentence that stands, as soon as it does, with the citations that no sentence before it had."""

    sentence: Sentence
    citations: tuple[Citation, ...]

    def with_kinds(self, kind_of: Callable[[Source], str]) -> VerifiedSentence:
        """The same, its sources with what kind of thing each is."""
        return VerifiedSentence(self.sentence, tuple(c.with_kinds(kind_of) for c in self.citations))

    def __add__(self, later: object) -> object:
        """LangChain adds up what a generator yields; of two events the later one stands."""
        return later
