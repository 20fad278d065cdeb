"""The loop that all calls of language models share: clients of providers keep connections, which belong to one loop."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Coroutine
from functools import cache
from typing import Any


class Task:
    """A coroutine on that loop, which runs beside the thread that began it."""

    def __init__(self, work: Coroutine[Any, Any, None]) -> None:
        self._task: asyncio.Task[None] | None = None

        def begin() -> None:
            self._task = asyncio.get_running_loop().create_task(work)

        # in this thread's context, so that tracing sees it below the chain
        _loop().call_soon_threadsafe(begin, context=contextvars.copy_context())

    def cancel(self) -> None:
        """End it, from any thread."""
        _loop().call_soon_threadsafe(lambda: self._task and self._task.cancel())


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="language model", daemon=True).start()
    return loop
