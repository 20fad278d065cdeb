"""One thing, several things, or all of a list."""

import pytest

from app.query.extent import asks_list, asks_several, asks_whether_sources_differ, number_of_things


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("Was the first phase larger than the third?", True),
        ("Do sources agree on the size of phase one?", True),
        ("How large were phase one, phase two and phase three?", True),
        ("Had phase one closed before phase three opened?", True),
        ("How did the fund grow from 2014 to 2024?", True),
        ("Is it 15 or 17 departments?", True),
        ("Which of the two funds is larger?", True),
        ("Which dates are given for the ban?", True),
        ("第一期和第三期相比如何？", True),
        ("What did phase one raise?", False),
        ("Who runs phase one and where?", False),
        ("Which fund came after phase one?", False),
    ],
)
def test_what_asks_for_several_things(question, several):
    assert asks_several(question) == several


@pytest.mark.parametrize(
    ("question", "differ"),
    [
        ("Do sources agree on the size of phase one?", True),
        ("Some say 15 departments, others 17. Which?", True),
        ("Which dates are given for the ban?", True),
        ("科创板的规模为什么有不同说法？", True),
        ("Was the first phase larger than the third?", False),
        ("When was the ban lifted?", False),
    ],
)
def test_whether_sources_differ(question, differ):
    assert asks_whether_sources_differ(question) == differ


@pytest.mark.parametrize(
    "question",
    [
        "Which ten industries did the plan put first?",
        "Name the seven digital industries of the Outline.",
        "What are the strategic emerging industries?",
        "What kinds of blockchain know-how does the Outline want?",
        "Which of the targets were met?",
        "Into what categories are the indicators sorted?",
        "which ministries put out the plan",
        "What other large machines were running in Hefei?",
        "Which people sat on the panel?",
        "三大先导产业有哪些？",
        "What did the plan ask for on data centres? All of it, please.",
    ],
)
def test_what_asks_for_a_list(question):
    assert asks_list(question)


@pytest.mark.parametrize(
    "question",
    [
        "What marketplace does Shenzhen's AI law set up?",
        "What tax break does Beijing's law offer, and to whom?",
        "What fraction of the electricity people use should be green by 2025?",
        "Which field of the plan concerns turning factories digital?",
        "What is the aim of the targets?",
        "Which made more electricity, turbines or panels?",
        "How many areas does the plan have?",
        "What business does Huawei's subsidiary run in the cities?",
        "Who named the cities?",
        "What drives growth in the west?",
    ],
)
def test_what_asks_for_one_thing_only(question):
    assert not asks_list(question)


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
    assert number_of_things(question) == number
