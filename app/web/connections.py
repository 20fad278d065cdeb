"""Limits the number of connections, and how long each may be idle.

Without limits, one client with many connections could lock out all others. If there are too many, the connection that has
waited longest without a whole request is closed. Connections whose whole request has come stay, and a new one is refused
only if all have one.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.web.bodies import UPLOAD
from app.web.visitors import in_networks, is_loopback, network

log = logging.getLogger(__name__)

REQUEST, BODY, READING = 20.0, 30.0, 60.0
"""Seconds for a request to come, for its body (of an upload: for a part of it), and for a client to read a part of a
reply."""
IN_ALL, OF_ONE = 2_048, 256
"""Most connections, and most of one address. This machine and the proxies that are named speak for many."""

LOG_PAUSE = 10.0  # seconds between two lines of the log that say the same


def limited_connections(proxies: str) -> type[LimitedConnection]:
    """Make uvicorn's class of connections, with as many as this process may have.

    The limit on open files is raised as far as the system allows.

    Args:
        proxies: Addresses or networks of proxies, separated by commas; each stands for many visitors.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):  # macOS says that there is no limit and does not mean it
        hard = soft
    free = IN_ALL if hard == resource.RLIM_INFINITY else max(hard - 256, hard // 2)  # 256 are for files and databases
    return type("Connection", (LimitedConnection,), {"limits": ConnectionLimits(proxies, min(IN_ALL, free))})


class ThrottledLog:
    """Logs the same line at most once in some seconds: it is others who bring it about."""

    def __init__(self) -> None:
        self._last = -LOG_PAUSE

    def __call__(self, line: str, *values: object) -> None:
        """Log it, or not."""
        if (now := time.monotonic()) - self._last >= LOG_PAUSE:
            self._last = now
            log.error(line, *values)


def log_accept_errors(loop: asyncio.AbstractEventLoop) -> None:
    """Have a loop say in a line that it cannot accept a connection."""
    log_seldom = ThrottledLog()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if "accept" in context.get("message", ""):
            log_seldom("No connection can be accepted: %s.", context.get("exception"))
        else:
            loop.default_exception_handler(context)

    loop.set_exception_handler(handle)


class ConnectionLimits:
    """The connections of one server, and those without a whole request, the one that has waited longest first."""

    def __init__(self, proxies: str = "", in_all: int = IN_ALL) -> None:
        self.in_all, self._proxies, self._log = in_all, proxies, ThrottledLog()
        self._connections: OrderedDict[LimitedConnection, None] = OrderedDict()
        self._waiting: OrderedDict[LimitedConnection, None] = OrderedDict()
        self._per_network: Counter[str] = Counter()

    def admit(self, connection: LimitedConnection) -> bool:
        """Admit a connection, or return False if it must be refused.

        If there are too many, the one that has waited longest without a whole request is closed. If one network has too
        many, it is one of that network.
        """
        name = connection.network
        speaks_for_many = is_loopback(connection.host) or in_networks(connection.host, self._proxies)
        network_full = not speaks_for_many and self._per_network[name] >= OF_ONE
        is_full = network_full or len(self._connections) >= self.in_all
        if is_full and not self._close_oldest(name if network_full else ""):
            self._log("Connections of %s are refused: there are too many.", name)
            return False
        self._connections[connection] = self._waiting[connection] = None
        self._per_network[name] += 1
        return True

    def _close_oldest(self, name: str) -> bool:
        connection = next((c for c in self._waiting if not name or c.network == name), None)
        if connection is None:
            return False
        connection.abort()
        return True

    def remove(self, connection: LimitedConnection) -> None:
        """Remove a connection that is closed."""
        self._waiting.pop(connection, None)
        if connection not in self._connections:
            return
        del self._connections[connection]
        self._per_network[connection.network] -= 1
        if not self._per_network[connection.network]:
            del self._per_network[connection.network]

    def mark_busy(self, connection: LimitedConnection) -> None:
        """Mark a connection as busy: its whole request has come."""
        self._waiting.pop(connection, None)

    def mark_waiting(self, connection: LimitedConnection) -> None:
        """Mark a connection as waiting: its request has been answered."""
        if connection in self._connections:
            self._waiting[connection] = None

    def keep(self, connection: LimitedConnection) -> None:
        """Let a waiting connection wait from now on: a part of its request has come."""
        if connection in self._waiting:
            self._waiting.move_to_end(connection)


class Deadline:
    """Something must happen in time, or `late` is called."""

    def __init__(self, loop: asyncio.AbstractEventLoop, late: Callable[[], None]) -> None:
        self._loop, self._late = loop, late
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float | None) -> None:
        """Start the deadline in so many seconds; None stops it."""
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self._late) if seconds is not None else None


class LimitedConnection(HttpToolsProtocol):
    """A connection of uvicorn's with deadlines; `limits` counts it and may refuse it."""

    limits: ConnectionLimits

    def connection_made(self, transport: Any) -> None:
        """Someone comes."""
        super().connection_made(transport)
        self.host = self.client[0] if self.client else ""
        self.network = network(self.host)
        self._request_deadline, self._write_deadline = Deadline(self.loop, self._on_late), Deadline(self.loop, self.abort)
        if self.limits.admit(self):
            self._request_deadline.within(REQUEST)
        else:
            self._refuse("503 Service Unavailable", "Too many connections. Try again in a minute.")

    def connection_lost(self, exc: Exception | None) -> None:
        """They leave."""
        self.limits.remove(self)
        for deadline in (self._request_deadline, self._write_deadline):
            deadline.within(None)
        super().connection_lost(exc)

    def abort(self) -> None:
        """Close it at once; it counts no more."""
        self.limits.remove(self)
        self.transport.abort()

    def on_message_begin(self) -> None:
        """Start the deadline for a request, which its headers must meet as well."""
        super().on_message_begin()
        self._is_whole = False
        self._request_deadline.within(REQUEST)

    def on_headers_complete(self) -> None:
        """Start the deadline for the body."""
        self._request_deadline.within(BODY)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Restart the deadline for the body, and the wait, with each part of an upload."""
        if self.scope["path"].startswith(UPLOAD):
            self._request_deadline.within(BODY)
            self.limits.keep(self)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Mark the connection as busy and stop the deadline for the body; the reply may be complete before its request."""
        self._is_whole = True
        if not self.cycle.response_complete:
            self.limits.mark_busy(self)
        self._request_deadline.within(REQUEST if self.cycle.response_complete else None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Mark the connection as waiting and start the deadline for the next request.

        Neither happens if a whole pipelined request follows, and the deadline for the body of a half one stays. uvicorn
        closes a connection that sends nothing for some seconds.
        """
        is_pipelined = bool(self.pipeline)
        super().on_response_complete()
        if not (is_pipelined and self._is_whole):
            self.limits.mark_waiting(self)
        if not is_pipelined:
            self._request_deadline.within(REQUEST)

    def pause_writing(self) -> None:
        """Start the deadline for a client that does not read the reply."""
        super().pause_writing()
        self._write_deadline.within(READING)

    def resume_writing(self) -> None:
        """Stop that deadline, because the client reads again."""
        super().resume_writing()
        self._write_deadline.within(None)

    def _on_late(self) -> None:
        if self.flow.read_paused:  # it is this program that does not read
            self._request_deadline.within(BODY)
        elif self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self._refuse("408 Request Timeout", "That took too long.")
        else:
            self.abort()

    def _refuse(self, status: str, text: str) -> None:
        """Send a short plain-text reply and close the connection."""
        head = f"HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {len(text)}\r\nconnection: close\r\n\r\n"
        self.transport.write((head + text).encode())
        self.transport.close()
