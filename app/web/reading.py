"""What a quote is shown in."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.documents import Document, Passage


@dataclass(frozen=True, slots=True)
class Reading:
    """A document with the passages that it was split into."""

    document: Document
    passages: tuple[Passage, ...]

    @property
    def text(self) -> str:
        """The document's text."""
        return self.document.text
