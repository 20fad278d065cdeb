"""Figures with words that make them a bound: the bound is read right, and shown with the figure."""

from __future__ import annotations

import pytest

from app.text.figures import figures
from app.text.spans import find_spans


@pytest.mark.parametrize(
    ("text", "bound", "shown"),
    [
        ("Growth is to be over 7 percent a year.", ">", "over 7 percent"),
        ("The share is not less than 8 percent.", ">", "not less than 8 percent"),
        ("The share is less than 8 percent.", "<", "less than 8 percent"),
        ("Emissions are not to exceed 18 percent.", "<", "not to exceed 18 percent"),
        ("Unemployment is to stay within 5.5 percent.", "<", "within 5.5 percent"),
        ("It is to rise by 20 percent or more.", ">", "20 percent or more"),
        ("研发经费年均增长7%以上。", ">", "7%以上"),
        ("占比不低于8%。", ">", "不低于8%"),
        ("占比低于8%。", "<", "低于8%"),
        ("失业率不高于5.5%。", "<", "不高于5.5%"),
        ("至少有300家企业。", ">", "至少有300家"),
        ("渗透率在20%左右。", "~", "20%左右"),
        ("It must not be higher than 8 percent.", "<", "not be higher than 8 percent"),
        ("The reserve is not to be lower than 3 percent.", ">", "not to be lower than 3 percent"),
        ("准备金率不得低于3%。", ">", "不得低于3%"),
        ("赤字率不会超过5%。", "<", "不会超过5%"),
        ("全市有30家上下游企业。", "", "30家"),
        ("最近3年。", "", "3年"),
        ("Congress passed 12 laws.", ">", "12"),
        ("Growth was 7.7 percent.", "", "7.7 percent"),
    ],
)
def test_the_words_of_a_bound_belong_to_its_figure(text: str, bound: str, shown: str) -> None:
    assert [f.bound for f in figures(text)] == [bound]
    assert [text[slice(*span)] for span in find_spans("figure", text)] == [shown]
