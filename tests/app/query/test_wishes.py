"""Wishes for a form are told from a turn; measured on turns that were judged by somebody else."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from app.query.rules import asks_for_originals, read_wish
from app.query.values import MAX_TURN_LENGTH, Wish

LISTS = Path(__file__).parents[3] / "evals" / "training" / "lists"
NAMES = {"one sentence": "short", "bullets": "list", "3 bullets": "list", "5 bullets": "list", "quote": "",
         "chinese": "zh", "english": "en"}  # fmt: skip
ALONE = {
    "in short?": Wish("short"),
    "yes or no": Wish("short"),
    "太长了": Wish("short"),
    "请用一句话总结": Wish("short", 1),
    "in 2 sentences": Wish("short", 2),
    "simpler please": Wish("simple"),
    "能不能通俗一点": Wish("simple"),
    "tell me more": Wish("longer"),
    "详细一点": Wish("longer"),
    "3 bullets": Wish("list", 3),
    "分三点": Wish("list", 3),
    "can you put that in a table?": Wish("table"),
    "列个表": Wish("table"),
    "列成表格": Wish("table"),
    "make it a timeline": Wish("timeline"),
    "step by step": Wish("steps"),
    "举个例子": Wish("examples"),
    "source?": Wish("sources"),
    "出处？": Wish("sources"),
    "用中文": Wish(language="zh"),
    "now in english": Wish(language="en"),
    "in Chinese, as a table": Wish("table", None, "zh"),
}
NO_WISH = (
    "Is the chip plan shorter than the robot plan?", "what are the production lines", "how many bullet trains",
    "What does Table 3 say?", "What is a short-term target?", "第三条是什么？", "比GDP增速高一个百分点", "任正非说过一句话",
    "how do i say five year plan in chinese", "Thanks!", "Why?", "And Hefei?",
)  # fmt: skip


@pytest.mark.parametrize("text", ALONE)
def test_a_wish_may_be_all_that_is_said(text: str) -> None:
    assert read_wish(text) == (ALONE[text], "")


@pytest.mark.parametrize("text", NO_WISH)
def test_what_only_sounds_like_one_is_none(text: str) -> None:
    assert read_wish(text) == (Wish(), text)


def test_the_question_is_left_without_its_wish() -> None:
    assert read_wish("whats the star market, 20 second explanation") == (Wish("short"), "whats the star market")
    assert read_wish("用一句话说说什么是大基金？") == (Wish("short", 1), "说说什么是大基金？")


def test_most_wishes_of_judged_turns_are_told_and_few_that_are_none() -> None:
    """Of 1,200 turns 91 wish for a form that is known here; the table was made with them in view."""
    turns = [json.loads(line) for n in (1, 2, 3) for line in (LISTS / f"w{n}.jsonl").read_text("utf-8").splitlines()]
    pairs = []
    for turn in turns:
        wish, _ = read_wish(turn["turn"])
        pairs.append((wish.form or wish.language, NAMES.get(turn["form"], turn["form"])))
    right = sum(told == wished != "" for told, wished in pairs)
    assert right / sum(told != "" for told, _ in pairs) > 0.9
    assert right / sum(wished != "" for _, wished in pairs) > 0.8


@pytest.mark.parametrize("unit", ["a, ", " ", "in short ", "三句", "bullet ", "in a ", "是", "explain ", "1 ", "讲给"])
def test_no_text_takes_long(unit: str) -> None:
    started = time.thread_time()
    read_wish((unit * MAX_TURN_LENGTH)[:MAX_TURN_LENGTH])
    assert time.thread_time() - started < 0.5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What does the report itself say about grain?", True),
        ("show me the original wording", True),
        ("原文是怎么说的？", True),
        ("What does the report say about grain?", False),
        ("Which original targets were missed?", False),
        ("报告怎么说？", False),
    ],
)
def test_who_asks_for_the_words_of_the_source_is_told_from_who_does_not(text: str, expected: bool) -> None:
    assert asks_for_originals(text) == expected
