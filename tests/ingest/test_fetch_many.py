"""Many addresses are fetched politely: by the rules of each server, one at a time a host, and on from where it broke off."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ingest.errors import AskError
from ingest.fetch import USER_AGENT, Fetched, FetchError, Partial, download
from ingest.limits import Limits
from tests.ingest.test_storage import small_disk

TEXT = b"The harbour of Fredonia was opened in 1931. " * 2_000
RULES = b"User-agent: *\nDisallow: /closed\n"


class Server(ThreadingHTTPServer):
    daemon_threads = True
    rules: bytes | None = RULES
    silent = False  # as to robots.txt
    elsewhere = ""  # where robots.txt redirects to
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


def test_an_address_at_which_nothing_listens_is_told_as_that(tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound, so that nobody else listens there
        taken.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        urls = [f"http://{place}/{n}" for n in range(2)]
        results = download(urls, tmp_path, Limits(allow_hosts=(place,)), pause=0).values()
    assert [(type(r), "does not answer" in str(r), "robots" in str(r)) for r in results] == [(FetchError, True, False)] * 2


EVIL_RULES = [
    b"User-agent: *\nCrawl-delay: " + b"9" * 5_000,
    "User-agent: *\nCrawl-delay: ²".encode(),
    b"User-agent: *\nDisallow: http://[x/",
    b"\xff\xfe\0" + b"User-agent: *\nRequest-rate: 1/\xc2\xb2",
]


@pytest.mark.parametrize("rules", EVIL_RULES, ids=["delay", "power", "address", "rate"])
def test_a_robots_txt_that_cannot_be_parsed_lets_nothing_be_fetched(server: Server, tmp_path: Path, rules: bytes) -> None:
    server.rules = rules
    urls = [server.url("/1"), server.url("/2")]
    results = download(urls, tmp_path, limits(server), pause=0)
    assert {type(result) for result in results.values()} <= {Fetched, FetchError}
    assert [path for path, _, _ in server.asked].count("/robots.txt") == 1


def test_a_robots_txt_counts_up_to_the_length_that_everybody_reads(server: Server, tmp_path: Path) -> None:
    server.rules = b"User-agent: *\nDisallow: /closed\n" + b"Disallow: /zzz\n" * 40_000 + b"Disallow: /\n"
    urls = [server.url("/closed"), server.url("/open")]
    closed, page = download(urls, tmp_path, limits(server, file_bytes=len(TEXT)), pause=0).values()
    assert isinstance(closed, FetchError)
    assert isinstance(page, Fetched), "the last rule stands behind the limit"


def test_the_end_of_a_rule_that_was_cut_off_is_no_rule(server: Server, tmp_path: Path) -> None:
    server.rules = b"User-agent: *\nDisallow: /" + b"z" * 20_000_000
    server.rules += b"\nDisallow: /\n"
    (page,) = download([server.url("/open")], tmp_path, limits(server), pause=0).values()
    assert isinstance(page, Fetched)


def test_a_robots_txt_that_leads_into_a_private_network_is_asked_for_once(server: Server, tmp_path: Path) -> None:
    server.elsewhere = "http://10.0.0.1/robots.txt"
    results = download([server.url("/1"), server.url("/2")], tmp_path, limits(server), pause=0).values()
    assert [r.failure for r in results if isinstance(r, FetchError)] == ["private address"] * 2
    assert [path for path, _, _ in server.asked] == ["/robots.txt"]


def test_a_silent_robots_txt_is_asked_for_once(server: Server, tmp_path: Path) -> None:
    server.silent = True
    limit = Limits(allow_hosts=limits(server).allow_hosts, seconds=0.5)
    results = download([server.url(f"/{n}") for n in range(4)], tmp_path, limit, pause=0)
    assert [isinstance(result, FetchError) for result in results.values()] == [True] * 4
    assert len(server.asked) <= 1


@pytest.mark.parametrize("delay", ["25", "9" * 400])
def test_the_wait_that_a_server_asks_for_is_outside_the_limit(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, delay: str
) -> None:
    slept, sleep = [0.0], asyncio.sleep

    async def slept_at_once(seconds: float) -> None:
        slept.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", slept_at_once)
    monkeypatch.setattr(asyncio.BaseEventLoop, "time", lambda _: time.monotonic() + sum(slept))
    server.rules = f"User-agent: *\nCrawl-delay: {delay}\n".encode()
    results = download([server.url("/1"), server.url("/2")], tmp_path, limits(server), pause=0)
    assert [type(result) for result in results.values()] == [Fetched, Fetched]
    assert sum(slept) > limits(server).seconds


@pytest.mark.parametrize("error", [OverflowError("too large"), RecursionError(), OSError(28, "No space left on device")])
def test_whatever_one_address_raises_the_others_are_fetched(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def add(partial: Partial, part: bytes) -> None:
        if partial.path == broken:
            raise error

    broken = tmp_path / hashlib.sha256(server.url("/evil").encode()).hexdigest()[:24]
    monkeypatch.setattr(Partial, "add", add)
    first, evil, last = download([server.url(p) for p in ("/1", "/evil", "/2")], tmp_path, limits(server), pause=0).values()
    assert (type(first), type(last)) == (Fetched, Fetched)
    assert isinstance(evil, AskError)


@pytest.mark.parametrize("version", ['"\xe9"', '"' + "x" * 500 + '"'], ids=["not ASCII", "long"])
def test_a_version_that_cannot_be_sent_back_is_dropped(server: Server, tmp_path: Path, version: str) -> None:
    server.version = version
    failure(server, "/breaks", tmp_path)
    assert "does not answer" in str(failure(server, "/breaks", tmp_path))
    assert server.asked[-1][2] == "", "all of it is asked for again"


def test_a_version_that_was_kept_before_and_cannot_be_sent_back_is_dropped(server: Server, tmp_path: Path) -> None:
    failure(server, "/breaks", tmp_path)
    (version,) = tmp_path.glob("*.version")
    version.write_bytes(b'"\xe9"')
    server.version = '"two"'
    assert "is not an address" not in str(failure(server, "/breaks", tmp_path))
    assert server.asked[-1][2] == ""


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


def test_a_full_disk_is_told_for_each_address(server: Server) -> None:
    with small_disk("64k") as disk:
        urls = [server.url("/whole"), server.url("/breaks")]
        results = download(urls, disk / "fetching", limits(server), pause=0)
        assert all("no room left on the disk" in str(result) for result in results.values()), results
