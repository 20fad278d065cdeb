"""A language model behind LangChain's interface: it words answers and rewrites follow-ups, and nobody believes it.

The only module that imports chat models; loaded only where one is set.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import math
import os
import queue
import threading
import time
from collections.abc import AsyncGenerator, Coroutine, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

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

from app.answers import Question, Turn, Written
from app.errors import AskError
from app.prompt import Prompt, Shown, answer_prompt, rewrite_prompt
from app.spoken import SCHEMA, Listener, Reader

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import Runnable, RunnableConfig

    from app.settings import Settings

log = logging.getLogger(__name__)

RETRIES = 3
"""Further attempts of the provider's client after 429, 5xx or a broken connection, with growing pauses."""
LONGEST = 12  # characters a token: what is longer than this times the tokens asked for has no end
LOOK = 0.2  # seconds between two looks at whether anybody still waits
GRACE = 2.0  # seconds beyond the limit after which even a model that blocks is given up
EXTRAS = {"openai": "openai", "anthropic": "anthropic", "google_genai": "google", "mistralai": "mistral", "ollama": "ollama"}
_TROUBLES: tuple[tuple[type[BaseException], str], ...] = (
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
class Done:
    """The end of a call: its tokens, 0 where the provider does not tell them, and what went wrong, '' if nothing did."""

    seconds: float
    input_tokens: int = 0
    output_tokens: int = 0
    trouble: str = ""


class Writer:
    """One language model. Safe to share between threads."""

    def __init__(self, model: BaseChatModel, name: str, settings: Settings) -> None:
        self.model, self.name = model, name
        self.seconds, self.budget = settings.llm_seconds, settings.llm_tokens
        self._longest = settings.llm_answer_tokens * LONGEST
        told = bool((model.profile or {}).get("structured_output"))
        self.structured = settings.llm_format == "json" or (settings.llm_format == "auto" and told)

    def write(
        self, question: Question, shown: Sequence[Shown], seconds: float, gone: threading.Event | None = None
    ) -> Iterator[Written | Done]:
        """The sentences of an answer as they come, then how it ended. It never raises, and takes `seconds` at most, or less
        once `gone` is set."""
        listener: Listener | Reader = Reader() if self.structured else Listener()
        asked = self.model.with_structured_output(SCHEMA) if self.structured else self.model
        for event in self._call(asked, answer_prompt(question, shown), seconds, gone):
            if isinstance(event, Done):
                if not event.trouble:
                    yield from listener.close()
                    event = replace(event, trouble="declined" if listener.declined else "")
                yield event
            else:
                yield from listener.hear(event)

    def rewrite(self, question: str, history: Sequence[Turn], seconds: float) -> tuple[str, Done]:
        """A follow-up as the model would ask it alone, '' where it did not answer, and how it ended."""
        said = ""
        done = Done(0.0, trouble="broken")
        for event in self._call(self.model, rewrite_prompt(question, history), seconds):
            if isinstance(event, Done):
                done = event
            else:
                said += str(event)
        return ("" if done.trouble else said.strip()), done

    def _call(
        self, asked: Runnable[Any, Any], prompt: Prompt, seconds: float, gone: threading.Event | None = None
    ) -> Iterator[Any]:
        """What the model says, piece by piece (texts, or ever larger objects), then a `Done`."""
        started, counter = time.monotonic(), UsageMetadataCallbackHandler()
        heard: queue.SimpleQueue[tuple[Any, str]] = queue.SimpleQueue()
        config = merge_configs(ensure_config(), {"callbacks": [counter], "run_name": "language model"})

        async def pump() -> None:
            any_yet, trouble = False, ""
            try:
                async with asyncio.timeout(seconds), aclosing(self._pieces(asked, prompt, config)) as pieces:
                    async for piece in pieces:
                        any_yet = True
                        heard.put((piece, ""))
            except Exception as error:
                trouble = self._trouble(error)
                trouble = "broken" if any_yet and trouble == "down" else trouble
            heard.put((None, trouble))

        task = _Task(pump())
        try:
            while True:
                try:
                    piece, trouble = heard.get(timeout=LOOK)
                except queue.Empty:
                    late = time.monotonic() > started + seconds + GRACE  # the model's class blocks the loop
                    if not late and not (gone and gone.is_set()):
                        continue
                    piece, trouble = None, "slow" if late else "broken"
                if piece is None:
                    break
                yield piece
        finally:
            task.cancel()  # closes the connection of a visitor who has gone, or of a model that does not stop
        usage = list(counter.usage_metadata.values())
        told = (sum(u["input_tokens"] for u in usage), sum(u["output_tokens"] for u in usage))
        yield Done(time.monotonic() - started, *told, trouble)

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

    def _trouble(self, error: BaseException) -> str:
        """What went wrong, as a key of `app.vouch.TROUBLES`. The error's own words may hold a key: they are not logged."""
        status = getattr(error, "status_code", None)
        log.warning("%s: %s%s", self.name, type(error).__name__, f" ({status})" if isinstance(status, int) else "")
        if isinstance(error, EndlessError):
            return "endless"
        if isinstance(error, ModelInvalidRequestError) and "context" in str(error).lower():
            return "context"
        return next((name for kind, name in _TROUBLES if isinstance(error, kind)), "error")


class EndlessError(ModelError):
    """The model writes more than it was asked for."""


def _text(piece: BaseMessage | str) -> str:
    return piece if isinstance(piece, str) else str(piece.text)


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


def load_writer(settings: Settings) -> Writer:
    """The language model that the settings name. Nothing is sent yet.

    Raises:
        AskError: its package or its key is missing, or there is no such provider.
    """
    if settings.secrets:
        _read_secrets(settings)
    try:
        from langchain.chat_models import init_chat_model
    except ImportError as error:
        raise _missing(settings.llm, "langchain") from error
    provider = settings.llm.split(":")[0]
    try:
        model = init_chat_model(settings.llm, **_arguments(provider, settings))
    except ImportError as error:
        raise _missing(settings.llm, error.name or provider) from error
    except Exception as error:
        # its words may hold a key or an address: only the variables that it asks for are repeated
        wanted = sorted({w for w in str(error).replace("`", " ").split() if w.isupper() and w.endswith(("_KEY", "_TOKEN"))})
        hint = f"Set {' or '.join(wanted)}." if wanted else "Write PROVIDER:MODEL, for instance openai:gpt-4.1-mini."
        raise AskError(f"The language model {settings.llm!r} cannot be used ({type(error).__name__}).", hint) from error
    return Writer(model, settings.llm, settings)


def _arguments(provider: str, settings: Settings) -> dict[str, Any]:
    """What every provider's class is given, in its own words; the user's options on top."""
    given: dict[str, Any] = {"temperature": 0.0}
    if provider == "ollama":  # its context is short unless it is asked for, and what does not fit is cut without a word
        room = settings.llm_tokens + settings.llm_answer_tokens + 500
        given |= {"num_predict": settings.llm_answer_tokens, "num_ctx": room}
        given |= {"client_kwargs": {"timeout": settings.llm_seconds}}
    else:
        given |= {"max_tokens": settings.llm_answer_tokens, "max_retries": RETRIES}
        given["timeout"] = math.ceil(settings.llm_seconds)  # some take whole seconds only
    if settings.llm_url:
        given["base_url"] = settings.llm_url
        if provider == "openai":
            given |= {
                "stream_usage": True,
                "extra_body": {"max_tokens": settings.llm_answer_tokens},
            }  # the name that all know
            if not os.environ.get("OPENAI_API_KEY"):
                given["api_key"] = "none"  # servers of one's own ask for none, and the client for some
    given |= settings.llm_arguments
    return {name: value for name, value in given.items() if value is not None}


def _missing(llm: str, package: str) -> AskError:
    extra = EXTRAS.get(llm.split(":")[0])
    step = f"pip install 'ask-the-plan[{extra}]'" if extra else f"pip install langchain {package.replace('_', '-')}"
    return AskError(f"The language model {llm!r} needs a package that is not installed ({package}).", f"Run: {step}")


def _read_secrets(settings: Settings) -> None:
    """The file's variables into this process's environment, where the providers look; what is set already stays."""
    from dotenv import dotenv_values

    path = settings.secrets
    assert path
    try:
        mode = path.stat().st_mode
        values = dotenv_values(path)
    except OSError as error:
        raise AskError(f"The file of secrets {path} cannot be read ({error.strerror}).", "See ASK_SECRETS.") from error
    if os.name == "posix" and mode & 0o077:
        raise AskError(f"Others can read the file of secrets {path}.", f"Run: chmod 600 {path}")
    for name, value in values.items():
        if value:
            os.environ.setdefault(name, value)
