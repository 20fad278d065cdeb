"""Connections that ask nothing, little, or slowly; passwords under many addresses; the end of a page."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.hostile.conftest import Page, answers_meanwhile, running

pytestmark = pytest.mark.hostile
HALF = b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\n"
SLOW = {
    "silent": b"",
    "half a request": HALF,
    "half a body": b"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 90\r\n\r\n{",
    "heartbeats": b"GET /gradio_api/heartbeat/%d HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "tools": b"GET /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n",
    "one stream": b"GET /gradio_api/queue/data?session_hash=%d HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
}  # fmt: skip


@contextmanager
def many(page: Page, number: int, sent: bytes) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        found = []
        for n in range(number):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", page.port), timeout=60))
            client.sendall(sent % n if b"%d" in sent else sent)
            found.append(client)
        yield found


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page that may open 1,024 files, and no more whatever it does."""
    with running(tmp_path_factory.mktemp("narrow"), limit=1_024) as page:
        yield page


@pytest.mark.parametrize("kind", ["silent", "half a request"])
def test_1_500_of_them_where_1_024_files_may_be_open(narrow: Page, kind: str) -> None:
    with many(narrow, 1_500, SLOW[kind]):
        answers_meanwhile(narrow, lambda: httpx.get(f"{narrow.url}/v1/documents", timeout=60).raise_for_status())
    assert narrow.is_well()


@pytest.mark.parametrize("number", [300, 1_100, 2_500])
@pytest.mark.parametrize("kind", SLOW)
def test_many_of_them(attacked: Page, kind: str, number: int) -> None:
    """With as many as may be at work the page may be full for a while, and answers again."""
    with many(attacked, number, SLOW[kind]):
        until = time.monotonic() + 60
        while True:
            try:
                if attacked.is_well():
                    break
            except httpx.TransportError:
                pass
            assert time.monotonic() < until
            time.sleep(1)
    assert attacked.is_well()


@pytest.mark.parametrize("kind", ["silent", "half a request", "half a body"])
def test_they_are_told_that_it_took_too_long(attacked: Page, kind: str) -> None:
    with many(attacked, 20, SLOW[kind]) as clients:
        for client in clients:
            assert b"408" in client.recv(65_536)


@pytest.mark.parametrize("pause", [1.0, 5.0])
def test_a_byte_at_a_time(attacked: Page, pause: float) -> None:
    closed = False
    with socket.create_connection(("127.0.0.1", attacked.port), timeout=60) as client:
        for byte in b"GET /live HTTP/1.1\r\nX: " + b"a" * 200:
            try:
                client.sendall(bytes([byte]))
            except (ConnectionResetError, BrokenPipeError):
                closed = True
                break
            time.sleep(pause)
    assert closed


def login(page: Page, name: str, password: str, **headers: str) -> int:
    given = {"username": name, "password": password}
    return httpx.post(f"{page.url}/login", data=given, headers=headers, timeout=120).status_code


def test_passwords_are_not_tried_faster_under_many_addresses(walled: Page) -> None:
    """Sixty at once, each with another address in `X-Forwarded-For`: all but a few are turned away, and others come in."""
    with ThreadPoolExecutor(60) as threads:
        tries = [
            threads.submit(login, walled, "ann", f"guess {n}", **{"X-Forwarded-For": f"192.0.2.{n}"}) for n in range(60)
        ]
        assert login(walled, "bob", "hush") == 200
        found = [t.result() for t in tries]
    assert found.count(429) + found.count(400) == 60
    assert found.count(400) <= 3 + 4 + 4  # the free ones, those that wait, and as many again where the machine is slow


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat/completions", "/v1/search", "/v1/documents", "/mcp"])
def test_without_the_token_nothing_is_told(walled: Page, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic YTpi"}):
        method = "GET" if path == "/v1/documents" else "POST"
        assert httpx.request(method, walled.url + path, headers=headers, timeout=60).status_code == 401


def test_who_asks_while_a_page_stops_is_told_so(tmp_path: Path) -> None:
    with running(tmp_path) as page, ThreadPoolExecutor(1) as threads:
        body = b'{"question": "tea"'  # it waits for the rest
        with socket.create_connection(("127.0.0.1", page.port), timeout=60) as client:
            client.sendall(b"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900\r\n\r\n" + body)
            assert page.is_well()
            ended = threads.submit(page.process.wait, 60)
            page.process.terminate()
            said = b"".join(iter(lambda: client.recv(65_536), b""))
        assert ended.result() is not None
    assert b" 503 " in said
    assert b"is being stopped" in said
    assert page.tracebacks() == 0
