"""Quoted words stand in the evidence letter for letter, or they are none; a citation is the least that holds them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.llm.quotes import Page, find_quote, is_long_enough, split_quote
from app.llm.selecting import select_blocks
from tests.app.llm.shelf import Shelf, document, material

BLOCKS = select_blocks(material("opened on 3 May", "make 60 clocks", "Norburg"), 6_000)
PAGES = [Page(b) for b in BLOCKS]


def places(words: str, key: str = "S1", pages=PAGES) -> list[str]:
    return [" ".join(e.text for e in run) for run in find_quote(words, key, pages)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("opened on 3 May 2017", "The clock works of Quaville were opened on 3 May 2017."),
        ("opened  on\n3 May 2017.", "The clock works of Quaville were opened on 3 May 2017."),
        ("ｏｐｅｎｅｄ on ３ May", "The clock works of Quaville were opened on 3 May 2017."),
        ("in two years. They make", "They were built in two years. They make 40 clocks a day."),
        ("train 20 clockmakers", "train 20 clockmakers"),
        ("| Norburg | 1,204 |", "City: Norburg; Clocks sold in 2020: 1,204"),
        ("| City | Clocks sold in 2020 |\n| Norburg | 1,204 |", "City: Norburg; Clocks sold in 2020: 1,204"),
        ("City: Norburg; Clocks sold in 2020: 1,204", "City: Norburg; Clocks sold in 2020: 1,204"),
    ],
)
def test_the_least_that_holds_the_words_is_found_whatever_the_key(words, expected):
    assert places(words) == places(words, "S3") == [expected]


@pytest.mark.parametrize(
    "words",
    [
        "opened on 3 May 2018", "Opened on 3 may 2017", "opened on the 3 May", "pened on 3 May 2017", "opened on 3 May 201",
        "make 0 clocks a day", "3 May", "2017", "Clock works Opening", "", ". , ;",
    ],
)  # fmt: skip
def test_other_words_pieces_of_words_and_too_few_are_no_quote(words):
    assert places(words) == []


def test_a_figure_is_not_found_within_another():
    pages = [Page(b) for b in select_blocks(material("They cost", shelf=SUMS), 6_000)]
    assert places("cost 15.5 billion yuan", pages=pages) == ["They cost 15.5 billion yuan in 2020."]
    for words in ("5 billion yuan in 2020", "5.5 billion yuan in 2020", "They cost 15"):
        assert places(words, pages=pages) == []


SUMS = Shelf(document("They cost 15.5 billion yuan in 2020.\n", "Sums"), document("“合肥”中心于２０１７年获批。\n", "中心"))


def test_chinese_quotes_count_characters():
    pages = [Page(b) for b in select_blocks(material("获批", shelf=SUMS), 6_000)]
    assert places("于2017年获批", pages=pages) == places("「合肥」中心", pages=pages) == ["“合肥”中心于２０１７年获批。"]
    assert not is_long_enough("获批")


def test_what_a_writer_left_out_is_marked_and_both_pieces_are_looked_for():
    assert split_quote("opened on 3 May … make 40 clocks") == ["opened on 3 May", "make 40 clocks"]
    assert split_quote("one whole […] two") == ["one whole", "two"]


@given(st.data())
def test_whatever_stands_in_a_block_is_found_there(data):
    page = data.draw(st.sampled_from(PAGES))
    words = page.block.text.removeprefix("| City | Clocks sold in 2020 |").replace("\n- ", "\n").split()
    start = data.draw(st.integers(0, len(words) - 4))
    piece = " ".join(words[start : data.draw(st.integers(start + 4, len(words)))])
    if is_long_enough(piece):
        assert find_quote(piece, page.block.key, [page]), piece
