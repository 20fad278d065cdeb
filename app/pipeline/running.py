"""Takes requests through the steps of a chain, one after another; each step is announced and timed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, cast

from langchain_core.runnables import Runnable, RunnableGenerator

from app.answers import Answer
from app.pipeline.values import Drafted, Event, Request, Step


def running(
    begin: Callable[[Request], Request], steps: Sequence[Runnable[Any, Any]], writes: Runnable[Drafted, Any],
    may_write: Callable[[Drafted], bool], checks: Runnable[Any, Answer],
) -> Runnable[Request, Any]:  # fmt: skip
    """Return what yields the events of a request, the answer last.

    Args:
        begin: Completes the request.
        steps: The steps from there to a draft.
        writes: Has a language model word the draft, if it `may_write`.
        checks: Makes the answer of the draft and the times that the steps took.
    """

    def events(request: Request) -> Iterator[Event]:
        value, timings = cast(Any, begin(request)), list[tuple[str, float]]()
        for step in steps:
            yield Step(str(step.name))
            started = time.perf_counter()
            value = step.invoke(value)
            timings.append((str(step.name), time.perf_counter() - started))
        if may_write(value):
            yield Step("writing")
            started = time.perf_counter()
            for event in writes.stream(value):
                if isinstance(event, Drafted):
                    value = event
                else:
                    yield event
            timings.append(("writing", time.perf_counter() - started))
        yield Step("checking")
        started = time.perf_counter()
        yield checks.invoke((value, lambda: [*timings, ("checking", time.perf_counter() - started)]))

    def run(requests: Iterator[Request]) -> Iterator[Event]:
        for request in requests:
            yield from events(request)

    async def arun(requests: AsyncIterator[Request]) -> AsyncIterator[Event]:
        async for request in requests:
            coming = events(request)
            while (event := await asyncio.to_thread(next, coming, None)) is not None:
                yield event

    return RunnableGenerator(run, arun, name="ask")
