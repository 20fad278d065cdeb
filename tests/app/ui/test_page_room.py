"""Room on the screen: the conversation as high as the window, actions in one row, chips that are not cut, nothing lost when
the page is enlarged; the first screen, the Quality tab, and all of it in Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browsing import LIST, QUESTION, WAIT, ask, leave, read, serious, still, tab, visit

pytestmark = pytest.mark.timeout(420)


@pytest.fixture(scope="module")
def talked(browser: Browser, page_server: Any) -> Iterator[Page]:
    """A page on which two questions were asked, with what is offered next; the tests leave it so."""
    page = visit(browser, page_server.url, 1400, 900)
    ask(page, LIST)
    ask(page, QUESTION)
    expect(page.locator("#next .chip").first).to_be_visible(timeout=WAIT)
    yield page
    leave(page)


def box(part: Locator) -> dict[str, float]:
    found = part.bounding_box()
    assert found
    return dict(found)


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (1024, 768), (390, 844)])
def test_the_conversation_takes_the_height_and_the_box_stands_at_the_foot(talked: Page, width: int, height: int) -> None:
    talked.set_viewport_size({"width": width, "height": height})
    still(talked)
    asking, chat = box(talked.locator("#asking")), box(talked.locator("#chat"))
    assert box(talked.locator("#bar"))["height"] <= 60
    assert chat["y"] <= 64
    assert chat["height"] > 0.6 * height
    assert height - 24 <= asking["y"] + asking["height"] <= height
    assert talked.evaluate("document.documentElement.scrollHeight") <= height + 1
    if width >= 900:
        side = box(talked.locator("#side"))
        assert side["x"] >= chat["x"] + chat["width"]
        assert abs(side["y"] + side["height"] - asking["y"] - asking["height"]) < 2
    actions = talked.locator("#chat .actions").last.locator(".sign-button:visible")
    assert actions.count() >= 4
    boxes = actions.evaluate_all("signs => signs.map(s => s.getBoundingClientRect().toJSON())")  # all of one moment
    assert len({round(sign["y"]) for sign in boxes}) == 1, "one row"
    assert all(min(sign["width"], sign["height"]) >= 24 for sign in boxes)
    assert all(sign.get_attribute("title") and sign.text_content() for sign in actions.all())


def test_on_paper_all_answers_have_their_sources_black_on_white(talked: Page, tmp_path: Path) -> None:
    talked.evaluate("document.body.classList.add('dark')")
    talked.evaluate("addEventListener('beforeprint', () => { window.onPaper = document.body.className; })")
    talked.pdf(path=str(tmp_path / "chat.pdf"))
    assert "dark" not in talked.evaluate("window.onPaper")
    assert talked.evaluate("document.body.className") == "dark"
    expect(talked.locator(".sources details[open]")).to_have_count(0)
    talked.evaluate("document.body.classList.remove('dark')")
    printed = pypdfium2.PdfDocument(str(tmp_path / "chat.pdf"))
    text = "".join("".join(page.get_textpage().get_text_range() for page in printed).split())
    printed.close()
    for source in (talked.locator(".source-title").first, talked.locator(".sources details .source-title").last):
        assert "".join((source.text_content() or "").split()) in text


def test_an_answer_is_read_from_its_question_and_who_scrolls_stays(browser: Browser, page_server: Any) -> None:
    page = visit(browser, page_server.url, 1000, 480)  # too low for the list
    log = page.locator("#chat [role=log]")

    def above(question: int) -> float:
        """Pixels of the log above a question; below zero where it has gone up."""
        return box(page.locator('#chat [data-testid="user"]').nth(question))["y"] - box(log)["y"]

    ask(page, QUESTION)
    ask(page, LIST)
    still(page)
    assert 0 <= above(1) <= 60
    assert log.evaluate("e => e.scrollTop") > 0
    log.hover()
    page.mouse.wheel(0, -5_000)
    still(page)
    page.locator("#chat .actions").first.evaluate("e => e.append(document.createElement('i'))")  # the page changes
    still(page)
    assert above(0) >= 0
    ask(page, QUESTION)
    assert above(2) < box(log)["height"]
    leave(page)


def test_chips_are_whole_questions_and_none_is_cut(talked: Page) -> None:
    for width in (1400, 1024, 390):
        talked.set_viewport_size({"width": width, "height": 844})
        for chip in talked.locator("#next .chip").all():
            assert chip.evaluate("e => e.scrollHeight <= e.clientHeight + 1 && e.scrollWidth <= e.clientWidth + 1")
            assert re.search(r"[?？]$", chip.inner_text())
            assert not re.search(r"…|[()（）]", chip.inner_text())


def test_the_menu_below_an_answer_opens_and_closes_by_keyboard(talked: Page) -> None:
    talked.set_viewport_size({"width": 390, "height": 844})
    menu = talked.locator("#chat details.more").last
    menu.locator("summary").focus()
    talked.keyboard.press("Enter")
    for entry in menu.get_by_role("button").all():
        expect(entry).to_be_in_viewport()
    assert menu.get_by_role("button").all_inner_texts() == [
        "Save or share",
        "Ask again",
        "Why this answer",
        "Cite in a paper",
        "Save evidence",
    ]
    talked.keyboard.press("Escape")
    expect(menu.get_by_role("button").first).not_to_be_visible()
    expect(menu.locator("summary")).to_be_focused()


@pytest.mark.parametrize(("width", "height"), [(700, 450), (320, 640)])
def test_nothing_is_lost_when_the_page_is_enlarged(talked: Page, width: int, height: int) -> None:
    talked.set_viewport_size({"width": width, "height": height})
    assert talked.evaluate("document.documentElement.scrollWidth") <= width
    for part in ("#question textarea", "#send", "#menu", "#again", "#attach", "#chat .reply >> nth=-1"):
        talked.locator(part).scroll_into_view_if_needed()
        expect(talked.locator(part)).to_be_in_viewport()
    whole = """h => { const before = h.innerHTML; h.textContent = 'Ask the Plan';
      const fits = h.scrollWidth <= h.clientWidth; h.innerHTML = before; return fits; }"""
    assert width < 700 or talked.locator("#top h1").evaluate(whole), "the title is not cut"
    for name in ("Documents", "Quality", "Ask"):
        tab(talked, name)
        assert talked.evaluate("document.documentElement.scrollWidth") <= width


def test_on_wide_screens_a_word_stands_beside_the_menu_s_sign(browser: Browser, page_server: Any) -> None:
    names = {"en-GB": ("Conversations",) * 2, "zh-CN": ("对话记录",) * 2}
    for locale, (name, word) in names.items():
        page = visit(browser, page_server.url, 1400, 900, locale=locale)
        menu = page.get_by_role("button", name=name, exact=True)
        expect(menu).to_have_attribute("data-word", word, timeout=WAIT)
        assert menu.evaluate("e => getComputedStyle(e, '::after').content") != "none"
        assert box(menu)["width"] > 80
        expect(menu).to_have_attribute("aria-expanded", "false")
        bar = page.locator("#bar")
        assert bar.evaluate("e => e.scrollWidth <= e.clientWidth + 1")
        page.set_viewport_size({"width": 1100, "height": 800})
        assert menu.evaluate("e => getComputedStyle(e, '::after').content") == "none"
        assert box(menu)["width"] < 50
        leave(page)


def test_a_paper_clip_beside_the_box_opens_the_file_picker(visited: Page) -> None:
    new = visited.get_by_role("button", name="New conversation")
    clip = visited.get_by_role("button", name="Add a document", exact=True)
    assert [new.get_attribute("title"), clip.get_attribute("title")] == ["New conversation", "Add a document"]
    new.focus()
    visited.keyboard.press("Tab")
    expect(clip).to_be_focused()
    visited.keyboard.press("Tab")
    expect(visited.get_by_label("Your question")).to_be_focused()
    visited.set_viewport_size({"width": 390, "height": 844})
    assert box(visited.locator("#question textarea"))["width"] > 180
    for _ in range(2):
        with visited.expect_file_chooser() as opened:
            clip.press("Enter")
        assert opened.value.is_multiple()
    assert serious(visited) == []


def test_the_first_screen_says_what_is_held_and_leads_there(visited: Page) -> None:
    welcome = visited.locator("#welcome")
    expect(welcome).to_contain_text(
        re.compile(r"5 (summaries of our own, based on \d+ sources|documents) from \d+ publishers, dated 20\d\d to 20\d\d")
    )
    assert "It doesn’t search the internet" in welcome.inner_text()
    assert "43% of its answers were good in our tests, with a strong one 93%" in welcome.inner_text()
    title, asking, begin = (box(visited.locator(s)) for s in (".welcome h2", "#asking", ".welcome .begin"))
    assert title["y"] < asking["y"] < begin["y"], "the box stands right under the title"
    expect(visited.locator("#question textarea")).to_be_focused()
    assert serious(visited) == []
    welcome.get_by_role("button", name="See all documents").click()
    expect(visited.locator("#listing .count")).to_have_text("5 documents", timeout=WAIT)
    assert serious(visited) == []
    read(visited, "Hefei")
    assert serious(visited) == []
    settings, button = visited.get_by_role("dialog", name="Settings"), visited.locator("#set")
    for close in (lambda: visited.keyboard.press("Escape"), lambda: settings.get_by_role("button", name="Close").click()):
        button.click()  # above the document that is read
        expect(settings.get_by_role("button", name="Close")).to_be_focused()
        assert serious(visited) == []
        close()
        expect(settings).to_have_count(0)
        expect(button).to_be_focused()
    expect(visited.locator("#opened .reader")).to_be_visible()
    visited.get_by_role("button", name="Conversations").click()
    expect(visited.locator("#sidebar")).to_be_visible()
    expect(visited.locator("#settings")).to_be_hidden()


def test_a_click_before_the_script_is_there_opens_the_settings(browser: Browser, page_server: Any) -> None:
    page = browser.new_page()
    page.add_init_script(
        """new MutationObserver(() => {
            const button = document.querySelector('#set');
            if (button && !window.clicked) { window.clicked = true; button.click(); }
        }).observe(document, { subtree: true, childList: true })"""
    )
    page.goto(page_server.url)
    expect(page.get_by_role("dialog", name="Settings")).to_be_visible(timeout=WAIT)
    leave(page)


def test_the_report_is_one_screen_in_whole_numbers(visited: Page) -> None:
    visited.set_viewport_size({"width": 1400, "height": 900})
    tab(visited, "Quality")
    strangers = visited.locator("#quality .hundreds > div").first
    expect(strangers.locator("li strong")).to_have_text(["43", "30", "27"], timeout=WAIT)
    assert strangers.locator(".squares i").count() == 100
    assert visited.evaluate("document.documentElement.scrollHeight") <= 900, "details are folded"
    expect(visited.locator("#quality .fold table").first).not_to_be_visible()
    visited.locator("#quality .fold > summary").click()
    expect(visited.locator("#quality .fold table").first).to_be_visible()


def test_everything_is_in_chinese_for_a_chinese_browser(browser: Browser, page_server: Any) -> None:
    page = visit(browser, page_server.url, locale="zh-CN")
    expect(page.locator("#welcome")).to_contain_text("5 份文件", timeout=WAIT)
    english = re.compile(r"[A-Za-z]{3,}")
    own = page.locator(
        "#welcome :is(.begin, .facts h3, .facts p, .facts ul:not(.subjects) li, .facts .act)"
    ).all_inner_texts()
    page.get_by_role("tab", name="文件").click()
    expect(page.locator("#listing .count")).to_have_text("5 份文件", timeout=WAIT)
    own += page.locator("#listing :is(th, .count, td.listed_sources .by), #finding label > span").all_inner_texts()
    page.locator("#listing .act.link").first.click()
    expect(page.locator("#opened .reader")).to_be_visible(timeout=WAIT)
    own += page.locator(".reader :is(.tools .act, .rests-on summary, .outline summary)").all_inner_texts()
    page.get_by_role("tab", name="质量").click()
    expect(page.locator("#quality .hundreds > div")).to_have_count(2, timeout=WAIT)
    own += page.locator("#quality :is(h2, h3, .hundreds li, .fold > summary)").all_inner_texts()
    assert [said for said in own if english.search(said)] == []
    assert len(own) > 30
    family = page.evaluate("getComputedStyle(document.querySelector('.gradio-container')).fontFamily")
    assert "CJK" in family
    leave(page)
