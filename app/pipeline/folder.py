"""What the documents of an index bring to the reading of a question, as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.query.translate import FolderLanguage, Terms
from ingest.index import Index


class FolderWords:
    """The documents' words and names, read again whenever the index has changed. Safe to share between threads."""

    def __init__(self, index: Index, language: FolderLanguage) -> None:
        self._index, self._language, self._terms, self._stamp = index, language, Terms(), -1
        self._named: tuple[int, dict[str, tuple[str, ...]]] = (-1, {})
        self.publishers = language.publishers

    @property
    def language(self) -> FolderLanguage:
        """Return the documents' words for those of the questions, with their Chinese terms."""
        if self._stamp != (stamp := self._index.catalogue.stamp):
            self._language, self._stamp = replace(self._language, terms=self._terms.of(self._index)), stamp
        return self._language

    def names(self, within: Sequence[str] | None) -> dict[str, tuple[str, ...]]:
        """Return what each document is called, by its id: its title, its files, its first heading if a user added it.

        Only the documents `within` count, all if that is None.
        """
        if self._named[0] != (stamp := self._index.catalogue.stamp):
            rows = self._index.catalogue.listing()
            headings = {row.id: self._index.passages(row.id)[:1] for row in rows if row.added}
            called = {
                row.id: (row.title, row.title_zh, *row.origin.split(", "), *(p.heading for p in headings.get(row.id, ())))
                for row in rows
            }
            self._named = stamp, called
        return {d: names for d, names in self._named[1].items() if within is None or d in within}
