"""Statements that name the sources of their passages, and those that put words into their mouths."""

from __future__ import annotations

import pytest

from app.groundedness.origins import Origins

PASSAGE = "“Bridges for All” wants 40 bridges by 2025, says the Norburg Institute."
OF_OTHERS = Origins(others=("Norburg Institute",))


@pytest.mark.parametrize(
    ("claim", "wrong"),
    [
        ("The Norburg Institute says that “40 bridges by 2025” are wanted.", True),
        ("The Norburg Institute names “Bridges for All”.", False),
        ("据Norburg Institute，这是《Bridges by 2025》的目标。", False),
        ("Somebody says that “40 bridges by 2025” are wanted.", False),
    ],
)
def test_words_in_quotation_marks_beside_a_publisher_are_quoted_by_the_passage(claim: str, wrong: bool) -> None:
    assert bool(OF_OTHERS.borrowed_quotation(claim, [PASSAGE])) is wrong
