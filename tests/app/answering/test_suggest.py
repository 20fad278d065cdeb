"""Questions to ask next are whole, short, and in the language of the question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answering.suggest import MAX_COLUMNS, candidates, first_questions, is_brief, question_of
from app.answers import Answer
from app.sentences import Citation, Sentence
from ingest.documents import Document, Passage

DOCUMENT = Document("Green. Black.", "Tea (茶): a drink", "tea.md")
HEADINGS = ("Tea › Colours (many)", "Tea › " + "A very long heading " * 5, "Tea › Where does it grow?")
PASSAGES = [Passage(DOCUMENT.id, n, n + 1, heading=h) for n, h in enumerate(HEADINGS)]


def answer(question: str) -> Answer:
    cited = Citation(1, DOCUMENT.id, "T", "Other", "Green.", 0, 6, "en", ())
    return Answer(question, question, "answered", (Sentence("Green.", (1,)),), (cited,))


@pytest.mark.parametrize(
    ("question", "brief"),
    [
        ("Was the target met?", True),
        ("研发投入目标完成了吗？", True),
        ("What is it (the plan)?", False),
        ("为何是这些城市（北京）：文件说了什么？", False),
        ("the target", False),
        ("What " + "x" * 70 + "?", False),
        ("何" * 35 + "？", True),
        ("何" * 36 + "？", False),
    ],
)
def test_a_chip_is_a_whole_question_that_fits(question: str, brief: bool) -> None:
    assert is_brief(question) is brief


def test_candidates_are_brief_and_those_in_the_language_of_the_question_first() -> None:
    given_ = {"tea.md": ["Is tea green?", "What about tea (the drink)?"]}
    known = {DOCUMENT.id: ["茶是什么颜色？", "Who drinks tea?"]}
    found = candidates(answer("Which tea?"), [(DOCUMENT, PASSAGES)], given_, ["is tea green"], known)
    assert found == (
        "Who drinks tea?",
        "What is said about Colours?",
        "Where does it grow?",
        "What is said about Tea?",
        "茶是什么颜色？",
    )
    assert candidates(answer("什么茶？"), [(DOCUMENT, PASSAGES)], given_, [], known)[0] == "茶是什么颜色？"


@given(st.text(max_size=90), st.sampled_from(["en", "zh"]))
def test_no_candidate_of_any_heading_is_cut_or_needs_brackets(heading: str, language: str) -> None:
    made = [PASSAGES[0].__class__(DOCUMENT.id, 0, 1, heading=heading)]
    for question in candidates(answer("Which tea?"), [(DOCUMENT, made)], {}, []):
        assert len(question) <= MAX_COLUMNS
        assert not set("()（）") & set(question)
        assert question.rstrip().endswith(("?", "？"))
    assert question_of(heading, language)


def test_a_document_that_was_added_begins_with_a_question() -> None:
    assert first_questions(DOCUMENT, PASSAGES)[0] == "What is said about Colours?"
    assert first_questions(DOCUMENT, PASSAGES, ["Who drinks tea?"])[0] == "Who drinks tea?"
    assert first_questions(Document("绿。", "茶", "tea.md", language="zh"), []) == ("关于茶，文件说了什么？",)
