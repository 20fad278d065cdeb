"""A model's words, cut into sentences with their keys: the same however the stream was cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.llm.parse import JsonSentenceStream, SentenceStream, clean_output
from app.llm.prompts import PromptPassage
from app.sentences import GeneratedSentence

CASES = {
    "keys behind the stop": (
        "It grew by 5 %. [S1] It has 11 parts. [S2][S3]",
        [("It grew by 5 %.", "S1"), ("It has 11 parts.", "S2 S3")],
    ),
    "keys before it": ("It grew [S1]. It has parts [S2, S3].", [("It grew.", "S1"), ("It has parts.", "S2 S3")]),
    "round brackets": ("It grew (S1).", [("It grew.", "S1")]),
    "no keys": ("It grew. It fell.", [("It grew.", ""), ("It fell.", "")]),
    "half a sentence": ("It grew. And then", [("It grew.", "")]),
    "a list": (
        "1. It grew. [S1]\n2. It fell. [S2]\n- It stood. [S3]",
        [("It grew.", "S1"), ("It fell.", "S2"), ("It stood.", "S3")],
    ),
    "numbers and names": (
        "U.S. firms grew by 3.5 percent in No. 8. [S4]",
        [("U.S. firms grew by 3.5 percent in No. 8.", "S4")],
    ),
    "Chinese": ("经费为2.2万亿元。[S1]增长12.5%［S2］。", [("经费为2.2万亿元。", "S1"), ("增长12.5%。", "S2")]),
    "thoughts": ("<think>It may be 7. [S1]</think>It is 8. [S2]", [("It is 8.", "S2")]),
    "only thoughts": ("<think>It may be 7. [S1]", []),
    "no answer": ("NO ANSWER", []),
    "nothing": ("", []),
}


def pieces(text: str, cuts) -> list[str]:
    ends = sorted({min(c, len(text)) for c in cuts} | {len(text)})
    return [text[a:b] for a, b in zip([0, *ends[:-1]], ends, strict=True)]


@pytest.mark.parametrize("name", CASES)
@given(st.lists(st.integers(1, 80), max_size=30))
def test_sentences_and_keys(name, cuts):
    text, expected = CASES[name]
    stream, found = SentenceStream(), []
    for piece in pieces(text, cuts):
        found += stream.feed(piece)
    found += stream.close()
    assert found == [GeneratedSentence(t, tuple(keys.split())) for t, keys in expected]
    assert stream.declined == (name == "no answer")


@pytest.mark.parametrize(
    ("grown", "expected", "declined"),
    [
        ([{}, {"sentences": []}], [], True),
        (
            [{"sentences": [{"text": "It gr"}]}, {"sentences": [{"text": "It grew.", "keys": ["s1"]}]}],
            [("It grew.", "S1")],
            False,
        ),
        (
            [{"sentences": [{"text": "A.", "keys": ["[S1]"]}, {"text": "B. [S2]", "keys": []}]}],
            [("A.", "S1"), ("B.", "S2")],
            False,
        ),
        ([{"sentences": "none"}], [], False),
        ([{"sentences": ["text", None, {"keys": 3}]}], [("", "")], False),
        (["text"], [], False),
    ],
)
def test_structured_answers(grown, expected, declined):
    reader, found = JsonSentenceStream(), []
    for value in grown:
        found += reader.feed(value)
    found += reader.close()
    assert found == [GeneratedSentence(t, tuple(keys.split())) for t, keys in expected]
    assert reader.declined == declined


PLACE = PromptPassage("S1", (), "ChiNext and STAR: two boards › The STAR Market: start and first listings", "")


@pytest.mark.parametrize(
    ("generated", "said"),
    [
        ("The answer is: Xi announced it in 2018.", "Xi announced it in 2018."),
        ("Evidence: Xi announced it in 2018.", "Xi announced it in 2018."),
        (f"The answer is: {PLACE.breadcrumb}: Xi announced it.", "Xi announced it."),
        (f"The {PLACE.breadcrumb.replace('two', '2')}: Xi announced it.", "Xi announced it."),
        (f"The {PLACE.breadcrumb}: Two boards list firms: ChiNext and STAR.", "Two boards list firms: ChiNext and STAR."),
        ("start and first listings: Xi announced it.", "Xi announced it."),
        ("The STAR Market: Xi announced it.", "Xi announced it."),
        ("ChiNext: a board in Shenzhen.", "ChiNext: a board in Shenzhen."),
        ("The answer is at hand: Xi announced it.", "The answer is at hand: Xi announced it."),
    ],
)
def test_what_small_models_put_in_front_is_taken_off(generated, said):
    assert clean_output(generated, [PLACE]) == said
