"""Whose a session of Gradio's is: its name is the browser's choice, and whoever names it reads what it holds."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import Scope

from app.errors import QuestionError
from app.web.json_body import MOST, read_json
from app.web.replies import problem
from app.web.visitors import visitor

KNOWN = 10_000  # sessions whose owners are remembered; Gradio keeps as many
PATIENCE, LOOK = 10.0, 0.25  # seconds that a heartbeat waits for its session, and between two looks
API, TOOLS = "/gradio_api/", "/mcp"
HEARTBEAT, JOIN = f"{API}heartbeat/", f"{API}queue/join"
IN_PAGE = 200_000  # values of what a page sends: its whole conversation
SHAPE = "Send what `gradio_client` or an MCP client sends."


class Sessions:
    """The first visitor who sends something in a session owns it, as long as it is remembered. A visitor is a browser's
    cookie; programs that keep no cookies are one visitor, who does not reach a browser's session."""

    def __init__(self) -> None:
        self._owners: OrderedDict[str, str] = OrderedDict()

    def refusal(self, scope: Scope, body: bytes) -> JSONResponse | None:
        """Why a request is not answered: it names a session of another visitor, or cannot be read; None where it may."""
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
        """A path -> whether it is no heartbeat, or that of a session in which something is sent: a browser's heartbeat comes
        first, and the rest within moments."""
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
        first = self._owners.setdefault(session, owner)
        self._owners.move_to_end(session)
        if len(self._owners) > KNOWN:
            self._owners.popitem(last=False)
        return first == owner


def _named(scope: Scope, body: Any) -> Iterator[str]:
    """Every session that a request names, in its path, its query or its body."""
    path = scope["path"]
    if path.startswith(HEARTBEAT):
        yield _beating(path)
    yield from parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [])
    if isinstance(body, dict) and isinstance(body.get("session_hash"), str):
        yield body["session_hash"]


def _beating(path: str) -> str:
    """The path of a heartbeat -> its session."""
    return path.removeprefix(HEARTBEAT).strip("/")
