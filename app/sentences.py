"""The sentences of an answer, with what each rests on: as a language model wrote them, and as they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ingest.documents import GIVEN, Authorship, Kind, Passage, Source, optional, plain, row_in_words


@dataclass(frozen=True, slots=True)
class OriginalQuote:
    """The words of an original that carry a quote of a summary: its text from `start` (inclusive) to `end` (exclusive).

    They are to be attributed to `source`. `paragraph` counts from 1.
    """

    __pydantic_config__ = GIVEN

    document_id: str
    source: Source
    page: int | None = field(default=None, kw_only=True, metadata=optional("the page of a PDF"))
    paragraph: int
    quote: str
    start: int
    end: int
    language: str
    certainty: float


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote: the document's text from `start` (inclusive) to `end` (exclusive), in code points.

    `title`, `publisher`, `date` and `url` are the document's, to which the quote is to be attributed. An older record does
    not say `kind`, `authorship`, `publisher`, `date` and `url`.
    """

    number: int
    document_id: str
    title: str
    title_zh: str = field(
        default="", kw_only=True, metadata=optional("what the document is called in Chinese, if it says so")
    )
    authorship: Authorship | None = field(
        default=None,
        kw_only=True,
        metadata=optional("summary: the document's own words, based on its sources; original: quoted as itself"),
    )
    publisher: str = field(default="", kw_only=True, metadata=optional())
    date: str = field(default="", kw_only=True, metadata=optional())
    url: str = field(default="", kw_only=True, metadata=optional())
    heading: str
    page: int | None = field(default=None, kw_only=True, metadata=optional("the page of a PDF"))
    quote: str
    kind: Kind | None = field(
        default=None, kw_only=True, metadata=optional("what was quoted: a sentence, a list's item, a table's row")
    )
    row: tuple[tuple[str, str], ...] = field(
        default=(), kw_only=True, metadata=optional("a row's cells as pairs of column and value")
    )
    unit: str = field(default="", kw_only=True, metadata=optional("what the row's figures are in, if the document says so"))
    start: int
    end: int
    language: str
    sources: tuple[Source, ...]
    originals: tuple[OriginalQuote, ...] = field(
        default=(), kw_only=True, metadata=optional("what originals that are held say of it, in their own words")
    )

    @property
    def read(self) -> str:
        """The quote as a reader understands it alone: a row with its column headings."""
        return row_in_words(self.row, self.unit) if self.row else plain(self.quote)

    @property
    def document(self) -> Source:
        """The quoted document, to which the quote is attributed."""
        itself = next((s for s in self.sources if self._is_itself(s)), None)
        return itself or Source("", self.title, self.publisher, self.date, self.url, title_zh=self.title_zh)

    @property
    def based_on(self) -> tuple[Source, ...]:
        """The sources on which the quoted document is based; () if it is based on none but itself.

        The quote is not in their words.
        """
        return tuple(s for s in self.sources if not self._is_itself(s))

    def covers(self, passage: Passage) -> bool:
        """Return True if it quotes all of a passage."""
        return self.document_id == passage.document_id and self.start <= passage.start and passage.end <= self.end

    def _is_itself(self, source: Source) -> bool:
        same_origin = (source.publisher, source.date) == (self.publisher, self.date) or self.authorship is None
        return same_origin and source.title == self.title

    def with_kinds(self, kind_of: Callable[[Source], str]) -> Citation:
        """Return the citation with the kind of each of its sources filled in."""
        return replace(self, sources=tuple(replace(s, kind=kind_of(s)) for s in self.sources))


BlockKind = Literal["paragraph", "list", "table"]


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a written sentence in its answer: a paragraph, list or table, numbered from 1."""

    __pydantic_config__ = GIVEN

    block: int = field(metadata={"alias": "number"})
    kind: BlockKind = "paragraph"
    cells: tuple[tuple[str, str], ...] = field(default=(), metadata=optional("a table's row as pairs of heading and value"))


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer with the numbers of its citations, at least one; a quote that stands alone has no place."""

    text: str
    citations: tuple[int, ...]
    highlight: tuple[int, int] | None = field(
        default=None,
        metadata=optional("where `text` holds the figure, date or name that was asked for, if that is sure", "emphasis"),
    )
    place: Place | None = field(default=None, metadata=optional("the place of a written sentence", "block"))


def sentence_text(sentence: Sentence, previous: Sentence | None = None) -> str:
    """Return a sentence as plain text with `[n]` for its citations.

    It becomes a line, or a row of a Markdown table. The first row of a table has the head above it, and a table has an
    empty line on either side. `previous` is the sentence before it, None for the first.
    """
    numbers = "".join(f"[{n}]" for n in sentence.citations)
    number, previous_number = _table_number(sentence), _table_number(previous)
    gap = "\n" if previous and number != previous_number else ""
    if sentence.place is None or not number:
        return f"{gap}{sentence.text} {numbers}"
    names, values = ([cell.replace("|", "/") for cell in column] for column in zip(*sentence.place.cells, strict=True))
    row = f"| {' | '.join(values)} {numbers} |"
    return row if number == previous_number else f"{gap}| {' | '.join(names)} |\n|{'---|' * len(names)}\n{row}"


def _table_number(sentence: Sentence | None) -> int:
    """Return the number of the table that a sentence is a row of, 0 if it is none."""
    return sentence.place.block if sentence and sentence.place and sentence.place.cells else 0


class StreamEvent:
    """An event while an answer is made. LangChain adds up what a generator yields; of two events the later one stands."""

    __slots__ = ()

    def __add__(self, later: Any) -> Any:
        return later


@dataclass(frozen=True, slots=True)
class LookedFor(StreamEvent):
    """The things that a language model looks for before it answers."""

    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VerifiedSentence(StreamEvent):
    """A sentence that stands, as soon as it does, with the citations that no sentence before it had."""

    sentence: Sentence
    citations: tuple[Citation, ...]

    def with_citations(self, change: Callable[[Citation], Citation]) -> VerifiedSentence:
        """Return the sentence with each of its citations changed."""
        return VerifiedSentence(self.sentence, tuple(map(change, self.citations)))
