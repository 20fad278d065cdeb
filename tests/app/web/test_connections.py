"""Connections of a real server: how many there may be, who makes room, and how long they may say nothing."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import Response

from app.settings import read_settings
from app.web import connections
from app.web.connections import ConnectionLimits, limited_connections, log_accept_errors
from app.web.server import server_config
from tests.servers import PATIENCE, waited_for

LONG = 270.0  # seconds that are not over before the test is
MUCH = 100_000_000
GET = b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n"
HOLD = b"GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"


class Server:
    """It answers `/live`, holds `/hold` until `go`, and reads what is sent to `/sent` and to uploads."""

    def __init__(self, in_all: int) -> None:
        app, self.go, self.held = FastAPI(), threading.Event(), threading.Semaphore(0)

        @app.get("/live")
        def live() -> str:
            return "live"

        @app.get("/hold")
        async def hold() -> str:
            self.held.release()
            await asyncio.to_thread(self.go.wait, PATIENCE)
            return "held"

        @app.get("/much")
        def much() -> Response:
            return Response(b"x" * MUCH)

        @app.post("/sent")
        @app.post("/gradio_api/upload")
        async def sent(request: Request) -> int:
            return len(await request.body())

        self.listener = socket.create_server(("127.0.0.1", 0))
        config = server_config(app, read_settings())
        config.lifespan, self.limits = "off", ConnectionLimits("", in_all)
        config.http = type("Connection", (connections.LimitedConnection,), {"limits": self.limits})
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=asyncio.run, args=(self._server.serve([self.listener]),))
        self._thread.start()

    def connect(self, *sent: bytes) -> socket.socket:
        client = socket.create_connection(self.listener.getsockname(), timeout=PATIENCE)
        for part in sent:
            client.sendall(part)
        return client

    def stop(self) -> None:
        self.go.set()
        self._server.should_exit = True
        self._thread.join(PATIENCE)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    started = Server(getattr(request, "param", 100))
    yield started
    started.stop()


def reads(client: socket.socket, expected: bytes, times: int = 1) -> bool:
    """Whether that comes, so often; what comes behind it is not waited for."""
    received = b""
    while received.count(expected) < times and (part := client.recv(65_536)):
        received += part
    return received.count(expected) == times


def everything(client: socket.socket) -> bytes:
    """All that comes until the other side closes; b'' where it breaks off."""
    received = b""
    try:
        while part := client.recv(65_536):
            received += part
    except ConnectionResetError:
        pass
    return received


# --- how many


@pytest.mark.parametrize("server", [8], indirect=True)
def test_who_says_nothing_makes_room_for_who_asks(server: Server) -> None:
    with ExitStack() as stack:
        silent = [stack.enter_context(server.connect()) for _ in range(40)]
        asking = stack.enter_context(server.connect(GET))
        assert reads(asking, b"live")
        assert everything(silent[0]) == b""  # the first to come is the first to go


@pytest.mark.parametrize("server", [4], indirect=True)
def test_who_asks_stays_and_who_comes_then_is_told(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with ExitStack() as stack:
        asking = [stack.enter_context(server.connect(HOLD)) for _ in range(4)]
        for _ in asking:
            assert server.held.acquire(timeout=PATIENCE)
        late = [everything(stack.enter_context(server.connect())) for _ in range(5)]
        assert all(b"503" in reply and b"Too many connections" in reply for reply in late)
        assert caplog.text.count("are refused: there are too many") == 1
        server.go.set()
        assert all(reads(a, b"held") for a in asking)
        again = stack.enter_context(server.connect(GET))  # those that were answered wait, and make room
        assert reads(again, b"live")


HALF = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na"


@pytest.mark.parametrize("server", [20], indirect=True)
@pytest.mark.parametrize("sent", [HALF % b"/sent", HALF % b"/gradio_api/upload", GET + HALF % b"/sent"])
def test_half_sent_requests_make_room_for_who_asks(server: Server, sent: bytes) -> None:
    with ExitStack() as stack:
        for n in range(300):
            half = stack.enter_context(server.connect(sent))
            if sent.startswith(GET):
                assert reads(half, b"live"), n
            if n % 10 == 9:
                with server.connect(GET) as asking:
                    assert reads(asking, b"live"), n


@pytest.mark.parametrize("server", [2], indirect=True)
def test_an_upload_that_goes_on_stays_longer_than_who_says_nothing(server: Server) -> None:
    def order() -> list[Any]:
        return list(server.limits._waiting)

    with ExitStack() as stack:
        head = b"POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"
        upload = stack.enter_context(server.connect(head))
        waited_for(lambda: len(order()) == 1)
        silent = stack.enter_context(server.connect())
        waited_for(lambda: len(order()) == 2)
        first = order()[0]
        upload.sendall(b"a")
        waited_for(lambda: order()[1] is first)
        stack.enter_context(server.connect())
        assert everything(silent) == b""
        upload.sendall(b"a")
        assert reads(upload, b"\r\n\r\n2")


class Guest:
    """What `ConnectionLimits` knows of a connection."""

    def __init__(self, host: str) -> None:
        self.host = self.network = host
        self.closed = False

    def abort(self) -> None:
        self.closed = True
        self.of.remove(self)

    of: Any


@pytest.mark.parametrize(("host", "bounded"), [("192.0.2.1", True), ("127.0.0.1", False), ("10.0.0.9", False)])
def test_one_address_has_its_own_bound_unless_it_speaks_for_many(
    host: str, bounded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "OF_ONE", 3)
    limits: Any = ConnectionLimits("10.0.0.0/8", 20)
    Guest.of = limits
    came, other = [Guest(host) for _ in range(10)], Guest("192.0.2.2")
    assert limits.admit(other)
    for guest in came:
        assert limits.admit(guest)
    assert sum(not g.closed for g in came) == (3 if bounded else 10)
    assert not other.closed
    for guest in came:
        limits.mark_busy(guest)
    assert limits.admit(Guest(host)) is not bounded


# --- how long


@pytest.mark.parametrize("sent", [b"", b"G", b"GET /live HTTP/1.1\r\nHost: x\r\n", b"\r\n\r\n", GET + b"GET /li"])
def test_a_request_comes_within_its_time(server: Server, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(connections, "REQUEST", 0.3)
    with server.connect(sent) as client:
        assert b"408 Request Timeout" in everything(client)


@pytest.mark.parametrize("path", ["/sent", "/nothing", "/gradio_api/upload"])
@pytest.mark.parametrize("length", [b"Content-Length: 9", b"Transfer-Encoding: chunked"])
def test_a_body_comes_within_its_time(server: Server, monkeypatch: pytest.MonkeyPatch, path: str, length: bytes) -> None:
    monkeypatch.setattr(connections, "BODY", 0.3)
    monkeypatch.setattr(connections, "REQUEST", 0.3)
    part = b"1\r\na\r\n" if b"chunked" in length else b"a"
    with server.connect(b"POST %s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n" % (path.encode(), length), part) as client:
        reply = everything(client)
    assert b"408 Request Timeout" in reply or b"404" in reply


def test_an_upload_may_take_long_as_long_as_it_goes_on(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BODY", LONG)
    with server.connect(b"POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\n") as client:
        made: list[float | None] = []
        within = connections.Deadline.within
        monkeypatch.setattr(connections.Deadline, "within", lambda d, s: (made.append(s), within(d, s)))
        for n in range(30):
            client.sendall(b"a")
            waited_for(lambda n=n: made.count(LONG) > n)  # each part begins the time anew
        assert reads(client, b"\r\n\r\n30")


def test_a_client_that_does_not_read_is_left(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "READING", 0.3)
    with server.connect(b"GET /much HTTP/1.1\r\nHost: x\r\n\r\n") as client:
        assert client.recv(100)
        waited_for(lambda: not server.limits._connections)
        assert len(everything(client)) < MUCH


def test_a_connection_that_asks_on_stays(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST", LONG)
    with server.connect() as client:
        for _ in range(20):
            client.sendall(GET)
            assert reads(client, b"live")
        client.sendall(GET * 3)
        assert reads(client, b"live", 3)
    with server.connect() as other:
        other.sendall(GET)
        assert reads(other, b"live")
    assert len(server.limits._waiting) <= 2


# --- descriptors


def test_as_many_descriptors_as_there_may_be() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 512), hard))
        limits = limited_connections("").limits
        now = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        assert now == hard
        assert 0 < limits.in_all <= connections.IN_ALL
        assert limits.in_all < now
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_that_nobody_can_be_accepted_is_one_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.new_event_loop()
    try:
        log_accept_errors(loop)
        with caplog.at_level(logging.ERROR):
            for _ in range(100):
                problem = {"message": "socket.accept() out of system resource", "exception": OSError(24, "Too many open")}
                loop.call_exception_handler(problem)
            loop.call_exception_handler({"message": "something else"})
    finally:
        loop.close()
    assert caplog.text.count("No connection can be accepted") == 1
    assert "something else" in caplog.text
