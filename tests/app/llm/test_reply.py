"""A model's JSON, cut into statements with keys and quotes: the same however it comes, whatever stands around it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.llm.claims import Claim, Quoted
from app.llm.reply import MAX_STATEMENTS, ReplyStream


def block(*statements, **more):
    return {"kind": "paragraph", "headings": [], "statements": list(statements)} | more


def as_json(text: str, *supports: tuple[str, str]):
    return {"supports": [{"key": key, "words": words} for key, words in supports], "text": text}


def reply(*blocks, not_stated: str = "") -> str:
    return json.dumps({"blocks": list(blocks), "not_stated": not_stated}, ensure_ascii=False)


def read(text: str, cuts=()) -> tuple[list[Claim], ReplyStream]:
    ends = sorted({min(c, len(text)) for c in cuts} | {len(text)})
    stream, statements = ReplyStream(), []
    for a, b in zip([0, *ends[:-1]], ends, strict=True):
        statements += stream.feed(text[a:b])
    return statements, stream


FORMED = reply(
    block(as_json("It grew.", ("S1", 'the "Outline" \\ grew {much}]'), ("s2", "增长了")), as_json("It fell.")),
    block(as_json("One thing", ("S1", "one thing")), kind="list"),
    block(as_json("2020 | 5", ("S3", "| 2020 | 5 |")), as_json("| | 6 |"), kind="table", headings=["Year", "Sum"]),
    not_stated="who paid.",
)


@settings(deadline=None)
@given(st.lists(st.integers(1, len(FORMED)), max_size=30))
def test_paragraphs_lists_and_tables(cuts):
    statements, stream = read(FORMED, cuts)
    assert statements == [
        Claim("It grew.", (Quoted("S1", 'the "Outline" \\ grew {much}]'), Quoted("S2", "增长了"))),
        Claim("It fell."),
        Claim("One thing", (Quoted("S1", "one thing"),), "list", 2),
        Claim("Year: 2020; Sum: 5", (Quoted("S3", "| 2020 | 5 |"),), "table", 3, (("Year", "2020"), ("Sum", "5"))),
        Claim("Sum: 6", (), "table", 3, (("Year", ""), ("Sum", "6"))),
    ]
    assert (stream.not_stated, stream.declined) == ("who paid.", False)


def test_each_statement_comes_as_soon_as_its_object_is_closed():
    stream, at = ReplyStream(), FORMED.index("It fell.")
    assert [s.text for s in stream.feed(FORMED[:at])] == ["It grew."]


AROUND = {
    "fences": f"```json\n{FORMED}\n```",
    "prose": f'Here is the "answer" [as asked]:\n{FORMED}\nI hope, that helps.',
    "thoughts": f'<think>Perhaps {{"blocks": [{{"statements": [{{"text": "No."}}]}}]}}?</think>\n{FORMED}',
    "thinking": f"\n <thinking>{{ [</thinking>{FORMED}",
}


@pytest.mark.parametrize("name", AROUND)
@settings(deadline=None)
@given(st.lists(st.integers(1, 600), max_size=30))
def test_what_stands_around_it_changes_nothing(name, cuts):
    assert read(AROUND[name], cuts)[0] == read(FORMED)[0]


@settings(deadline=None)
@given(st.lists(st.integers(1, 80), max_size=30))
def test_marks_that_a_model_forgot_to_escape_belong_to_what_it_quotes(cuts):
    text = '{"blocks": [{"statements": [{"text": "The "Outline" of 2021 " stands.", "supports": []}]}]}'
    assert [s.text for s in read(text, cuts)[0]] == ['The "Outline" of 2021 " stands.']


@pytest.mark.parametrize(
    ("text", "expected", "declined"),
    [
        (reply(), [], True),
        (reply(block()), [], True),
        ("", [], False),
        ("NO ANSWER", [], False),
        ('{"blocks": "none"}', [], False),
        ("[1, 2]", [], False),
        (reply(block(as_json("It grew. [S2]"))), [("It grew.", "S2")], False),
        (reply(block(as_json("It grew (S1, S2).", ("[S3]", "")))), [("It grew.", "S3 S1 S2")], False),
        (reply(block("text", None, {"text": 5}, {"text": "A.", "supports": 3})), [("A.", "")], False),
        ('{"blocks": [{"statements": [{"text": "A."}, {"text": "It is cut', [("A.", "")], False),
        ('{"blocks": [{"statements": [{"text": "A.",}, {"text": "B.\\q\n"},]}]}', [("A.", ""), ("B.\\q", "")], False),
        ('{"text": "A."} {"text": "B."}', [("A.", ""), ("B.", "")], False),
        ('{"text": "A \\ud83d lone half."}', [("A \ufffd lone half.", "")], False),
        ('{"text": "A whole \\ud83d\\ude00."}', [("A whole \U0001f600.", "")], False),
        ("}]}" + reply(block(as_json("A."))), [("A.", "")], False),
    ],
)
def test_whatever_comes_is_read_as_far_as_it_goes(text, expected, declined):
    statements, stream = read(text)
    assert [(s.text, " ".join(q.key for q in s.supports)) for s in statements] == expected
    assert stream.declined == declined


def test_statements_that_are_said_again_bear_their_numbers():
    _, stream = read(
        '{"statements": [{"number": 2, "supports": [{"key": "S1", "words": "a"}], "text": "A."}, {"text": "B."}]}'
    )
    assert stream.numbers == {2: Claim("A.", (Quoted("S1", "a"),))}


def test_there_is_an_end_of_statements_and_of_depth():
    statements, stream = read(reply(block(*(as_json(f"It is {n}.") for n in range(3 * MAX_STATEMENTS)))))
    assert len(statements) == MAX_STATEMENTS
    assert stream.full
    assert read("[" * 100_000 + "{" * 100_000)[0] == []


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40)


@settings(deadline=None)
@given(WORDS, WORDS, st.lists(st.integers(1, 80), max_size=10))
def test_any_words_come_back_as_they_were(text, words, cuts):
    statements, _ = read(reply(block(as_json(f"x{text}x", ("S1", f"x{words}x")))), cuts)
    assert statements[0].supports[0].words == f"x{words}x"
    assert "S1" in text.upper() or statements[0].text == f"x{text}x"


@settings(deadline=None)
@given(st.text(max_size=300))
def test_no_text_is_too_much(text):
    read(text)
    read(reply(block(as_json("A.")))[:20] + text)
