"""Sums, differences, ratios, shares, spans: rounded as people round, and no further."""

import pytest

from app.groundedness.quantities import Quoted, is_derivable, is_rounded
from app.text.figures import undated_figures


def figure(text):
    return undated_figures(text)[0]


@pytest.mark.parametrize(
    ("claim", "value", "fits"),
    [
        ("3.1 million", 3.14e6, True),
        ("3.1 million", 3.16e6, False),
        ("about 3 million", 3.2e6, True),
        ("more than 3 million", 3.2e6, True),
        ("more than 3 million", 2.9e6, False),
        ("almost 70 percent", 69.2, True),
        ("70 percent", 66.0, False),
    ],
)
def test_a_value_is_rounded_to_what_a_sentence_says(claim, value, fits):
    assert is_rounded(figure(claim), value) is fits


@pytest.mark.parametrize(
    ("claim", "evidence", "made"),
    [
        ("Both have 30 tonnes.", ["One has 10 tonnes.", "Two has 20 tonnes."], True),
        ("Both have 31 tonnes.", ["One has 10 tonnes.", "Two has 20 tonnes."], False),
        ("On average 15 tonnes.", ["One has 10 tonnes.", "Two has 20 tonnes."], True),
        ("Twice as much.", ["One has 10 tonnes.", "Two has 20 tonnes."], True),
        ("A rise of 3 percentage points.", ["From 12 percent to 15 percent."], True),
        ("A rise of 3 percent.", ["From 12 percent to 15 percent."], False),
        ("A rise of 25 percent.", ["From 12 percent to 15 percent."], True),
        ("The rest is 85 percent.", ["It has 15 percent."], True),
        ("After 17 days.", ["Begun on 3 May 2019, ended on 20 May 2019."], True),
        ("It took five years.", ["Planned for 2021-2025."], True),
        ("It is 100 billion US dollars.", ["It is 710 billion yuan.", "A dollar costs 7.1 yuan."], True),
        ("It is 100 billion yuan.", ["It is 14.1 billion dollars.", "A dollar costs 7.1 yuan."], True),
        ("It is 65 billion dollars.", ["One is 420 billion yuan.", "3.36 trillion yuan (520 billion dollars)."], True),
        ("It is 75 billion dollars.", ["One is 420 billion yuan.", "3.36 trillion yuan (520 billion dollars)."], False),
        ("It is the third of them.", ["A has 9.", "B has 7.", "C has 5."], True),
        ("It is the fourth of them.", ["A has 9.", "B has 7.", "C has 5."], False),
        ("It has three parts.", ["The parts are wood, iron and glass."], True),
    ],
)
def test_a_figure_is_made_of_those_that_are_quoted(claim, evidence, made):
    assert is_derivable(figure(claim), claim, Quoted.of(evidence)) is made


def test_rows_that_stand_together_are_counted():
    claim = "The 12 rows are there."
    assert is_derivable(figure(claim), claim, Quoted.of(["A table."], rows=(12,)))
    assert not is_derivable(figure(claim), claim, Quoted.of(["A table."], rows=(11,)))
