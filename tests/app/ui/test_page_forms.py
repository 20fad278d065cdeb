"""Answers in the form of their question, in a real browser: nothing that a form needs is sanitised away."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import FAR, LIST, ask, serious

pytestmark = [pytest.mark.browser, pytest.mark.timeout(420)]


def test_a_figure_a_list_and_a_table_and_what_a_number_shows(visited: Page) -> None:
    figure = ask(visited, "How many blimps were launched by the works of Fredonia in 2032?")
    expect(figure.locator(".figure .large b")).to_have_text("23")
    large = figure.locator(".figure .large b").evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    assert large >= 24
    expect(figure.locator("table.rows td.asked")).to_have_text("23")
    tip = figure.locator(".tip").first
    expect(tip).to_be_hidden()
    figure.locator("a.cite").first.focus()
    visited.keyboard.press("Shift+Tab")
    visited.keyboard.press("Tab")
    expect(tip).to_be_visible()
    expect(tip).to_contain_text("Blimps launched: 23")
    listed = ask(visited, LIST)
    assert listed.locator("ul.points li, p.sentence").count() >= 1
    ask(visited, FAR)
    assert "|" not in visited.locator("#chat .notfound").inner_text()
    assert serious(visited) == []


def test_a_series_is_drawn(visited: Page) -> None:
    said = ask(visited, "List all blimps launched by the works of Fredonia, by years")
    expect(said.locator("figure.series svg.bars rect")).to_have_count(3)
    heights = [float(r.evaluate("e => e.getBoundingClientRect().height")) for r in said.locator("svg.bars rect").all()]
    assert heights == sorted(heights)
    assert heights[0] > 20
    assert said.locator("svg.bars title").first.text_content() == "Bar chart: Blimps launched, 2031 to 2033"
    rows = said.locator("table.rows tbody tr")
    assert [re.sub(r"\D*$", "", c.split()[0]) for c in rows.locator("th").all_inner_texts()] == ["2031", "2032", "2033"]
    bar = said.locator("svg.bars rect").first
    fills = []
    for mode in ("light", "dark"):
        visited.evaluate("mode => document.body.classList.toggle('dark', mode === 'dark')", mode)
        fills.append(bar.evaluate("e => getComputedStyle(e).fill"))
    assert fills[0] != fills[1]
    visited.set_viewport_size({"width": 390, "height": 844})
    assert visited.evaluate("document.documentElement.scrollWidth <= innerWidth")
