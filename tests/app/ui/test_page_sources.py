"""From an answer to its sources and back, in a real browser."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import (
    FAR,
    LIST,
    QUESTION,
    WAIT,
    ask,
    choose,
    idle,
    leave,
    ready,
    reply,
    serious,
    stopped,
    visit,
    watch_steps,
)

pytestmark = pytest.mark.timeout(420)


def test_a_number_leads_to_its_card_and_back(visited: Page) -> None:
    said = ask(visited, QUESTION)
    link = said.locator("a.cite").last
    link.click()
    number = re.sub(r"\D", "", link.inner_text())
    card = visited.locator(f"#s1-{number}")
    expect(card).to_have_class(re.compile("here"))
    expect(card).to_be_focused()
    expect(card).to_be_in_viewport()
    card.locator("a.number").click()
    expect(link).to_be_focused()
    expect(said.locator("p.here")).to_have_count(1)


def test_a_card_says_what_a_reader_looks_for(visited: Page) -> None:
    ask(visited, QUESTION)
    card = visited.locator("#panel .card").first
    assert card.locator("mark").count() >= 1
    assert card.locator("h3").inner_text()
    assert card.locator(".by").first.inner_text() == "Summary by Ask the Plan"
    by = card.locator(".source-list .by").first.inner_text()
    assert re.search(r"\d{4}", by)
    assert card.locator(".source-list a").first.get_attribute("rel") == "noopener noreferrer"
    card.get_by_role("button", name="Search only this").click()
    expect(visited.locator("#narrow")).to_contain_text("Searching 1 of 5 documents: Hefei", timeout=WAIT)
    expect(visited.locator("#question textarea")).to_be_focused()


def test_the_whole_document_opens_at_the_quote(visited: Page) -> None:
    ask(visited, QUESTION)
    quote = visited.locator("#s1-1 mark").first.inner_text()
    visited.locator("#panel .card").first.get_by_role("button", name="Open document").click()
    dialog = visited.locator("dialog.dialog")
    expect(dialog).to_be_visible()
    expect(dialog.locator("mark").first).to_be_in_viewport()
    assert dialog.locator("mark").first.inner_text() in quote
    assert len(dialog.locator(".text").inner_text()) > 1_000
    visited.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    visited.locator("#panel .card").first.get_by_role("button", name="Open document").click()
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).not_to_be_visible()


def test_why_an_answer_is_as_it_is(visited: Page) -> None:
    said = ask(visited, QUESTION)
    choose(said, "Why this answer")
    dialog = visited.locator("dialog.dialog")
    expect(dialog).to_be_visible()
    words = dialog.inner_text()
    assert QUESTION in words
    assert "the quoted ones answer the question best" in words
    assert "Confidence" not in words
    dialog.get_by_text("In numbers").click()
    assert re.search(r"Confidence [01]\.\d\d\. Below 0\.\d\d", dialog.inner_text())
    scores = [float(s) for s in dialog.locator("details.numbers span").all_inner_texts()]
    assert scores == sorted(scores, reverse=True)
    assert dialog.locator("tr.quoted").count() >= 1


def test_copying_with_footnotes_and_as_bibtex(browser: Browser, page_server: Any) -> None:
    page = visit(browser, page_server.url, permissions=["clipboard-read", "clipboard-write"])
    said = ask(page, QUESTION)
    said.get_by_role("button", name="Copy with footnotes").click()
    expect(page.locator(".said")).to_have_text("Copied")
    notes = page.evaluate("navigator.clipboard.readText()")
    assert re.search(r"\[1\] “.+” Ask the Plan, .+ \(summary\), based on: ", notes)
    assert re.search(r", .*\d{4}, https?://\S+[.;]", notes)
    assert notes.startswith(said.locator("p.sentence, .points li").first.inner_text().split("\n")[0].strip()[:40])
    choose(said, "Cite in a paper")
    dialog = page.get_by_role("dialog", name="Cite in a paper")
    expect(dialog.locator("h3")).to_have_text([re.compile(style) for style in ("GB/T 7714", "APA", "Chicago", "BibTeX")])
    dialog.get_by_role("button", name="Copy").last.click()
    expect(page.locator(".said")).to_have_text("Copied")
    page.wait_for_function("navigator.clipboard.readText().then(t => t.startsWith('@misc{'))")
    entry = page.evaluate("navigator.clipboard.readText()")
    assert "url = {" in entry
    assert entry.count("{") == entry.count("}")
    page.keyboard.press("Escape")
    page.locator("#panel .card").first.get_by_role("button", name="Copy citation").click()
    expect(page.locator(".said")).to_have_text("Citation copied")
    page.wait_for_function("navigator.clipboard.readText().then(t => t.startsWith('[1] “'))")
    note = page.evaluate("navigator.clipboard.readText()")
    assert note in notes
    assert "\n" not in note
    assert re.search(r"https?://\S+[.;]", note)
    leave(page)


@pytest.mark.journey
def test_asking_again_replaces_the_last_answer(visited: Page) -> None:
    ask(visited, QUESTION)
    first = visited.locator("#chat .reply.done").inner_text()
    choose(visited.locator("#chat .reply.done"), "Ask again")
    expect(visited.locator("#chat :is(.busy, .partial)")).to_have_count(1, timeout=WAIT)
    again = reply(visited, 0)
    strip = re.compile(r"· [\d.]+ s")
    assert strip.sub("", again.inner_text()) == strip.sub("", first)
    expect(visited.locator("#panel details")).to_have_count(0)
    bubble, edited = visited.locator("#chat .user .message-content"), visited.locator("#chat .user").get_by_role("textbox")
    for leave_it in (lambda: edited.press("Escape"), lambda: visited.get_by_role("button", name="Cancel").click()):
        again.get_by_role("button", name="Edit the question").click()  # where it stands
        expect(edited).to_be_focused()
        expect(edited).to_have_value(QUESTION)
        expect(bubble).to_be_hidden()
        edited.fill(LIST)
        leave_it()
        expect(edited).to_have_count(0)
        expect(bubble).to_have_text(QUESTION)
    visited.get_by_label("Your question").fill("typed meanwhile")
    again.get_by_role("button", name="Edit the question").click()
    edited.fill(LIST)
    visited.get_by_role("button", name="Save").click()
    expect(visited.locator("#chat .reply.done")).to_have_count(0, timeout=WAIT)
    assert reply(visited, 0).locator(".points li, p.sentence").count() >= 3
    expect(bubble).to_have_text([LIST])
    expect(visited.get_by_label("Your question")).to_have_value("typed meanwhile")
    visited.get_by_role("button", name="Conversations").click()
    expect(visited.locator("#saved .title")).to_have_text([LIST])
    asked = ask(visited, "source?")
    assert asked.locator(".documents-cited > li").count() >= 1
    expect(asked.locator("p.sentence, .points").first).to_be_hidden()
    assert serious(visited) == []


def test_questions_to_ask_next_have_answers(visited: Page) -> None:
    ask(visited, QUESTION)
    chips = visited.locator("#next .chip")
    expect(chips.first).to_be_visible(timeout=WAIT)
    question = chips.first.inner_text()
    chips.first.click()
    said = reply(visited, 1)
    expect(said).not_to_have_class(re.compile("notfound"))
    assert question in visited.locator("#chat .user").last.inner_text()


@pytest.mark.journey
def test_a_follow_up_is_shown_as_it_was_read_and_can_be_corrected(visited: Page) -> None:
    ask(visited, "When was the comprehensive national science centre in Hefei approved?")
    expect(ask(visited, "And what is it for?").locator(".readas")).to_have_count(0)  # all that is added stands in brackets
    ask(visited, "When was the comprehensive national science centre in Hefei approved?")
    said = ask(visited, "And in Wuhan?")
    read_as = said.locator(".readas q").inner_text().strip('“”"')
    assert read_as == "When was the comprehensive national science centre in Wuhan approved?"
    said.get_by_role("button", name="Edit", exact=True).click()
    box = visited.get_by_label("Your question")
    expect(box).to_have_value(read_as)
    box.fill(LIST)
    box.press("Enter")
    assert reply(visited, 4).locator(".points li, p.sentence").count() >= 3


def test_what_is_not_there_is_said_in_one_sentence_without_what_is_near(visited: Page) -> None:
    said = ask(visited, FAR)
    expect(said).to_have_css("border-left-style", "solid")
    expect(said.locator(".verdict")).to_have_count(1)
    assert said.locator("a.cite, .readas, blockquote").count() == 0
    expect(visited.locator("#panel .card")).to_have_count(0)
    expect(visited.locator("#panel .empty")).to_have_text("Nothing is quoted here.")
    expect(visited.locator("#next .chip").first).to_be_visible(timeout=WAIT)


@pytest.mark.journey
def test_stop_gives_the_question_back(visited: Page) -> None:
    box = visited.get_by_label("Your question")
    stopped(visited, LIST)
    expect(box).to_have_value(LIST)
    expect(visited.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    assert ask(visited, QUESTION).locator("a.cite").count() >= 1


def test_arrow_up_in_an_empty_box_brings_the_last_question_back(visited: Page) -> None:
    ask(visited, LIST)
    box = visited.get_by_label("Your question")
    box.press("ArrowUp")
    expect(box).to_have_value(LIST)
    box.fill("Another")
    box.press("ArrowUp")
    expect(box).to_have_value("Another")


def test_the_steps_are_named_while_one_waits(visited: Page) -> None:
    watch_steps(visited)
    ask(visited, QUESTION)
    seen = visited.evaluate("window.steps")
    assert set(seen) & {"Searching the documents…", "Ranking the results…"}


def test_sources_are_dated(visited: Page) -> None:
    said = ask(visited, QUESTION)
    said.locator(".facts > summary").click()
    assert re.search(r"Sources dated .*\d{4}", said.locator(".aside").last.inner_text())


@pytest.mark.journey
def test_thumbs_are_kept_with_a_comment(visited: Page, page_server: Any) -> None:
    said = ask(visited, QUESTION)
    said.get_by_role("button", name="Bad answer").click()
    expect(visited.locator(".thumb.chosen")).to_have_count(1)
    visited.get_by_role("button", name="Add a comment").click()
    visited.locator("#comment-text").fill("Too <b>long</b>")
    visited.get_by_role("button", name="Send").click()
    expect(visited.locator(".said")).to_contain_text("has been saved")
    file = page_server.settings.data / "feedback.jsonl"
    idle(visited)
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [(x["verdict"], x["comment"]) for x in lines[-2:]] == [("down", ""), ("down", "Too <b>long</b>")]
    assert lines[-1]["record"]["answer"]["question"] == QUESTION


def test_a_saved_answer_is_whole_evidence(visited: Page, tmp_path: Any) -> None:
    said = ask(visited, QUESTION)
    with visited.expect_download() as download:
        choose(said, "Save evidence")
    path = tmp_path / "evidence.json"
    download.value.save_as(path)
    saved = json.loads(path.read_text(encoding="utf-8"))
    assert saved["answer"]["question"] == QUESTION
    assert saved["considered"]
    assert {d["id"] for d in saved["documents"]} >= {c["document_id"] for c in saved["answer"]["citations"]}


def test_a_slow_reader_sees_no_jump(visited: Page) -> None:
    visited.get_by_label("Your question").fill(LIST)
    visited.keyboard.press("Enter")
    visited.locator("#chat .busy, #chat .reply").first.wait_for()  # a quick answer leaves nobody time to see the former
    parts = ("#asking", "#chat", "#side", "#next")
    boxes = [visited.locator(part).bounding_box() for part in parts]
    reply(visited, 0)
    expect(visited.locator("#next .chip").first).to_be_visible(timeout=WAIT)
    assert [visited.locator(part).bounding_box() for part in parts] == boxes
    ready(visited)
