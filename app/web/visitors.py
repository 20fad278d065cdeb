"""Visitors: a cookie that tells browsers apart, names that no other kind of visitor can take, how often each may do
something, and whether they are still there."""

from __future__ import annotations

import asyncio
import math
import re
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Coroutine
from http.cookies import CookieError, SimpleCookie
from typing import Any, TypeVar

from starlette.requests import HTTPConnection, Request

from app.web.queue import Asker

HOUR = 3_600.0
VISITORS = 10_000  # of whom it is known; those who did nothing for longest are forgotten first


class Hourly:
    """So many of something for each visitor within an hour. Safe to share between threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._done: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, name: str, number: int = 1) -> int:
        """Minutes until this visitor may do it so often, or 0: then it counts as done. More than all at once is never
        allowed, and told as an hour."""
        now = time.monotonic()
        with self._lock:
            done = self._done.setdefault(name, deque())
            self._done.move_to_end(name)
            if len(self._done) > VISITORS:
                self._done.popitem(last=False)
            while done and done[0] <= now - HOUR:
                done.popleft()
            beyond = len(done) + number - self.most
            if beyond <= 0:
                done.extend([now] * number)
                return 0
            until = done[beyond - 1] + HOUR - now if beyond <= len(done) else HOUR
            return max(1, math.ceil(until / 60))


T = TypeVar("T")
LOOK = 0.5  # seconds between two looks whether it is


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T | None:
    """A request and work for it -> what the work gives; None where the client goes away before, and the work is
    cancelled."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait([task], timeout=LOOK))[0]:
            if await request.is_disconnected():
                return None
        return task.result()
    finally:
        task.cancel()


COOKIE = "ask_visitor"
YEAR = 365 * 24 * 3600
_SECRET = re.compile(r"[\w-]{32}", re.ASCII)


def visitor(cookies: str) -> str:
    """A browser's cookies -> the secret that they hold; '' where there is none, or one that this page has not made."""
    try:
        found = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found and is_secret(found.value) else ""


def is_secret(name: str) -> bool:
    """A name -> whether it has the form of a cookie's secret."""
    return _SECRET.fullmatch(name) is not None


def visitor_name(login: str | None, cookies: str, session: str) -> str:
    """A login, cookies and a session -> who asks: the login, else the browser's cookie, else the session. A cookie's secret
    has no colon: none is another."""
    return login_name(login) if login else visitor(cookies) or f"session:{session}"


def login_name(login: str) -> str:
    """A login -> what it is called beside cookies and sessions."""
    return f"login:{login}"


def new_cookie(secure: bool) -> str:
    """A header `Set-Cookie` that names a browser for a year."""
    parts = [f"{COOKIE}={secrets.token_urlsafe(24)}", "Path=/", f"Max-Age={YEAR}", "HttpOnly", "SameSite=Lax"]
    return "; ".join(parts + (["Secure"] if secure else []))


def lax(cookie: str, secure: bool) -> str:
    """A header `Set-Cookie` of another -> the same, so that pages of other sites cannot use the cookie."""
    parts = [p.strip() for p in cookie.split(";")]
    kept = [p for p in parts if not p.lower().startswith("samesite=")]
    added = ["Secure"] if secure and "secure" not in (p.lower() for p in kept) else []
    return "; ".join([*kept, "SameSite=Lax", *added])


def asker(request: HTTPConnection, login: str | None = None) -> Asker:
    """A request, and its login -> whose place in the queue it wants: the login's, else that of the browser's cookie.
    Programs have none, and stand for their address."""
    address = request.client.host if request.client else ""
    return Asker(visitor_name(login, request.headers.get("cookie", ""), f"at {address}"), address)
