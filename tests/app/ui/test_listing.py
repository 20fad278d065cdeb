"""The choice of documents that are listed and asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui.listing import languages, narrow_html, sources, still_there, years
from app.ui.words import Words
from app.web.shelf import Filter, fitting
from ingest.database.catalogue import Listed

CHIPS = Listed("c", "Chip policy", "Us", "2026-11-24", "en", "", 9, 1, "chips.md", False, ("Caixin", "Us"), ("2024", "2026"))
HEFEI = replace(
    CHIPS, id="h", title="合肥", language="zh", origin="hefei.md", publishers=("Us", "Xinhua"), years=("2017", "2026")
)
ROWS = [CHIPS, HEFEI]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Filter(), "ch"),
        (Filter("CHIP md"), "c"),
        (Filter("xinhua"), "h"),
        (Filter("合肥"), "h"),
        (Filter("chip 合肥"), ""),
        (Filter(source="Us"), "ch"),
        (Filter(source="Caixin"), "c"),
        (Filter(year="2017"), "h"),
        (Filter(year="2026", language="en"), "c"),
        (Filter("hefei", "Caixin"), ""),
    ],
)
def test_all_that_is_asked_for_must_fit(wanted, ids):
    assert "".join(r.id for r in fitting(ROWS, wanted)) == ids


def test_what_there_is_to_filter_by():
    assert sources(ROWS) == ["Caixin", "Us", "Xinhua"]
    assert years(ROWS) == ["2026", "2024", "2017"]
    assert languages(ROWS) == ["en", "zh"]


@given(st.sampled_from([*sources(ROWS), ""]), st.sampled_from([*years(ROWS), ""]), st.sampled_from([*languages(ROWS), ""]))
def test_each_filter_only_takes_away(source, year, language):
    found = fitting(ROWS, Filter("", source, year, language))
    assert [r for r in ROWS if r in found] == found
    for looser in (Filter("", "", year, language), Filter("", source, "", language), Filter("", source, year, "")):
        assert set(found) <= set(fitting(ROWS, looser))


def test_the_ask_tab_names_what_is_asked():
    assert narrow_html(ROWS, [], Words()) == ""
    assert narrow_html(ROWS, ["gone"], Words()) == ""
    one = narrow_html(ROWS, ["c", "gone"], Words())
    assert "Searching 1 of 2 documents" in one.replace("&#58;", ":")
    assert "Chip policy" in one
    assert 'id="act-all-all"' in one
    evil = narrow_html([replace(CHIPS, title="<b>x</b>")], ["c"], Words("zh"))
    assert "<b>" not in evil


def test_a_document_that_is_gone_is_not_asked():
    assert still_there(["h", "gone", "c"], ROWS) == ["h", "c"]
