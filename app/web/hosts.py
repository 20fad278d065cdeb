"""Under which names the page is asked for, and whether a request comes from a page of another site.

A name that anybody owns may lead to this machine, and a browser takes what answers there for that name's own page. So a
request is let in only under a name that the page knows; an address is known by itself, since nobody else serves it.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names of a page. With `everywhere` it listens on all addresses of this machine."""

    names: frozenset[str]
    everywhere: bool = False

    def knows(self, host: str) -> bool:
        """Whether the header `Host` names this page; its port may be that of a tunnel."""
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


def is_loopback(host: str) -> bool:
    """An address -> whether only this machine reaches it."""
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def _name(host: str) -> str:
    """The name or address without its port, '' where it is none."""
    try:
        parts = urlsplit(f"//{host.strip()}")
        return "" if "@" in host or parts.path or parts.query else (parts.hostname or "").rstrip(".")
    except ValueError:
        return ""


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
