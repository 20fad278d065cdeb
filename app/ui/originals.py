"""What a document rests on: the originals behind it, or itself where it names none."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.documents import Document, Source


@dataclass(frozen=True, slots=True)
class Originals:
    """The originals of a document, how many of them are official, who published them (most often first), and the years of
    the first and the last."""

    sources: tuple[Source, ...]
    official: int
    publishers: tuple[str, ...]
    years: tuple[str, ...]


def read_originals(document: Document) -> Originals:
    """A document -> its originals; where it names none, who published it and when."""
    told = [(s.publisher, s.date) for s in document.sources] or [(document.publisher, document.date)]
    named = [publisher for publisher, _ in told if publisher]
    publishers = sorted(dict.fromkeys(named), key=lambda p: -named.count(p))
    years = sorted({date[:4] for _, date in told if date})
    official = sum(s.official for s in document.sources)
    return Originals(document.sources, official, tuple(publishers), tuple(dict.fromkeys(years[:1] + years[-1:])))


def span(years: tuple[str, ...]) -> str:
    """The first and the last year -> `2015–2024`, or the one year."""
    return "–".join(years)
