"""Further questions of a turn: which there are, which stay open, and what is said of them."""

from __future__ import annotations

import pytest

from app.answering.draft import Draft, Statement
from app.answers import NotePart
from app.known.coverage import MAX_FURTHER, MIN_COVERED, further_questions, open_questions
from app.pipeline.chain import Chain
from app.query.understand import understand
from tests.app.known.test_choosing import COFFEE, QUESTIONS, TEA

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("How large is the harvest, and who leads the board?", ["How large is the harvest", "who leads the board"]),
        ("thx. what about the board", ["thx", "what about the board"]),
        ("list the teas and say which one grew most", ["list the teas", "say which one grew most"]),
        ("whats keemun and can i visit", ["whats keemun", "can i visit"]),
        ("green tea, black tea and oolong", ["green tea"]),
        ("Who is Mei Lan?", ["Who is Mei Lan"]),
        ("Who leads? Who leads? What grew? What grew?", ["Who leads", "What grew"]),
        ("?", [""]),
        ("", [""]),
    ],
)
def test_clauses_that_ask_something_are_further_questions(text: str, clauses: list[str]) -> None:
    assert list(further_questions(text)) == clauses


def test_a_turn_full_of_questions_has_few() -> None:
    assert len(further_questions("".join(f"Who is {n}? " for n in range(150)))) == 1 + MAX_FURTHER


class Reader:
    """Scores each text by what it is said to score; it notes what it is asked."""

    def __init__(self, **scores: float) -> None:
        self.known, self.asked = scores, list[str]()

    def scores(self, turn: str, texts: list[str]) -> list[float]:
        self.asked.append(turn)
        return [next((s for word, s in self.known.items() if word in text), -9.0) for text in texts]


DRAFT = Draft(understand("x"), status="answered", statements=(Statement({"en": "The harvest is large."}, (), "written"),))


@pytest.mark.parametrize(("score", "is_open"), [(MIN_COVERED - 0.1, ["who leads the board"]), (MIN_COVERED + 0.1, [])])
def test_a_question_is_open_if_no_statement_answers_it(score: float, is_open: list[str]) -> None:
    query, reader = understand("How large is the harvest, and who leads the board?"), Reader(large=score)
    assert [asked.text for asked in open_questions(query, DRAFT, "", reader)] == is_open  # type: ignore[arg-type]
    assert reader.asked == ["who leads the board"]


def test_a_note_answers_it_too_and_a_chinese_turn_has_none() -> None:
    query = understand("How large is the harvest, and who leads the board?")
    noted = Draft(query, "partial", DRAFT.statements, notes=(NotePart("gap", "The documents do not name a leader."),))
    assert open_questions(query, noted, "", Reader(leader=1.0)) == ()  # type: ignore[arg-type]
    assert open_questions(understand("收成多少？谁领导？"), DRAFT, "", Reader()) == ()  # type: ignore[arg-type]
    assert open_questions(query, Draft(query), "", Reader()) == ()  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def tea(made) -> Chain:  # type: ignore[no-untyped-def]
    return made({"tea.md": TEA}, QUESTIONS, {"coffee.md": COFFEE})  # type: ignore[no-any-return]


def test_what_stays_open_is_named_and_what_is_held_is_added(tea: Chain) -> None:
    alone = tea.ask("How did the tea harvest of Anhui go in 2024?")
    named = tea.ask("How did the tea harvest of Anhui go in 2024, and can i visit the president of France?")
    assert named.status == "partial"
    assert "can i visit the president of France" in named.note
    assert [s.text for s in named.sentences] == [s.text for s in alone.sentences]


def test_not_found_is_said_only_if_the_search_refuses_the_question_alone(tea: Chain) -> None:
    asked = "can you tell me what the coffee house of Lu'an roasted"
    answer = tea.ask(f"How did the tea harvest of Anhui go in 2024, and {asked}?")
    assert answer.note.endswith(f"This answer does not cover “{asked}”.")
    assert answer.suggestions == (f"C{asked[1:]}?",)
    refused = tea.ask("How did the tea harvest of Anhui go in 2024, and can i visit the president of France?")
    assert refused.note.endswith("Not found in the documents: “can i visit the president of France”.")
    assert "Can i visit the president of France?" not in refused.suggestions
