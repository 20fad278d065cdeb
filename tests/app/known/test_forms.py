"""A written answer in the form that is wished for."""

from __future__ import annotations

from typing import Any

from app.known.forms import in_form, other_forms
from app.query.values import Form, Wish
from ingest.documents import PassageLocation
from ingest.questions.written import read_written

QUOTES = (PassageLocation("d", 0),)


def answer(form: str, *texts: str, **more: Any) -> Any:
    statements = [{"en": text, "zh": f"{n}：句", "cites": [1]} for n, text in enumerate(texts)]
    short = {"en": "Short.", "zh": "短。", "cites": [1]}
    return read_written({"short": short, "form": form, "full": statements, **more}, 1)


TEXT = answer("text", "It grew in 2024.", "It began in 2012.", "It is large.")
LIST = answer("list", "Steps, newest first:", "May 2024: third phase", "2014: first phase", "October 2019: second phase")
TABLE = answer(
    "table",
    head={"en": ["Tea", "Tonnes"], "zh": ["茶", "吨"]},
    full=[{"cells": {"en": [tea, n], "zh": [tea, n]}, "cites": [1]} for tea, n in (("Oolong", "40"), ("Green", "70"))],
)


def said(given: Any, form: Form, number: int | None = None, language: str = "en") -> tuple[list[str], list[str], bool]:
    statements, met = in_form(given, QUOTES, Wish(form, number), language)
    return [s.in_language(language) for s in statements], [s.kind for s in statements], met


def test_without_a_wish_it_stands_in_its_own_form() -> None:
    assert said(TEXT, "") == (["It grew in 2024.", "It began in 2012.", "It is large."], ["paragraph"] * 3, True)
    assert said(LIST, "")[1] == ["paragraph", "list", "list", "list"]
    assert said(TABLE, "") == (["Oolong: Tonnes: 40", "Green: Tonnes: 70"], ["table"] * 2, True)


def test_short_is_its_one_sentence_or_so_many_of_a_text() -> None:
    assert said(LIST, "short") == (["Short."], ["paragraph"], True)
    assert said(TEXT, "short", 1, "zh") == (["短。"], ["paragraph"], True)
    assert said(TEXT, "short", 2)[0] == ["It grew in 2024.", "It began in 2012."]
    assert said(LIST, "short", 2)[0] == ["Short."]


def test_points_are_counted_without_the_sentence_that_introduces_them() -> None:
    assert said(TEXT, "list", 2) == (["It grew in 2024.", "It began in 2012."], ["list"] * 2, True)
    assert said(LIST, "list", 2)[0] == ["Steps, newest first:", "May 2024: third phase", "2014: first phase"]
    assert said(TABLE, "list")[1] == ["list"] * 2
    assert said(TEXT, "list", 5)[1:] == (["list"] * 3, False)


def test_a_list_with_labels_is_a_table_and_a_text_is_none() -> None:
    statements, met = in_form(LIST, QUOTES, Wish("table"), "en")
    assert met
    assert statements[1].cells["en"] == (("", "May 2024"), ("", "third phase"))
    assert said(TEXT, "table")[1:] == (["paragraph"] * 3, False)
    assert said(TABLE, "table", 1)[0] == ["Oolong: Tonnes: 40"]


def test_a_line_of_time_is_sorted_and_the_statements_of_a_text_are_not() -> None:
    texts, kinds, met = said(LIST, "timeline")
    assert texts == ["2014: first phase", "October 2019: second phase", "May 2024: third phase"]
    assert (kinds, met) == (["list"] * 3, True)
    assert not said(TEXT, "timeline")[2]
    ordered = answer("text", "It began in 2012.", "It grew in 2024.")
    assert said(ordered, "timeline") == (["It began in 2012.", "It grew in 2024."], ["list"] * 2, True)


def test_rows_are_sorted_by_their_dates_whatever_column_has_them() -> None:
    rows = [
        {"cells": {"en": [firm, day], "zh": [firm, day]}, "cites": [1]} for firm, day in (("B", "May 2020"), ("A", "2018"))
    ]
    dated = answer("table", head={"en": ["Firm", "Date"], "zh": ["企业", "日期"]}, full=rows)
    assert said(dated, "timeline") == (["A: Date: 2018", "B: Date: May 2020"], ["table"] * 2, True)


def test_what_is_not_written_is_not_made_up() -> None:
    simple = answer("text", "Long.", simple={"en": "Easy.", "zh": "易。", "cites": [1]})
    assert said(simple, "simple") == (["Easy."], ["paragraph"], True)
    for form in ("simple", "examples", "steps", "longer"):
        assert said(TEXT, form)[1:] == (["paragraph"] * 3, False)
    assert said(answer("steps", "One.", "Two."), "steps")[1:] == (["list"] * 2, True)


def test_every_line_keeps_what_it_rests_on() -> None:
    forms: tuple[Form, ...] = ("", "short", "list", "table", "timeline", "simple")
    shown = [s for form in forms for given in (TEXT, LIST, TABLE) for s in in_form(given, QUOTES, Wish(form), "en")[0]]
    assert {s.rests_on for s in shown} == {((QUOTES[0],),)}


def test_other_forms_are_those_that_can_be_given() -> None:
    simple = answer("text", "It grew in 2024.", simple={"en": "Plainly.", "zh": "简单说。", "cites": [1]})
    assert other_forms(simple, QUOTES, Wish(), "en") == ("short", "simple")
    assert other_forms(simple, QUOTES, Wish("short"), "zh") == ("simple", "longer")
    assert other_forms(LIST, QUOTES, Wish(), "en") == ("short", "table")
    assert other_forms(LIST, QUOTES, Wish("table"), "en") == ("short",)
    assert other_forms(TABLE, QUOTES, Wish(), "en") == ("short",)
