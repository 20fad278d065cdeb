"""The Documents tab in the real page: what is added is asked at once, and gone when it is removed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import FAR, WAIT, ask, leave, listed, press_when_seen, read, tab, until_pressed, visit
from tests.ingest import formats as make

pytestmark = pytest.mark.timeout(420)


@pytest.fixture
def page(browser: Browser, page_server: Any) -> Iterator[Page]:
    found = visit(browser, page_server.url)
    yield found
    leave(found)


@pytest.mark.journey
def test_documents_are_added_asked_and_removed(page: Page, tmp_path: Path) -> None:
    make.pdf(tmp_path / "yard.pdf", [["About the yard."], ["The Zeppelin yard of Fredonia employed 812 riveters in 2031."]])
    (tmp_path / "bad.docx").write_bytes(b"no package")
    (tmp_path / "evil.txt").write_text('<img src=x onerror="window.hacked=1"> is how the yard greets its visitors.')
    listed(page)
    page.get_by_role("button", name="Add documents").click()
    files = [str(tmp_path / n) for n in ("yard.pdf", "bad.docx", "evil.txt")]
    page.get_by_label("Or a web address").fill("https://half")
    count, held = page.locator("#listing .count"), page.locator("#state .count")
    page.locator("#find").get_by_role("textbox").fill("hefei")
    expect(count).to_have_text("1 of 5 documents", timeout=WAIT)
    page.locator("#files input[type=file]").set_input_files(files)  # nothing else is to be pressed
    expect(page.locator("#said")).to_contain_text("2 added: “yard”, “evil”. 1 failed.", timeout=WAIT)
    expect(page.locator("#said")).to_contain_text("2 of 2 pages have text · 2 passages")
    expect(held).to_have_text("7 documents", timeout=WAIT)
    expect(count).to_have_text("7 documents", timeout=WAIT)
    expect(page.locator("#find").get_by_role("textbox")).to_have_value("")
    expect(page.get_by_label("Or a web address")).to_have_value("https://half")
    expect(page.locator("#files")).not_to_contain_text("evil")
    expect(page.locator("#said")).to_contain_text("bad.docx is not what its name says")
    row = page.locator("#listing tr").filter(has_text="yard.pdf")
    expect(row.locator("td.title")).to_have_text("yardAdded · yard.pdf · 2 passages", timeout=WAIT)
    page.locator("#said .chip").first.click()  # the first question to ask of what was added
    expect(page.locator("#chat .reply.done")).to_have_count(1, timeout=WAIT)
    expect(page.locator("#chat .user")).to_have_text("What is this document about?")
    expect(page.locator("#narrow")).to_contain_text("Searching 1 of 7 documents: yard")  # it is asked of the document alone
    assert "812 riveters" in page.locator("#chat .reply").inner_text()
    reply = ask(page, "How many riveters did the Zeppelin yard of Fredonia employ?")
    assert "812 riveters" in reply.inner_text()
    assert page.locator("#panel .card").first.locator(".heading").inner_text() == "page 2"
    bar = page.locator(".undoing")
    listed(page, "7 documents")
    page.locator("#find").get_by_role("textbox").fill("yard")
    expect(count).to_have_text("1 of 7 documents", timeout=WAIT)
    read(page, "yard").get_by_role("button", name="Remove").click()
    expect(bar).to_contain_text("“yard” will be removed in 10 seconds. Saved answers keep", timeout=WAIT)
    expect(row).to_be_hidden()
    expect(page.locator("#opened .reader")).to_be_hidden()
    seen = "e => [getComputedStyle(e), getComputedStyle(e, '::after')].map(s => `${s.visibility} ${s.content}`)"
    assert count.evaluate(seen) == ["hidden normal", 'visible "0 of 6 documents"']
    assert held.evaluate(seen) == ["hidden normal", 'visible "6 documents"']
    bar.get_by_role("button", name="Undo").click()
    reader = page.locator("#opened .reader")
    expect(reader.locator("h2")).to_have_text("yard", timeout=WAIT)  # it is read again
    expect(row).to_be_hidden()
    assert held.evaluate(seen) == ["visible normal", 'hidden "6 documents"']
    press_when_seen(page, ".undoing .undo", ".undoing .undo")  # in the moment in which the reader is left
    reader.get_by_role("button", name="Remove").click()
    until_pressed(page)
    expect(bar.locator(".undo")).to_have_count(0, timeout=WAIT)
    expect(reader.locator("h2")).to_have_text("yard")
    expect(reader).to_be_visible()
    reader.get_by_role("button", name="Remove").click()
    expect(bar).to_be_visible(timeout=WAIT)
    page.locator("#find").get_by_role("textbox").fill("")
    assert "yard" in read(page, "evil").inner_text()
    page.get_by_role("button", name="Remove").click()
    expect(bar).to_contain_text("“evil” will be removed", timeout=WAIT)
    expect(page.locator("#said")).to_contain_text("Removed: yard", timeout=WAIT)
    expect(page.locator("#said")).to_contain_text("Removed: evil", timeout=WAIT)
    expect(held).to_have_text("5 documents", timeout=WAIT)
    assert page.evaluate("window.hacked") is None
    listed(page)
    tab(page, "Ask")
    assert "812" not in ask(page, "How many riveters did the Zeppelin yard of Fredonia employ?").inner_text()
    expect(page.locator("#set")).to_have_attribute("title", "Settings")
    page.locator("#language").get_by_text("中文").click()
    expect(page.locator("#set")).to_have_attribute("title", "设置", timeout=WAIT)
    expect(page.locator("#said")).to_be_empty()


FERRY = """# The ferry

