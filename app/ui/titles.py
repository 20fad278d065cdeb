"""What documents and originals are called on a page: on a Chinese one in Chinese, with their own titles below."""

from __future__ import annotations

from app.text.titles import Titled, titles
from app.ui.escape import literal, one_line, shown
from app.ui.words import Words
from ingest.documents import guess_language


def name_of(named: Titled, words: Words) -> str:
    """What has a title -> what it is called, on one line."""
    return one_line(titles(named, words.language)[0]) or words("untitled")


def title_html(named: Titled, words: Words) -> str:
    """What has a title -> what it is called, and below it its title as it stands where that is another."""
    _, beside = titles(named, words.language)
    also = f' <span class="also" lang="{guess_language(beside)}">{shown(beside)}</span>' if beside else ""
    return literal(name_of(named, words)) + also
