"""Whether a text holds what a right answer holds."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.matching import holds, missing_groups, normalise


@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        ("Spending was 2,439.31 billion yuan.", "2439.31 Billion", True),
        ("about 7 percent a year", "7%", True),
        ("about 7 per cent a year", "7 %", True),
        ("by 7.5 percent", "7 percent", False),
        ("by 7 percentage points", "7%", False),
        ("15 centres", "5", False),
        ("4.55 of them", "4.5", False),
        ("a total of 4.5.", "4.5", True),
        ("self-reliance in\n science", "self reliance in science", True),
        ("in 2021–2025", "2021-2025", True),
        ("Fifteen departments", "15", False),
        ("工业和信息化部发布", "信息化", True),
        ("the STAR Market", "star", True),
        ("the starting point", "star", False),
        ("anything", " ", False),
        ("于1819年建成", "1819年", True),
        ("建于1819年，", "1819", True),
        ("使用5G网络", "5G", True),
        ("约15个", "5个", False),
        ("约15个", "15", True),
        ("增长4.55倍", "4.5倍", False),
        ("合肥的ASML公司", "asml", True),
        ("合肥的ASMLX公司", "asml", False),
        ("于１８１９年", "1819年", True),
        ("增长７％", "7%", True),
        ("建于一八一九年。", "1819年", True),
        ("二〇二五年", "2025年", True),
        ("到2025年", "二〇二五年", True),
        ("增长百分之七", "7%", True),
        ("增长百分之七点五", "7.5%", True),
        ("增长百分之七点五", "7%", False),
        ("三百四十四亿元", "344亿元", True),
        ("二十五年", "十五年", False),
        ("二十五年", "5年", False),
        ("第三期", "第3期", True),
        ("一千零五个城市", "1005个", True),
        ("“十四五”规划", "十四五规划", True),
        ("“十四五”规划", "“十五五”规划", False),
        ("“十四五”规划", "15", False),
        ("都一样", "1", False),
        ("秦始皇统一三国", "统一", True),
        ("《中国制造2025》提出", "“中国制造2025”", True),
        ("the “Big Fund” of China’s", 'the "Big Fund" of China\'s', True),
        ("「专精特新」企业", "专精特新", True),
    ],
)
def test_an_answer_string_is_found_as_whole_words(text: str, wanted: str, expected: bool) -> None:
    assert holds(text, wanted) is expected


@given(st.text())
def test_normalising_twice_changes_nothing_more_for_plain_words(text: str) -> None:
    words = " ".join(w for w in text.split() if w.isascii() and w.isalnum())
    assert normalise(normalise(words)) == normalise(words)


@given(st.integers(1, 9_999))
def test_a_number_is_found_however_it_is_written(number: int) -> None:
    in_full = "".join(
        "零一二三四五六七八九"[int(d)] + unit if d != "0" else "零"
        for d, unit in zip(str(number), ["", "十", "百", "千"][: len(str(number))][::-1], strict=True)
    )
    in_full = re.sub("零+$", "", re.sub("零+", "零", in_full))
    one_by_one = "".join("〇一二三四五六七八九"[int(d)] for d in str(number))
    for numeral in (in_full, one_by_one, in_full.removeprefix("一") if 9 < number < 20 else in_full):
        assert holds(f"约{numeral}年前", f"{number}年")
        assert holds(f"约{number}年前", f"{numeral}年")
        assert not holds(f"约{numeral}年前", f"{number + 1}年")


@given(st.text("一二三四五六七八九十百千零〇两点百分之第个年0123456789.,% a“”《》", max_size=12))
def test_every_text_holds_itself_in_chinese(text: str) -> None:
    assert holds(f"{text}", text) is bool(normalise(text))


def test_every_group_must_be_met_by_any_of_its_strings() -> None:
    groups = [["Fifteen", "15"], ["28 December 2021"]]
    assert missing_groups("15 departments on 28 December 2021", groups) == []
    assert missing_groups("15 departments in 2021", groups) == [["28 December 2021"]]
