"""Decides which requests are let in.

A request must use a host name of the page and must not come from a page of another site. Programs need the token if the page
has a login.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from app.errors import SettingsError
from app.settings import Settings
from app.web.bodies import LOGIN, UPLOAD, Bodies, replayed
from app.web.replies import FAILED, problem
from app.web.token import holds_token
from app.web.visitors import foreign, is_form, is_loopback, is_proxied, known_hosts, lax, network, new_cookie, store, visitor

FREE_TRIES = 3  # wrong passwords before the next ones wait
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds; doubled with each wrong password

MAX_WAITING = 4  # attempts of one address that may wait
log = logging.getLogger(__name__)
PROGRAM_PATHS = ("/v1/", "/mcp")
READING_METHODS = ("GET", "HEAD", "OPTIONS")
API = "/gradio_api/"
OPEN_ROUTES = (
    "api/", "app_id", "call/", "cancel", "file", "heartbeat/", "info", "login_check", "openapi.json", "queue/", "reset",
    "run/", "startup-events", "theme.css", "upload", "user",
)  # fmt: skip
"""The routes of Gradio that the page and gradio_client need. The rest is closed: one gives out the login's secret, one
saves the session of whomever one names, others are for developing."""
HEADERS = {
    # Gradio's page writes scripts and styles into itself and makes functions of texts; nothing of it comes from elsewhere.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def logins(auth: str) -> list[tuple[str, str]]:
    """Parse pairs of `name:password`, separated by commas; return [] for ''.

    Raises:
        SettingsError: A pair has no name or no password.
    """
    pairs = [tuple(part.strip().partition(":")[::2]) for part in auth.split(",") if part.strip()]
    if any(not name or not password for name, password in pairs):
        raise SettingsError("--auth is not NAME:PASSWORD.", "Give --auth NAME:PASSWORD, several with commas between them.")
    return [(name, password) for name, password in pairs]


def password_check(pairs: Sequence[tuple[str, str]]) -> Callable[[str, str], bool]:
    """Return a function that checks if a name and a password are one of the pairs.

    It compares them with every pair, so that its duration does not show which one matches.
    """

    def fits(name: str, password: str) -> bool:
        typed = (name.encode(errors="replace"), password.encode(errors="replace"))
        matches = [hmac.compare_digest(typed[0], n.encode()) & hmac.compare_digest(typed[1], p.encode()) for n, p in pairs]
        return any(matches)

    return fits


@dataclass(slots=True)
class Tries:
    """The wrong passwords for a name from an address; one attempt is looked at after the other."""

    wrong: int = 0
    waiting: int = 0
    latest: float = field(default_factory=time.monotonic)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def pause(self) -> float:
        """Seconds until the next attempt is looked at."""
        return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (self.wrong - FREE_TRIES)) if self.wrong >= FREE_TRIES else 0.0


class Attempts:
    """Middleware that delays attempts to log in: the wait grows with each wrong password, also for the right one.

    Counted is by name and address, all names that are none as one, so that nobody waits for what others try. A browser that
    has logged in under a name before counts alone: another at its address, maybe a proxy's, does not keep it waiting.
    """

    def __init__(
        self, app: ASGIApp, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep, names: frozenset[str] = frozenset()
    ) -> None:
        self.app, self.sleep, self.names = app, sleep, names
        self._tries: OrderedDict[tuple[str, str], Tries] = OrderedDict()
        self._logged_in: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold back a login, let everything else through."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"].rstrip("/") != LOGIN:
            await self.app(scope, receive, send)
            return
        body = await Request(scope, receive).body()
        name = await _name(scope, replayed(body, receive))
        name, browser = name if name in self.names else "", visitor(Headers(scope=scope).get("cookie", ""))
        address = (scope.get("client") or ("",))[0]
        tries = self._tries_of((browser if (browser, name) in self._logged_in else network(address), name))
        if tries.waiting >= MAX_WAITING:
            message = "Too many passwords are being tried for this name. Try again in a minute."
            await problem(scope["path"], message, 429, {"Retry-After": "60"})(scope, receive, send)
            return
        tries.waiting += 1
        try:
            async with tries.turn:
                await self.sleep(tries.pause)
                await self.app(scope, replayed(body, receive), _counting(tries, send))
            if browser and not tries.wrong:
                store(self._logged_in, (browser, name), None)
        finally:
            tries.waiting -= 1

    def _tries_of(self, who: tuple[str, str]) -> Tries:
        tries = self._tries.get(who)
        if tries is None or (not tries.waiting and time.monotonic() - tries.latest > 3_600):
            tries = Tries()  # after an hour an address begins anew
        return store(self._tries, who, tries)


async def _name(scope: Scope, receive: Receive) -> str:
    """Read the user name from the form of a login; return '' if the form cannot be read."""
    try:
        async with Request(scope, receive).form() as form:
            return str(form.get("username", "")).strip()
    except (HTTPException, MultiPartException):
        return ""


def _counting(tries: Tries, send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            tries.wrong = 0 if message["status"] == 200 else tries.wrong + 1
            tries.latest = time.monotonic()
        await send(message)

    return sending


# --- requests that are let in


def install_auth(app: FastAPI, settings: Settings, token: str) -> None:
    """Put it around a whole application, the page included."""
    app.add_middleware(CORSMiddleware)  # lets nobody in, and Gradio, which would let everybody in, leaves it to this one
    app.add_middleware(Attempts, names=frozenset(name for name, _ in logins(settings.auth)))
    app.add_middleware(Bodies, max_upload=settings.max_file_bytes)
    app.add_middleware(AuthMiddleware, settings=settings, token=token)


class AuthMiddleware:
    """Middleware around the whole application that answers or passes on each request.

    A request must use a host name of the page. A page of another site cannot change anything. If a login is set, the
    paths for programs require the token.
    """

    def __init__(self, app: ASGIApp, settings: Settings, token: str) -> None:
        self.app, self.settings, self.token = app, settings, token
        self.hosts, self.login = known_hosts(settings.host, settings.hosts), bool(logins(settings.auth))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or let it through."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if scope["type"] == "websocket":
            await (WebSocketClose(1008) if refusal else self.app)(scope, receive, send)
            return
        await _with_problems(refusal or self.app, scope, receive, _with_headers(scope, send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers, path = Headers(scope=scope), scope["path"]
        if not self.hosts.knows(headers.get("host", "")):
            message = "This page cannot be opened under this host name. Whoever runs it can add the name with ASK_HOSTS."
            return problem(path, message, 421)
        if (path.startswith(PROGRAM_PATHS) or scope.get("method") not in READING_METHODS) and foreign(headers):
            return problem(path, "Pages of other sites may not ask here.", 403)
        if path.startswith("/v1/") and scope.get("method") not in READING_METHODS and is_form(headers):
            return problem(path, "A browser sends this as JSON alone: name its kind, `Content-Type: application/json`.", 415)
        if path.startswith(API) and not path.removeprefix(API).startswith(OPEN_ROUTES):
            return problem(path, "There is nothing here.", 404)
        if path.startswith("/mcp") and scope.get("method") == "GET":  # a stream on which nothing would ever be said
            return problem(path, "Send what you ask by POST.", 405, {"Allow": "POST"})
        if path.startswith(UPLOAD) and not may_change(self.settings, is_proxied(scope)):
            return problem(path, "Visitors to this page cannot change its documents.", 403)
        token = headers.get("authorization", "")
        if path.startswith(PROGRAM_PATHS) and self.login and not holds_token(token, self.token):
            message = "This page asks for a token: send `Authorization: Bearer …`; `ask-the-plan settings` prints it."
            return problem(path, message, 401, {"WWW-Authenticate": "Bearer"})
        return None


def open_for_changes(settings: Settings) -> bool:
    """Return True if visitors may add and remove documents.

    `page_changes` decides. With `local`, the default, they may if the page listens on a loopback address.
    """
    return settings.page_changes == "yes" or (settings.page_changes == "local" and is_loopback(settings.host))


def may_change(settings: Settings, elsewhere: bool) -> bool:
    """Return True if the sender of a request may add and remove documents.

    `elsewhere` is true if a proxy passed the request on, because it may then come from another machine. Such a sender
    may change documents only if `page_changes` is `yes`.
    """
    return open_for_changes(settings) and (settings.page_changes == "yes" or not elsewhere)


def may_choose_models(settings: Settings) -> bool:
    """Return True if visitors may choose the language model.

    The model reads the questions of all visitors. So they must be allowed to change the documents, and nobody else may
    reach the page: it is on a loopback address, without a login and without other host names.
    """
    return open_for_changes(settings) and is_loopback(settings.host) and not settings.auth and not settings.hosts


async def _with_problems(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Run the application; reply with one sentence if it fails or if the server stops.

    The log has the details. If a reply has already begun, nothing is added to it.
    """
    started = False

    async def sending(message: Message) -> None:
        nonlocal started
        started = True
        await send(message)

    refusal: Response | None = None
    try:
        await app(scope, receive, sending)
    except asyncio.CancelledError:  # uvicorn ends the answers that are under way when it stops
        refusal = problem(scope["path"], "The page is being stopped. Try again in a minute.", 503, {"Retry-After": "60"})
    except Exception as error:
        if started and isinstance(error.__cause__, HTTPException):  # Gradio ends a stream so; a traceback takes long
            log.info("%s %s ended: %s", scope["method"], scope["path"], error.__cause__.status_code)
        else:
            log.exception("%s %s failed", scope["method"], scope["path"])
        refusal = problem(scope["path"], FAILED, 500)
    if refusal and not started:
        await refusal(scope, receive, send)


def _with_headers(scope: Scope, send: Send) -> Send:
    """Wrap `send` so that each reply has the security headers and its cookies stay on this site.

    The page itself also gives a cookie to a browser that has none.
    """
    secure = scope["scheme"] == "https"
    lacks_cookie = scope["path"] == "/" and not visitor(Headers(scope=scope).get("cookie", ""))

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            cookies = headers.getlist("set-cookie")
            del headers["set-cookie"]
            for cookie in [lax(c, secure) for c in cookies] + ([new_cookie(secure)] if lacks_cookie else []):
                headers.append("set-cookie", cookie)
        await send(message)

    return sending
