"""One calculation over quoted cells of one table, or a word that there is none; never over cells that are not plain."""

from __future__ import annotations

import pytest

from app.answering.calculate import NOTHING, calculation
from app.answering.verify import verify
from app.answers import Draft, DraftSentence, Evidence
from app.query.understand import understand
from ingest.documents import Document
from ingest.split import split

HARBOURS = """The harbours earned (in thousands):

| | Year ended March 31 | | |
|---|---|---|---|
| | 2033 | 2032 | 2031 |
| Quay fees | 5,200 | 4,100 | 3,000 |
| Crane fees (1) | $1,040 | $(500) | $1,000 |
| Interest | 12% | 8% | 7% |
| Total income | 10,400 | 8,000 | n/a |
"""
BY_YEAR = "| Year | Blimps | Cost |\n|---|---|---|\n| 2031 | 17 | 905 |\n| 2032 | 23 | 1,204 |\n"
GROWING = "| Year | Blimps | Growth |\n|---|---|---|\n| 2031 | 17 | 3% |\n| 2032 | 23 | 35% |\n"
YEAR_BY_YEAR = (
    "| Year | Blimps | Growth on the year before | Crew of blimps |\n|---|---|---|---|\n"
    "| 2031 | 17 | 3% | 90 |\n| 2032 | 23 | 35% | 99 |\n| 2033 | 25 | 9% | 101 |\n"
)
CHINESE = "| 项目 | 2033年 | 2032年 |\n|---|---|---|\n| 码头收入 | 5,200 | 4,100 |\n"

ASKED: dict[str, tuple[str, str, list[int], str]] = {
    "difference": (HARBOURS, "What was the change in quay fees from 2032 to 2033?", [0], "5,200 − 4,100 = 1,100 (from [1])"),
    "less": (HARBOURS, "What was the change in crane fees between 2032 and 2031?", [1],
             "($-500) − $1,000 = −$1,500 (from [1])".replace("$-500", "−$500")),
    "growth": (HARBOURS, "By what percentage did quay fees grow from 2032 to 2033?", [0],
               "(5,200 − 4,100) ÷ 4,100 = 26.8% (from [1])"),
    "average": (HARBOURS, "What was the average of quay fees from 2031 to 2033?", [0],
                "(5,200 + 4,100 + 3,000) ÷ 3 = 4,100 (from [1])"),
    "sum": (HARBOURS, "What is the sum of quay fees and crane fees in 2033?", [0, 1],
            "5,200 + $1,040 = $6,240 (from [1] and [2])"),
    "share": (HARBOURS, "What percentage of total income were quay fees in 2033?", [3, 0],
              "5,200 ÷ 10,400 = 50.0% (from [1] and [2])"),
    "two rows": (HARBOURS, "How much more were quay fees than crane fees in 2031?", [1, 0],
                 "3,000 − $1,000 = $2,000 (from [1] and [2])"),
    "points": (HARBOURS, "What was the change in interest between 2032 and 2033?", [2],
               "12% − 8% = 4 percentage points (from [1])"),
    "rows are years": (BY_YEAR, "By how much did blimps grow from 2031 to 2032?", [0, 1], "23 − 17 = 6 (from [1] and [2])"),
    "the table has one year's": (YEAR_BY_YEAR, "By how many blimps did the blimps grow from 2031 to 2033?", [0, 1, 2],
                                 "25 − 17 = 8 (from [1] and [3])"),
    "the heading that the question says most of": (YEAR_BY_YEAR, "By how much did the crew of blimps grow 2031 to 2033?",
                                                   [0, 2], "101 − 90 = 11 (from [1] and [2])"),
    "points, said so": (YEAR_BY_YEAR, "By how many percentage points did blimps rise from 2031 to 2033?", [0, 2],
                        "25 − 17 = 8 (from [1] and [2])"),
}  # fmt: skip
REFUSED = {
    "no second year": (HARBOURS, "What was the change in quay fees in 2033?", [0]),
    "a figure is missing": (HARBOURS, "What was the change in total income from 2031 to 2033?", [3]),
    "below zero": (HARBOURS, "By what percentage did crane fees grow from 2032 to 2033?", [1]),
    "another row": (HARBOURS, "What was the change in pilot fees from 2032 to 2033?", [0]),
    "a year that the table lacks": (HARBOURS, "What was the change in quay fees from 2029 to 2033?", [0]),
    "which column": (BY_YEAR, "By how much did it grow from 2031 to 2032?", [0, 1]),
}
SILENT = {
    "nothing to compute": (HARBOURS, "What were the quay fees in 2033?", [0]),
    "the table has it": (GROWING, "By how many percent did blimps grow from 2031 to 2032?", [1]),
    "no table": ("Fees grew by 5 in 2031 and by 7 in 2032.", "By how much did fees grow from 2031 to 2032?", [0]),
}


def quotes_of(text: str, numbers: list[int], kind: str = "row") -> list[Evidence]:
    document = Document(text, "T", "t.md", True)
    passages = [p for c in split(document) for p in c.passages if p.kind == kind]
    return [Evidence(f"S{n}", document, p, p.read(text)) for n, p in enumerate((passages[i] for i in numbers), 1)]


def said(text: str, question: str, numbers: list[int], kind: str = "row") -> str:
    return calculation(understand(question), list(enumerate(quotes_of(text, numbers, kind), 1)))


@pytest.mark.parametrize("name", ASKED)
def test_a_calculation(name: str) -> None:
    text, question, numbers, expected = ASKED[name]
    assert said(text, question, numbers) == f"Calculated: {expected}."


def test_a_calculation_in_chinese() -> None:
    assert said(CHINESE, "2033年比2032年码头收入增加了多少？", [0]) == "计算：5,200 − 4,100 = 1,100（依据[1]）。"


@pytest.mark.parametrize("name", REFUSED)
def test_where_it_is_not_plain_nothing_is_calculated(name: str) -> None:
    assert said(*REFUSED[name]) == NOTHING["en"]


@pytest.mark.parametrize("name", SILENT)
def test_nothing_is_said_where_nothing_is_to_compute(name: str) -> None:
    text, question, numbers = SILENT[name]
    assert said(text, question, numbers, "sentence" if name == "no table" else "row") == ""


def test_the_answer_carries_it_as_a_note() -> None:
    evidence = quotes_of(HARBOURS, [0])
    draft = Draft((DraftSentence(evidence[0].text, ("S1",)),), (1.0,))
    answer = verify(understand(ASKED["difference"][1]), draft, evidence, [], 0.5)
    assert (answer.status, answer.note) == ("answered", "Calculated: 5,200 − 4,100 = 1,100 (from [1]).")
