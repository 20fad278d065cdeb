"""The names of the page, and signs that a request comes from a page of another site.

A name that anybody owns may lead to this machine, and a browser takes what answers there for that name's own page. So a
request is let in only under a name that the page knows; an address is known by itself, since nobody else serves it."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

_PROXIES = ("forwarded", "via", "x-real-ip")
_OF_PROXIES = ("x-forwarded-", "cf-")


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names of a page. With `everywhere` it listens on all addresses of this machine."""

    names: frozenset[str]
    everywhere: bool = False

    def knows(self, host: str) -> bool:
        """True if the header `Host` names this page; its port may be that of a tunnel."""
        name = _name(host)
        address = _address(name)
        if address is not None and (address.is_loopback or self.everywhere):
            return True
        return bool(name) and name in self.names


def known_hosts(listened: str, named: str) -> Hosts:
    """An address and a setting -> the names of the page that listens there, with more that the setting names, commas between
    them."""
    address = _address(listened)
    everywhere = address is not None and address.is_unspecified
    own = {socket.gethostname().lower()} if everywhere else {listened.lower()}
    return Hosts(frozenset({"localhost", *own, *(_name(n) for n in named.split(",") if n.strip())}), everywhere)


def foreign(headers: Headers) -> bool:
    """A request's headers -> whether a browser says that a page of another origin sends this; programs say nothing of the
    kind."""
    origin = headers.get("origin")
    elsewhere = origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    return elsewhere or headers.get("sec-fetch-site") in ("cross-site", "same-site")


def from_here(scope: Scope) -> bool:
    """A request -> whether this machine sends it to itself: neither the address nor the name is another's, and no proxy has
    passed it on."""
    host, client = Headers(scope=scope).get("host", ""), (scope.get("client") or ("",))[0]
    return is_loopback(client) and is_loopback(_name(host)) and not passed_on(scope)


def passed_on(scope: Scope) -> bool:
    """A request -> whether a proxy has passed it on: a header says so, or it comes as HTTP/1.0, which no browser speaks and
    nginx does unless it is told otherwise."""
    named = any(n in _PROXIES or n.startswith(_OF_PROXIES) for n in Headers(scope=scope))
    return named or scope.get("http_version") == "1.0"


def by_form(headers: Headers) -> bool:
    """A request's headers -> whether a browser sends a body that any page may let it send: a form's, or one of no kind."""
    browser = "sec-fetch-site" in headers or "origin" in headers or headers.get("user-agent", "").startswith("Mozilla/")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return browser and not (kind.startswith("application/") and kind.endswith("json"))


def is_loopback(host: str) -> bool:
    """An address -> whether only this machine reaches it."""
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def network(host: str) -> str:
    """A visitor's address -> what tells visitors apart: of IPv6 the network, in which one visitor has all addresses; '' for
    what is no address."""
    address = _address(host)
    if address is None or address.version == 4:
        return str(address or "")
    return str(ipaddress.ip_network((address, 64), strict=False))


def one_of(host: str, networks: str) -> bool:
    """An address, and addresses or networks with commas between them -> whether it is one of them."""
    address = _address(host)
    return address is not None and any(address in ipaddress.ip_network(n.strip()) for n in networks.split(",") if n.strip())


def _name(host: str) -> str:
    """The name or address without its port, '' where it is none."""
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
