"""One thing, several things, or all of a list."""

import pytest

from app.query.understand import understand
from app.query.values import Years


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("Was the first phase larger than the third?", True),
        ("How large were phase one, phase two and phase three?", True),
        ("How did the fund grow from 2014 to 2024?", True),
        ("Which of the two funds is larger?", True),
        ("第一期和第三期相比如何？", True),
        ("What did phase one raise?", False),
        ("Which fund came after phase one?", False),
    ],
)
def test_what_asks_for_several_things(question, several):
    assert understand(question).scope.several == several


@pytest.mark.parametrize(
    "question",
    [
        "Which ten industries did the plan put first?",
        "Name the seven digital industries of the Outline.",
        "What kinds of blockchain know-how does the Outline want?",
        "Which of the targets were met?",
        "which ministries put out the plan",
        "What other large machines were running in Hefei?",
        "Which people sat on the panel?",
        "三大先导产业有哪些？",
    ],
)
def test_what_asks_for_a_list(question):
    assert understand(question).scope.listed


@pytest.mark.parametrize(
    "question",
    [
        "What tax break does Beijing's law offer, and to whom?",
        "What fraction of the electricity people use should be green by 2025?",
        "Which field of the plan concerns turning factories digital?",
        "What is the aim of the targets?",
        "How many areas does the plan have?",
        "Who named the cities?",
        "What drives growth in the west?",
    ],
)
def test_what_asks_for_one_thing_only(question):
    assert not understand(question).scope.listed


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("Which two cities form the hub?", 2),
        ("Name the seven digital industries.", 7),
        ("What are the 12 aims?", 12),
        ("Which cities form the hub?", None),
        ("Which city had ten firms?", None),
    ],
)
def test_how_many_things_the_question_says_that_it_asks_for(question, number):
    assert understand(question).scope.number == number


@pytest.mark.parametrize(
    ("question", "years"),
    [
        ("How many blimps flew from 2031 to 2034?", Years(2031, 2034)),
        ("blimps 2031-2034", Years(2031, 2034)),
        ("How many blimps have flown since 2031?", Years(2031)),
        ("How many blimps flew, year by year?", Years()),
        ("How did the number of blimps go over the years?", Years()),
        ("2031年到2034年有多少飞艇？", Years(2031, 2034)),
        ("历年飞艇数量", Years()),
        ("How many blimps flew in 2031?", None),
        ("By how much is the fleet to grow each year?", None),
        ("机队每年要增长多少？", None),
        ("How many blimps flew in 2031 and 2034?", None),
        ("What was the year of the blimps?", None),
    ],
)
def test_for_which_years_the_same_is_asked(question, years):
    assert understand(question).scope.years == years


@pytest.mark.parametrize(
    ("years", "inside", "outside"),
    [(Years(2031, 2034), (2031, 2034), (2030, 2035)), (Years(2031), (2031, 2999), (2030,)), (Years(), (1, 2999), ())],
)
def test_a_span_has_both_its_ends(years, inside, outside):
    assert all(year in years for year in inside)
    assert not any(year in years for year in outside)