The ferry of Fredonia goes from shore to shore every hour, whatever the weather on the lake may be.

The price of a ticket is 9 crowns for everybody who is older than six years.

Dogs and bicycles travel on the lower deck, beside the engine that the shipyard built.
"""


def test_a_pasted_text_is_added_and_asked(page: Page) -> None:
    listed(page)
    page.get_by_role("button", name="Add documents").click()
    page.get_by_label("Or a pasted text").fill("The kite club of Fredonia meets.\n\nIt has 64 members and no debts.")
    page.get_by_label("Title of the text").fill("The kite club")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#said")).to_contain_text("“The kite club” was added.", timeout=WAIT)
    expect(page.get_by_label("Or a pasted text")).to_have_value("")
    expect(page.get_by_label("Title of the text")).to_have_value("")
    tab(page, "Ask")
    assert "64 members" in ask(page, "How many members does the kite club of Fredonia have?").inner_text()
    listed(page, "6 documents")
    read(page, "The kite club").get_by_role("button", name="Remove").click()
    page.locator(".undoing").wait_for()
    expect(page.locator("#said")).to_contain_text("Removed: The kite club", timeout=WAIT)


def test_files_that_are_dropped_on_the_conversation_are_added(page: Page) -> None:
    page.evaluate(
        """() => { const dropped = new DataTransfer(); dropped.items.add(new File(['no package'], 'bad.docx'));
        const drop = new DragEvent('drop', { dataTransfer: dropped, bubbles: true, cancelable: true });
        document.querySelector('#welcome').dispatchEvent(drop); }"""
    )
    expect(page.locator("#said")).to_contain_text("bad.docx is not what its name says", timeout=WAIT)
    expect(page.locator("#files")).to_be_visible()


def test_the_clip_adds_a_document_that_is_then_in_hand(page: Page, tmp_path: Path) -> None:
    (tmp_path / "ferry.md").write_text(FERRY)
    with page.expect_file_chooser() as chooser:
        page.locator("#attach").click()
    chooser.value.set_files(str(tmp_path / "ferry.md"))
    expect(page.locator("#narrow")).to_contain_text("Searching 1 of 6 documents: The ferry", timeout=WAIT)
    expect(page.get_by_label("Your question")).to_be_visible()  # the conversation is shown again
    offered = page.locator("#narrow .asked-of .chip")
    expect(offered).to_have_text(["What is the price of a ticket?", "What is this document about?"], timeout=WAIT)
    assert "9 crowns" in ask(page, "What is the price of a ticket?").inner_text()
    assert "shore to shore" in ask(page, "summarize this").inner_text()
    tab(page, "Documents")
    expect(page.locator("#said")).to_contain_text("The ferry of Fredonia goes from shore to shore")
    expect(page.locator("#chosen")).to_contain_text("Searching 1 of 6 documents")
    tab(page, "Ask")
    page.locator("#narrow").get_by_role("button", name="Search all").click()
    expect(page.locator("#narrow .narrow")).to_have_count(0, timeout=WAIT)
    listed(page, "6 documents")
    read(page, "The ferry").get_by_role("button", name="Remove").click()
    page.locator(".undoing").wait_for()
    expect(page.locator("#said")).to_contain_text("Removed: The ferry", timeout=WAIT)


def test_what_another_process_adds_is_seen_without_a_restart(page: Page, page_server: Any, tmp_path: Path) -> None:
    listed(page)
    (tmp_path / "late.md").write_text("# Late\n\nThe comet of Fredonia returns every 311 years.")
    where = ["--corpus", str(page_server.settings.corpus), "--data", str(page_server.settings.data)]
    done = subprocess.run([sys.executable, "-m", "app", *where, "add", str(tmp_path / "late.md")], capture_output=True)
    assert done.returncode == 0, done.stderr
    expect(page.locator("#listing")).to_contain_text("Late", timeout=WAIT)
    page.get_by_role("tab", name="Ask").click()
    assert "311 years" in ask(page, "How often does the comet of Fredonia return?").inner_text()
    subprocess.run([sys.executable, "-m", "app", *where, "remove", "late.md"], capture_output=True, check=True)
    page.get_by_role("tab", name="Documents").click()
    expect(page.locator("#listing")).to_contain_text("5 documents", timeout=WAIT)


@pytest.mark.journey
def test_documents_are_filtered_and_only_the_chosen_ones_asked(page: Page) -> None:
    listing = listed(page)
    count = listing.locator(".count")
    page.locator("#find").get_by_role("textbox").fill("twenty indicators")
    expect(count).to_have_text("1 of 5 documents", timeout=WAIT)
    page.get_by_role("button", name="Search only these").click()
    expect(page.locator("#chosen")).to_contain_text("Searching 1 of 5 documents", timeout=WAIT)
    page.locator("#find").get_by_role("textbox").fill("no such words")
    expect(listing).to_contain_text("No documents match", timeout=WAIT)
    page.locator("#find").get_by_role("textbox").fill("")
    expect(page.locator("#finding input").nth(2)).to_have_value("All")
    expect(page.locator("#by-language input")).to_have_value("All")
    page.locator("#by-source input").click()
    page.keyboard.type("asia t")  # in the place of "All"
    page.get_by_role("option", name="Asia Times", exact=True).click()
    expect(count).to_have_text("1 of 5 documents", timeout=WAIT)
    expect(listing.locator("tbody tr")).to_contain_text("Hefei")
    tab(page, "Ask")
    expect(page.locator("#narrow")).to_contain_text("Searching 1 of 5 documents", timeout=WAIT)
    ask(page, "Which of the twenty main indicators are binding?")
    titles = page.locator("#panel .card h3").all_inner_texts()
    assert titles
    assert all("twenty main indicators" in t for t in titles)
    refused = ask(page, FAR)
    expect(refused.locator(".verdict")).to_contain_text("Searched 1 of 5 documents.")
    refused.get_by_role("button", name="Search all").click()
    expect(page.locator("#narrow .narrow")).to_have_count(0, timeout=WAIT)
    expect(page.locator("#chat .reply.done .verdict").last).not_to_contain_text("Searched", timeout=WAIT)
    expect(page.locator("#chat .reply.done")).to_have_count(2, timeout=WAIT)  # asked again in its place
    ask(page, "What is Hefei for?")
    assert "Hefei" in page.locator("#panel .card h3").first.inner_text()
    page.get_by_role("tab", name="Documents").click()
    listing.get_by_role("button", name="Search only this").first.click()
    tab(page, "Ask")
    page.get_by_role("button", name="Search all").click()
    expect(page.locator("#narrow .narrow")).to_have_count(0, timeout=WAIT)
    listed(page, "of 5")
    expect(listing.get_by_role("button", name="Search only this")).to_have_attribute("aria-pressed", "false")


@pytest.mark.journey
def test_a_document_says_what_it_rests_on_and_is_read_searched_and_asked(page: Page) -> None:
    listing = listed(page)
    row = listing.locator("tr").filter(has_text="hefei.md")
    assert re.search(r"\d+ sources", row.locator(".listed_sources").inner_text())
    assert re.fullmatch(r"20\d\d–20\d\d", row.locator(".years").inner_text())
    page.locator("#find").get_by_role("textbox").fill("hefei")
    expect(listing.locator(".count")).to_have_text("1 of 5 documents", timeout=WAIT)
    reader = read(page, "Hefei")
    expect(reader.locator("h2")).to_be_focused()
    reader.locator(".rests-on summary").click()
    assert "March 2021 · English" in reader.locator(".rests-on li").first.inner_text()
    place = reader.locator(".outline a").last
    place.click()
    heading = reader.locator(str(place.get_attribute("href")))
    expect(heading).to_be_focused()
    expect(heading).to_be_in_viewport()
    reader.get_by_role("searchbox").fill("EAST")
    expect(reader.locator(".found")).to_have_text(re.compile(r"Matches: \d+"))
    assert page.evaluate("CSS.highlights.get('found').size") >= 1
    reader.get_by_role("button", name="Ask about this document").click()
    expect(page.locator("#narrow")).to_contain_text("Searching 1 of 5 documents", timeout=WAIT)
    expect(page.get_by_label("Your question")).to_be_focused()
    ask(page, "How many indicators does the Outline set?")
    assert all("Hefei" in t for t in page.locator("#panel .card h3").all_inner_texts())
    listed(page, "documents")
    page.get_by_role("button", name="All documents").last.click()
    expect(listing.locator(".count")).to_have_text("5 documents", timeout=WAIT)
    expect(listing).to_be_visible()
    expect(page.locator("#find").get_by_role("textbox")).to_have_value("")
    expect(listing.get_by_role("button", name="Hefei").first).to_be_focused()


def test_one_document_more_is_chosen_from_its_row_by_keyboard(page: Page) -> None:
    toggle = listed(page).get_by_role("button", name="Search only this").first
    toggle.focus()
    page.keyboard.press("Enter")
    expect(toggle).to_have_attribute("aria-pressed", "true", timeout=WAIT)
    expect(toggle).to_be_focused()
    page.keyboard.press("Enter")
    expect(toggle).to_have_attribute("aria-pressed", "false", timeout=WAIT)
    expect(page.locator("#chosen .narrow")).to_have_count(0)
