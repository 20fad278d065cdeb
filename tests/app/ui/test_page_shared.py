"""Sharing an answer in a real browser: from the conversation to its own page, read, copied and printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import Browser, expect

from tests.app.conftest import Page
from tests.browsing import QUESTION, WAIT, ask, choose, kept, leave, serious, visit

pytestmark = pytest.mark.timeout(420)


@pytest.mark.journey
def test_an_answer_is_shared_read_elsewhere_printed_and_taken_back(
    browser: Browser, page_server: Page, tmp_path: Path
) -> None:
    owner = visit(browser, page_server.url, permissions=["clipboard-read", "clipboard-write"])
    ask(owner, QUESTION)
    choose(owner.locator(".reply").last, "Save or share")
    link = owner.locator("dialog a.link")
    expect(link).to_be_visible(timeout=WAIT)
    address = link.inner_text()
    assert re.fullmatch(re.escape(page_server.url) + "/a/[0-9a-f]{12}", address)
    expect(owner.locator("dialog")).to_contain_text("It opens on this computer only.")
    owner.locator("dialog").get_by_role("button", name="Copy link").click()
    owner.wait_for_function("async a => (await navigator.clipboard.readText()) === a", arg=address)

    for scheme, width, language in (("light", 1280, "en"), ("dark", 390, "zh-CN")):
        reader = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, locale=language,  # type: ignore[arg-type]
            permissions=["clipboard-read", "clipboard-write"],
        ).new_page()  # fmt: skip
        said: list[str] = []
        reader.on("console", lambda message, said=said: said.append(message.text))  # type: ignore[misc]
        reader.goto(address)
        expect(reader.locator("h1")).to_have_text(QUESTION)
        assert reader.locator("html").get_attribute("lang") == language[:2]
        assert not serious(reader)
        assert reader.evaluate("document.documentElement.scrollWidth") <= width
        number = reader.locator("a.cite").first
        target = (number.get_attribute("href") or "")[1:]
        number.focus()
        reader.keyboard.press("Enter")
        expect(reader.locator(f"#{target} mark").first).to_be_in_viewport()
        reader.locator("[data-copy=md]").click()
        expect(reader.locator(".said")).not_to_be_empty()
        assert QUESTION.rstrip("?") in reader.evaluate("navigator.clipboard.readText()")
        if language == "en":
            reader.pdf(path=str(tmp_path / "answer.pdf"), prefer_css_page_size=True)
        assert not said
        leave(reader)
    printed = pypdfium2.PdfDocument(str(tmp_path / "answer.pdf"))
    text = "".join(page.get_textpage().get_text_range() for page in printed)
    printed.close()
    for part in (QUESTION, address, "http"):
        assert part in text
    assert "Copy link" not in text

    owner.keyboard.press("Escape")
    owner.locator("#menu").click()
    kept(owner, "Share")
    expect(owner.locator("dialog")).to_contain_text("Link to this conversation", timeout=WAIT)
    conversation = link.inner_text()
    assert re.fullmatch(re.escape(page_server.url) + "/a/[0-9a-f]{16}", conversation)
    owner.keyboard.press("Escape")
    kept(owner, "Delete")
    expect(owner.locator(".undoing")).to_contain_text(
        "with 1 answer and 2 shared links, which will stop working", timeout=WAIT
    )
    expect(owner.locator('[id^="act-delete-"]')).to_have_count(0, timeout=WAIT)
    stranger = browser.new_context().new_page()
    for gone in (address, conversation):
        answer = stranger.goto(gone)
        assert answer is not None
        assert answer.status == 404
    assert not serious(stranger)
    leave(stranger)
    leave(owner)


def test_a_conversation_is_called_otherwise_and_sought(visited: Any) -> None:
    ask(visited, QUESTION)
    visited.locator("#menu").click()
    saved = visited.locator("#saved")
    titles = saved.locator(".title")
    expect(titles).to_have_text([QUESTION], timeout=WAIT)
    kept(visited, "Rename")
    box = visited.locator("#rename-text")
    expect(box).to_have_value(QUESTION, timeout=WAIT)
    assert not serious(visited)
    box.fill("A science city")
    box.press("Enter")
    expect(titles).to_have_text(["A science city"], timeout=WAIT)
    expect(visited.locator("dialog[open]")).to_have_count(0)

    sought = saved.locator("#sought")
    sought.press_sequentially("hefei")  # of its question, not of its title
    expect(sought).to_have_value("hefei")
    expect(titles).to_have_text(["A science city"])
    sought.press_sequentially(" nowhere")
    expect(titles).to_have_count(0, timeout=WAIT)
    expect(saved.locator(".none")).to_be_visible()
    expect(sought).to_be_focused()
    sought.fill("")
    expect(titles).to_have_count(1, timeout=WAIT)
