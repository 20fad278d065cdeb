"""Visitors, and the host names under which they may reach the page.

A cookie tells browsers apart. Each kind of visitor has names that no other kind can take. Here it is also checked how often
a visitor may do something, and whether they are still there.
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
import re
import secrets
import socket
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Coroutine
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any, TypeVar
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.types import Scope

from app.web.queue import Asker

HOUR = 3_600.0
MAX_VISITORS = 10_000  # of whom something is remembered; those who did nothing for longest are forgotten first
T = TypeVar("T")
Who = TypeVar("Who")
COOKIE = "ask_visitor"
_SECRET = re.compile(r"[\w-]{32}", re.ASCII)
_PROXY_HEADERS = ("forwarded", "via", "x-real-ip")
_PROXY_PREFIXES = ("x-forwarded-", "cf-")


def store(entries: OrderedDict[Who, T], key: Who, value: T) -> T:
    """Put an entry last, and remove the first if there are too many."""
    entries[key] = value
    entries.move_to_end(key)
    if len(entries) > MAX_VISITORS:
        entries.popitem(last=False)
    return value


class Hourly:
    """Limits how often each visitor may do something within an hour. Safe to share between threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, *names: str, number: int = 1) -> int:
        """Return the minutes until a visitor may do it `number` times under all their names; 0 if they may now.

        With 0, it counts as done. More than `most` at once is never allowed, and returns 60.
        """
        now = time.monotonic()
        with self._lock:
            times_of = {name: self._times.get(name, deque()) for name in names}
            if minutes := max(self._minutes(times, number, now) for times in times_of.values()):
                for name in self._times.keys() & names:
                    self._times.move_to_end(name)
                return minutes
            for name, times in times_of.items():
                times.extend([now] * number)
                store(self._times, name, times)
            return 0

    def _minutes(self, times: deque[float], number: int, now: float) -> int:
        while times and times[0] <= now - HOUR:
            times.popleft()
        if (excess := len(times) + number - self.most) <= 0:
            return 0
        until = times[excess - 1] + HOUR - now if excess <= len(times) else HOUR
        return max(1, math.ceil(until / 60))


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T | None:
    """Do the work of a request and return its result; return None if the client goes away first.

    The work is then cancelled.
    """
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait([task], timeout=0.5))[0]:
            if await request.is_disconnected():
                return None
        return task.result()
    finally:
        task.cancel()


def visitor(cookies: str) -> str:
    """Return the secret in a browser's cookies; '' if it is missing or does not have the right form."""
    try:
        cookie = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return cookie.value if cookie and is_secret(cookie.value) else ""


def is_secret(name: str) -> bool:
    """Return True if a name has the form of a cookie's secret."""
    return _SECRET.fullmatch(name) is not None


def visitor_name(login: str | None, cookies: str, session: str) -> str:
    """Name a visitor by the login, else by the browser's cookie, else by the session.

    The names of logins and sessions have a colon and a cookie's secret has none, so no two kinds can be equal.
    """
    return login_name(login) if login else visitor(cookies) or f"session:{session}"


def login_name(login: str) -> str:
    """Return the name of a login, which differs from those of cookies and sessions."""
    return f"login:{login}"


def new_cookie(secure: bool) -> str:
    """Make a `Set-Cookie` header that identifies a browser for a year."""
    return lax(f"{COOKIE}={secrets.token_urlsafe(24)}; Path=/; Max-Age=31536000; HttpOnly", secure)


def lax(cookie: str, secure: bool) -> str:
    """Set `SameSite=Lax` in a `Set-Cookie` header, so that other sites' pages cannot use the cookie.

    `secure` adds `Secure` if it is missing.
    """
    parts = [p.strip() for p in cookie.split(";")]
    attributes = [p for p in parts if not p.lower().startswith("samesite=")]
    added = ["Secure"] if secure and "secure" not in (p.lower() for p in attributes) else []
    return "; ".join([*attributes, "SameSite=Lax", *added])


def asker(request: HTTPConnection, login: str | None = None) -> Asker:
    """Return the visitor whose place in the queue a request takes.

    The login identifies it, else the browser's cookie. Programs have neither and are identified by their address.
    """
    address = request.client.host if request.client else ""
    return Asker(visitor_name(login, request.headers.get("cookie", ""), f"at {address}"), address)


