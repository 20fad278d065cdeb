"""Questions that ask for two things, and those that only look so."""

import pytest

from app.query.rules import language_rules
from app.query.understand import MAX_PARTS, decompose, understand


@pytest.mark.parametrize(
    ("question", "searches"),
    [
        (
            "How large is the Big Fund, and who runs it?",
            ["How large is the Big Fund", "who runs it (the Big Fund)"],
        ),
        (
            "What record did EAST set, and what current did HL-3 get to?",
            ["What record did EAST set", "what current did HL-3 get to?"],
        ),
        ("Which is longer, the Outline or the law?", ["Which is longer the Outline", "Which is longer the law"]),
        (
            "Did SMIC raise more money than Huawei?",
            ["Did SMIC raise more money than Huawei?", "Did SMIC raise more money", "Did raise more money Huawei?"],
        ),
        ("What grew in 2020, 2023 and by 2025?", ["What grew in 2020?", "What grew in 2023?", "What grew in 2025?"]),
        ("Which is larger, SMIC, Huawei or ZTE?", [f"Which is larger {name}" for name in ("SMIC", "Huawei", "ZTE")]),
        (
            "Which city has more facilities: Beijing, the Pudong New Area, or Hefei?",
            [f"Which city has more facilities {name}" for name in ("Beijing", "the Pudong New Area", "Hefei")],
        ),
        (
            "Did it say how many wind turbines or solar panels to install?",
            [
                "Did it say how many wind turbines or solar panels to install?",
                "Did it say how many wind turbines",
                "Did it say how many wind turbines solar panels to install?",
            ],
        ),
        (
            "When was SMIC, which makes chips, founded and who runs SMIC?",
            ["When was SMIC, which makes chips, founded", "who runs SMIC?"],
        ),
        ("What was the R&D target and was it met?", ["What was the R&D target", "was it met (the R&D target)"]),
        (
            "What is the Big Fund? How large is it? Who runs it?",
            ["What is the Big Fund", "How large is it (the Big Fund)", "Who runs it (the Big Fund)"],
        ),
        ("compare spending in 2020 and 2024", ["compare spending in 2020", "compare spending in 2024"]),
        ("Was it revised in 2021, 2022 or 2023?", [f"Was it revised in {year}?" for year in (2021, 2022, 2023)]),
        (
            "How much did chips weigh in 2019, and how much by late 2023?",
            ["How much did chips weigh in 2019", "How much did chips weigh in 2023"],
        ),
        (
            "Where should China rank in robots, and where in innovation?",
            ["Where should China rank in robots", "Where should China rank in innovation"],
        ),
        (
            "When did the law of Beijing come into force, and when did Shenzhen adopt its law?",
            ["When did the law of Beijing come into force", "when did Shenzhen adopt its law?"],
        ),
        (
            "How large is the Big Fund, and what did Caixin say about it?",
            ["How large is the Big Fund", "what did Caixin say about it (the Big Fund)"],
        ),
        (
            "Do firms pay for more of the R&D in Shenzhen than in the whole country?",
            [
                "Do firms pay for more of the R&D in Shenzhen than in the whole country?",
                "Do firms pay for more of the R&D in Shenzhen",
                "Do firms pay for more of the R&D in the whole country?",
            ],
        ),
        (
            "Was R&D spending in 2024 larger than that of Japan?",
            [
                "Was R&D spending in 2024 larger than that of Japan?",
                "Was R&D spending in 2024 larger",
                "Was spending in 2024 larger that of Japan?",
            ],
        ),
        (
            "Was output higher in 2024 than in 2020, and by how much?",
            [
                "Was output higher in 2024, and by how much?",
                "Was output higher in 2020, and by how much?",
            ],
        ),
        ("大基金三期多少钱，谁出的钱？", ["大基金三期多少钱", "（大基金三期多少钱）谁出的钱"]),
        ("合肥的定位是什么，还有上海的研发经费是多少？", ["合肥的定位是什么", "还有上海的研发经费是多少？"]),
        ("When did it first open? Who opened it?", ["When did it first open", "Who opened it (it first open)"]),
    ],
)
def test_two_things_are_searched_for_apart(question, searches):
    found = decompose(question, language_rules())
    assert [p.standalone for p in found] == searches
    assert all(p.text in question for p in found)


@pytest.mark.parametrize(
    "question",
    [
        "What is Hefei for?",
        "Which cities and provinces did the plan single out?",
        "Who and what?",
        "Why or why not?",
        "Was power output in 2024 above the target for 2025, or below?",
        "Has the chip target been met or not?",
        "What are research and development?",
        "合肥是做什么的？",
        "十四五期间，研发经费是多少？",
        "Did robots, chips or batteries get a numeric target?",
        "Which provinces, cities or regions lead in AI?",
        "Was the R&D target met, missed or exceeded?",
        "Did the plan, adopted in 2021, name quantum, robots or chips?",
        "Is there a target for chips, yes or no?",
        "Hello, is the plan still valid, or has a new one replaced it?",
        "Which seven fields, such as AI or quantum, does it name?",
        "Did China meet or miss its R&D target?",
        "Is Shanghai's share above or below the national average?",
        "Should R&D grow by 7 percent or more a year?",
        "Is the target of more than 7 percent growth a year met?",
        "Was spending in 2024 higher than planned?",
        "Compare Hefei with Shenzhen on companies.",  # one search finds what is held on both
        "",
    ],
)
def test_one_thing_stays_one(question):
    assert decompose(question, language_rules()) == ()


def test_a_part_is_searched_for_in_place_of_the_whole():
    query = understand("How large is the Big Fund, and who runs Hefei?")
    assert [q.standalone for q in query.subqueries()] == ["How large is the Big Fund", "who runs Hefei?"]
    assert [q.answer_type.kind for q in query.subqueries()] == ["figure", "name"]
    assert all(q.parts == () for q in query.subqueries())


@pytest.mark.parametrize("part", ["What is Hefei{} and ", "合肥{}是什么？"])
def test_a_question_of_very_many_parts_is_one(part: str) -> None:
    for number in (MAX_PARTS - 1, 80):
        query = understand("".join(part.format(n) for n in range(number)) + part.format("").removesuffix(" and "))
        assert len(query.parts) == (number + 1 if number < MAX_PARTS else 0)
