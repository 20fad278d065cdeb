"""What documents and originals are called on a page: on a Chinese one in Chinese, with their own titles below."""

from __future__ import annotations

from typing import Protocol

from app.text.titles import Titled, titles
from app.ui.escape import literal, one_line, shown
from app.ui.words import Words
from ingest.documents import Authorship, guess_language


class Authored(Titled, Protocol):
    """A document, or a citation of it."""

    @property
    def authorship(self) -> Authorship | None:
        """Whether it is a summary or an original."""

    @property
    def publisher(self) -> str:
        """Who wrote it."""


def name_of(named: Titled, words: Words) -> str:
    """What has a title -> what it is called, on one line."""
    return one_line(titles(named, words.language)[0]) or words("untitled")


def title_html(named: Titled, words: Words) -> str:
    """What has a title -> what it is called, and below it its title as it stands where that is another."""
    _, beside = titles(named, words.language)
    also = f' <span class="also" lang="{guess_language(beside)}">{shown(beside)}</span>' if beside else ""
    return literal(name_of(named, words)) + also


def by_whom(document: Authored, words: Words) -> str:
    """A document -> its publisher; of a summary that it is one, and whose."""
    if document.authorship != "summary":
        return document.publisher
    return words("summary_by", publisher=one_line(document.publisher)) if document.publisher else words("a_summary")


def cited_as(document: Authored, words: Words) -> str:
    """A document -> what it is called beside a quote of it, on one line."""
    name = name_of(document, words)
    return words("summary_named", title=name) if document.authorship == "summary" else name
