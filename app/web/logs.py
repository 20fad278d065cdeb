"""The page's log as JSON, a line a request (`ASK_LOG=json`): for programs that collect logs."""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUESTS, QUESTIONS = logging.getLogger("ask.requests"), logging.getLogger("ask.questions")
CALLED = "x-request-id"
_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)


class JsonLines(logging.Formatter):
    """A record -> one line; `fields`, where it has them, stand beside time, level and logger."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": when, "level": record.levelname.lower(), "logger": record.name}
        fields = getattr(record, "fields", None)
        line |= fields if fields is not None else {"event": "log", "message": record.getMessage()}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def as_json_lines() -> None:
    """From now on all that is logged is JSON, requests and questions among it."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler())
    for handler in root.handlers:
        handler.setFormatter(JsonLines())
    for logger in (REQUESTS, QUESTIONS):
        logger.setLevel(logging.INFO)


class Requests:
    """Around the whole application: a line a request once it is answered, and its name in the answer's `X-Request-ID`; one
    that comes with a name keeps it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, given = time.perf_counter(), Headers(scope=scope).get(CALLED, "")
        name = given if _NAME.fullmatch(given) else secrets.token_hex(8)
        status, size = 0, 0

        async def sending(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[CALLED] = name
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:  # a status of 0: nobody was there any more to be answered
            fields = {
                "event": "request",
                "id": name,
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "seconds": round(time.perf_counter() - began, 4),
                "bytes": size,
                "client": (scope.get("client") or ("",))[0],
            }
            REQUESTS.info("a request", extra={"fields": fields})
