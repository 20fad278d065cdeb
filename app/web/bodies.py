"""Checks the bodies of requests before the application sees them.

None is larger than its limit, each is JSON that the program can go on with, and no session of Gradio's is another visitor's.
The name of such a session is the browser's choice, and whoever names it reads what it holds.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterator
from typing import Any
from urllib.parse import parse_qs

from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import QuestionError
from app.web.contract import SHAPES
from app.web.replies import problem
from app.web.visitors import keep, visitor

MOST = 50_000
"""Most values of a body. Each becomes an object; millions of them take seconds, in which the page answers nobody else."""


def read_json(body: bytes, shape: str, most: int = MOST) -> Any:
    """Parse the body of a request as JSON.

    Args:
        body: The bytes as they were received.
        shape: What the body should look like, in words; an error shows it as the next step.
        most: The most values allowed. They are counted roughly, by commas and opening brackets, before the body is parsed.

    Raises:
        QuestionError: The body is not JSON, holds too much, is nested too deeply, or its texts are not Unicode.
    """
    if sum(map(body.count, (b",", b"[", b"{"))) > most:
        raise QuestionError("The body holds too many values.", shape)
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise QuestionError(_problem(str(error)), shape) from None


class JsonRoute(APIRoute):
    """A route of FastAPI's whose body is JSON, whatever kind a program names, and is parsed once."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the function that handles a request; it parses the body of a POST as JSON, once."""
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if request.method != "POST":
                return await answer(request)
            headers = [(n, v) for n, v in request.scope["headers"] if n != b"content-type"]
            scope = {**request.scope, "headers": [*headers, (b"content-type", b"application/json")]}
            called = Request(scope, request.receive)
            called._body = await request.body()
            called._json = read_json(called._body, SHAPES.get(self.path, ""))
            return await answer(called)

        return handle


def _problem(said: str) -> str:
    if "recursion" in said:
        return "The body is nested too deeply."
    if "surrogate" in said or "hex escape" in said:
        return "The body holds half of a character (a lone surrogate)."
    return "The body is not JSON."


PATIENCE, LOOK = 10.0, 0.25  # seconds that a heartbeat waits for its session, and between two looks
API, TOOLS = "/gradio_api/", "/mcp"
HEARTBEAT, JOIN = f"{API}heartbeat/", f"{API}queue/join"
IN_PAGE = 200_000  # values of what a page sends: its whole conversation
SHAPE = "Send what `gradio_client` or an MCP client sends."


class Sessions:
    """The owners of Gradio's sessions.

    The first visitor who sends something in a session owns it, as long as it is remembered. A visitor is identified by
    the browser's cookie. Programs that keep no cookies count as one visitor, who cannot reach a browser's session.
    """

    def __init__(self) -> None:
        self._owners: OrderedDict[str, str] = OrderedDict()

    def refusal(self, scope: Scope, body: bytes) -> JSONResponse | None:
        """Return the reply that refuses a request, or None if it is allowed.

        A request is refused if it names a session of another visitor or cannot be read. A POST makes the visitor the
        owner of a session that has none.
        """
        path = scope["path"]
        if not path.startswith((API, TOOLS)):
            return None
        owner = visitor(Headers(scope=scope).get("cookie", ""))
        try:
            named = list(_named(scope, read_json(body, SHAPE, IN_PAGE if path == JOIN else MOST) if body else None))
        except QuestionError as error:
            return problem(path, error.sentence(), 400)
        owned = self._owned if scope["method"] == "POST" else self._open_to
        if all(owned(name, owner) for name in named):
            return None
        return problem(path, "That is another visitor's session. Reload the page.", 403)

    async def begun(self, path: str) -> bool:
        """Wait until something is sent in the session of a heartbeat; return False if nothing is.

        Any other path returns True at once. A browser's heartbeat comes first, and the rest within moments, so the wait
        ends after `PATIENCE` seconds.
        """
        if not path.startswith(HEARTBEAT):
            return True
        until = time.monotonic() + PATIENCE
        while _beating(path) not in self._owners:
            if time.monotonic() >= until:
                return False
            await asyncio.sleep(LOOK)
        return True

    def _open_to(self, session: str, owner: str) -> bool:
        return self._owners.get(session, owner) == owner

    def _owned(self, session: str, owner: str) -> bool:
        return keep(self._owners, session, self._owners.get(session, owner)) == owner


