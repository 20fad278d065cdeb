"""A language model behind LangChain's interface: it words answers and rewrites follow-ups, and nobody believes it.

Loaded only where one is set.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import re
import threading
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import httpx
import httpx2
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

from app.llm.cited import CitedStream
from app.llm.parse import StatementStream, read_again
from app.llm.prompts import SEARCHES, Form, Prompt, reading_prompt
from app.llm.structured import SCHEMA, StructuredStream
from app.llm.tasks import Task
from app.query.values import Turn
from app.sentences import Statement

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import Runnable, RunnableConfig

    from app.settings import Settings

log = logging.getLogger(__name__)

LONGEST = 12  # characters a token: what is longer than this times the tokens asked for has no end
CITING = ("anthropic",)
"""Providers that cite documents: their packages give what was cited in LangChain's standard form."""
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
    (httpx2.TimeoutException, "slow"),
    (httpx2.ConnectError, "down"),
    (httpx2.TransportError, "broken"),
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
        self.cites = name.split(":")[0] in CITING
        self.chosen: Form | None = None if settings.llm_format == "auto" else settings.llm_format
        known: Form = "cited" if self.cites else "json" if profile.get("structured_output") else "text"
        self.form = self.chosen or known

    def in_form(self, form: Form) -> Self:
        """The same model, asked to answer in this form."""
        other = copy(self)
        other.form = form
        return other

    def write(self, prompt: Prompt, seconds: float, gone: threading.Event | None = None) -> Iterator[Statement | CallResult]:
        """The prompt of an answer -> its statements as they come, then how it ended. It never raises, and takes `seconds` at
        most, or less once `gone` is set."""
        stream: CitedStream | StatementStream | StructuredStream
        if self.form == "cited":
            stream = CitedStream(prompt.documents)
        else:
            stream = StructuredStream() if self.form == "json" else StatementStream()
        asked = self.model.with_structured_output(SCHEMA) if self.form == "json" else self.model
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

    def again(self, prompt: Prompt, seconds: float) -> tuple[dict[int, Statement], CallResult]:
        """A prompt about statements that failed -> those that the model says once more, by number, and how it ended. Never
        raises."""
        if not prompt.documents:
            said, done = self.say(prompt, seconds)
            return ({} if done.failure else read_again(said)), done
        stream, done = CitedStream(prompt.documents), CallResult(0.0, failure="broken")
        for event in self._call(self.model, prompt, seconds):
            if isinstance(event, CallResult):
                done = event
            else:
                stream.take(event)
        return ({} if done.failure else stream.again()), done

    def _call(
        self, asked: Runnable[Any, Any], prompt: Prompt, seconds: float, gone: threading.Event | None = None
    ) -> Iterator[Any]:
        """What the model says, piece by piece (texts, ever larger objects, or messages with what they cite), then a
        `CallResult`."""
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
                plain = asked is self.model and not prompt.documents
                if failure == "error" and not plain and isinstance(error, ModelInvalidRequestError):
                    failure = "form"
            received.put((None, failure))

        task = Task(pump())
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
        length, cited = 0, [d.content for d in prompt.documents]
        user = [*cited, {"type": "text", "text": prompt.user}] if cited else prompt.user
        async with aclosing(asked.astream([("system", prompt.system), ("user", user)], config)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                if isinstance(piece, dict):
                    length = len(str(piece))
                    yield piece
                elif prompt.documents:
                    length += len(piece.text)
                    yield piece
                elif text := piece if isinstance(piece, str) else str(piece.text):
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
