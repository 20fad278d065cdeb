"""Many addresses are fetched politely: by the rules of each server, one at a time a host; one that fails stops no other."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ingest import fetch as fetching
from ingest.errors import AskError
from ingest.fetch import USER_AGENT, Fetched, FetchError, download
from ingest.limits import Limits

TEXT = b"The harbour of Fredonia was opened in 1931. " * 2_000
RULES = b"User-agent: *\nDisallow: /closed\n"


class Server(ThreadingHTTPServer):
    daemon_threads = True
    rules: bytes | None = RULES
    silent = False  # as to robots.txt
    elsewhere = ""  # where robots.txt redirects to
    asked: list[tuple[str, str]]
    at_once = most_at_once = 0

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        server = self.server
        server.at_once += 1
        server.most_at_once = max(server.most_at_once, server.at_once)
        server.asked.append((self.path, self.headers["User-Agent"]))
        try:
            self.answer()
        finally:
            server.at_once -= 1

    def answer(self) -> None:
        if self.path == "/robots.txt" and self.server.silent:
            self.connection.recv(1)  # until the other side hangs up
        elif self.path == "/robots.txt" and self.server.elsewhere:
            self.send(302, b"", {"Location": self.server.elsewhere})
        elif self.path == "/robots.txt" and self.server.rules == b"":
            self.send(500, b"")
        elif self.path == "/robots.txt" and self.server.rules is not None:
            self.send(200, self.server.rules)
        elif self.path in ("/robots.txt", "/gone"):
            self.send(404, b"")
        elif self.path == "/away":
            self.send(302, b"", {"Location": self.server.url("/closed")})
        else:
            self.send(200, TEXT)

    def send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        all_headers = {"Content-Type": "text/plain", "Content-Length": str(len(body))}
        for name, value in (all_headers | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Handler)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def limits(server: Server, **more: int) -> Limits:
    return Limits(allow_hosts=(f"127.0.0.1:{server.server_port}",), seconds=20.0, **more)


def failure(server: Server, path: str, limit: Limits | None = None) -> FetchError:
    url = server.url(path)
    result = download([url], limit or limits(server), pause=0)[url]
    assert isinstance(result, FetchError)
    return result


def test_one_request_at_a_time_is_sent_under_a_name(server: Server) -> None:
    urls = [server.url(f"/{n}") for n in range(5)]
    results = download(urls, limits(server), pause=0)
    assert [page.raw for page in results.values() if isinstance(page, Fetched)] == [TEXT] * 5
    assert server.most_at_once == 1
    assert [path for path, _ in server.asked].count("/robots.txt") == 1
    assert {agent for _, agent in server.asked} == {USER_AGENT}


def test_what_robots_txt_forbids_is_not_asked_for(server: Server) -> None:
    for path in ("/closed", "/away"):
        assert failure(server, path).failure == "blocked"
    assert "/closed" not in [path for path, _ in server.asked]
    server.rules = None
    assert isinstance(download([server.url("/closed")], limits(server), pause=0)[server.url("/closed")], Fetched)


def test_an_unreadable_robots_txt_lets_nothing_be_fetched_and_says_so(server: Server) -> None:
    server.rules = b""
    error = failure(server, "/page")
    assert (error.failure, "cannot be read" in str(error)) == ("blocked", True)
    assert [path for path, _ in server.asked] == ["/robots.txt"]


def test_an_address_at_which_nothing_listens_is_told_as_that() -> None:
    with socket.socket() as taken:  # bound, so that nobody else listens there
        taken.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        urls = [f"http://{place}/{n}" for n in range(2)]
        results = download(urls, Limits(allow_hosts=(place,)), pause=0).values()
    assert [(type(r), "does not answer" in str(r), "robots" in str(r)) for r in results] == [(FetchError, True, False)] * 2


EVIL_RULES = [
    b"User-agent: *\nCrawl-delay: " + b"9" * 5_000,
    "User-agent: *\nCrawl-delay: ²".encode(),
    b"User-agent: *\nDisallow: http://[x/",
    b"\xff\xfe\0" + b"User-agent: *\nRequest-rate: 1/\xc2\xb2",
]


@pytest.mark.parametrize("rules", EVIL_RULES, ids=["delay", "power", "address", "rate"])
def test_a_robots_txt_that_cannot_be_parsed_lets_nothing_be_fetched(server: Server, rules: bytes) -> None:
    server.rules = rules
    urls = [server.url("/1"), server.url("/2")]
    results = download(urls, limits(server), pause=0)
    assert {type(result) for result in results.values()} <= {Fetched, FetchError}
    assert [path for path, _ in server.asked].count("/robots.txt") == 1


def test_a_robots_txt_counts_up_to_the_length_that_everybody_reads(server: Server) -> None:
    server.rules = b"User-agent: *\nDisallow: /closed\n" + b"Disallow: /zzz\n" * 40_000 + b"Disallow: /\n"
    urls = [server.url("/closed"), server.url("/open")]
    closed, page = download(urls, limits(server, file_bytes=len(TEXT)), pause=0).values()
    assert isinstance(closed, FetchError)
    assert isinstance(page, Fetched), "the last rule stands behind the limit"


def test_the_end_of_a_rule_that_was_cut_off_is_no_rule(server: Server) -> None:
    server.rules = b"User-agent: *\nDisallow: /" + b"z" * 20_000_000
    server.rules += b"\nDisallow: /\n"
    (page,) = download([server.url("/open")], limits(server), pause=0).values()
    assert isinstance(page, Fetched)


def test_a_robots_txt_that_leads_into_a_private_network_is_asked_for_once(server: Server) -> None:
    server.elsewhere = "http://10.0.0.1/robots.txt"
    results = download([server.url("/1"), server.url("/2")], limits(server), pause=0).values()
    assert [r.failure for r in results if isinstance(r, FetchError)] == ["private address"] * 2
    assert [path for path, _ in server.asked] == ["/robots.txt"]


def test_a_silent_robots_txt_is_asked_for_once(server: Server) -> None:
    server.silent = True
    limit = Limits(allow_hosts=limits(server).allow_hosts, seconds=0.5)
    results = download([server.url(f"/{n}") for n in range(4)], limit, pause=0)
    assert [isinstance(result, FetchError) for result in results.values()] == [True] * 4
    assert len(server.asked) <= 1


@pytest.mark.parametrize("delay", ["25", "9" * 400])
def test_the_wait_that_a_server_asks_for_is_outside_the_limit(
    server: Server, monkeypatch: pytest.MonkeyPatch, delay: str
) -> None:
    slept, sleep = [0.0], asyncio.sleep

    async def slept_at_once(seconds: float) -> None:
        slept.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", slept_at_once)
    monkeypatch.setattr(asyncio.BaseEventLoop, "time", lambda _: time.monotonic() + sum(slept))
    server.rules = f"User-agent: *\nCrawl-delay: {delay}\n".encode()
    results = download([server.url("/1"), server.url("/2")], limits(server), pause=0)
    assert [type(result) for result in results.values()] == [Fetched, Fetched]
    assert sum(slept) > limits(server).seconds


@pytest.mark.parametrize("error", [OverflowError("too large"), RecursionError(), OSError(28, "No space left on device")])
def test_whatever_one_address_raises_the_others_are_fetched(
    server: Server, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fetch(url: str, *rest: Any) -> Fetched:
        if url == server.url("/evil"):
            raise error
        return fetched(url, *rest)

    fetched = fetching.fetch
    monkeypatch.setattr(fetching, "fetch", fetch)
    first, evil, last = download([server.url(p) for p in ("/1", "/evil", "/2")], limits(server), pause=0).values()
    assert (type(first), type(last)) == (Fetched, Fetched)
    assert isinstance(evil, AskError)


def test_each_failure_has_its_name(server: Server) -> None:
    assert failure(server, "/gone").failure == "gone"
    assert failure(server, "/large", limits(server, file_bytes=10_000)).failure == "too large"
    assert failure(server, "/page", Limits()).failure == "private address"
