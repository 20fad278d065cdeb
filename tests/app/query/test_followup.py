"""What a follow-up names takes the place of its like in the question before it."""

import pytest

from app.query.followup import joined, replaced, topic
from app.query.understand import read_question
from app.query.values import Turn


@pytest.mark.parametrize(
    ("base", "question", "read"),
    [
        ("What is Hefei for?", "And Shanghai?", "What is Shanghai for?"),
        ("What is Hefei for?", "What about Shanghai, then?", "What is Shanghai for?"),
        ("What is made in Hefei?", "And in Shanghai?", "What is made in Shanghai?"),
        ("How many robots were made in 2020?", "What about 2024?", "How many robots were made in 2024?"),
        ("How many robots were made in 2020?", "And in 2024?", "How many robots were made in 2024?"),
        ("How many robots were made in 2020?", "And three years later?", "How many robots were made in 2023?"),
        ("How many robots were made in 2020?", "And two years before that?", "How many robots were made in 2018?"),
        ("How many robots were made in 2020?", "And a year earlier?", "How many robots were made in 2019?"),
        ("What should Made in China 2025 reach by 2025?", "And by 2035?", "What should Made in China 2025 reach by 2035?"),
        ("How much did the first phase have?", "And the second?", "How much did the second phase have?"),
        ("How much did the first phase have?", "And the last one?", "How much did the last phase have?"),
        ("What did ZTE pay in June 2018?", "And in April?", "What did ZTE pay in April 2018?"),
        ("How many chips did China import?", "And exports?", "How many chips did China export?"),
        ("2020年机器人产量是多少？", "2024年呢？", "2024年机器人产量是多少？"),
        ("When was the lake plan released?", "And the forest plan?", "When was the forest plan released?"),
        ("When was the lake plan released?", "And the same plan?", ""),
        ("Name the seven high hills of the plan.", "And the four lakes?", "Name the four lakes of the plan."),
        ("Who runs the lakes?", "And the four hills?", ""),
        ("Who read the 2021 Work Report?", "And the 2025 one?", "Who read the 2025 Work Report?"),
        ("What does the 14th plan want?", "And the 15th?", "What does the 15th plan want?"),
        ("What does Article 44 of the law say?", "And Article 49?", "What does Article 49 of the law say?"),
        ("How much did phase I of the fund raise?", "And phase II?", "How much did phase II of the fund raise?"),
        ("上海科学中心是什么时候获批的？", "合肥呢？", "合肥科学中心是什么时候获批的？"),
        ("上海科学中心是什么时候获批的？", "张江呢？", "张江科学中心是什么时候获批的？"),
        ("基金一期募资多少？", "二期呢？", "基金二期募资多少？"),
        ("森林规划什么时候发布的？", "那湖泊规划呢？", "湖泊规划什么时候发布的？"),
        ("谁作的报告？", "上海呢？", ""),
        ("What is the target for copper by 2025?", "And steel?", "What is the target for steel by 2025?"),
        ("What is the target for copper?", "And the result?", ""),
        # nothing of the kind stands in the base, or the follow-up asks itself
        ("How large is the fund?", "And in 2024?", ""),
        ("Who runs the fund?", "And why?", ""),
        ("Which one spends most on R&D relative to its GDP?", "And Hefei?", ""),
        ("Who runs the fund?", "And when did it open in 2024?", ""),
        ("Who runs the fund?", "And Shanghai?", ""),
        ("Who runs the fund?", "Shanghai?", ""),
        ("How did steel change?", "And for clinker?", ""),
        ("", "And Shanghai?", ""),
        ("What is Made in China 2025?", "And 2035?", ""),
    ],
)
def test_what_takes_the_place_of_what(base, question, read):
    put, in_doubt = replaced(base, question)
    assert put == read
    assert put or not in_doubt


def test_where_two_names_stand_both_readings_are_tried():
    read = read_question("And Huawei?", [Turn("user", "How did Washington punish ZTE?")], None, 2_000)
    assert read.read_as == "How did Washington punish Huawei?"
    assert read.otherwise == "And Huawei? (Washington punish ZTE)"


def test_what_takes_the_place_of_a_small_word_is_in_doubt():
    read = read_question("And steel?", [Turn("user", "What is the target for copper?")], None, 2_000)
    assert (read.read_as, read.otherwise) == ("What is the target for steel?", "And steel? (the target for copper)")


@pytest.mark.parametrize(
    ("base", "question", "read"),
    [
        ("Who runs SMIC?", "When was it founded?", "When was it founded? (SMIC)"),
        ("When did the robot plan come out?", "Who issued it?", "Who issued it? (the robot plan)"),
        ("Who announced the STAR Market?", "When did it open?", "When did it open? (the STAR Market)"),
        ("When was SMIC founded?", "Why?", "Why? (SMIC founded)"),
        ("Who heads the NDRC?", "And what is it?", "And what is it? (heads the NDRC)"),
    ],
)
def test_a_question_on_it_has_what_it_is_and_not_what_was_asked_of_it(base, question, read):
    assert joined(question, base) == read


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("Who made the STAR Market public?", "made the STAR Market public"),
        ("How many of the targets were met?", "the targets met"),
        ("When did China join ITER, please?", "China join ITER"),
        ("What's the difference between A and B?", "the difference between A and B"),
        ("What is it?", "it"),
        ("Tell me more about the lighthouse, please.", "the lighthouse"),
        ("Why?", ""),
    ],
)
def test_what_a_question_is_about(question, about):
    assert topic(question) == about
