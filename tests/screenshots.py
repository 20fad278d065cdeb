"""The pictures in docs/, taken of the real page over the built-in corpus: `make screenshots`."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browsing import WAIT, ask, choose, launch, leave, listed, read, tab, visit

QUALITY = 60  # of WebP: about 40 kB a picture, its smallest words still read
DOCS = Path(__file__).resolve().parent.parent / "docs"
FIRST = "When was the comprehensive national science centre in Hefei approved?"
LIST = "Which seven frontier fields of science and technology does the Outline name?"
FAR = "What did the plan say about housing prices in Hangzhou?"
CHINESE = "合肥综合性国家科学中心是什么时候批准的？"


def answered(page: Page, question: str = FIRST) -> None:
    """An answer, its follow-ups, and its first source marked."""
    ask(page, question)
    page.locator("#chat .reply").last.locator("a.cite").first.click()
    expect(page.locator("#next .chip").nth(2)).to_be_visible(timeout=WAIT)
    page.wait_for_timeout(600)


def document(page: Page) -> None:
    """The whole document behind a quote."""
    ask(page, FIRST)
    page.locator("#panel .card").first.get_by_role("button", name="Open document").click()
    page.wait_for_timeout(600)


def why(page: Page) -> None:
    """What was considered."""
    ask(page, FIRST)
    choose(page.locator("#chat .reply").last, "Why this answer")
    page.wait_for_timeout(600)


def not_found(page: Page) -> None:
    """What is not there, with the sidebar open."""
    answered(page, LIST)
    ask(page, FAR)
    page.get_by_role("button", name="Conversations").click()
    page.wait_for_timeout(600)


def documents(page: Page) -> None:
    """The documents on one subject, of which alone is asked."""
    listed(page, "documents")
    page.locator("#find").get_by_role("textbox").fill("law")
    expect(page.locator("#listing .count")).to_contain_text(" of ", timeout=WAIT)
    page.get_by_role("button", name="Search only these").click()
    page.wait_for_timeout(1_500)


def reading(page: Page) -> None:
    """A document that is read, with what was searched in it."""
    listed(page, "documents")
    read(page, "Hefei").get_by_role("searchbox").fill("quantum")
    page.wait_for_timeout(600)


def quality(page: Page) -> None:
    """The report."""
    tab(page, "Quality")
    page.wait_for_timeout(600)


def first(page: Page) -> None:
    """What a visitor sees first."""
    expect(page.locator("#welcome .subjects")).to_be_visible(timeout=WAIT)


def chinese(page: Page) -> None:
    """The page as a Chinese browser gets it."""
    ask(page, CHINESE)
    page.wait_for_timeout(600)


PICTURES: dict[str, tuple[Callable[[Page], None], int, int, dict[str, str]]] = {
    "page": (answered, 1360, 860, {}),
    "page-dark": (answered, 1360, 860, {"color_scheme": "dark"}),
    "page-phone": (answered, 390, 844, {}),
    "page-document": (document, 1360, 860, {}),
    "page-why": (why, 1360, 860, {}),
    "page-first": (first, 1360, 860, {}),
    "page-reading": (reading, 1360, 860, {}),
    "page-not-found": (not_found, 1360, 860, {}),
    "page-documents": (documents, 1360, 1100, {}),
    "page-quality": (quality, 1360, 1100, {}),
    "page-chinese": (chinese, 1360, 860, {"locale": "zh-CN"}),
}


def take(browser: Browser, url: str, folder: Path, names: list[str]) -> None:
    """The pictures of these names."""
    for name in names:
        prepare, width, height, context = PICTURES[name]
        page = visit(browser, url, width, height, **context)
        prepare(page)
        Image.open(BytesIO(page.screenshot())).save(folder / f"{name}.webp", quality=QUALITY, method=6)
        leave(page)


def main(names: list[str]) -> None:
    """Start the page, take the pictures (all, or those named), stop it."""
    command = [sys.executable, "-u", "-m", "app", "chat", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "the page did not start"
        try:
            with sync_playwright() as playwright:
                browser = launch(playwright)
                take(browser, found[0], DOCS, names or list(PICTURES))
                browser.close()
        finally:
            process.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1:])
