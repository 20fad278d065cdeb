"""Questions to ask next are whole, short, and in the language of the question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answering.suggest import MAX_COLUMNS, candidates, first_questions, is_brief, proven
from app.answers import Answer
from app.sentences import Citation, Sentence
from ingest.documents import Document, Passage

TEXT = "Green. Black. Oolong is a tea of the hills. Oolong is a drink of the towns."
DOCUMENT = Document(TEXT, "Tea (茶): a drink", "tea.md")
HEADINGS = ("Tea › Colours (many)", "Tea › " + "A very long heading " * 5 + "?", "Tea › Where does it grow?")
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
        "Where does it grow?",
        "What is said about Tea?",
        "茶是什么颜色？",
    )
    assert candidates(answer("什么茶？"), [(DOCUMENT, PASSAGES)], given_, [], known)[0] == "茶是什么颜色？"


@given(st.text(max_size=90))
def test_no_candidate_of_any_heading_is_cut_or_needs_brackets(heading: str) -> None:
    made = [PASSAGES[0].__class__(DOCUMENT.id, 0, 1, heading=heading)]
    for question in candidates(answer("Which tea?"), [(DOCUMENT, made)], {}, []):
        assert len(question) <= MAX_COLUMNS
        assert not set("()（）") & set(question)
        assert question.rstrip().endswith(("?", "？"))


def test_a_document_begins_with_known_questions_and_then_with_its_own() -> None:
    assert first_questions(DOCUMENT, PASSAGES) == ("Where does it grow?",)
    assert first_questions(DOCUMENT, PASSAGES, ["Who drinks tea?"])[0] == "Who drinks tea?"


def test_a_question_is_offered_once_its_passage_was_quoted() -> None:
    start = TEXT.index("Oolong")
    passages = [*PASSAGES, Passage(DOCUMENT.id, start, TEXT.index("hills.") + 6)]

    def ask(quoted: str, status: str = "answered") -> list[str]:
        at = TEXT.index(quoted)
        cited = Citation(1, DOCUMENT.id, "T", "", quoted, at, at + len(quoted), "en", ())
        refused = status == "not_found"
        reply = Answer("q", "q", status, () if refused else (Sentence(quoted, (1,)),), () if refused else (cited,))  # type: ignore[arg-type]
        return list(proven(DOCUMENT, passages, lambda _: reply))

    whole = "What is this document about?"
    assert ask("Oolong is a tea of the hills.") == ["What is Oolong?", whole]
    assert ask("Oolong is a drink of the towns.") == [whole]
    assert ask("Green.", "not_found") == [whole]
    assert list(proven(DOCUMENT, passages, lambda _: None)) == []
