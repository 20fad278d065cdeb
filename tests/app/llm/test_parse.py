"""A model's words, cut into statements with keys and quotes: the same however the stream was cut, and in both forms."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.llm.parse import StatementStream, clean_output, read_again, read_text
from app.llm.structured import StructuredStream
from app.sentences import Quoted, Statement

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
    found, stream = streamed(text, cuts)
    assert [(s.text, [q.key for q in s.supports]) for s in found] == [(t, keys.split()) for t, keys in expected]
    assert not any(q.words for s in found for q in s.supports)
    assert stream.declined == (name == "no answer")


def streamed(text: str, cuts=()) -> tuple[list[Statement], StatementStream]:
    stream, found = StatementStream(), []
    for piece in pieces(text, cuts):
        found += stream.feed(piece)
    return [*found, *stream.close()], stream


QUOTED = {
    "one": ('It grew. [S2 "it grew by 5 %"]', [("It grew.", "S2|it grew by 5 %")]),
    "before the stop": ('It grew [S2 "it grew"].', [("It grew.", "S2|it grew")]),
    "two sentences on one quote": ('It grew. It fell. [S2 "it grew, fell"]', [("It grew. It fell.", "S2|it grew, fell")]),
    "two brackets": ('It grew. [S2 "a b c"] [S5 “d e f”]', [("It grew.", "S2|a b c", "S5|d e f")]),
    "two in one": ('It grew. [S2 "a b c"; S5 "d e f"]', [("It grew.", "S2|a b c", "S5|d e f")]),
    "two quotes of one": ('It grew. [S2 "a b c", "d e f"]', [("It grew.", "S2|a b c", "S2|d e f")]),
    "brackets and stops": ('It grew. [S2 "it (the [plan]) grew. So."]', [("It grew.", "S2|it (the [plan]) grew. So.")]),
    "marks in it": ('It grew. [S2 "the "Outline" of 2021"]', [("It grew.", 'S2|the "Outline" of 2021')]),
    "a colon": ('It grew. [S2: "a b c"]', [("It grew.", "S2|a b c")]),
    "nothing closes it": ('It grew. [S2 "a b c', [("It grew.", "S2|a b c")]),
    "Chinese": ("增长了。【S2“增长百分之五”】", [("增长了。", "S2|增长百分之五")]),
    "one after another": (
        'It grew. [S1 "a b c"] It fell. [S2 "d e f"]\nIt stood. [S3]',
        [("It grew.", "S1|a b c"), ("It fell.", "S2|d e f"), ("It stood.", "S3|")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", QUOTED)
@given(st.lists(st.integers(1, 80), max_size=30))
def test_quoted_words(name, cuts):
    text, expected = QUOTED[name]
    found, _ = streamed(text, cuts)
    assert [(s.text, *(f"{q.key}|{q.words}" for q in s.supports)) for s in found] == expected


FORMED = """It grew. [S1 "it grew much"]
It fell. [S2 "it fell much"]

It stood.

1. One thing [S1 "one thing"]
2. Another thing [S1 "another thing"]

| Year | Sum |
|---|---|
| 2020 | 5 | [S3 "| 2020 | 5 |"]
| 2021 | 6 [S3 "| 2021 | 6 |"] |

NOT STATED: who paid.
"""


@given(st.lists(st.integers(1, 400), max_size=30))
def test_paragraphs_lists_and_tables(cuts):
    found, stream = streamed(FORMED, cuts)
    assert [(s.kind, s.block, s.text) for s in found] == [
        ("paragraph", 1, "It grew."),
        ("paragraph", 1, "It fell."),
        ("paragraph", 2, "It stood."),
        ("list", 3, "One thing"),
        ("list", 3, "Another thing"),
        ("table", 4, "Year: 2020; Sum: 5"),
        ("table", 4, "Year: 2021; Sum: 6"),
    ]
    assert found[-1].cells == (("Year", "2021"), ("Sum", "6"))
    assert stream.not_stated == "who paid."
    assert not stream.declined


WORDS = st.lists(st.sampled_from("plan grew fell Hefei 2021 of the 5.5 % (R&D) 增长".split()), min_size=2, max_size=6).map(
    " ".join
)
SUPPORTS = st.lists(st.tuples(st.integers(1, 20).map(lambda n: f"S{n}"), WORDS), min_size=1, max_size=2, unique=True)
KINDS = st.sampled_from(["paragraph", "list", "table"])


@given(st.lists(st.tuples(KINDS, st.lists(st.tuples(WORDS, SUPPORTS), min_size=1, max_size=3)), min_size=1, max_size=4))
def test_both_forms_give_the_same_statements(blocks):
    lines, objects = [], []
    for n, (kind, statements) in enumerate(blocks):
        if n and kind == blocks[n - 1][0] != "paragraph":
            lines.append("And further. [S1]")  # two lists would be one
            objects.append({"kind": "paragraph", "statements": [{"text": "And further.", "supports": [{"key": "S1"}]}]})
        lines += [""] + ["| A | B |"] * (kind == "table")
        made = []
        for words, supports in statements:
            said = f"{words} | x" if kind == "table" else f"The {words}."
            keys = " ".join(f'[{key} "{quote}"]' for key, quote in supports)
            lines.append({"table": f"| {said} | {keys}", "list": f"- {said} {keys}"}.get(kind, f"{said} {keys}"))
            made.append({"text": said, "supports": [{"key": key, "words": quote} for key, quote in supports]})
        lines += [""]
        objects.append({"kind": kind, "headings": ["A", "B"] if kind == "table" else [], "statements": made})
    reader = StructuredStream()
    structured = [*reader.feed({"blocks": objects, "not_stated": ""}), *reader.close()]
    assert list(read_text("\n".join(lines))) == structured


def test_what_is_said_again_is_read_by_its_number():
    said = read_again('Here:\n2: It grew. [S1 "it grew much"]\n**3**. leave out\n4) | 2020 | 5 | [S2 "| 2020 | 5 |"]\n5:\n')
    assert said[2] == Statement("It grew.", (Quoted("S1", "it grew much"),))
    assert said[4].kind == "table"
    assert not said.get(3) or not said[3].supports
    assert 5 not in said


def block(*statements):
    return {"blocks": [{"kind": "paragraph", "statements": list(statements)}]}


@pytest.mark.parametrize(
    ("grown", "expected", "declined"),
    [
        ([{}, {"blocks": []}], [], True),
        (
            [block({"text": "It gr"}), block({"supports": [{"key": "s1", "words": "it grew"}], "text": "It grew."})],
            [("It grew.", "S1")],
            False,
        ),
        (
            [block({"text": "A.", "supports": [{"key": "[S1]"}]}, {"text": "B. [S2]", "supports": []})],
            [("A.", "S1"), ("B.", "S2")],
            False,
        ),
        ([{"blocks": "none"}], [], False),
        ([block("text", None, {"supports": 3})], [("", "")], False),
        ([block({"text": "NO ANSWER"})], [("NO ANSWER", "")], True),
        (["text"], [], False),
    ],
)
def test_structured_answers(grown, expected, declined):
    reader, found = StructuredStream(), []
    for value in grown:
        found += reader.feed(value)
    found += reader.close()
    assert [(s.text, " ".join(q.key for q in s.supports)) for s in found] == expected
    assert reader.declined == declined


@dataclass
class Place:
    breadcrumb: str


PLACE = Place("ChiNext and STAR: two boards › The STAR Market: start and first listings")


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
