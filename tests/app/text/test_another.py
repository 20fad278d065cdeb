"""What was searched for is told where a person would call it another question."""

from __future__ import annotations

import pytest

from app.text.words import other_question


@pytest.mark.parametrize(
    ("asked", "searched", "told"),
    [
        ("Compare Shanghai and Shenzhen", "How do Shanghai and Shenzhen compare?", False),
        ("whats a lithograpy machine", "What is a lithography machine?", False),
        ("pls tell me, was the R&D growth target met", "Was the R&D growth target met?", False),
        ("中国2025年研发投入多少", "2025年中国研发经费是多少", False),
        ("And Shenzhen?", "How large is Shenzhen's chip industry?", True),
        ("how many chips did china import in 2024", "How many chips does China make?", True),
        ("Who pays for the big fund and why do the provinces join?", "Who pays?", True),
        ("那深圳呢？", "深圳的芯片产业有多大？", True),
        ("Who is Hefei's mayor?", "", False),
    ],
)
def test_a_question_is_another_where_it_has_words_of_its_own_or_too_few(asked: str, searched: str, told: bool) -> None:
    assert other_question(asked, searched, 0.4) == (searched if told else "")
    assert other_question(asked, searched, 0.8) == ""


@pytest.mark.parametrize(
    ("asked", "searched", "told"),
    [
        ("who decides on it", "who decides on it (the digital economy target for 2025)", ""),
        ("and zte", "and zte (timeline of sanctions on chips (integrated circuits), dates only)", ""),
        ("杭州的房价怎么样？", "（哪七个科技前沿领域）杭州的房价怎么样？", ""),
        ("which ones?", "Which cities are hubs (and the others)?", "Which cities are hubs?"),
        ("EAST (the reactor)?", "When was EAST (the reactor) built?", "When was EAST (the reactor) built?"),
    ],
)
def test_what_the_program_put_in_brackets_is_not_told(asked: str, searched: str, told: str) -> None:
    assert other_question(asked, searched, 0.0) == told
