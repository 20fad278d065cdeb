"""Checks the bodies of requests before the application sees them.

Each body is within its limit and is JSON that the program can process. No request uses another visitor's Gradio session: the
browser chooses the name of a session, and whoever knows the name can read the session.
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
from app.web.visitors import store, visitor

MAX_VALUES = 50_000
"""Most values of a body. Each becomes an object; millions of them take seconds, in which the page answers nobody else."""
PATIENCE = 10.0  # seconds that a heartbeat waits for its session
API, TOOLS = "/gradio_api/", "/mcp"
HEARTBEAT, JOIN = f"{API}heartbeat/", f"{API}queue/join"
SHAPE = "Send what `gradio_client` or an MCP client sends."
MAX_BODY = 1_000_000
"""Most bytes of a body."""
MAX_PAGE_BODY = 8_000_000
"""Most bytes of what a page sends with a question: its whole conversation."""
MAX_LOGIN_BODY = 10_000
UPLOAD, LOGIN = "/gradio_api/upload", "/login"


def read_json(body: bytes, shape: str, most: int = MAX_VALUES) -> Any:
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
        handle_json = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if request.method != "POST":
                return await handle_json(request)
            headers = [(n, v) for n, v in request.scope["headers"] if n != b"content-type"]
            scope = {**request.scope, "headers": [*headers, (b"content-type", b"application/json")]}
            json_request = Request(scope, request.receive)
            json_request._body = await request.body()
            json_request._json = read_json(json_request._body, SHAPES.get(self.path, ""))
            return await handle_json(json_request)

        return handle


def _problem(error: str) -> str:
    if "recursion" in error:
        return "The body is nested too deeply."
    if "surrogate" in error or "hex escape" in error:
        return "The body holds half of a character (a lone surrogate)."
    return "The body is not JSON."


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
            most = 200_000 if path == JOIN else MAX_VALUES  # a page sends its whole conversation
            sessions = list(_sessions_named(scope, read_json(body, SHAPE, most) if body else None))
        except QuestionError as error:
            return problem(path, error.sentence(), 400)
        is_allowed = self._claim if scope["method"] == "POST" else self._open_to
        if all(is_allowed(name, owner) for name in sessions):
            return None
        return problem(path, "That is another visitor's session. Reload the page.", 403)

    async def wait_until_used(self, path: str) -> bool:
        """Wait until something is sent in the session of a heartbeat; return False if nothing is.

        Any other path returns True at once. A browser's heartbeat comes first, and the rest within moments, so the wait
        ends after `PATIENCE` seconds.
        """
        if not path.startswith(HEARTBEAT):
            return True
        until = time.monotonic() + PATIENCE
        while _heartbeat_session(path) not in self._owners:
            if time.monotonic() >= until:
                return False
            await asyncio.sleep(0.25)
        return True

    def _open_to(self, session: str, owner: str) -> bool:
        return self._owners.get(session, owner) == owner

    def _claim(self, session: str, owner: str) -> bool:
        return store(self._owners, session, self._owners.get(session, owner)) == owner


def _sessions_named(scope: Scope, body: Any) -> Iterator[str]:
    """Every session that a request names, in its path, its query or its body."""
    path = scope["path"]
    if path.startswith(HEARTBEAT):
        yield _heartbeat_session(path)
    yield from parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [])
    if isinstance(body, dict) and isinstance(body.get("session_hash"), str):
        yield body["session_hash"]


def _heartbeat_session(path: str) -> str:
    """Return the session that the path of a heartbeat names."""
    return path.removeprefix(HEARTBEAT).strip("/")


class Bodies:
    """Around the application: no body is larger than its limit, and no session of Gradio's is another visitor's."""

    def __init__(self, app: ASGIApp, max_upload: int) -> None:
        self.app, self.sessions = app, Sessions()
        self.max_upload = max_upload + 100_000  # with what a form needs around the files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is too large or not the visitor's own, let the rest through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers, path = Headers(scope=scope), scope["path"]
        upload = path.startswith(UPLOAD) and scope["method"] == "POST"
        limit = self.max_upload if upload else _limit_of(path)
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > limit:
            await _too_large(path, limit)(scope, receive, send)
        elif upload:
            await self._stream(limit, scope, receive, send)
        else:
            await self._buffer(limit, scope, receive, send)

    async def _buffer(self, limit: int, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body into memory, check its size and its session, then pass the request on."""
        body = bytearray()
        has_more = scope["method"] not in ("GET", "HEAD")
        while has_more:
            message = await receive()
            if message["type"] != "http.request":  # the client went away
                return
            body += message.get("body", b"")
            has_more = message.get("more_body", False)
            if len(body) > limit:
                await _too_large(scope["path"], limit)(scope, receive, send)
                return
        if not await self.sessions.wait_until_used(scope["path"]):
            await problem(scope["path"], "Nothing was sent in this session yet.", 404)(scope, receive, send)
            return
        if refusal := self.sessions.refusal(scope, bytes(body)):
            await refusal(scope, receive, send)
            return
        await self.app(scope, replayed(bytes(body), receive), send)

    async def _stream(self, limit: int, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the body on as it arrives, up to the limit.

        Beyond the limit, the application receives a disconnect and the client gets an error.
        """
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            return {"type": "http.disconnect"} if received > limit else message

        async def unless_too_large(message: Message) -> None:
            if received <= limit:
                await send(message)

        try:
            await self.app(scope, receive_counted, unless_too_large)
        except Exception:
            if received <= limit:
                raise
        if received > limit:
            await _too_large(scope["path"], limit)(scope, receive, send)


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was already read, then what comes after it."""
    replayed_once = False

    async def receive_again() -> Message:
        nonlocal replayed_once
        if replayed_once:
            return await receive()
        replayed_once = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


def _limit_of(path: str) -> int:
    if path == JOIN:
        return MAX_PAGE_BODY
    return MAX_LOGIN_BODY if path.rstrip("/") == LOGIN else MAX_BODY


def _too_large(path: str, limit: int) -> ASGIApp:
    message = f"That is larger than {limit // 1_000:,} kB."
    hint = " ASK_MAX_FILE_BYTES sets how much may be uploaded at once." if path.startswith(UPLOAD) else ""
    return problem(path, message + hint, 413, {"Connection": "close"})
