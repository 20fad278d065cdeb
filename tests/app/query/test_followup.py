"""A follow-up is read without the conversation, in several ways, the likeliest first."""

import pytest

from app.query.followup import possible_readings, previous_question, topic, with_topic
from app.query.rules import language_rules
from app.query.values import Turn


def read(question, *before):
    turns = [Turn("user", text) for text in before]
    return possible_readings(question, previous_question(turns, language_rules()), language_rules())


@pytest.mark.parametrize(
    ("base", "question", "first"),
    [
        ("What is Hefei for?", "And Shanghai?", "What is Shanghai for?"),
        ("What is Hefei for?", "What about Shanghai, then?", "What is Shanghai for?"),
        ("What is made in Hefei?", "And in Shanghai?", "What is made in Shanghai?"),
        ("How many robots were made in 2020?", "And in 2024?", "How many robots were made in 2024?"),
        ("What should Made in China 2025 reach by 2025?", "And by 2035?", "What should Made in China 2025 reach by 2035?"),
        ("How much did the first phase have?", "And the second?", "How much did the second phase have?"),
        ("2020年机器人产量是多少？", "2024年呢？", "2024年机器人产量是多少？"),
        ("What does the 14th plan want?", "And the 15th?", "What does the 15th plan want?"),
        ("上海科学中心是什么时候获批的？", "合肥呢？", "合肥科学中心是什么时候获批的？"),
        ("What is the target for copper by 2025?", "And steel?", "What is the target for steel by 2025?"),
        # what asks itself, or has nothing of its kind in the base, has the topic behind it
        ("Who runs the fund?", "And why?", "And why? (runs the fund)"),
        (
            "Which one spends most on R&D relative to its GDP?",
            "And Hefei?",
            "And Hefei? (one spends most on R&D relative to its GDP)",
        ),
        ("What is Hefei for?", "When was it approved?", "When was it approved? (Hefei for)"),
        ("合肥有几个研究领域？", "最后完成了吗？", "（合肥有几个研究领域）最后完成了吗？"),
    ],
)
def test_the_likeliest_reading(base, question, first):
    assert read(question, base)[0] == first


@pytest.mark.parametrize(
    "question",
    [
        "Is it true that Shanghai has a science centre?",
        "When was the STAR Market opened?",
        "What is the capital of Peru?",
        "Perfect, thanks!",
        "上海重点发展的三大先导产业是什么？",
    ],
)
def test_what_stands_alone_is_read_as_it_is(question):
    assert read(question, "What is Hefei for?")[0] == question


def test_other_readings_come_behind_and_the_question_is_read_alone_too():
    assert read("And Huawei?", "How did Washington punish ZTE?") == (
        "How did Washington punish Huawei?", "And Huawei? (Washington punish ZTE)", "Huawei?",
    )  # fmt: skip
    assert read("When was the STAR Market opened?", "What is Hefei for?")[1:] == (
        "When was the STAR Market opened? (Hefei for)",
    )
    assert read("What is Hefei for?") == ("What is Hefei for?",)


def test_topics_never_pile_up():
    asked = ["What is Hefei for?", "When was it approved?", "Who approved it?", "Why?"]
    assert read(asked[-1], *asked[:-1])[0] == "Why? (Hefei for)"
    assert read("And Shenzhen?", "What is Hefei for?", "And Shanghai?")[0] == "What is Shenzhen for?"
    assert read("为什么？", "合肥有几个研究领域？", "最后完成了吗？")[0] == "（合肥有几个研究领域）为什么？"


@pytest.mark.parametrize("thanks", ["Ok, thank you!", "ok thx", "Perfect, many thanks", "Good to know.", "好的，谢谢！"])
def test_thanks_are_no_question_to_go_back_to(thanks):
    assert read("And why?", "What is Hefei for?", thanks)[0] == "And why? (Hefei for)"


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("Who made the STAR Market public?", "made the STAR Market public"),
        ("How many of the targets were met?", "the targets met"),
        ("When did China join ITER, please?", "China join ITER"),
        ("What's the difference between A and B?", "the difference between A and B"),
        ("Tell me more about the lighthouse, please.", "the lighthouse"),
        ("Why? (the lighthouse)", "the lighthouse"),
        ("Why?", ""),
    ],
)
def test_what_a_question_is_about(question, about):
    assert topic(question, language_rules()) == about


def test_a_question_without_a_topic_adds_nothing():
    assert with_topic("And Hefei?", "Why?", language_rules()) == "And Hefei?"


def test_the_question_before_is_the_last_one_as_it_was_read_and_no_thanks():
    turns = [
        Turn("user", "What is Hefei for?"),
        Turn("assistant", "It is…"),
        Turn("user", "And Shanghai?"),
        Turn("user", "Thanks!"),
    ]
    assert previous_question(turns, language_rules()) == "What is Shanghai for?"
    assert previous_question([], language_rules()) == ""
