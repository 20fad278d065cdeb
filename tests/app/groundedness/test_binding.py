"""What a fluent writer gets wrong with the right figures is refused; what follows from quoted figures is not."""

import pytest

from app.groundedness.checker import ClaimChecker

CHECKER = ClaimChecker()
RIVERS = (
    "City: Northport; Sewage treated in 2020 (million tonnes): 310; Target for 2025: 420",
    "City: Southgate; Sewage treated in 2020 (million tonnes): 250; Target for 2025: 380",
)
GREW = ("Northport's tram had 12.4 million riders in 2021 and 15.5 million in 2023, against a target of 14 million.",)
PLANNED = ("The harbour plan of Northport aims at 40 new berths by 2028.",)
TWO = ("The Northport Council opened the lock on 3 May 2019.", "The Southgate Board closed the weir on 9 June 2021.")
LIST = ("The museum has four halls: glass, clay, iron and wood.",)
PLAIN = ("Tram fares in Northport were halved in 2022.", "Tram riders in Northport rose by 9 percent in 2022.")


@pytest.mark.parametrize(
    ("claim", "evidence", "reason"),
    [
        ("Southgate treated 310 million tonnes of sewage in 2020.", RIVERS, "not said of this"),
        ("Northport treated 420 million tonnes of sewage in 2020.", RIVERS, "belongs to 2025"),
        ("Northport treated 420 million tonnes of sewage in 2025.", RIVERS[:1], "not said of this"),
        ("Northport's tram carried 12.4 million riders in 2023.", GREW, "belongs to 2021"),
        ("Northport aimed for 15.5 million tram riders.", GREW, "is a result"),
        ("Northport built 40 new berths by 2028.", PLANNED, "is a target or plan"),
        ("The railway plan of Northport aims at 40 new berths by 2028.", PLANNED, "another plan"),
        ("The Southgate Board opened the lock on 3 May 2019.", TWO, "not said of this"),
        ("Because fares were halved, tram riders in Northport rose by 9 percent in 2022.", PLAIN, "“because”"),
        (
            "The tram missed its target of 14 million riders, with 15.5 million.",
            GREW,
            "otherwise",
        ),
        ("The museum in Northport is the largest with four halls.", LIST, "Northport"),
        ("Northport and Southgate treated 590 million tonnes in 2020.", RIVERS, "590 million tonnes"),
    ],
)
def test_a_right_figure_bound_to_something_else_is_refused(claim, evidence, reason):
    verdict = CHECKER.check(claim, evidence)
    assert not verdict.supported
    assert reason in verdict.reason


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("In 2020 the two cities together treated 560 million tonnes of sewage.", RIVERS),
        ("Northport treated 60 million tonnes more than Southgate in 2020.", RIVERS),
        ("Northport wants to go from 310 to 420 million tonnes, about 35 percent more.", RIVERS),
        ("Yes, the target was exceeded: the tram had 15.5 million riders in 2023, not 14 million.", GREW),
        ("Tram riders rose by 25 percent from 2021 to 2023.", GREW),
        ("Within two years the tram gained 3.1 million riders.", GREW),
        ("Just over two years lie between the opening of the lock and the closing of the weir.", TWO),
        ("Four kinds of hall: glass, clay, iron and wood", LIST),
        ("By 2028 there should be forty more berths, under Northport's harbour plan.", PLANNED),
        ("Northport made tram rides cheaper by half in 2022.", PLAIN),
        ("南港2020年处理污水2.5亿吨，2025年的目标是3.8亿吨。", (RIVERS[1].replace("Southgate", "Southgate (南港)"),)),
    ],
)
def test_what_follows_from_the_figures_or_says_them_in_other_words_stands(claim, evidence):
    assert CHECKER.check(claim, evidence).reason == ""


def test_what_stands_above_may_name_the_plan():
    assert (
        CHECKER.check("The harbour plan wants 40 berths.", ["40 new berths by 2028"], "Harbour plan › Berths").reason == ""
    )