def limited_names(asker: Asker) -> tuple[str, ...]:
    """Return the names under which an hourly limit counts what a visitor does.

    That is the login, else the browser's cookie and the network: whoever likes makes up another cookie.
    """
    if asker.name.startswith(login_name("")):
        return (asker.name,)
    return asker.name, f"in {network(asker.address)}"


# --- The names of the page, and signs that a request comes from a page of another site.
#
# A name that anybody owns may lead to this machine, and a browser takes what answers there for that name's own page. So a
# request is let in only under a name that the page knows; an address is known by itself, since nobody else serves it.


@dataclass(frozen=True, slots=True)
class Hosts:
    """The host names under which the page lets requests in.

    With `everywhere` the page listens on all addresses of this machine, and any IP address is let in.
    """

    names: frozenset[str]
    everywhere: bool = False

    def knows(self, host: str) -> bool:
        """Return True if a `Host` header names this page.

        Its port is ignored, because it may be that of a tunnel.
        """
        name = _name(host)
        address = _address(name)
        if address is not None and (address.is_loopback or self.everywhere):
            return True
        return bool(name) and name in self.names


def known_hosts(listened: str, names: str) -> Hosts:
    """Return the host names under which requests are let in.

    They are `localhost`, the address itself and `names`. If the page listens on all addresses, the machine's name is one
    of them, and any IP address is let in.

    Args:
        listened: The address on which the page listens.
        names: Further names from the settings, separated by commas; '' for none.
    """
    address = _address(listened)
    everywhere = address is not None and address.is_unspecified
    own = {socket.gethostname().lower()} if everywhere else {listened.lower()}
    return Hosts(frozenset({"localhost", *own, *(_name(n) for n in names.split(",") if n.strip())}), everywhere)


def foreign(headers: Headers) -> bool:
    """Return True if the browser's headers name a page of another origin as the sender.

    Programs send no such headers.
    """
    origin = headers.get("origin")
    elsewhere = origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    return elsewhere or headers.get("sec-fetch-site") in ("cross-site", "same-site")


def from_here(scope: Scope) -> bool:
    """Return True if the request comes from the page's own machine.

    The client's address and the host name are both loopback, and no proxy has passed the request on.
    """
    host, client = Headers(scope=scope).get("host", ""), (scope.get("client") or ("",))[0]
    return is_loopback(client) and is_loopback(_name(host)) and not is_proxied(scope)


def is_proxied(scope: Scope) -> bool:
    """Return True if a proxy has passed the request on.

    Either a header says so, or the request is HTTP/1.0, which no browser uses and nginx uses by default.
    """
    has_header = any(n in _PROXY_HEADERS or n.startswith(_PROXY_PREFIXES) for n in Headers(scope=scope))
    return has_header or scope.get("http_version") == "1.0"


def is_form(headers: Headers) -> bool:
    """Return True if a browser sends a body that it lets any page send.

    Such a body is a form's or has no content type. Everything but JSON counts.
    """
    browser = "sec-fetch-site" in headers or "origin" in headers or headers.get("user-agent", "").startswith("Mozilla/")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return browser and not (kind.startswith("application/") and kind.endswith("json"))


def is_loopback(host: str) -> bool:
    """Return True if only the machine itself can reach the address."""
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def network(host: str) -> str:
    """Return the part of an address that identifies a visitor; '' if it is not an address.

    Of an IPv6 address that is the /64 network, because one visitor has all addresses in it.
    """
    address = _address(host)
    if address is None or address.version == 4:
        return str(address or "")
    return str(ipaddress.ip_network((address, 64), strict=False))


def in_networks(host: str, networks: str) -> bool:
    """Return True if an address is in a list of addresses or networks, separated by commas."""
    address = _address(host)
    return address is not None and any(address in ipaddress.ip_network(n.strip()) for n in networks.split(",") if n.strip())


def _name(host: str) -> str:
    """Return the name or address in a `Host` header without its port; '' if it is invalid."""
    try:
        parts = urlsplit(f"//{host.strip()}")
        return "" if "@" in host or parts.path or parts.query else (parts.hostname or "").rstrip(".")
    except ValueError:
        return ""


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return None
    return (address.version == 6 and address.ipv4_mapped) or address
