"""The event loop that all calls of language models share.

Providers' clients keep connections, and a connection belongs to one loop.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
import weakref
from collections.abc import AsyncGenerator, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

_open_generators: contextvars.ContextVar[list[weakref.ref[AsyncGenerator[Any, Any]]]] = contextvars.ContextVar("begun")
_loops: list[asyncio.AbstractEventLoop] = []
_choosing = threading.Lock()


def start(work: Coroutine[Any, Any, None]) -> Future[None]:
    """Begin a coroutine on that loop, concurrently with this thread, in whose context tracing sees it below the chain."""
    return asyncio.run_coroutine_threadsafe(_run_and_close(work), _loop())


async def _run_and_close(work: Coroutine[Any, Any, None]) -> None:
    """Do the work, then close the streams that it left half read.

    Clients leave these to the garbage collector, which may run in any thread.
    """
    generators: list[weakref.ref[AsyncGenerator[Any, Any]]] = []
    _open_generators.set(generators)
    try:
        await work
    finally:
        for reference in generators:
            if (generator := reference()) is not None:
                with suppress(Exception):
                    await generator.aclose()


def _loop() -> asyncio.AbstractEventLoop:
    with _choosing:
        if not _loops:
            _loops.append(asyncio.new_event_loop())
            _loops[0].call_soon(_watch)
            threading.Thread(target=_loops[0].run_forever, name="language model", daemon=True).start()
        return _loops[0]


def _watch() -> None:
    """Have every generator that begins in this thread noted by the work that began it."""
    previous_hook = sys.get_asyncgen_hooks().firstiter

    def begin(generator: AsyncGenerator[Any, Any]) -> None:
        if previous_hook:
            previous_hook(generator)
        if (generators := _open_generators.get(None)) is not None:
            generators.append(weakref.ref(generator))

    sys.set_asyncgen_hooks(firstiter=begin)
