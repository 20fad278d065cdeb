"""The statements of a known question: every sentence, row and absence, by the passages on which they rest."""

from __future__ import annotations

import json

import pytest

from app.known.statements import MAX_TEXT, statement_id, statement_text, statements_by_passage, statements_of
from ingest.documents import PassageLocation
from ingest.questions.store import ResolvedQuestion

PLACES = [("tea", 0), ("tea", 40)]
LIST = {
    "short": {"en": "Two teas.", "zh": "两种茶。", "cites": [1, 2]},
    "form": "list",
    "full": [
        {"en": "Green tea grows in Hefei.", "zh": "合肥产绿茶。", "cites": [1]},
        {"en": "Black tea grows in Keemun.", "zh": "祁门产红茶。", "cites": [2]},
    ],
    "missing": {"en": "The documents name no white tea.", "zh": "文件没有提到白茶。"},
}
TABLE = {
    "short": {"en": "Green tea.", "zh": "绿茶。", "cites": [1]},
    "form": "table",
    "head": {"en": ["", "Place"], "zh": ["", "地点"]},
    "full": [{"cells": {"en": ["Green tea", "Hefei"], "zh": ["绿茶", "合肥"]}, "cites": [1]}],
}


def known(written: dict[str, object] | None = None, gap: str = "", gap_zh: str = "") -> ResolvedQuestion:
    said = json.dumps({"places": PLACES, **written}) if written else ""
    return ResolvedQuestion("Which teas?", gap, {}, (PassageLocation("tea", 0),), gap_zh=gap_zh, written_json=said)


def test_the_short_form_comes_first_then_the_answer_then_what_is_missing() -> None:
    found = list(statements_of(7, known(LIST)))
    assert [(s.order, s.statement.text["en"]) for s in found] == [
        (-1, "Two teas."),
        (0, "Green tea grows in Hefei."),
        (1, "Black tea grows in Keemun."),
        (2, "The documents name no white tea."),
    ]
    assert [s.is_absence for s in found] == [False, False, False, True]
    assert {s.number for s in found} == {7}


def test_a_row_of_a_table_is_a_sentence() -> None:
    assert [s.statement.text["zh"] for s in statements_of(0, known(TABLE))][1:] == ["绿茶: 地点: 合肥"]


@pytest.mark.parametrize(("gap_zh", "count"), [("没有。", 1), ("", 0)])
def test_an_absence_is_a_statement_if_it_is_said_in_both_languages(gap_zh: str, count: int) -> None:
    found = list(statements_of(0, known(gap="Not said.", gap_zh=gap_zh)))
    assert [s.read for s in found] == ["Which teas? (not held) Not said."][:count]


def test_statements_are_found_by_each_passage_that_they_rest_on() -> None:
    found = statements_by_passage([known(LIST)])
    assert [s.order for s in found[PassageLocation("tea", 40)]] == [-1, 1]


def test_what_is_read_is_cut_and_an_id_tells_the_question_too() -> None:
    assert len(statement_text("q" * 300, "t" * 300, False)) == MAX_TEXT
    assert statement_id("Which teas?", "Two.") != statement_id("How many teas?", "Two.")
