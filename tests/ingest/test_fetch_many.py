"""Many addresses are fetched politely: by the rules of each server, one at a time a host, and on from where it broke off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ingest.fetch import USER_AGENT, Fetched, FetchError, download
from ingest.limits import Limits

TEXT = b"The harbour of Fredonia was opened in 1931. " * 2_000
RULES = b"User-agent: *\nDisallow: /closed\n"


class Server(ThreadingHTTPServer):
    daemon_threads = True
    rules: bytes | None = RULES
    version = '"one"'
    shift = 0  # bytes by which the rest begins too late
    asked: list[tuple[str, str, str]]
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
        server.asked.append((self.path, self.headers["User-Agent"], self.headers.get("Range", "")))
        try:
            self.answer()
        finally:
            server.at_once -= 1

    def answer(self) -> None:
        if self.path == "/robots.txt" and self.server.rules == b"":
            self.send(500, b"")
        elif self.path == "/robots.txt" and self.server.rules is not None:
            self.send(200, self.server.rules)
        elif self.path in ("/robots.txt", "/gone"):
            self.send(404, b"")
        elif self.path == "/away":
            self.send(302, b"", {"Location": self.server.url("/closed")})
        elif (begin := self.headers.get("Range", "")) and self.headers.get("If-Range") == self.server.version:
            at = int(begin.removeprefix("bytes=").rstrip("-"))
            self.send(206, TEXT[at:], {"Content-Range": f"bytes {at + self.server.shift}-{len(TEXT) - 1}/{len(TEXT)}"})
        elif self.path == "/breaks":
            self.send(200, TEXT[:50_000], {"Content-Length": str(len(TEXT))})
        else:
            self.send(200, TEXT)

    def send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        all_headers = {"Content-Type": "text/plain", "Content-Length": str(len(body)), "ETag": self.server.version}
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


def failure(server: Server, path: str, folder: Path, limit: Limits | None = None) -> FetchError:
    url = server.url(path)
    result = download([url], folder, limit or limits(server), pause=0)[url]
    assert isinstance(result, FetchError)
    return result


def test_one_request_at_a_time_is_sent_under_a_name(server: Server, tmp_path: Path) -> None:
    urls = [server.url(f"/{n}") for n in range(5)]
    results = download(urls, tmp_path, limits(server), pause=0)
    assert [page.raw for page in results.values() if isinstance(page, Fetched)] == [TEXT] * 5
    assert server.most_at_once == 1
    assert [path for path, _, _ in server.asked].count("/robots.txt") == 1
    assert {agent for _, agent, _ in server.asked} == {USER_AGENT}
    assert not list(tmp_path.iterdir()), "nothing is left of what came whole"


def test_what_robots_txt_forbids_is_not_asked_for(server: Server, tmp_path: Path) -> None:
    for path in ("/closed", "/away"):
        assert failure(server, path, tmp_path).failure == "blocked"
    assert "/closed" not in [path for path, _, _ in server.asked]
    server.rules = None
    assert isinstance(download([server.url("/closed")], tmp_path, limits(server), pause=0)[server.url("/closed")], Fetched)


def test_an_unreadable_robots_txt_lets_nothing_be_fetched_and_says_so(server: Server, tmp_path: Path) -> None:
    server.rules = b""
    error = failure(server, "/page", tmp_path)
    assert (error.failure, "cannot be read" in str(error)) == ("blocked", True)
    assert [path for path, _, _ in server.asked] == ["/robots.txt"]


def test_what_broke_off_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    failure(server, "/breaks", tmp_path)
    (page,) = download([server.url("/breaks")], tmp_path, limits(server), pause=0).values()
    assert isinstance(page, Fetched)
    assert page.raw == TEXT
    assert server.asked[-1][2] == "bytes=50000-"


def test_a_page_that_changed_meanwhile_is_fetched_whole(server: Server, tmp_path: Path) -> None:
    failure(server, "/breaks", tmp_path)
    server.version = '"two"'
    failure(server, "/breaks", tmp_path)
    (page,) = download([server.url("/breaks")], tmp_path, limits(server), pause=0).values()
    assert isinstance(page, Fetched)
    assert page.raw == TEXT


def test_another_part_than_was_asked_for_is_not_taken_for_the_whole(server: Server, tmp_path: Path) -> None:
    failure(server, "/breaks", tmp_path)
    server.shift = 10
    assert "status 206" in str(failure(server, "/breaks", tmp_path))
    failure(server, "/breaks", tmp_path)
    server.shift = 0
    (page,) = download([server.url("/breaks")], tmp_path, limits(server), pause=0).values()
    assert isinstance(page, Fetched)
    assert page.raw == TEXT


def test_each_failure_has_its_name(server: Server, tmp_path: Path) -> None:
    assert failure(server, "/gone", tmp_path).failure == "gone"
    assert failure(server, "/large", tmp_path, limits(server, file_bytes=10_000)).failure == "too large"
    assert failure(server, "/page", tmp_path, Limits()).failure == "private address"
    assert not list(tmp_path.iterdir())
