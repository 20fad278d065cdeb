"""What a sentence may say of its evidence: tables of cases in both languages, and properties of every verdict."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.groundedness.checker import NOT_NEAR, fault_of
from app.groundedness.origins import Origins
from app.text.figures import figures
from app.text.names import dates
from ingest.documents import Source
from tests.strategies import LINES

PLAN = "The Outline. R&D. China's R&D spending is targeted to grow by over 7 percent a year in 2021-2025."
ASIA = "Asia Times gave 3.36 trillion yuan as the R&D spending to reach, from 2.4 trillion yuan in 2020."
DATE = "The Outline. The National People's Congress approved the Outline on 11 March 2021."
NONE = "The 14th Five-Year Plan Outline sets no fixed GDP growth rate for 2021-2025."
TABLE = "R&D. Basic research in China had these figures: Year: 2023; Basic research spending of China (billion yuan): 225.91"
CHIP = "SMIC (中芯国际) has its headquarters and key plants at Zhangjiang (张江) in Shanghai."
ZH = "国家发展和改革委员会2021年12月24日说，2024年新能源发电量增长12.5%，没有企业获得补贴。"


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("R&D spending is targeted to grow by over 7 percent a year in 2021-2025.", PLAN),
        ("The National People's Congress approved the Outline on 11 March 2021.", DATE),
        ("The 14th Five-Year Plan Outline sets no fixed GDP growth rate.", NONE),
        ("Basic research spending of China had these figures: Year: 2023; 225.91 billion yuan", TABLE),
        ("SMIC has its headquarters and key plants at Zhangjiang in Shanghai.", CHIP),
        ("2024年新能源发电量增长12.5%。", ZH),
    ],
)
def test_what_keeps_to_the_words_of_a_passage_stands_without_a_judge(claim, evidence):
    assert fault_of(claim, [evidence]) == ""


@pytest.mark.parametrize(
    ("claim", "evidence", "reason"),
    [
        ("Asia Times gave 3.63 trillion yuan as the R&D spending to reach.", ASIA, "The figure 3.63 trillion yuan"),
        ("Asia Times gave 3.36 billion yuan as the R&D spending to reach.", ASIA, "The figure 3.36 billion yuan"),
        ("Asia Times gave 3.36 trillion dollars as the R&D spending to reach.", ASIA, "in another unit"),
        ("Asia Times gave 2.4 trillion yuan as the R&D spending to reach, from 3.36 trillion yuan in 2020.", ASIA, NOT_NEAR),
        ("R&D spending is targeted to grow by at most 7 percent a year in 2021-2025.", PLAN, "at most 7 percent"),
        ("R&D spending is targeted to grow by over 7 percentage points a year in 2021-2025.", PLAN, "percentage points"),
        ("R&D spending is targeted to fall by over 7 percent a year in 2021-2025.", PLAN, NOT_NEAR),
        ("R&D spending must be targeted to grow by over 7 percent a year in 2021-2025.", PLAN, NOT_NEAR),
        ("All R&D spending is targeted to grow by over 7 percent a year in 2021-2025.", PLAN, NOT_NEAR),
        ("The National People's Congress approved the Outline on 12 March 2021.", DATE, "12 March 2021"),
        ("The National People's Congress approved the Outline after March 2021.", DATE, NOT_NEAR),
        ("The National People's Congress never approved the Outline on 11 March 2021.", DATE, NOT_NEAR),
        (
            "The National Plan for Digital Growth sets five goals.",
            "The Digital Plan for Digital Growth sets five goals.",
            NOT_NEAR,
        ),
        ("The State Council approved the Outline on 11 March 2021.", DATE, NOT_NEAR),
        ("The Congress approved the “Great Outline” on 11 March 2021.", DATE, "The words “Great Outline”"),
        ("The 14th Five-Year Plan Outline sets a fixed GDP growth rate for 2021-2025.", NONE, NOT_NEAR),
        ("SMIC received the licence for its machines.", "SMIC did not receive the licence for its machines.", NOT_NEAR),
        ("SMIC did not receive the licence for its machines.", "SMIC received the licence for its machines.", NOT_NEAR),
        ("SMIC could not receive it can't.", "SMIC can receive it.", NOT_NEAR),
        ("Huawei came before SMIC to the list of firms.", "SMIC came before Huawei to the list of firms.", NOT_NEAR),
        ("China spent 225.91 million yuan on basic research in 2023.", TABLE, "225.91 million yuan"),
        ("2024年，新能源发电量下降12.5%。", ZH, NOT_NEAR),
        ("2024年新能源发电量没有增长12.5%。", ZH, NOT_NEAR),
        ("2024年，新能源发电量增长12.5个百分点。", ZH, "12.5个百分点"),
        ("中芯国际总部位于上海张江。", CHIP, NOT_NEAR),
        ("The moon is made of green cheese.", PLAN, NOT_NEAR),
    ],
)
def test_what_does_not_is_refused_with_the_reason(claim, evidence, reason):
    fault = fault_of(claim, [evidence])
    assert fault
    assert reason in fault


@pytest.mark.parametrize(
    ("claim", "evidence", "reason"),
    [
        ("Spending on research should increase by more than seven per cent a year.", PLAN, ""),
        ("Asia Times expected 960 billion yuan more to be spent than in 2020.", ASIA, ""),
        ("Asia Times expected 970 billion yuan more to be spent than in 2020.", ASIA, "The figure 970 billion yuan"),
        ("Research gets what “Asia Times” wanted.", ASIA, ""),
        ("Research gets what the “New Asia Times” wanted.", ASIA, "The words “New Asia Times”"),
        ("中芯国际总部位于上海张江。", CHIP, ""),
    ],
)
def test_a_judge_is_left_all_but_figures_and_quotations(claim, evidence, reason):
    assert fault_of(claim, [evidence], judged=True).startswith(reason)
    assert bool(fault_of(claim, [evidence], judged=True)) == bool(reason)


BUREAU = Source("b", "Communique on 2020", "Statistics Office (at example.org)", "2021-09-22", title_zh="2020年公报")
ORIGINS = Origins((BUREAU,), ("Statistics Office (at example.org)", "Daily 24"))
SPENT = "China spent 2.44 trillion yuan on research in 2020, which it calls “a good year”."


@pytest.mark.parametrize(
    ("claim", "judged", "reason"),
    [
        ("According to the Statistics Office, China spent 2.44 trillion yuan on research in 2020.", False, ""),
        ("China spent 2.44 trillion yuan on research in 2020, according to “Communique on 2020”.", False, ""),
        ("According to the Finance Office, China spent 2.44 trillion yuan on research in 2020.", False, NOT_NEAR),
        ("The Statistics Office spent 2.44 trillion yuan on research in 2020.", False, NOT_NEAR),
        (
            "According to the Statistics Office, China spent “2.44 trillion yuan on research” in 2020.",
            False,
            "“2.44 trillion",
        ),
        ("The figure is from “Communique on 2020” of 22 September 2021 (《2020年公报》).", True, ""),
        ("The figure is from “Communique on 2019”.", True, "The words “Communique on 2019”"),
        ("The Statistics Office says that 22 trillion yuan were spent.", True, "The figure 22 trillion"),
        ("The Statistics Office calls it “a good year”.", True, ""),
        ("The Statistics Office: “China spent 2.44 trillion yuan”.", True, "“China spent 2.44 trillion yuan” are words of"),
        ("Daily 24 has “China spent 2.44 trillion yuan”.", True, "“China spent 2.44 trillion yuan” are words of"),
        ("It says “China spent 2.44 trillion yuan”.", True, ""),
    ],
)
def test_a_source_may_be_named_and_is_given_no_words(claim, judged, reason):
    said = fault_of(claim, [SPENT], judged=judged, origins=ORIGINS)
    assert said.startswith(reason)
    assert bool(said) == bool(reason)


def test_a_source_is_no_evidence_of_a_passage_that_has_another():
    claim = "According to the Statistics Office, China spent 2.44 trillion yuan on research in 2020."
    assert fault_of(claim, [SPENT], origins=Origins((Source("x", "Other"),))) == NOT_NEAR


@given(LINES)
@settings(deadline=None, max_examples=100)
def test_any_text_supports_itself(text):
    assert not fault_of(text, ["Another passage.", text])


@given(st.sampled_from((PLAN, ASIA, DATE, NONE, TABLE, CHIP, ZH)), st.integers(100_001, 999_999).filter(lambda n: n % 10))
@settings(deadline=None, max_examples=50)
def test_a_figure_that_stands_nowhere_is_refused(said, number):
    assert fault_of(said.rstrip(".。") + f" ({number:,} firms).", [said])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3.36 trillion yuan", [(3.36e12, "yuan")]),
        ("3.36万亿元", [(3.36e12, "yuan")]),
        ("RMB 3,360bn", [(3.36e12, "yuan")]),
        ("ten per cent", [(10, "%")]),
        ("百分之十", [(10, "%")]),
        ("two thirds", [(200 / 3, "%")]),
        ("4.5 to 5 percent", [(4.5, "%"), (5, "%")]),
        ("twenty-six of them", [(26, "")]),
        ("the third meeting, phases I and II", [(3, "ordinal"), (1, "ordinal"), (2, "ordinal")]),
        ("第三十二次会议", [(32, "ordinal")]),
        ("7万个汉字", [(70_000, "")]),
        ("5G and COVID-19", []),
        ("one of the plans", []),
    ],
)
def test_figures_are_read_alike_in_both_languages(text, found):
    assert [(pytest.approx(f.value), f.unit) for f in figures(text)] == found


@pytest.mark.parametrize(
    "text", ["11 March 2021", "March 11, 2021", "2021-03-11", "2021年3月11日", "11th of March, 2021", "Mar. 11, 2021"]
)
def test_one_date_in_many_forms(text):
    assert [(d.year, d.month, d.day) for d in dates(f"On {text} it was adopted.")] == [(2021, 3, 11)]


def test_both_ends_of_a_span_of_years():
    assert [d.year for d in dates("in 2021-2025, then 2026-30")] == [2021, 2025, 2026, 2030]


def test_a_claim_is_measured_as_it_is_checked():
    claim = "China “" + "\ufdfa" * 400 + "”."  # one character that is read as 18
    assert fault_of(claim, [PLAN], judged=True) == "The sentence is too long to be checked."
