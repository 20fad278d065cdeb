"""What small models put in front of a statement is taken off."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from app.llm.reply import clean_output


@dataclass
class Place:
    breadcrumb: str


PLACE = Place("ChiNext and STAR: two boards › The STAR Market: start and first listings")


@pytest.mark.parametrize(
    ("generated", "expected"),
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
def test_what_small_models_put_in_front_is_taken_off(generated, expected):
    assert clean_output(generated, [PLACE]) == expected
