"""The names that a question for several things sets side by side."""

from __future__ import annotations

import pytest

from app.query.understand import understand


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Compare Beijing and Shanghai", ("Beijing", "Shanghai")),
        ("How do Shanghai and Shenzhen compare in R&D spending?", ("Shanghai", "Shenzhen")),
        ("How do Beijing, Shanghai and Hefei compare?", ("Beijing", "Shanghai", "Hefei")),
        ("How does Hefei compare with Beijing?", ("Hefei", "Beijing")),
        ("Did New York or Los Angeles grow faster?", ("New York", "Los Angeles")),
        ("比较北京和上海", ("Beijing", "Shanghai")),
        ("Was it more in 2024 than in 2020?", ("2024", "2020")),
        ("What is Hefei for?", ()),
    ],
)
def test_the_sides_of_a_question(question: str, expected: tuple[str, ...]) -> None:
    assert understand(question, ()).sides == expected
