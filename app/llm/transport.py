"""The one HTTP transport of all language models: it limits what a server may send before anything parses it.

Some providers' packages use `httpx`, others `httpx2`, which has the same interface. The client is made with the library that
the package uses.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from types import ModuleType
from typing import Any

MAX_BYTES = 4_000_000
"""Of a reply as it comes over the wire: an answer has some thousand tokens, each in a frame of 300 bytes or so."""
MAX_LINE = 1_000_000  # bytes, of an event too: what is not streamed is one line
MAX_LINES = 50_000  # of a reply: each costs its readers a third of a millisecond
MAX_EVENT_LINES = 1_000  # lines; a real one has three


class ReplyRefusedError(Exception):
    """A server sends what no answer is: more than the limits allow, or packed."""


def own_client(library: ModuleType, **arguments: Any) -> Any:
    """Make an asynchronous client of `httpx` or `httpx2` for a provider's package.

    It follows no redirect, which would send the question elsewhere. It ignores the environment's proxies and password
    file.
    """
    return library.AsyncClient(**own_arguments(library) | arguments)


def own_arguments(library: ModuleType) -> dict[str, Any]:
    """Return the arguments of `own_client`, for packages that make their client themselves."""
    return {"transport": _transport(library), "follow_redirects": False, "trust_env": False}


def _transport(library: ModuleType) -> Any:
    class Lines(library.AsyncByteStream):  # type: ignore[misc, name-defined]
        """A reply, whole lines at a time."""

        def __init__(self, stream: Any, events: bool, encoding: str) -> None:
            self._stream, self._limits, self._encoding = stream, Limits(events), encoding

        async def __aiter__(self) -> AsyncIterator[bytes]:
            if self._encoding not in ("", "identity"):
                raise ReplyRefusedError("packed")
            async for chunk in self._stream:
                for whole in self._limits.take(chunk):
                    yield whole
                await asyncio.sleep(0)  # what is there already would be read on without a look at the clock
            if self._limits.rest:
                yield bytes(self._limits.rest)

        async def aclose(self) -> None:
            await self._stream.aclose()

    class Bounded(library.AsyncBaseTransport, library.BaseTransport):  # type: ignore[misc, name-defined]
        """Connections as usual, replies within limits. Some packages make a second client of the same, which has no use."""

        def __init__(self) -> None:
            # no connection is kept: nobody could close it once the model is another, and a call takes seconds anyway
            self._inner = library.AsyncHTTPTransport(trust_env=False, limits=library.Limits(max_keepalive_connections=0))

        async def handle_async_request(self, request: Any) -> Any:
            request.headers["Accept-Encoding"] = "identity"
            response = await self._inner.handle_async_request(request)
            kind, encoding = (response.headers.get(n, "").strip().lower() for n in ("content-type", "content-encoding"))
            response.stream = Lines(response.stream, kind.startswith("text/event-stream"), encoding)
            return response

        async def aclose(self) -> None:
            await self._inner.aclose()

    return Bounded()


class Limits:
    """Counts the bytes and lines of a reply, and passes on whole lines only.

    Readers would otherwise join the pieces of a line again with each piece, in time quadratic in its length.

    Args:
        events: True if the reply is a stream of events, each ended by an empty line.

    Attributes:
        rest: The line that has not ended.
    """

    def __init__(self, events: bool) -> None:
        self.rest = bytearray()
        self._events = events
        self._bytes = self._lines = self._of_event = self._length = 0

    def take(self, chunk: bytes) -> Iterator[bytes]:
        """Count a chunk, and yield all lines that it completes as one piece.

        Raises:
            ReplyRefusedError: The reply is beyond the limits.
        """
        self._bytes += len(chunk)
        if self._bytes > MAX_BYTES:
            raise ReplyRefusedError("too long")
        end = chunk.rfind(b"\n") + 1
        whole_lines = bytes(self.rest) + chunk[:end] if end else b""
        self.rest = bytearray(chunk[end:]) if end else self.rest
        if not end:
            self.rest += chunk
        for line in whole_lines.splitlines():
            self._count(len(line))
        if len(self.rest) > MAX_LINE:
            raise ReplyRefusedError("a line without an end")
        if whole_lines:
            yield whole_lines

    def _count(self, length: int) -> None:
        self._lines += 1
        self._of_event = self._of_event + 1 if length and self._events else 0
        self._length = self._length + length if self._of_event else length
        if self._lines > MAX_LINES or self._of_event > MAX_EVENT_LINES or self._length > MAX_LINE:
            raise ReplyRefusedError("too many lines, or too long ones")
