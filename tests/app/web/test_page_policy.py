"""What the page tells browsers to refuse: nothing that it needs itself, and what pages of other sites try."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.app.conftest import Page
from tests.browsing import WAIT, ask, leave, listed, read, ready, visit

pytestmark = pytest.mark.timeout(420)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """An empty page on another port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Elsewhere</title>")

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_nothing_that_the_page_does_is_refused(browser: Browser, page_server: Page) -> None:
    page = visit(browser, page_server.url)
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.reload()
    ready(page)
    ask(page, "What is Hefei for?")
    for number in range(page.get_by_role("tab").count()):
        page.get_by_role("tab").nth(number).click()
    upload = {"name": "policy.txt", "mimeType": "text/plain", "buffer": b"Hello."}
    page.get_by_role("tab").nth(1).click()
    page.get_by_role("button", name="Add documents").click()
    page.locator("#files input[type=file]").set_input_files(files=[upload])  # type: ignore[list-item]
    expect(page.locator("#said")).to_contain_text(
        "“policy” was added.", timeout=WAIT
    )  # the file box shows it for a moment only
    listed(page, "documents")
    read(page, "policy")
    page.get_by_role("button", name="Remove").click()  # the server is other tests' too
    expect(page.locator("#said")).to_contain_text("Removed: policy", timeout=WAIT)
    leave(page)
    assert not [s for s in messages if "Content Security Policy" in s or "Refused" in s]


TRY = """async (url) => {
  const tries = [
    fetch(url + '/config', { credentials: 'include' }).then(r => r.text()),
    fetch(url + '/gradio_api/info').then(r => r.text()),
    fetch(url + '/gradio_api/upload', { method: 'POST', body: new FormData() }).then(r => r.text()),
    fetch(url + '/v1/ask', { method: 'POST', body: '{"question": "What is Hefei for?"}' }).then(r => r.text()),
  ];
  return (await Promise.allSettled(tries)).map(t => t.status);
}"""


def test_a_neighbour_on_this_machine_reads_changes_and_frames_nothing(
    browser: Browser, page_server: Page, elsewhere: str
) -> None:
    page = browser.new_context().new_page()
    page.goto(elsewhere)
    assert page.evaluate(TRY, page_server.url) == ["rejected"] * 4
    with page.expect_console_message(lambda m: "frame-ancestors" in m.text):
        page.evaluate("url => { document.body.innerHTML = `<iframe src='${url}'></iframe>`; }", page_server.url)
    leave(page)
