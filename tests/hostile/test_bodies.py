"""The largest bodies that are read at all, by every way in: whatever they hold, the page answers others meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from app.web.bodies import MAX_BODY, MAX_PAGE_BODY
from tests.hostile.conftest import Page, answers_meanwhile

PROGRAMS = ("/v1/ask", "/v1/search", "/v1/chat/completions", "/mcp")
JOIN = "/gradio_api/queue/join"
PAGES = (JOIN, "/gradio_api/run/ask", "/gradio_api/call/ask", "/gradio_api/cancel")
JSON = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
START = b'{"question": "tea", "words": "tea", "messages": [{"role": "user", "content": "tea"}], "data": ["tea"], '
"""What each of them wants, so that a body is refused for its size alone."""


def filled(name: bytes, item: bytes, most: int) -> bytes:
    """A list of as many items as there is room for."""
    room = most - len(START) - len(name) - 8
    return START + b'"' + name + b'": [' + b",".join([item] * (room // (len(item) + 1))) + b"]}"


def within(most: int) -> dict[str, Callable[[], bytes]]:
    return {
        "ids": lambda: filled(b"documents", b'"0123456789abcdef"', most),
        "short ids": lambda: filled(b"documents", b'"a"', most),
        "other ids": lambda: START + b'"documents": ' + json.dumps([f"{n:x}" for n in range(most // 12)]).encode() + b"}",
        "lists": lambda: filled(b"unknown", b"[]", most),
        "objects": lambda: filled(b"unknown", b'{"a":{}}', most),
        "numbers": lambda: filled(b"unknown", b"1", most),
        "names": lambda: START + b'"u": {' + b",".join(b'"%x":0' % n for n in range(most // 12)) + b"}}",
        "turns": lambda: filled(b"history", b'{"role":"user","content":"x"}', most),
        "messages": lambda: filled(b"messages", b'{"role":"user","content":"x"}', most),
        "deep": lambda: START + b'"u": ' + b"[" * (most // 3) + b"]" * (most // 3) + b"}",
        "one text": lambda: START + b'"u": "' + b"x" * (most - len(START) - 10) + b'"}',
        "escapes": lambda: START + b'"u": "' + b"\\u00e9" * ((most - len(START) - 10) // 6) + b'"}',
        "question": lambda: b'{"question": "' + b"x " * (most // 2 - 20) + b'"}',
        "digits": lambda: START + b'"u": ' + b"1" * (most - len(START) - 10) + b"}",
        "white space": lambda: START + b'"u": ' + b" " * (most - len(START) - 10) + b"1}",
    }


def post(page: Page, path: str, body: bytes) -> httpx.Response:
    return httpx.post(f"{page.url}{path}", content=body, headers=JSON, timeout=60)


def attacks(page: Page, path: str, body: bytes) -> None:
    replies: list[httpx.Response] = []
    answers_meanwhile(page, lambda: replies.append(post(page, path, body)))
    assert replies[-1].status_code < 500, replies[-1].text[:300]
    assert "Traceback" not in replies[-1].text


QUICK = {
    *((path, kind) for path in ("/v1/ask", "/v1/search") for kind in ("ids", "other ids", "lists", "turns")),
    *((JOIN, kind) for kind in ("lists", "names")),
}
ALL = [(path, kind) for path in (*PROGRAMS, *PAGES) for kind in within(0)]
TRIED = [pytest.param(*each, marks=[] if each in QUICK else pytest.mark.hostile) for each in ALL]
"""`make test-hostile` alone tries those that are not quick."""


@pytest.mark.parametrize(("path", "kind"), TRIED)
def test_the_largest(attacked: Page, path: str, kind: str) -> None:
    attacks(attacked, path, within(MAX_PAGE_BODY if path == JOIN else MAX_BODY)[kind]())


@pytest.mark.parametrize("path", PROGRAMS)
def test_a_byte_more_is_not_read(attacked: Page, path: str) -> None:
    assert post(attacked, path, b" " * (MAX_BODY + 1)).status_code == 413


def test_a_thousand_ids_of_documents_that_are_there_read_none_of_them(attacked: Page) -> None:
    listed = httpx.get(f"{attacked.url}/v1/documents").json()["documents"]
    wide = max(listed, key=lambda d: d["characters"])["id"]
    body = json.dumps({"words": "coffee", "documents": [wide] * 1_000}).encode()
    attacks(attacked, "/v1/search", body)
    assert post(attacked, "/v1/search", body).status_code == 200
