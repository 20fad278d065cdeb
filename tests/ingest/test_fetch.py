"""Addresses: a page becomes a document; what leads into a private network, never ends or is too large is refused."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import brotli
import pytest

from ingest.add import import_files
from ingest.added import Details
from ingest.errors import LoadError
from ingest.fetch import Fetched, fetch
from ingest.limits import Limits
from tests.ingest import formats as make
from tests.servers import PATIENCE

PACKED = {"/bomb": "gzip", "/brotli": "br", "/twice": "identity, gzip", "/plain": "Identity"}


def brotli_bomb(megabytes: int) -> bytes:
    """A few hundred bytes, made without ever holding what they unpack to."""
    press = brotli.Compressor(quality=5)
    return b"".join(press.process(bytes(1_000_000)) for _ in range(megabytes)) + bytes(press.finish())


BOMB = brotli_bomb(300)


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        name = self.path.partition("?")[0]
        self.server.asked.append((name, self.headers["Host"]))  # type: ignore[attr-defined]
        to = {"/loop": "/loop", "/away": "http://10.0.0.1/x", "/meta": "http://169.254.169.254/latest", "/moved": "/page",
              "/to-nul": "/page%00",
              "/file": "file:///etc/passwd", "/broken": "http://[::1", "/worse": "http://a b:x/"}.get(name)  # fmt: skip
        if to:
            self.send_response(302)
            self.send_header("Location", to)
            self.end_headers()
        elif name in ("/300", "/302"):
            self.send_response(int(name[1:]))
            self.end_headers()
        elif name == "/endless":
            self.send_response(200)
            self.end_headers()
            self.drip(bytes(100_000), 0.0)
        elif name == "/slow":
            self.drip(b"HTTP/1.0 200 OK\r\n" + b"X: y\r\n" * 1_000, 0.2, 1)
        elif name == "/gone":
            self.send_error(404)
        else:
            self.answer(name)

    def answer(self, name: str) -> None:
        kinds = {"/page": ("text/html; charset=utf-8", make.PAGE.encode()), "/notes": ("text/plain", b"Notes of a walk."),
                 "/bomb": ("text/plain", gzip.compress(bytes(50_000_000))), "/brotli": ("text/plain", BOMB),
                 "/twice": ("text/plain", gzip.compress(b"Plain."))}  # fmt: skip
        kind, body = kinds.get(name, ("application/zip", make.packed({"a.md": "# A\n\nText a."})))
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if name in PACKED:
            self.send_header("Content-Encoding", PACKED[name])
        self.end_headers()
        self.wfile.write(body)

    def drip(self, data: bytes, pause: float, size: int = 100_000) -> None:
        try:
            for at in range(0, 10**9, size):
                self.wfile.write(data[at % len(data) :][:size])
                time.sleep(pause)
        except OSError:
            pass


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked = []  # type: ignore[attr-defined]
    server.daemon_threads = True
    server.block_on_close = False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def allowed(server: Any, **more: Any) -> Limits:
    return Limits(
        **{"allow_hosts": (f"127.0.0.1:{server.server_port}",), "seconds": PATIENCE, "file_bytes": 1_000_000} | more
    )


def at(server: Any, path: str) -> str:
    return f"http://127.0.0.1:{server.server_port}{path}"


def test_a_page_is_added_with_its_address(server: Any, tmp_path: Path) -> None:
    url = at(server, "/moved?x=1")
    (outcome,) = import_files([url], tmp_path, Details(), allowed(server), lambda *_: None)
    assert (outcome.status, outcome.name) == ("added", url)
    (note,) = tmp_path.glob("*.yaml")
    assert f"url: {at(server, '/page')}" in note.read_text()
    assert "title: The harbour report" in note.read_text()
    (again,) = import_files([url], tmp_path, Details(), allowed(server), lambda *_: None)
    assert again.status == "unchanged"


def test_kinds_are_told_by_the_server_and_archives_are_opened(server: Any, tmp_path: Path) -> None:
    assert fetch(at(server, "/notes"), allowed(server)).name == "notes.txt"
    (outcome,) = import_files([at(server, "/all")], tmp_path, Details(), allowed(server), lambda *_: None)
    assert outcome.name == at(server, "/all") + "/a.md"


@pytest.mark.parametrize("path", ["/page%00", "/to-nul", "/page%E2%80%AE.md%00"])
def test_a_page_whose_name_no_file_may_have_is_added(server: Any, tmp_path: Path, path: str) -> None:
    urls = [at(server, path), at(server, "/moved?x=1")]
    outcomes = import_files(urls, tmp_path, Details(), allowed(server), lambda *_: None)
    assert {outcome.status for outcome in outcomes} <= {"added", "updated"}


def test_whatever_one_address_raises_the_others_are_added(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def evil(url: str, limits: Limits) -> Fetched:
        if url.endswith("/evil"):
            raise OverflowError("int too large to convert to float")
        return fetch(url, limits)

    monkeypatch.setattr("ingest.add.fetch", evil)
    urls = [at(server, "/evil"), at(server, "/moved?x=1")]
    outcomes = import_files(urls, tmp_path, Details(), allowed(server), lambda *_: None)
    assert [outcome.status for outcome in outcomes] == ["failed", "added"]


@pytest.mark.parametrize(
    ("path", "more", "said"),
    [
        ("/page", {"allow_hosts": ()}, "points to a private network (127.0.0.1)"),
        ("/away", {}, "points to a private network (10.0.0.1)"),
        ("/meta", {}, "points to a private network (169.254.169.254)"),
        ("/file", {}, "cannot be fetched"),
        ("/loop", {}, "redirects more than 5 times"),
        ("/endless", {}, "sends more than 1,000,000 bytes"),
        ("/bomb", {}, "sends compressed data (gzip)"),
        ("/brotli", {}, "sends compressed data (br)"),
        ("/twice", {}, "sends compressed data (identity, gzip)"),
        ("/300", {}, "answers with status 300"),
        ("/302", {}, "answers with status 302"),
        ("/broken", {}, "does not answer (RemoteProtocolError)"),
        ("/worse", {}, "does not answer (RemoteProtocolError)"),
        ("/slow", {"seconds": 1.5}, "took longer than 1.5 seconds"),
        ("/gone", {}, "answers with status 404"),
    ],
)
def test_refused(server: Any, path: str, more: dict[str, Any], said: str) -> None:
    with pytest.raises(LoadError) as error:
        fetch(at(server, path), allowed(server, **more))
    assert said in str(error.value)
    assert error.value.next_step


@pytest.mark.parametrize(
    "url",
    ["http://u:p@example.org/", "http://", "ftp://example.org/x", "http://exa mple/", "http://[::1", "http://x:99999/"],
)
def test_what_is_no_address_is_told(url: str) -> None:
    with pytest.raises(LoadError):
        fetch(url, Limits(seconds=PATIENCE))


def test_a_name_that_leads_home_is_refused_and_resolved_once(monkeypatch: pytest.MonkeyPatch, server: Any) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1", port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    url = f"http://rebound.example:{server.server_port}/notes"
    with pytest.raises(LoadError, match="points to a private network"):
        fetch(url, Limits(seconds=PATIENCE))
    assert asked == ["rebound.example"]
    asked.clear()
    fetch(url, Limits(seconds=PATIENCE, allow_hosts=(f"rebound.example:{server.server_port}",)))
    assert asked.count("rebound.example") == 1  # the address that was checked is the one that is connected to
    assert server.asked[-1] == ("/notes", f"rebound.example:{server.server_port}")


@pytest.mark.parametrize("addresses", [("192.0.1.1", "127.0.0.1"), ("127.0.0.1", "192.0.1.1")])
def test_a_name_is_refused_if_any_of_its_addresses_is_private(
    monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(LoadError, match=r"points to a private network \(127\.0\.0\.1\)"):
        fetch("http://two.example/", Limits(seconds=PATIENCE))


def test_packed_data_is_never_unpacked(server: Any) -> None:
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(LoadError, match="sends compressed data"):
        fetch(at(server, "/brotli"), allowed(server))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes; unpacked it has 300,000


def test_plain_data_that_says_so_is_taken(server: Any) -> None:
    assert fetch(at(server, "/plain"), allowed(server)).raw.startswith(b"PK")
