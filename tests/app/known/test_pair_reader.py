"""What the pair reader reads of a turn and of a known question, and that it was taught."""

import pytest

from app.known.match import question_text, turn_text
from ingest.documents import PassageLocation
from ingest.models.load import load_pair_reader
from ingest.questions.store import ResolvedQuestion


def known(question: str, gap: str = "", partial: bool = False, about: bool = False) -> ResolvedQuestion:
    return ResolvedQuestion(question, gap, {"en": "Hello."} if about else {}, (PassageLocation("d", 0),), partial)


@pytest.mark.parametrize(
    ("before", "said"),
    [((), "and Shenzhen?"), (("why Hefei?",), "why Hefei? / and Shenzhen?"), (("a", "b", "c"), "b / c / and Shenzhen?")],
)
def test_a_turn_stands_behind_the_last_questions(before, said) -> None:
    assert turn_text("and Shenzhen?", before) == said


def test_a_long_turn_is_cut() -> None:
    assert len(turn_text("x" * 5_000, ["y" * 5_000])) < 500


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (known("Why Hefei?"), "Why Hefei?"),
        (known("Why Hefei?", "Nothing."), "Why Hefei? (not held)"),
        (known("Why Hefei?", "Half.", partial=True), "Why Hefei? (held in part)"),
        (known("Who are you?", about=True), "Who are you? (about this page)"),
    ],
)
def test_a_known_question_says_what_is_held(question, said) -> None:
    assert question_text(question) == said


@pytest.mark.slow
def test_the_shipped_reader_knows_a_question_in_its_conversation() -> None:
    titles = ["How high is Shenzhen's R&D intensity?", "What does oolong cost? (not held)", "Who chose the four hub cities?"]
    turn = turn_text("and shenzhen?", ["How high was Beijing's R&D intensity in 2024?"])
    scores = load_pair_reader().scores(turn, titles)
    assert max(scores) == scores[0] > 0
    assert scores[1] < 0
