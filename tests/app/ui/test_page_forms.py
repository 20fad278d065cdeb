"""Answers in the form of their question, in a real browser: nothing that a form needs is sanitised away."""

from __future__ import annotations

import re
from collections.abc import Iterator

import gradio as gr
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from app.ui.chat import message
from app.ui.common import theme
from app.ui.mount import style
from app.ui.render import answer_html
from app.ui.words import Words
from tests.app.ui.forms.answers import CASES, answered
from tests.browsing import FAR, LIST, WAIT, ask, leave, serious
from tests.servers import serving

pytestmark = pytest.mark.timeout(420)


@pytest.mark.journey
def test_a_figure_a_list_and_a_table_and_what_a_number_shows(visited: Page) -> None:
    figure = ask(visited, "How many blimps were launched by the works of Fredonia in 2032?")
    expect(figure.locator(".figure .large strong")).to_have_text("23")
    large = figure.locator(".figure .large strong").evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    assert large >= 24
    expect(figure.locator("table.rows tr")).to_have_count(1)  # the figure stands above it and is not said again
    expect(figure.locator("table.rows th")).to_have_text("Cost in crowns")
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


def test_what_a_number_quotes_is_not_cut_off_at_the_foot_of_the_conversation(visited: Page) -> None:
    visited.set_viewport_size({"width": 1280, "height": 620})
    listed = ask(visited, LIST)
    expect(visited.locator("#next .chip").first).to_be_visible(timeout=WAIT)
    log, link, tip = visited.locator("#chat [role=log]"), listed.locator("a.cite").last, listed.locator(".tip").last
    log.hover(position={"x": 5, "y": 5})
    visited.mouse.wheel(0, -1)  # who scrolls stays there

    def boxes(block: str) -> list[dict[str, float]]:
        visited.mouse.move(1, 1)
        link.evaluate("(e, block) => e.scrollIntoView({ block, behavior: 'instant' })", block)
        link.hover()
        expect(tip).to_be_visible()
        return [part.evaluate("e => e.getBoundingClientRect().toJSON()") for part in (log, link, tip)]

    room, number, shown = boxes("end")
    assert room["top"] <= shown["top"]
    assert shown["bottom"] <= room["bottom"]
    assert shown["bottom"] == pytest.approx(number["top"], abs=1)
    log.evaluate("e => { e.firstElementChild.style.paddingBottom = '100vh'; }")
    room, number, shown = boxes("start")
    assert number["bottom"] <= shown["top"]


@pytest.fixture(scope="module")
def drawn() -> Iterator[str]:
    """The address of a chat, sanitised and styled as the page's is, that holds an answer with a series."""
    answer = answer_html(answered(*CASES["series"]), 1, lambda _: None, Words())
    talk = [message("user", CASES["series"][0]), message("assistant", answer)]

    def chat() -> FastAPI:
        with gr.Blocks() as page:
            gr.Chatbot(talk, elem_id="chat", latex_delimiters=[])
        return gr.mount_gradio_app(FastAPI(), page, path="/", ssr_mode=False, theme=theme(), css=style())

    with serving(chat) as url:
        yield url


def test_a_series_is_drawn(browser: Browser, drawn: str) -> None:
    page = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="light").new_page()
    page.goto(drawn)
    said = page.locator("#chat .reply")
    expect(said.locator("figure.series svg.bars rect")).to_have_count(5, timeout=WAIT)
    bars = said.locator("svg.bars rect").all()
    heights = [bar.evaluate("e => e.getBoundingClientRect().height") for bar in bars]
    assert heights == sorted(heights)
    assert heights[0] > 20
    assert (said.locator("svg.bars title").first.text_content() or "").endswith("2012 to 2025")
    rows = [re.sub(r"\s.*", "", text, flags=re.DOTALL) for text in said.locator("tbody th").all_inner_texts()]
    assert rows == ["2012", "2020", "2023", "2024", "2025"]
    fills = []
    for dark in (False, True):
        page.evaluate("dark => document.body.classList.toggle('dark', dark)", dark)
        fills.append(bars[0].evaluate("e => getComputedStyle(e).fill"))
    assert fills[0] != fills[1]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    leave(page)
