"""The real page in a headless browser."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.app.conftest import small_page
from tests.browsing import LIST, QUESTION, WAIT, ask, leave, still, visit, watch_steps

pytestmark = pytest.mark.timeout(420)


@pytest.fixture
def page(visited: Page) -> Page:
    return visited


def test_reachable_while_the_models_load(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A visitor comes before the models are there, and asks at once."""
    with small_page(tmp_path_factory) as server:
        assert httpx.get(f"{server.url}/health").json()["status"] == "loading"
        page = visit(browser, server.url)
        # a browser may take longer than the models: then they are there
        assert re.search("Loading|Indexing|5 documents", page.locator("#state").inner_text())
        watch_steps(page)
        assert "Hefei" in ask(page, QUESTION).inner_text()
        named = re.compile("Loading|Indexing|Reading|Looking|Searching|Ranking|Choosing|Checking")
        assert all(named.search(step) for step in page.evaluate("window.steps"))
        expect(page.locator("#state")).to_contain_text("5 documents", timeout=WAIT)
        assert re.search(r"5 documents, as of \d{4}-\d\d-\d\d", page.locator("#state").inner_text())
        leave(page)


def _letters(text: str) -> str:
    return re.sub(r"\W", "", text)


@pytest.mark.journey
def test_an_answer_has_numbers_and_cards(page: Page) -> None:
    reply = ask(page, QUESTION)
    numbers = [re.sub(r"\D", "", text) for text in reply.locator("a.cite").all_inner_texts()]
    assert numbers == [str(n + 1) for n in range(len(numbers))]
    assert numbers
    quotes = page.locator("#panel .card .quote")
    assert quotes.count() == len(numbers)
    for sentence, quote in zip(reply.locator("p.sentence, .points li").all(), quotes.all(), strict=True):
        quoted = " ".join(quote.locator("mark").all_inner_texts())
        said = re.sub(r"\s*Source\s*\d+$", "", sentence.inner_text())
        own = said
        if _letters(quoted) != _letters(said):  # an item alone is said behind the sentence above its list
            introduction, own = said.split(": ", 1)
            assert f"{introduction}:" in page.locator("#panel .card").filter(has=quote).inner_text()
        assert _letters(quoted) == _letters(own)
    titles = page.locator("#panel .card h3").all_inner_texts()
    assert titles
    assert len(set(titles)) == len(titles), "a document has one card"
    assert re.search(r"English|Chinese", page.locator("#panel .card .standing").first.inner_text())
    reply.locator("a.cite").last.click()
    expect(page.locator(f"#s1-{numbers[-1]}")).to_be_in_viewport()
    links = page.locator("#panel .source-list a")
    assert all(str(link.get_attribute("href")).startswith("http") for link in links.all())


def test_a_row_is_shown_with_its_column_headings(page: Page) -> None:
    reply = ask(page, "How many blimps were launched by the works of Fredonia in 2032?")
    assert reply.locator(".large strong").inner_text() == "23"
    assert reply.locator(".whatof").inner_text().startswith("Blimps launched · 2032")
    assert reply.locator("table.rows th").all_inner_texts() == ["Cost in crowns"], "what stands in large is not said again"
    table = page.locator("#panel .card table").filter(has_text="2032")
    assert table.locator("th").all_inner_texts() == ["Year", "Blimps launched", "Cost in crowns"]
    assert table.locator("td mark").all_inner_texts() == ["2032", "23", "1,204"]


def test_not_found_is_no_answer(page: Page) -> None:
    reply = ask(page, "Who won the World Cup final of 1998?")
    expect(reply).to_have_class(re.compile("notfound"))
    assert "No answer to this was found" in reply.inner_text()
    expect(page.locator("#panel")).to_contain_text("Nothing is quoted here")
    assert not page.locator("#panel .card, #chat .reply a.cite").count()


def test_a_chinese_question_finds_english_text(page: Page) -> None:
    reply = ask(page, "合肥综合性国家科学中心是什么时候批准的？")
    assert "Hefei" in reply.inner_text()
    assert "合肥综合性国家科学中心是什么时候批准的？" in page.locator("#chat").inner_text()