def _named(scope: Scope, body: Any) -> Iterator[str]:
    """Every session that a request names, in its path, its query or its body."""
    path = scope["path"]
    if path.startswith(HEARTBEAT):
        yield _beating(path)
    yield from parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [])
    if isinstance(body, dict) and isinstance(body.get("session_hash"), str):
        yield body["session_hash"]


def _beating(path: str) -> str:
    """Return the session that the path of a heartbeat names."""
    return path.removeprefix(HEARTBEAT).strip("/")


LARGEST = 1_000_000
"""Most bytes of a body."""
OF_PAGE = 8_000_000
"""Most bytes of what a page sends with a question: its whole conversation."""
OF_LOGIN = 10_000
AROUND = 100_000
"""The bytes that a form needs around the files of an upload."""
UPLOAD, LOGIN = "/gradio_api/upload", "/login"


class Bodies:
    """Around the application: no body is larger than its limit, and no session of Gradio's is another visitor's."""

    def __init__(self, app: ASGIApp, largest_upload: int) -> None:
        self.app, self.largest_upload, self.sessions = app, largest_upload + AROUND, Sessions()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is too large or not the visitor's own, let the rest through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers, path = Headers(scope=scope), scope["path"]
        upload = path.startswith(UPLOAD) and scope["method"] == "POST"
        largest = self.largest_upload if upload else _largest(path)
        told = headers.get("content-length", "0")
        if told.isdecimal() and int(told) > largest:
            await _too_large(path, largest)(scope, receive, send)
        elif upload:
            await self._passed(largest, scope, receive, send)
        else:
            await self._read(largest, scope, receive, send)

    async def _read(self, largest: int, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body into memory, check its size and its session, then pass the request on."""
        body = bytearray()
        more = scope["method"] not in ("GET", "HEAD")
        while more:
            message = await receive()
            if message["type"] != "http.request":  # the client went away
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > largest:
                await _too_large(scope["path"], largest)(scope, receive, send)
                return
        if not await self.sessions.begun(scope["path"]):
            await problem(scope["path"], "Nothing was sent in this session yet.", 404)(scope, receive, send)
            return
        if refusal := self.sessions.refusal(scope, bytes(body)):
            await refusal(scope, receive, send)
            return
        await self.app(scope, replayed(bytes(body), receive), send)

    async def _passed(self, largest: int, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the body on as it arrives, up to the limit.

        Beyond the limit, the application receives a disconnect and the client gets an error.
        """
        had = 0

        async def counted() -> Message:
            nonlocal had
            message = await receive()
            had += len(message.get("body", b""))
            return {"type": "http.disconnect"} if had > largest else message

        async def unless_too_large(message: Message) -> None:
            if had <= largest:
                await send(message)

        try:
            await self.app(scope, counted, unless_too_large)
        except Exception:
            if had <= largest:
                raise
        if had > largest:
            await _too_large(scope["path"], largest)(scope, receive, send)


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was already read, then what comes after it."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _largest(path: str) -> int:
    if path == JOIN:
        return OF_PAGE
    return OF_LOGIN if path.rstrip("/") == LOGIN else LARGEST


def _too_large(path: str, largest: int) -> ASGIApp:
    said = f"That is larger than {largest // 1_000:,} kB."
    more = " ASK_MAX_FILE_BYTES sets how much may be uploaded at once." if path.startswith(UPLOAD) else ""
    return problem(path, said + more, 413, {"Connection": "close"})
