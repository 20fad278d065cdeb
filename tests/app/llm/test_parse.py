"""A model's words, cut into sentences with their keys: the same however the stream was cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answers import Written
from app.llm.parse import Listener, Reader, as_said
from app.llm.prompts import Shown

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
    listener, found = Listener(), []
    for piece in pieces(text, cuts):
        found += listener.hear(piece)
    found += listener.close()
    assert found == [Written(t, tuple(keys.split())) for t, keys in expected]
    assert listener.declined == (name == "no answer")


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
    reader, found = Reader(), []
    for value in grown:
        found += reader.hear(value)
    found += reader.close()
    assert found == [Written(t, tuple(keys.split())) for t, keys in expected]
    assert reader.declined == declined


PLACE = Shown("S1", (), "ChiNext and STAR: two boards › The STAR Market: start and first listings", "")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("The answer is: Xi announced it in 2018.", "Xi announced it in 2018."),
        ("Evidence: Xi announced it in 2018.", "Xi announced it in 2018."),
        (f"The answer is: {PLACE.place}: Xi announced it.", "Xi announced it."),
        (f"The {PLACE.place.replace('two', '2')}: Xi announced it.", "Xi announced it."),
        (f"The {PLACE.place}: Two boards list firms: ChiNext and STAR.", "Two boards list firms: ChiNext and STAR."),
        ("start and first listings: Xi announced it.", "Xi announced it."),
        ("The STAR Market: Xi announced it.", "Xi announced it."),
        ("ChiNext: a board in Shenzhen.", "ChiNext: a board in Shenzhen."),
        ("The answer is at hand: Xi announced it.", "The answer is at hand: Xi announced it."),
    ],
)
def test_what_small_models_put_in_front_is_taken_off(written, said):
    assert as_said(written, [PLACE]) == said
