"""A Chinese question in English: terms from the documents first, then the dictionary."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.query.translate import gloss, names_in, term_pairs
from ingest.documents import Document

TEXT = (
    "ChiNext (创业板) is a board of the Shenzhen Stock Exchange (深圳证券交易所). "
    "The Ministry of Science and Technology (MOST, 科学技术部) wrote of brain science (脑科学).\n\n"
    "No pair: 合肥 (Hefei).\n\n"
    "| English | Chinese | Note |\n|---|---|---|\n| carbon peak, also peak | 碳达峰 | planned |\n"
)
TERMS = term_pairs([Document(TEXT, "T", "t.md")])


def test_terms_are_those_that_the_documents_pair():
    assert TERMS == {
        "创业板": "ChiNext",
        "深圳证券交易所": "Shenzhen Stock Exchange",
        "科学技术部": "Ministry of Science and Technology",
        "脑科学": "brain science",
        "碳达峰": "carbon peak",
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("创业板什么时候启动？", ["ChiNext", "when", "start"]),
        ("北京到上海有多长？", ["Beijing", "to", "Shanghai", "how long"]),
        ("2019年的华为", ["2019"]),
        ("ASML的1970i光刻机", ["ASML", "1970i"]),
        ("北京有多少人参加？", ["Beijing", "how many people", "participate"]),
    ],
)
def test_word_for_word(text, words):
    said = gloss(text, TERMS)
    assert [said.index(w) for w in words] == sorted(said.index(w) for w in words)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("2021年中国经费增长多少？", ["中国"]),
        ("合肥和上海的国家科学中心", ["合肥", "上海"]),
        ("粤港澳大湾区", ["粤港澳大湾区"]),  # the longest
        ("哪些指标在评估中滞后？", []),
        ("Hefei 2021", []),
        ("", []),
    ],
)
def test_names_that_the_dictionary_knows(text, names):
    assert names_in(text) == names


@given(st.text(max_size=60))
def test_a_gloss_holds_no_chinese_and_never_fails(text):
    said = gloss(text, TERMS)
    assert not any("\u4e00" <= c <= "\u9fff" for c in said)
    assert said == " ".join(said.split())
