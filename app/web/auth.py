"""Who may come in: a cookie that tells browsers apart, and a token for programs where the page asks for a login."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import SettingsError

COOKIE = "ask_visitor"
YEAR = 365 * 24 * 3600
PROGRAMS = ("/v1/", "/mcp")
OWN_CHECK = ("/v1/ask",)
"""Asks for the token always, and looks itself."""


class Gate:
    """Around the whole application. With `login` the paths for programs ask for the token; without it they refuse what a
    page of another site sends through a visitor's browser."""

    def __init__(self, app: ASGIApp, token: str, login: bool) -> None:
        self.app, self.token, self.login = app, token, login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or let it through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers, path = Headers(scope=scope), scope["path"]
        if path.startswith(PROGRAMS) and path not in OWN_CHECK and (refusal := self._refusal(headers)):
            await refusal(scope, receive, send)
            return
        if visitor(headers.get("cookie", "")):
            await self.app(scope, receive, send)
            return
        await self.app(scope, receive, _with_cookie(send, scope["scheme"] == "https"))

    def _refusal(self, headers: Headers) -> JSONResponse | None:
        if self.login:
            if may(headers.get("authorization", ""), self.token):
                return None
            said = "This page asks for a token: send `Authorization: Bearer …`; `ask-the-plan settings` prints it."
            return _problem(said, 401, {"WWW-Authenticate": "Bearer"})
        origin = headers.get("origin")
        if origin and urlsplit(origin).netloc != headers.get("host"):
            return _problem("Pages of other sites may not ask here.", 403)
        return None


def may(authorization: str, token: str) -> bool:
    """Whether a header `Authorization` holds the token."""
    given = authorization.removeprefix("Bearer ").strip()
    return hmac.compare_digest(given.encode(), token.encode())


def visitor(cookies: str) -> str:
    """The secret that a browser's cookies hold, '' where there is none."""
    try:
        found = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _with_cookie(send: Send, secure: bool) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            parts = [f"{COOKIE}={secrets.token_urlsafe(24)}", "Path=/", f"Max-Age={YEAR}", "HttpOnly", "SameSite=Lax"]
            MutableHeaders(scope=message).append("set-cookie", "; ".join(parts + (["Secure"] if secure else [])))
        await send(message)

    return sending


def _problem(said: str, status: int, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": {"message": said, "type": "invalid_request_error"}}, status, headers)


def logins(auth: str) -> list[tuple[str, str]]:
    """`name:password`, several with commas between them, as pairs; [] for ''.

    Raises:
        SettingsError: one has no name or no password.
    """
    pairs = [tuple(part.strip().partition(":")[::2]) for part in auth.split(",") if part.strip()]
    if any(not name or not password for name, password in pairs):
        raise SettingsError("--auth is not NAME:PASSWORD.", "Give --auth NAME:PASSWORD, several with commas between them.")
    return [(name, password) for name, password in pairs]


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
