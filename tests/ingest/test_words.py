"""Words as full-text search sees them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.words import match_query, searchable, tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("R&D rose by 1,234.5 percent.", ["r", "d", "rose", "by", "1,234.5", "percent"]),
        ("国家实验室", ["国家", "家实", "实验", "验室"]),
        ("2024年的GDP是多少", ["2024", "年的", "gdp", "是多", "多少"]),
        ("5G基站、6G", ["5g", "基站", "6g"]),
        ("一带一路Belt", ["一带", "带一", "一路", "belt"]),
        ("年", ["年"]),
        ("東京タワーの高さ", ["東京", "京タ", "タワ", "ワー", "ーの", "の高", "高さ"]),
        ("한강의 길이 494km", ["한강", "강의", "길이", "494km"]),
        ("snake_case", ["snake", "case"]),
        ("…", []),
    ],
)
def test_words_and_pairs_of_characters(text, words):
    assert tokens(text) == words
    assert searchable(text) == " ".join(words)


@given(st.text(alphabet=st.sampled_from("年国家aB1９,._ -é"), max_size=40))
def test_no_word_mixes_characters_and_letters_and_none_is_lost(text):
    terms = tokens(text)
    assert all(not (re.search(r"[\u4e00-\u9fff]", w) and re.search(r"[^\u4e00-\u9fff]", w)) for w in terms)
    assert {c for c in text.lower() if c.isalnum()} <= set("".join(terms))


def test_a_query_leaves_stop_words_out_unless_there_is_nothing_else():
    assert match_query("What is the 5G基站 plan?") == '"5g" OR "基站" OR "plan"'
    assert match_query("What is it?") == '"what" OR "is" OR "it"'
    assert match_query("?") == ""
