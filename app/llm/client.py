"""The client of a language model behind LangChain's interface. Its replies are never trusted.

It is imported only if a model is set.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
from langchain_core import exceptions
from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.runnables import RunnableSequence
from langchain_core.runnables.config import ensure_config, merge_configs

from app.llm.claims import Claim
from app.llm.evidence import short_texts, sound, tokens_of
from app.llm.prompts import SEARCHES, Prompt
from app.llm.reply import AGAIN_SCHEMA, READ_SCHEMA, SCHEMA, ReplyStream
from app.llm.spending import FILE, Spending
from app.llm.tasks import start
from app.llm.transport import ReplyRefusedError
from app.text.words import letters

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import Runnable, RunnableConfig

    from app.settings import Settings

log = logging.getLogger(__name__)

MAX_PROMPT = 24_000  # whatever a model takes: more is read less well
_FAILURES: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "slow"),
    (exceptions.ModelTimeoutError, "slow"),
    (exceptions.ContextOverflowError, "context"),
    (exceptions.ModelAuthenticationError, "key"),
    (exceptions.ModelPermissionDeniedError, "key"),
    (exceptions.ModelNotFoundError, "unknown"),
    (exceptions.ModelRateLimitError, "busy"),
    (exceptions.ModelConnectionError, "down"),
    (exceptions.ModelAPIError, "error"),
    *((lib.TimeoutException, "slow") for lib in (httpx, httpx2)),
    *((lib.ConnectError, "down") for lib in (httpx, httpx2)),
    *((lib.TransportError, "broken") for lib in (httpx, httpx2)),
    (ValueError, "nonsense"),
)


@dataclass(frozen=True, slots=True)
class CallResult:
    """The end of a call.

    Attributes:
        seconds: The time that the call took.
        input_tokens: Its tokens, 0 if the provider does not report them.
        output_tokens: The tokens of its reply, likewise.
        failure: What went wrong, '' if nothing did.
        unanswered: What was asked first, if the evidence does not state it, in the model's words.
        not_stated: What else it does not state of the question.
        look: What the model wants to look for before it answers.
        calls: The calls that this is the end of.
    """

    seconds: float
    input_tokens: int = 0
    output_tokens: int = 0
    failure: str = ""
    unanswered: str = ""
    not_stated: str = ""
    look: tuple[str, ...] = ()
    calls: int = 0

    @property
    def missing(self) -> str:
        """All that the evidence does not state according to the model, what was asked first in front."""
        first = self.unanswered.rstrip(" .。") if self.not_stated else self.unanswered
        return "; ".join(filter(None, (first, self.not_stated)))

    def then(self, later: CallResult) -> CallResult:
        """Both calls as one, which ended as the first did."""
        sums = {n: getattr(self, n) + getattr(later, n) for n in ("seconds", "input_tokens", "output_tokens", "calls")}
        return replace(self, **sums)


class Writer:
    """One language model. Safe to share between threads.

    Only `_plain` changes: it records that the endpoint takes no structured output. The same form is then requested in
    the prompt alone.

    Attributes:
        key: The key in use. No reply that repeats it is passed on.
        seconds: The time that an answer may take.
        budget: The most tokens of a prompt.
        room: The most tokens of a prompt with the whole folder.
        spending: What a page may spend in a day.
    """

    spending = Spending()

    def __init__(self, model: BaseChatModel, name: str, settings: Settings, key: str = "") -> None:
        self.model, self.name, self.address, self.key = model, name, settings.llm_url, key
        profile = model.profile or {}
        limit = profile.get("max_input_tokens")
        self.seconds = settings.llm_seconds
        self.budget = settings.llm_tokens or (min(limit, MAX_PROMPT) if isinstance(limit, int) else settings.llm_room)
        self.room = settings.llm_tokens or (limit - settings.llm_answer_tokens if isinstance(limit, int) else self.budget)
        self.spending = Spending(settings.data / FILE, settings.llm_tokens_a_day)
        self._max_length = settings.llm_answer_tokens * 12  # characters a token: a longer reply has no end
        self._plain = False

    def write(self, prompt: Prompt, seconds: float, stop: threading.Event | None = None) -> Iterator[Claim | CallResult]:
        """Yield the statements of an answer as they arrive, then how the call ended. Never raises.

        Args:
            prompt: The prompt of the answer.
            seconds: The most time that the call may take.
            stop: Ends the call early when it is set.
        """
        stream = ReplyStream()
        for event in self._stream_json(SCHEMA, prompt, seconds, stop):
            if isinstance(event, CallResult):
                searches = short_texts(stream.look, SEARCHES)
                is_empty = not (event.failure or stream.count or stream.declined or searches)
                failure = event.failure or ("declined" if stream.declined else "nonsense" if is_empty else "")
                yield replace(
                    event,
                    failure=failure,
                    unanswered="" if self._repeats_key(stream.unanswered) else stream.unanswered,
                    not_stated="" if self._repeats_key(stream.not_stated) else stream.not_stated,
                    look=() if self._repeats_key(*searches) else searches,
                )
            elif not stream.full:
                yield from (s for s in stream.feed(event) if not self._repeats_key(*_words_of(s)))
            else:
                yield CallResult(0.0, calls=1)
                return

    def rewrite(self, prompt: Prompt, seconds: float) -> tuple[dict[int, Claim], CallResult]:
        """Ask the model to rewrite statements that failed. Never raises.

        Args:
            prompt: The prompt about these statements.
            seconds: The most time that the call may take.

        Returns:
            The rewritten statements by number ({} if the call failed), and how the call ended.
        """
        stream, done = self._read_json(AGAIN_SCHEMA, prompt, seconds)
        statements = {n: s for n, s in stream.numbers.items() if not self._repeats_key(*_words_of(s))}
        done = done if self._repeats_key(stream.not_stated) else replace(done, not_stated=stream.not_stated)
        return ({} if done.failure else statements), done

    def read(self, prompt: Prompt, seconds: float) -> tuple[Mapping[str, Any], CallResult]:
        """Ask the model how it reads a turn. Never raises.

        Args:
            prompt: The prompt of the turn.
            seconds: The most time that the call may take.

        Returns:
            The object that the model replies with ({} if there is none), and how the call ended.
        """
        stream, done = self._read_json(READ_SCHEMA, prompt, seconds)
        return ({} if self._repeats_key(str(stream.last_object)) else stream.last_object), done

    def complete(self, prompt: Prompt, seconds: float, stop: threading.Event | None = None) -> tuple[str, CallResult]:
        """Return the whole reply to a prompt, as far as it arrived, and how the call ended. Never raises.

        Lines that repeat the key are removed.

        Args:
            prompt: The prompt.
            seconds: The most time that the call may take.
            stop: Ends the call early when it is set.
        """
        reply = ""
        done = CallResult(0.0, failure="broken")
        for event in self._call(self.model, prompt, seconds, stop):
            if isinstance(event, CallResult):
                done = event
            else:
                reply += str(event)
        return "\n".join(line for line in reply.split("\n") if not self._repeats_key(line)), done

    # --- parts

    def _repeats_key(self, *texts: str) -> bool:
        """Return True if a text holds the key in use, even broken up: a server that was sent it may repeat it."""
        key = letters(self.key)
        return len(key) >= 8 and any(key in letters(text) for text in texts)  # a shorter one is a placeholder such as `none`

    def _read_json(self, schema: Mapping[str, Any], prompt: Prompt, seconds: float) -> tuple[ReplyStream, CallResult]:
        """Read a whole reply in JSON of this schema."""
        stream, done = ReplyStream(), CallResult(0.0, failure="broken")
        for event in self._stream_json(schema, prompt, seconds):
            if isinstance(event, CallResult):
                done = event
            elif not stream.full:
                list(stream.feed(event))
        return stream, done

    def _stream_json(
        self, schema: Mapping[str, Any], prompt: Prompt, seconds: float, stop: threading.Event | None = None
    ) -> Iterator[str | CallResult]:
        """Ask the model for JSON of this schema; if its endpoint takes no schema, ask again without one."""
        if not self._plain:
            for event in self._call(_structured(self.model, schema), prompt, seconds, stop):
                if isinstance(event, CallResult) and event.failure == "form":
                    self._plain, seconds = True, seconds - event.seconds
                    break
                yield event
            else:
                return
        yield from self._call(self.model, prompt, seconds, stop)

    def _call(
        self, runnable: Runnable[Any, Any], prompt: Prompt, seconds: float, stop: threading.Event | None = None
    ) -> Iterator[str | CallResult]:
        """Yield the reply piece by piece, then a `CallResult`."""
        started, counter = time.monotonic(), UsageMetadataCallbackHandler()
        received: queue.SimpleQueue[tuple[str | None, str]] = queue.SimpleQueue()
        config = merge_configs(ensure_config(), {"callbacks": [counter], "run_name": "language model"})

        async def pump() -> None:
            has_output, failure = False, ""
            try:
                async with asyncio.timeout(seconds), aclosing(self._pieces(runnable, prompt, config)) as pieces:
                    async for piece in pieces:
                        has_output = True
                        received.put((piece, ""))
            except Exception as error:
                failure = self._failure(error)
                failure = "broken" if has_output and failure == "down" else failure
                if failure == "error" and runnable is not self.model and not has_output and _refuses_form(error):
                    failure = "form"
            received.put((None, failure))

        task, written = start(pump()), 0
        try:
            while True:
                remaining = started + seconds - time.monotonic()
                try:
                    piece, failure = received.get(timeout=0.2)  # then it looks whether anybody still waits
                except queue.Empty:
                    is_overdue = remaining < -2.0  # the model's class blocks the loop
                    if not is_overdue and not (stop and stop.is_set()):
                        continue
                    piece, failure = None, "slow" if is_overdue else "broken"
                if piece is None:
                    break
                if remaining < 0:  # what has come is read no further
                    failure = "slow"
                    break
                written += tokens_of(piece)
                yield piece
        finally:
            task.cancel()  # closes the connection of a visitor who has gone, or of a model that does not stop
            usage = list(counter.usage_metadata.values())
            tokens = (sum(u["input_tokens"] for u in usage), sum(u["output_tokens"] for u in usage))
            self.spending.add(sum(tokens) or prompt.tokens + written)
        yield CallResult(time.monotonic() - started, *tokens, failure, calls=1)

    async def _pieces(self, model: Runnable[Any, Any], prompt: Prompt, config: RunnableConfig) -> AsyncGenerator[str, None]:
        length = 0
        messages = [("system", prompt.system), ("user", prompt.user)]
        async with aclosing(model.astream(messages, config)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                length += _length(piece)
                if length > self._max_length:
                    raise EndlessError
                if text := _text_of(piece):
                    yield sound(text)

    def _failure(self, error: BaseException) -> str:
        """Return what went wrong, as a key of `failures` in `app.text.messages`.

        The words of the error are not logged, because they may contain a key.
        """
        status = getattr(error, "status_code", None)
        log.warning("%s: %s%s", self.name, type(error).__name__, f" ({status})" if isinstance(status, int) else "")
        if isinstance(error, EndlessError) or _caused_by(error, ReplyRefusedError):
            return "endless"
        if isinstance(error, exceptions.ModelInvalidRequestError) and "context" in str(error).lower():
            return "context"
        return next((name for kind, name in _FAILURES if isinstance(error, kind)), "error")


class EndlessError(exceptions.ModelError):
    """The model writes more than it was asked for."""


def _structured(model: BaseChatModel, schema: Mapping[str, Any]) -> Runnable[Any, Any]:
    """Bind a schema to a model, without LangChain's parser of the reply.

    That parser parses the whole reply again with each piece.
    """
    if isinstance(extra := getattr(model, "extra_body", False), dict | None):  # of OpenAI's kind: past its own reader too
        form = {"type": "json_schema", "json_schema": {"name": schema["title"], "schema": dict(schema), "strict": True}}
        return model.bind(extra_body={**(extra or {}), "response_format": form})
    try:
        bound = model.with_structured_output(dict(schema))
    except NotImplementedError:
        return model
    return bound.first if isinstance(bound, RunnableSequence) else model


def _words_of(statement: Claim) -> Iterator[str]:
    """Yield all texts of a statement: what a reader sees, and what an explanation of a failure may quote."""
    yield statement.text
    yield from (text for cell in statement.cells for text in cell)
    yield from (f"{s.key} {s.words}" for s in statement.supports)


def _text_of(piece: Any) -> str:
    """Return the text of a piece of a message.

    Some providers send structured output as the arguments of a tool.
    """
    return str(piece.text) + "".join(c["args"] or "" for c in getattr(piece, "tool_call_chunks", ()))


def _length(piece: Any) -> int:
    """Return the length of all that a piece holds: what a model thinks and the tools that it calls count like words."""
    text = str(piece.text)
    rest = [piece.additional_kwargs, getattr(piece, "tool_call_chunks", ()), "" if piece.content == text else piece.content]
    return len(text) + sum(len(str(part)) for part in rest if part)


def _refuses_form(error: BaseException) -> bool:
    """Return True if an endpoint may have refused the form that it was asked for."""
    return isinstance(error, exceptions.ModelInvalidRequestError) or getattr(error, "status_code", None) in (400, 422)


def _caused_by(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error is not None