@pytest.mark.parametrize("question", ["", "   ", "?!"])
def test_an_empty_question_is_told_so(page: Page, question: str) -> None:
    reply = ask(page, question)
    assert "The question is empty. Type a question" in reply.inner_text()


def test_a_question_that_is_too_long_stays_in_the_box(page: Page) -> None:
    question = "a " * 1_500 + "b"
    reply = ask(page, question)
    assert "3,001 characters" in reply.inner_text()
    assert page.get_by_label("Your question").input_value() == question
    assert "Hefei" in ask(page, QUESTION).inner_text()


@pytest.mark.journey
def test_earlier_answers_keep_their_sources(page: Page) -> None:
    first = ask(page, QUESTION)
    quoted = page.locator("#s1-1 mark").first.inner_text()
    ask(page, LIST)
    expect(page.locator("#s1-1")).not_to_be_visible()
    first.locator("a.cite").first.click()
    expect(page.locator("#s1-1")).to_be_visible()
    assert page.locator("#s1-1 mark").first.inner_text() == quoted
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("#panel .card")).to_have_count(0)
    expect(page.locator("#chat .reply")).to_have_count(0)


def test_examples_come_from_the_folder_and_answer(page: Page) -> None:
    assert page.locator("h1").inner_text() == "A test <b>page</b>"
    examples = page.locator("#welcome .try")
    assert [e.strip() for e in examples.all_inner_texts()] == [QUESTION, "Who is <i>Nobody</i>?"]
    examples.first.click()
    expect(page.locator("#chat .reply.done")).to_be_visible(timeout=WAIT)


@pytest.mark.journey
def test_a_hostile_document_is_shown_as_text(page: Page) -> None:
    reply = ask(page, "How many megawatts does the Zorgon reactor of Quuxville make?")
    words = reply.inner_text()
    for part in ("42 megawatts <img src=x", "${window.hacked=10} {{7*7}}", "<script>window.hacked=11</script>"):
        assert part in words
    panel = page.locator("#panel")
    for part in ("Zorgon <script>window.hacked=1</script>", "<svg onload=", "<iframe", "<b onmouseover"):
        assert part in panel.inner_text()
    reply.locator("p.sentence").first.hover()
    still(page)  # whatever a source would have run or loaded has begun
    assert page.evaluate("window.hacked") is None
    inserted = "#chat .reply :is(img, script, svg, iframe), #panel :is(img, script, svg, iframe)"
    assert page.locator(inserted).count() == 0
    assert page.locator('#panel a[href^="javascript"]').count() == 0
    assert not [u for u in page.requested if "example.org" in u]  # type: ignore[attr-defined]


def test_a_hostile_question_is_shown_as_text(page: Page) -> None:
    question = '<img src=x onerror="window.hacked=1"> **Hefei** ![](https://example.org/x.png) ${1+1}'
    ask(page, question)
    assert page.locator("#chat .user .message-content").inner_text().strip() == question
    assert page.evaluate("window.hacked") is None
    assert not [u for u in page.requested if "example.org" in u]  # type: ignore[attr-defined]


def test_nothing_comes_from_elsewhere(page: Page, page_server: Any) -> None:
    ask(page, QUESTION)
    elsewhere = [u for u in page.requested if not u.startswith((page_server.url, "data:", "blob:"))]  # type: ignore[attr-defined]
    assert not elsewhere


@pytest.mark.journey
def test_a_phone_needs_no_sideways_scrolling_and_sources_lie_over_the_answer(browser: Browser, page_server: Any) -> None:
    page = visit(browser, page_server.url, 390, 844)
    ask(page, LIST)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator("#side")).not_to_be_visible()
    page.locator("#chat a.cite").first.click()
    expect(page.locator("#s1-1")).to_be_in_viewport()
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#side")).not_to_be_visible()
    expect(page.locator("#chat a.cite").first).to_be_focused()
    leave(page)


def test_it_works_by_keyboard_and_speaks_to_screen_readers(page: Page) -> None:
    expect(page.locator("#chat [role=log]")).to_have_attribute("aria-live", "polite")
    page.get_by_label("Your question").fill(QUESTION)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Ask"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("#chat .reply.done")).to_be_visible(timeout=WAIT)
