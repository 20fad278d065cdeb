"""A language model behind LangChain's interface: it words answers and rewrites follow-ups, and nobody believes it.

Loaded only where one is set.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import queue
import re
import threading
import time
from collections.abc import AsyncGenerator, Coroutine, Iterator, Mapping, Sequence
from contextlib import aclosing
from copy import copy
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Self

import httpx
from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.exceptions import (
    ContextOverflowError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelError,
    ModelInvalidRequestError,
    ModelNotFoundError,
    ModelPermissionDeniedError,
    ModelRateLimitError,
    ModelTimeoutError,
    OutputParserException,
)
from langchain_core.runnables.config import ensure_config, merge_configs

from app.llm.parse import StatementStream
from app.llm.prompts import SEARCHES, Prompt, reading_prompt
from app.llm.structured import SCHEMA, StructuredStream
from app.query.values import Turn
from app.sentences import Statement

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import Runnable, RunnableConfig

    from app.settings import Settings

log = logging.getLogger(__name__)

LONGEST = 12  # characters a token: what is longer than this times the tokens asked for has no end
MOST_TOKENS = 24_000  # of a prompt, whatever a model takes: more is read less well
LOOK = 0.2  # seconds between two looks at whether anybody still waits
GRACE = 2.0  # seconds beyond the limit after which even a model that blocks is given up
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.):])\s+")
_FAILURES: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "slow"),
    (ModelTimeoutError, "slow"),
    (ContextOverflowError, "context"),
    (ModelAuthenticationError, "key"),
    (ModelPermissionDeniedError, "key"),
    (ModelNotFoundError, "unknown"),
    (ModelRateLimitError, "busy"),
    (ModelConnectionError, "down"),
    (ModelAPIError, "error"),
    (OutputParserException, "nonsense"),
    (httpx.TimeoutException, "slow"),
    (httpx.ConnectError, "down"),
    (httpx.TransportError, "broken"),
    (ValueError, "nonsense"),
)


@dataclass(frozen=True, slots=True)
class CallResult:
    """The end of a call: its tokens, 0 where the provider does not tell them, and what went wrong, '' if nothing did;
    `not_stated` is what of a question the evidence does not state, as the model says."""

    seconds: float
    input_tokens: int = 0
    output_tokens: int = 0
    failure: str = ""
    not_stated: str = ""

    def then(self, later: CallResult) -> CallResult:
        """Both calls as one, which ended as the first did."""
        read, wrote = self.input_tokens + later.input_tokens, self.output_tokens + later.output_tokens
        return replace(self, seconds=self.seconds + later.seconds, input_tokens=read, output_tokens=wrote)


class Writer:
    """One language model. Safe to share between threads."""

    def __init__(self, model: BaseChatModel, name: str, settings: Settings) -> None:
        self.model, self.name, self.address = model, name, settings.llm_url
        profile = model.profile or {}
        takes = profile.get("max_input_tokens")
        self.seconds = settings.llm_seconds
        self.budget = settings.llm_tokens or (min(takes, MOST_TOKENS) if isinstance(takes, int) else settings.llm_room)
        self._longest = settings.llm_answer_tokens * LONGEST
        known = bool(profile.get("structured_output"))
        self.form = {"json": True, "text": False}.get(settings.llm_format)  # as it is set, None where it is not
        self.structured = known if self.form is None else self.form

    def in_form(self, structured: bool) -> Self:
        """The same model, asked for JSON or for text."""
        other = copy(self)
        other.structured = structured
        return other

    def write(self, prompt: Prompt, seconds: float, gone: threading.Event | None = None) -> Iterator[Statement | CallResult]:
        """The prompt of an answer -> its statements as they come, then how it ended. It never raises, and takes `seconds` at
        most, or less once `gone` is set."""
        stream: StatementStream | StructuredStream = StructuredStream() if self.structured else StatementStream()
        asked = self.model.with_structured_output(SCHEMA) if self.structured else self.model
        for event in self._call(asked, prompt, seconds, gone):
            if isinstance(event, CallResult):
                if not event.failure:
                    yield from stream.close()
                    event = replace(event, failure="declined" if stream.declined else "", not_stated=stream.not_stated)
                yield event
            else:
                yield from stream.feed(event)

    def read(
        self, question: str, history: Sequence[Turn], folder: str, seconds: float
    ) -> tuple[tuple[str, ...], CallResult]:
        """A question -> as the model would ask it alone, and what else it would search for, none where it did not answer;
        and how it ended."""
        said, done = self.say(reading_prompt(question, history, folder), seconds)
        lines = (
            () if done.failure else tuple(found for line in said.splitlines() if (found := _BULLET.sub("", line).strip()))
        )
        return lines[: 1 + SEARCHES], done

    def say(self, prompt: Prompt, seconds: float, gone: threading.Event | None = None) -> tuple[str, CallResult]:
        """A prompt -> all that the model says, as far as it came, and how it ended. Never raises; `gone` as in `write`."""
        said = ""
        done = CallResult(0.0, failure="broken")
        for event in self._call(self.model, prompt, seconds, gone):
            if isinstance(event, CallResult):
                done = event
            else:
                said += str(event)
        return said, done

    def _call(
        self, asked: Runnable[Any, Any], prompt: Prompt, seconds: float, gone: threading.Event | None = None
    ) -> Iterator[Any]:
        """What the model says, piece by piece (texts, or ever larger objects), then a `CallResult`."""
        started, counter = time.monotonic(), UsageMetadataCallbackHandler()
        received: queue.SimpleQueue[tuple[Any, str]] = queue.SimpleQueue()
        config = merge_configs(ensure_config(), {"callbacks": [counter], "run_name": "language model"})

        async def pump() -> None:
            any_yet, failure = False, ""
            try:
                async with asyncio.timeout(seconds), aclosing(self._pieces(asked, prompt, config)) as pieces:
                    async for piece in pieces:
                        any_yet = True
                        received.put((piece, ""))
            except Exception as error:
                failure = self._failure(error)
                failure = "broken" if any_yet and failure == "down" else failure
                if failure == "error" and asked is not self.model and isinstance(error, ModelInvalidRequestError):
                    failure = "form"
            received.put((None, failure))

        task = _Task(pump())
        try:
            while True:
                try:
                    piece, failure = received.get(timeout=LOOK)
                except queue.Empty:
                    late = time.monotonic() > started + seconds + GRACE  # the model's class blocks the loop
                    if not late and not (gone and gone.is_set()):
                        continue
                    piece, failure = None, "slow" if late else "broken"
                if piece is None:
                    break
                yield piece
        finally:
            task.cancel()  # closes the connection of a visitor who has gone, or of a model that does not stop
        usage = list(counter.usage_metadata.values())
        tokens = (sum(u["input_tokens"] for u in usage), sum(u["output_tokens"] for u in usage))
        yield CallResult(time.monotonic() - started, *tokens, failure)

    async def _pieces(self, asked: Runnable[Any, Any], prompt: Prompt, config: RunnableConfig) -> AsyncGenerator[Any, None]:
        length = 0
        async with aclosing(asked.astream([("system", prompt.system), ("user", prompt.user)], config)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                if isinstance(piece, dict):
                    length = len(str(piece))
                    yield piece
                elif text := _text(piece):
                    length += len(text)
                    yield text
                if length > self._longest:
                    raise EndlessError

    def _failure(self, error: BaseException) -> str:
        """What went wrong, as a key of `app.llm.notes.FAILURES`. Its own words may hold a key: they are not logged."""
        status = getattr(error, "status_code", None)
        log.warning("%s: %s%s", self.name, type(error).__name__, f" ({status})" if isinstance(status, int) else "")
        if isinstance(error, EndlessError):
            return "endless"
        if isinstance(error, ModelInvalidRequestError) and "context" in str(error).lower():
            return "context"
        return next((name for kind, name in _FAILURES if isinstance(error, kind)), "error")


class EndlessError(ModelError):
    """The model writes more than it was asked for."""


def _text(piece: BaseMessage | str) -> str:
    """A piece of a message -> its words; what a provider cites for them stands behind, in the text form, under a key that is
    found by its words."""
    if isinstance(piece, str) or isinstance(piece.content, str):
        return piece if isinstance(piece, str) else str(piece.text)
    words = []
    for block in piece.content_blocks:
        if block["type"] == "text":
            words.append(block.get("text", ""))
            words += [f' [S0 "{" ".join(c.split())}"]' for a in block.get("annotations", ()) if (c := _cited(a))]
    return "".join(words)


def _cited(annotation: Mapping[str, Any]) -> str:
    return str(annotation.get("cited_text") or "") if annotation.get("type") == "citation" else ""


class _Task:
    """A coroutine on the loop that all calls share: clients of providers keep connections, which belong to one loop."""

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
