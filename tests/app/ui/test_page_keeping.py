"""Conversations in the real page: kept, found again, exported, deleted, and nobody else's; settings and languages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from docx import Document as WordDocument
from playwright.sync_api import Browser, Page, expect

from tests.browsing import (
    FAR,
    LIST,
    QUESTION,
    WAIT,
    ask,
    kept,
    leave,
    listed,
    press_when_seen,
    read,
    ready,
    serious,
    still,
    tab,
    until_pressed,
    visit,
)

pytestmark = pytest.mark.timeout(420)


def sidebar(page: Page) -> Any:
    page.get_by_role("button", name="Conversations").click()
    return page.locator("#saved")


def unhurried(page: Page) -> None:
    """What is deleted stays until the page is left: a busy machine may need the ten seconds for less than an Undo."""
    page.evaluate(
        "(plain => { window.setTimeout = (f, ms, ...x) => plain(f, ms === 10_000 ? 1e9 : ms, ...x); })(setTimeout)"
    )


@pytest.mark.journey
def test_a_conversation_has_an_address_and_is_found_after_a_reload(visited: Page, page_server: Any) -> None:
    said = ask(visited, QUESTION).inner_text()
    ask(visited, FAR)
    address = re.compile(r"\?c=[0-9a-f]{16}$")
    expect(visited).to_have_url(address)
    visited.reload()
    ready(visited)
    expect(visited.locator("#chat .reply.done")).to_have_count(2)
    visited.get_by_role("button", name="New conversation").click()
    expect(visited).not_to_have_url(address)
    visited.go_back()
    expect(visited.locator("#chat .reply.done")).to_have_count(2)
    expect(visited).to_have_url(address)
    visited.goto(f"{page_server.url}?c=nobody")
    ready(visited)
    expect(visited.get_by_text("You have no conversation at this address.")).to_be_visible()
    expect(visited.locator("#chat .reply")).to_have_count(0)
    expect(visited).not_to_have_url(re.compile("nobody"))
    saved = sidebar(visited)
    saved.get_by_role("button", name=QUESTION, exact=True).click()
    expect(visited.locator("#chat .reply.done")).to_have_count(2)
    first = visited.locator("#chat .reply.done").first
    assert [p.inner_text() for p in first.locator("p.sentence, .points li").all()] == [
        line for line in [p.inner_text() for p in first.locator("p.sentence, .points li").all()] if line in said
    ]
    first.locator("a.cite").first.click()
    expect(visited.locator("#s1-1")).to_be_focused()
    ask(visited, "And when was it approved?")
    expect(saved.locator("li")).to_have_count(1)
    expect(saved.locator("li .when")).to_contain_text("3 answers")


@pytest.mark.parametrize("kind", ["Markdown", pytest.param("Word", marks=pytest.mark.journey), "JSON"])
def test_a_conversation_is_exported_with_its_citations(visited: Page, tmp_path: Path, kind: str) -> None:
    ask(visited, QUESTION)
    sidebar(visited)
    with visited.expect_download() as download:
        kept(visited, kind)
    assert download.value.suggested_filename.startswith("What is Hefei for.")
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    if kind == "Word":
        said = [p.text for p in WordDocument(str(path)).paragraphs]
        assert said[:2] == [QUESTION, QUESTION]  # the conversation is called by its first question
        assert any(p.startswith("[1] “") for p in said)
        return
    text = path.read_text(encoding="utf-8")
    if kind == "JSON":
        answer = json.loads(text)["answers"][0]["answer"]
        assert answer["citations"][0]["sources"]
    else:
        assert text.startswith(f"# {QUESTION}")
        assert "[1] “" in text


@pytest.mark.journey
def test_a_conversation_is_deleted_unless_that_is_undone(visited: Page) -> None:
    ask(visited, QUESTION)
    saved, bar = sidebar(visited), visited.locator(".undoing")
    rows = saved.locator("li")
    unhurried(visited)
    kept(visited, "Delete")
    expect(rows).to_be_hidden(timeout=WAIT)
    expect(visited.locator("#chat .reply")).to_have_count(0)
    expect(bar).to_contain_text(f"“{QUESTION}” will be deleted in 10 seconds, with 1 answer.")
    expect(bar.get_by_role("button", name="Undo")).to_be_focused()
    still(visited)
    notice, asking = bar.bounding_box(), visited.locator("#asking").bounding_box()
    assert notice
    assert asking
    assert asking["y"] + asking["height"] <= notice["y"], "it lies over what can be pressed"
    assert not serious(visited)
    visited.keyboard.press("Enter")
    expect(rows).to_be_visible()
    expect(visited.locator("#chat .reply.done")).to_have_count(1, timeout=WAIT)
    expect(bar).to_be_hidden()

    for moment in (".undoing .undo", '.sources[data-conversation=""]'):  # it is being left; its panel is gone, it is not yet
        press_when_seen(visited, ".undoing .undo", moment)
        kept(visited, "Delete")
        until_pressed(visited)
        expect(bar).to_be_hidden(timeout=WAIT)
        still(visited)
        expect(visited.locator("#chat .reply.done")).to_have_count(1, timeout=WAIT)
    expect(visited).to_have_url(re.compile(r"\?c="))

    kept(visited, "Delete")
    expect(rows).to_be_hidden(timeout=WAIT)
    visited.reload()  # a page that is closed before has deleted nothing
    ready(visited)
    sidebar(visited)
    expect(rows).to_be_visible(timeout=WAIT)

    kept(visited, "Delete")
    expect(bar).to_be_visible(timeout=WAIT)
    expect(bar).to_be_hidden()
    expect(rows).to_have_count(0, timeout=WAIT)
    visited.reload()
    ready(visited)
    expect(rows).to_have_count(0)


def test_pinned_ones_stand_first_and_a_second_deletion_carries_out_the_first(visited: Page) -> None:
    ask(visited, QUESTION)
    visited.get_by_role("button", name="New conversation").click()
    expect(visited.locator("#chat .reply")).to_have_count(0)
    ask(visited, FAR)
    saved = sidebar(visited)
    expect(saved.locator("li")).to_have_count(2, timeout=WAIT)
    kept(visited, "Pin", QUESTION)
    expect(saved.locator("li .title")).to_have_text([QUESTION, FAR], timeout=WAIT)
    expect(saved.locator("h3").first).to_have_text("Pinned")
    kept(visited, "Unpin", QUESTION)
    expect(saved.locator("li .title")).to_have_text([FAR, QUESTION], timeout=WAIT)
    unhurried(visited)
    for question in (QUESTION, FAR):
        kept(visited, "Delete", question)
        expect(visited.locator(".undoing")).to_contain_text(question, timeout=WAIT)
    expect(saved.locator("li")).to_have_count(1, timeout=WAIT)
    visited.locator(".undoing .undo").click()
    expect(saved.locator("li .title")).to_have_text([FAR])
    expect(saved.locator("li")).to_be_visible()


@pytest.mark.journey
def test_two_visitors_at_once_never_see_each_other(browser: Browser, page_server: Any) -> None:
    one, two = visit(browser, page_server.url), visit(browser, page_server.url)
    for page, question in ((one, QUESTION), (two, LIST)):
        page.locator("#question textarea").fill(question)
        page.locator("#question textarea").press("Enter")
    for page, question, other in ((one, QUESTION, LIST), (two, LIST, QUESTION)):
        expect(page.locator("#chat .reply.done")).to_have_count(1, timeout=WAIT)
        saved = sidebar(page)
        expect(saved.locator("li")).to_have_count(1)
        assert question in saved.inner_text()
        assert other not in page.locator("body").inner_text()
    # a visitor who knows the name of another's conversation gets nothing
    name = one.locator("#saved .title").get_attribute("id")
    two.locator("#saved .title").evaluate(f"e => {{ e.id = '{name}' }}")
    two.locator("#saved .title").click()
    expect(two.locator("#chat .reply")).to_have_count(0)
    leave(one)
    leave(two)


def test_the_page_speaks_chinese_to_a_chinese_browser(browser: Browser, page_server: Any) -> None:
    page = visit(browser, page_server.url, locale="zh-CN")
    expect(page.get_by_role("button", name="提问", exact=True)).to_be_visible()
    expect(page.get_by_role("tab", name="质量")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "zh"
    said = ask(page, QUESTION)
    said.locator("details.more > summary").click()
    expect(said.get_by_role("button", name="为什么这样回答")).to_be_visible()
    expect(page.locator("#panel h2").first).to_have_text("来源")
    leave(page)


@pytest.mark.journey
def test_the_language_can_be_chosen(visited: Page) -> None:
    listed(visited)
    read(visited, "Hefei")
    tab(visited, "Quality")
    expect(visited.locator("#quality h2")).not_to_be_empty(timeout=WAIT)
    tab(visited, "Ask")
    ask(visited, QUESTION)
    visited.locator("#question textarea").fill("Half a ques")
    visited.locator("#set").click()
    visited.locator("#language").get_by_text("中文").click()
    expect(visited.locator("#panel h2").first).to_have_text("来源")
    expect(visited.get_by_role("button", name="新对话")).to_be_visible()
    chinese = re.compile("[\u4e00-\u9fff]")
    expect(visited.locator("#opened .reader .tools .act").first).to_have_text(chinese)
    expect(visited.locator("#quality h2")).to_have_text(chinese)
    expect(visited.locator("#question textarea")).to_have_value("Half a ques")
    expect(visited.locator("#panel .card").first.get_by_role("button", name="打开文件")).to_be_visible()
    assert "Hefei" in visited.locator("#chat .reply.done").inner_text()
    visited.reload()
    ready(visited)
    expect(visited.get_by_role("button", name="新对话")).to_be_visible(timeout=WAIT)  # after two answers of the server
