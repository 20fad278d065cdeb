"""Whatever a loader gives, a document can be stored, shown and printed."""

from __future__ import annotations

import json

import pytest

from ingest.documents import LONGEST_LINE, Document, Source, plain, readable
from ingest.errors import LoadError

BAD = "a\ud800b\x00c\x1b[31m"


def test_a_document_cleans_what_is_said_of_it() -> None:
    document = Document(
        BAD, f"  Two\nlines {BAD}", f"{BAD}.md", publisher=BAD, date=BAD, language=BAD, url=f"https://a/{BAD}"
    )
    for text in (document.text, document.title, document.origin, document.publisher, document.date, document.url):
        assert text.encode()
        assert "\x00" not in text
        assert "\x1b" not in text
    assert document.title.startswith("Two lines a")
    source = Source(BAD, BAD, BAD, BAD, BAD, BAD, BAD)
    assert json.dumps([source.id, source.title, source.where], ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", " javascript:alert(1)//http://a", "file:///etc/passwd", "data:,x", "//a"]
)
def test_an_address_that_no_reader_should_follow_is_dropped(url: str) -> None:
    assert (Document("x", "T", "o", url=url).url, Source(url=url).url) == ("", "")
    assert Source(url="HTTPS://a.org/x").url == "HTTPS://a.org/x"


def test_no_sign_that_a_word_file_refuses_is_left() -> None:
    noncharacters = "".join(map(chr, (0xFFFE, 0xFFFF, 0xFDD0, 0xFDEF, 0x1FFFE, 0x10FFFF)))
    assert readable(f"a{noncharacters}b\ufffd🚀") == "a      b\ufffd🚀"


def test_the_text_keeps_its_positions() -> None:
    text = "One\x00two\ud834 three.\r\n\tFour."
    document = Document(text, "T", "o")
    assert document.text == "One two  three.\r\n\tFour."
    assert len(document.text) == len(text)
    assert document.text.index("Four") == text.index("Four")


def test_an_over_long_title_is_cut() -> None:
    title = Document("x", "word " * 100_000, "o").title
    assert len(title) <= LONGEST_LINE
    assert title.endswith("…")
    assert Document("x", "A title", "two  blanks.md").origin == "two  blanks.md"


@pytest.mark.parametrize(
    ("given", "shown"), [("caf\udce9.md", r"caf\xe9.md"), ("half \ud83d", "half \ufffd"), ("规划 🚀", "规划 🚀")]
)
def test_names_of_files_can_be_printed(given: str, shown: str) -> None:
    assert readable(given) == shown
    assert LoadError(f"{given} is damaged.", f"Mend {given}.").sentence() == f"{shown} is damaged. Mend {shown}."


def test_quoted_lines_are_read_without_their_bars() -> None:
    assert plain("It stays,\n> but 3 > 2,\n>> and ends.") == "It stays, but 3 > 2, and ends."
