"""Which documents are listed: by words, source, year and language, for the page and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.database.catalogue import Listed


@dataclass(frozen=True, slots=True)
class Filter:
    """What a listed document must have: words in its title, sources or file name, a publisher, a year, a language; '' for
    any."""

    words: str = ""
    source: str = ""
    year: str = ""
    language: str = ""

    def fits(self, row: Listed) -> bool:
        """Whether the document, or one of its sources, has all of it."""
        said = " ".join((row.title, row.title_zh, row.origin, row.url, *row.publishers)).lower()
        return (
            all(word in said for word in self.words.lower().split())
            and (not self.source or self.source in row.publishers)
            and (not self.year or self.year in row.years)
            and self.language in ("", row.language)
        )


def fitting(rows: Sequence[Listed], wanted: Filter) -> list[Listed]:
    """Documents and a filter -> those that fit, in their order."""
    return [row for row in rows if wanted.fits(row)]
