"""The sentences of an answer, with what each rests on: as a language model wrote them, and as they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ingest.documents import Source


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote in a document: `quote` is the document's text from `start` (inclusive) to `end` (exclusive)."""

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

    def to_dict(self) -> dict[str, Any]:
        """The public form. `page`, and `url` and `where` of a source, are left out where there are none."""
        return {
            "number": self.number,
            "document_id": self.document_id,
            "title": self.title,
            "heading": self.heading,
            **({} if self.page is None else {"page": self.page}),
            "quote": self.quote,
            "start": self.start,
            "end": self.end,
            "language": self.language,
            "sources": [_source(s) for s in self.sources],
        }


def _source(source: Source) -> dict[str, Any]:
    found: dict[str, Any] = {"title": source.title, "publisher": source.publisher, "date": source.date}
    found |= {name: value for name, value in (("url", source.url), ("where", source.where)) if value}
    return found | {"official": source.official}


@dataclass(frozen=True, slots=True)
class GeneratedSentence:
    """A sentence as a language model wrote it, with the keys that it named. Nobody has checked it."""

    text: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer with the numbers of its citations, at least one.

    `highlight` is where `text` holds the figure, date or name that was asked for (start inclusive, end exclusive); None
    where that cannot be seen.
    """

    text: str
    citations: tuple[int, ...]
    highlight: tuple[int, int] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The public form; `emphasis`, the highlight, is left out where there is none."""
        found: dict[str, Any] = {"text": self.text, "citations": list(self.citations)}
        return found if self.highlight is None else found | {"emphasis": list(self.highlight)}


@dataclass(frozen=True, slots=True)
class VerifiedSentence:
    """A sentence that stands, as soon as it does, with the citations that no sentence before it had."""

    sentence: Sentence
    citations: tuple[Citation, ...]

    def __add__(self, later: object) -> object:
        """LangChain adds up what a generator yields; of two events the later one stands."""
        return later
