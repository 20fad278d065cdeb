"""Work for a client of a route, for as long as the client is there."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import Request

T = TypeVar("T")
LOOK = 0.5  # seconds between two looks whether it is


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T | None:
    """A request and work for it -> what the work gives; None where the client goes away before, and the work is
    cancelled."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait([task], timeout=LOOK))[0]:
            if await request.is_disconnected():
                return None
        return task.result()
    finally:
        task.cancel()
