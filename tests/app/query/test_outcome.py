"""Questions on what came of a plan, and sentences that tell the plan alone."""

import pytest

from app.query.outcome import asks_outcome, asks_plan, only_planned, tells_plan, without_plan


@pytest.mark.parametrize(
    "question",
    [
        "Was the target met?",
        "was that target reached?",
        "Were the 2020 goals of the AI plan reached?",
        "Has China fulfilled the goal for green power?",
        "Did China actually hit its 7 percent goal?",
        "Was the R&D target met?",
        "Was the target of 1,000 boats a year met?",
        "Did the Q&A target for boats (vessels) get met, or was it missed?",
        "so did they make it?",
        "They promised to cut it by 13.5 percent. Did it?",
        "did they get there",
        "what did they get?",
        "What came of it?",
        "how did the plan turn out",
        "nuclear capacity 2025 target vs actual",
        "what's the actual figure now",
        "How far did the share get by 2024?",
        "Is it on track?",
        "what is it now",
        "目标达到了吗？",
        "研发投入的目标实现了没有？",
        "结果如何？",
    ],
)
def test_asks_what_came_of_something(question):
    assert asks_outcome(question)


@pytest.mark.parametrize(
    "question",
    [
        "What was the target for 2025?",
        "Who set the target?",
        "What did the plan actually say on chips?",
        "How much is China to spend by 2025?",
        "Which goals does the plan set for 2035?",
        "Did China set a growth target?",
        "When was the plan adopted?",
        "What are they planning now?",
        "2025年的目标是什么？",
    ],
)
def test_asks_for_something_else(question):
    assert not asks_outcome(question)


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("The plan targeted 3.3 trillion kWh a year by 2025, from 2.2 trillion kWh in 2020.", True),
        ("R&D spending is to grow by over 7 percent a year.", True),
        ("Energy use per unit of GDP is targeted to fall by 13.5 percent.", True),
        ("The plan wants China at the front of the world.", True),
        ("The plan puts nuclear capacity at 70 gigawatts for 2025, up from 52.", True),
        ("He expected in March 2021 that the share would exceed 8 percent.", True),
        ("Indicator: nuclear capacity (million kilowatts); 2020 baseline: 50; Target for 2025: 70", True),
        ("Fifteen departments issued the plan for robots (十四五) on 28 December 2021.", True),
        ("Fifteen departments issued the plan for robots, and 300,000 were made.", False),
        ("计划的目标是年均增长7%以上。", True),
        ("Indicator: nuclear capacity (million kilowatts); Target for 2025: 70; Result in 2024: 60.83", False),
        ("Urbanisation reached 67 percent in 2024, above the goal of 65 percent for 2025.", False),
        ("Spending was 2.40 percent of GDP in 2020, below the 2.5 percent targeted.", False),
        ("Three targets had been met ahead of time.", False),
        ("China had 4.25 million base stations.", False),
        ("The law has 12 chapters.", False),
        ("2024年达到目标的95%。", False),
    ],
)
def test_a_plan_alone_is_told_from_what_happened(text, alone):
    assert only_planned(text) is alone


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("Was that target reached? (boxes the lake plan target)", "How far did it get? (boxes the lake plan)"),
        ("did china hit its 7% R&D growth target", "did china hit its 7% R&D growth"),
        ("Did they meet the goal of 9,000 trees?", "Did they meet 9,000 trees?"),
        ("was it reached? (power China was aiming for by 2025)", "How far did it get? (power China was)"),
        ("Was the plan adopted?", "Was the plan adopted?"),
        ("机器人密度目标实现了吗？", "机器人密度达到多少？"),
        ("研发投入的目标完成了没有？", "研发投入达到多少？"),
        ("研发投入的目标是多少？", "研发投入的目标是多少？"),
        ("Was the harbour target met?", "How far did the harbour get?"),
        ("Was it ever met?", "Was it ever met?"),
        ("was the target for boats (vessels) ever reached", "How far did boats (vessels) get?"),
        ("Were the lake plan's goals for R&D achieved in time?", "How far did the lake plan's R&D get?"),
        ("Has the goal been met? (the target for boats)", "How far did it get? (the boats)"),
        ("Was that target met? (boats on the lake)", "How far did it get? (boats on the lake)"),
        ("What was the target for boats, and was it met?", "What was boats, and was it met?"),
    ],
)
def test_words_for_a_plan_are_left_out(question, left):
    assert without_plan(question) == left


@pytest.mark.parametrize(
    ("question", "plan"),
    [
        ("shenzhen r&d intensity goal", True),
        ("How much was research supposed to grow?", True),
        ("What does the plan foresee for data centres?", True),
        ("研发投入的目标是多少？", True),
        ("Was the goal met?", False),
        ("What does the plan say about chips?", False),
        ("How much did Shenzhen spend?", False),
    ],
)
def test_questions_for_a_plan(question, plan):
    assert asks_plan(question) is plan


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("Shenzhen target: GDP; Value: over 4 trillion yuan; Target year: 2025", True),
        ("Basic research is to take over 8 percent of spending by 2025.", True),
        ("The goal of 7 percent was exceeded.", True),
        ("The plan was issued on 12 January 2022.", False),
        ("Spending rose by 8.9 percent in 2024.", False),
    ],
)
def test_sentences_that_tell_a_plan_alone_or_not(text, plan):
    assert tells_plan(text) is plan
