"""Who is who: a cookie that tells browsers apart, and names that no other kind of visitor can take."""

from __future__ import annotations

import re
import secrets
from http.cookies import CookieError, SimpleCookie

from starlette.requests import HTTPConnection

from app.web.queue import Asker

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
