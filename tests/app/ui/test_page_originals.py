"""A source card offers to get the original, says what will be fetched and what came of it, and then quotes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.app.conftest import running_page
from tests.app.store.test_originals import SUMMARY, served
from tests.browsing import WAIT, ask, leave, visit

pytestmark = pytest.mark.timeout(580)


@pytest.fixture
def host() -> Iterator[str]:
    with served() as found:
        yield found


@pytest.fixture
def harbour(host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("ASK_ALLOW_HOSTS", host)
    corpus, data = tmp_path / "docs", tmp_path / "data"
    corpus.mkdir()
    data.mkdir()
    (corpus / "harbour.md").write_text(SUMMARY.replace("{url}", f"http://{host}"))
    with running_page(corpus, data) as page:
        yield page


def offered(page: Page, title: str) -> Locator:
    """The button below a source of the newest answer."""
    source = page.locator("#panel .card .source-list li").filter(has_text=title).first
    return source.get_by_role("button", name="Get the original")


def got(page: Page, button: Locator) -> str:
    """What a dialog says after the button was pressed and confirmed."""
    dialog = page.locator("dialog.dialog")
    button.click()
    dialog.get_by_role("button", name="Get it").click()
    expect(dialog.locator(".told:not(.busy)")).to_be_visible(timeout=WAIT)
    said = dialog.locator(".told").inner_text()
    dialog.get_by_role("button", name="Close").click()
    return said


def test_an_original_is_fetched_from_its_card_and_quoted_there(browser: Browser, harbour: Any, host: str) -> None:
    page = visit(browser, harbour.url)
    ask(page, "How many ships did the harbour master count?")
    assert "This is not the right text" in got(page, offered(page, "Annual report"))
    expect(page.locator("#panel .in-original")).to_have_count(0)
    ask(page, "What does Article 2 of the harbour law charge on imported timber?")
    button = offered(page, "Harbour law of Fredonia")
    button.click()
    expect(page.locator("dialog.dialog")).to_contain_text(
        f"fetch “Harbour law of Fredonia” from {host}: this one text, once"
    )
    page.locator("dialog.dialog").get_by_role("button", name="Close").click()
    assert not list((harbour.settings.data / "added").glob("*.txt")), "whoever only looks has nothing fetched"
    assert "“Harbour law of Fredonia” has been fetched" in got(page, button)
    card = page.locator("#panel .card").first
    expect(card.locator(".in-original mark").first).to_contain_text("12 percent of its value", timeout=WAIT)
    expect(button).to_have_count(0)
    assert "In the original: “" in (card.locator("pre[id^=note-]").text_content() or "")
    leave(page)
