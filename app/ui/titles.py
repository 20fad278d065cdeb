"""Names of documents and sources on a page: on a Chinese one in Chinese, with their own titles below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from app.text.words import Titled, one_line, titles
from app.ui.words import Words
from ingest.documents import Authorship, Document, Source


@dataclass(frozen=True, slots=True)
class SourceList:
    """The sources of a document.

    Attributes:
        sources: The sources themselves; () if the document names none.
        official: How many of them are official.
        publishers: Who published them, most often first.
        years: The years of the first and the last, or the one year.
    """

    sources: tuple[Source, ...]
    official: int
    publishers: tuple[str, ...]
    years: tuple[str, ...]


def read_sources(document: Document) -> SourceList:
    """Return the sources of a document; if it names none, its own publisher and date."""
    attributions = [(s.publisher, s.date) for s in document.sources] or [(document.publisher, document.date)]
    names = [publisher for publisher, _ in attributions if publisher]
    publishers = sorted(dict.fromkeys(names), key=lambda p: -names.count(p))
    years = sorted({date[:4] for _, date in attributions if date})
    official = sum(s.official for s in document.sources)
    return SourceList(document.sources, official, tuple(publishers), tuple(dict.fromkeys(years[:1] + years[-1:])))


def resting(listed: SourceList, words: Words) -> str:
    """Return in words how many sources a document has, and how many of them are official."""
    number = words.count("source_one", "sources_n", len(listed.sources))
    return number + (words("of_them_official", n=listed.official) if listed.official else "")


def span(years: tuple[str, ...]) -> str:
    """Join the first and the last year as `2015–2024`, or return the one year."""
    return "–".join(years)


class Authored(Titled, Protocol):
    """A document, or a citation of it."""

    @property
    def authorship(self) -> Authorship | None:
        """A summary or an original."""

    @property
    def publisher(self) -> str:
        """Its author."""


def name_of(titled: Titled, words: Words) -> str:
    """Return the name of a document or source, on one line."""
    return one_line(titles(titled, words.language)[0]) or words("untitled")


def by_whom(document: Authored, words: Words) -> str:
    """Return the publisher of a document; of a summary, that it is one, and whose."""
    if document.authorship != "summary":
        return document.publisher
    return words("summary_by", publisher=one_line(document.publisher)) if document.publisher else words("a_summary")


def cited_as(document: Authored, words: Words) -> str:
    """Return what a document is called beside a quote of it, on one line."""
    name = name_of(document, words)
    return words("summary_named", title=name) if document.authorship == "summary" else name


def standing(source: Source, words: Words) -> str:
    """Say what kind of text a source is, if it is official, and in which language it is."""
    kind = words(f"kind_{source.kind}") if source.kind else ""
    if source.official:
        kind = words("official_kind", kind=kind) if kind else words("official")
    return " · ".join(filter(None, (kind, words.tongue(source.language) if source.language else "")))


def is_web_address(url: str) -> bool:
    """Return True if a link is a web address: http or https with a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
