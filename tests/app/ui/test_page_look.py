"""The look of the page and its use without a mouse: keyboard, phone, dark, long texts, and what axe finds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app.ui.assets import LISTED, read_first_load
from tests.browsing import FAR, LIST, QUESTION, WAIT, ask, choose, files_of, leave, ready, serious, visit, without_our_links
from tests.report import write_report

pytestmark = pytest.mark.timeout(420)


@pytest.fixture(params=[pytest.param("light", marks=pytest.mark.journey), "dark"])
def themed(request: Any, browser: Browser, page_server: Any) -> Iterator[Page]:
    found = visit(browser, page_server.url, color_scheme=request.param)
    yield found
    leave(found)


def test_axe_finds_nothing_serious_while_one_asks(themed: Page) -> None:
    assert serious(themed) == []
    ask(themed, QUESTION)
    ask(themed, FAR)
    themed.get_by_role("button", name="Conversations").click()
    expect(themed.locator("#saved li")).to_have_count(1)
    assert serious(themed) == []
    choose(themed.locator("#chat .reply").last, "Why this answer")
    expect(themed.locator("dialog.dialog")).to_be_visible()
    assert serious(themed) == []


def test_axe_finds_nothing_serious_in_the_report(themed: Page, page_server: Any) -> None:
    file = write_report(page_server.settings.data)
    try:
        themed.get_by_role("tab", name="Quality").click()
        expect(themed.locator("#quality .tile")).to_have_count(4)
        themed.locator("#quality .fold > summary").click()
        assert serious(themed) == []
    finally:
        file.unlink()
    themed.get_by_role("tab", name="Ask").click()
    themed.get_by_role("tab", name="Quality").click()
    expect(themed.locator("#quality .lede").last).to_contain_text(re.compile(r"\(20\d\d-\d\d-\d\d\)"))
    expect(themed.locator("#quality .lede").last).not_to_contain_text("commit")
    expect(themed.locator("#quality .fold")).to_contain_text("comes with the program")
    expect(themed.locator("#quality .tile")).to_have_count(4)


def test_dark_is_dark(browser: Browser, page_server: Any) -> None:
    page = visit(browser, page_server.url, color_scheme="dark")
    ask(page, QUESTION)
    colours = page.evaluate("[document.body, document.querySelector('.card')].map(e => getComputedStyle(e).backgroundColor)")
    assert all(max(map(int, re.findall(r"\d+", c)[:3])) < 80 for c in colours), colours
    leave(page)


@pytest.mark.parametrize("width", [390, 1920])
def test_nothing_is_wider_than_the_screen(browser: Browser, page_server: Any, width: int) -> None:
    page = visit(browser, page_server.url, width, 844)
    ask(page, LIST)
    expect(page.locator("#next .chip").first).to_be_visible(timeout=WAIT)
    page.get_by_role("button", name="Conversations").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Escape")
    page.locator("#chat a.cite").first.click()
    page.locator("#panel .card").first.get_by_role("button", name="Open document").click()
    box = page.locator("dialog.dialog").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    leave(page)


@pytest.mark.journey
def test_a_whole_visit_by_keyboard(visited: Page) -> None:
    box = visited.locator("#question textarea")
    box.focus()
    visited.keyboard.type(QUESTION)
    visited.keyboard.press("Enter")
    expect(visited.locator("#chat .reply.done")).to_have_count(1, timeout=WAIT)
    visited.locator("a.cite").first.focus()
    visited.keyboard.press("Enter")
    expect(visited.locator("#s1-1")).to_be_focused()
    for _ in range(8):
        visited.keyboard.press("Tab")
        if "Open document" in visited.evaluate("document.activeElement.innerText ?? ''"):
            break
    outline = visited.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    visited.keyboard.press("Enter")
    dialog = visited.locator("dialog.dialog")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("e => e.contains(document.activeElement)")
    visited.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    assert "Open document" in visited.evaluate("document.activeElement.innerText")


def test_what_happens_is_said_aloud(visited: Page) -> None:
    expect(visited.locator("#chat [role=log]")).to_have_attribute("aria-live", "polite")
    expect(visited.locator(".said")).to_have_attribute("role", "status")
    ask(visited, QUESTION)
    assert visited.locator("#chat [aria-label*='<']").count() == 0
    assert "Source" in (visited.locator("a.cite").first.text_content() or "")


def test_long_chinese_text_and_forty_sources_fit(visited: Page) -> None:
    """The page's own HTML for an answer of forty sources, in the places where it stands."""
    ask(visited, QUESTION)
    visited.evaluate(
        """() => {
          const card = document.querySelector('.card');
          for (let n = 2; n <= 40; n++) {
            const more = card.cloneNode(true);
            const long = '国家发展和改革委员会与科学技术部联合批复同意建设综合性国家科学中心';
            more.querySelector('blockquote').textContent = long.repeat(12);
            card.after(more);
          }
          const reply = document.querySelector('#chat .reply p');
          reply.append('超长文本'.repeat(200)); reply.append('x'.repeat(400));
        }"""
    )
    assert visited.evaluate("document.documentElement.scrollWidth") <= 1280
    narrow = visited.evaluate("[...document.querySelectorAll('.card')].every(c => c.scrollWidth <= c.clientWidth + 1)")
    assert narrow
    panel, talk = visited.locator("#side").bounding_box(), visited.locator("#talk").bounding_box()
    assert panel
    assert talk
    assert panel["height"] <= 860
    assert talk["height"] <= 860


def test_what_is_listed_is_what_gradio_loads(browser: Browser, page_server: Any) -> None:
    page = browser.new_context().new_page()
    without_our_links(page)
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.goto(page_server.url)
    ready(page)
    leave(page)
    assert set(files_of(asked)) == set(LISTED.read_text(encoding="utf-8").split()), "run `make load`"


def test_the_page_loads_what_is_listed_and_nothing_else(browser: Browser, page_server: Any) -> None:
    page = visit(browser, page_server.url)
    asked = set(files_of(page.requested))  # type: ignore[attr-defined]
    sheets = {name for name in asked if name.endswith(".css")}
    assert asked - sheets == set(read_first_load().scripts)
    assert {name.partition("-")[0] for name in sheets} == {"index", "first"}
    assert len(sheets) == 2
    tab = page.get_by_role("tab", name="Ask").evaluate("tab => getComputedStyle(tab).paddingLeft")
    leave(page)
    assert tab != "0px", "Gradio's style sheets apply in another order than its own"


def test_nothing_below_the_page_can_be_scrolled_to(visited: Page) -> None:
    """The page is as high as the window: if it is higher, what is scrolled into view slides it under its bar."""
    contents = (
        "['.gradio-container', 'main.contain'].map(s => document.querySelector(s)).map(e => e.scrollHeight - e.clientHeight)"
    )
    assert visited.evaluate(contents) == [0, 0]


def test_who_comes_later_is_not_told_what_was_so_at_the_start(browser: Browser, page_server: Any) -> None:
    page = browser.new_context().new_page()
    page.route("**/queue/join*", lambda _: None)  # what the page asks at first is not answered
    page.goto(page_server.url)
    expect(page.locator("#question textarea")).to_be_visible(timeout=WAIT)
    expect(page.locator("#state")).not_to_contain_text("Loading")
    leave(page)
