"""What requests bring, up to a limit, before the application sees it."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.replies import problem
from app.web.sessions import JOIN, Sessions

LARGEST = 1_000_000
"""Most bytes of a body."""
OF_PAGE = 8_000_000
"""Most bytes of what a page sends with a question: its whole conversation."""
OF_LOGIN = 10_000
AROUND = 100_000
"""What a form needs around the files of an upload."""
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
        """The body in memory, looked at, then handed on."""
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
        """The body as it comes, as long as it is within the limit; beyond it the reader sees the client leave."""
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
    """A body that was read -> what gives it once more, then what comes after it."""
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
