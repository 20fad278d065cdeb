"""Records each question and each request, as JSON lines of the log and spans of a trace, without a question's words."""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.answers import Answer
from app.errors import QuestionError
from app.sentences import VerifiedSentence
from app.web.queue import QueueFull, QueueStatus

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

    from app.pipeline.values import Step

Event: TypeAlias = "QueueStatus | Step | VerifiedSentence | Answer"
"""The events of a question, the answer last."""

REQUEST_LOG, QUESTION_LOG = logging.getLogger("ask.requests"), logging.getLogger("ask.questions")
REQUEST_ID = "x-request-id"
_REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
STATUSES = ("answered", "partial", "not_found", "about", "refused", "full", "left", "failed")
"""The ends of a question: with an answer of that status; `refused` cannot be asked, `full` found no place in the queue,
`left` is one whose asker went away."""
APP_NAME = "ask-the-plan"  # of the service in traces


class JsonLines(logging.Formatter):
    """A formatter that writes each log record as one line of JSON.

    The `fields` of a record, if it has them, are beside the time, the level and the logger; else its message is.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line for a record."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": when, "level": record.levelname.lower(), "logger": record.name}
        fields = getattr(record, "fields", None)
        line |= fields if fields is not None else {"event": "log", "message": record.getMessage()}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def as_json_lines() -> None:
    """Log everything as JSON from now on, requests and questions among it."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler())
    for handler in root.handlers:
        handler.setFormatter(JsonLines())
    for logger in (REQUEST_LOG, QUESTION_LOG):
        logger.setLevel(logging.INFO)


class RequestLogging:
    """Middleware that logs each request once it is answered, and sends its id as `X-Request-ID`.

    A request that comes with a valid id keeps it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, sent_id = time.perf_counter(), Headers(scope=scope).get(REQUEST_ID, "")
        request_id = sent_id if _REQUEST_ID.fullmatch(sent_id) else secrets.token_hex(8)
        status, size = 0, 0

        async def sending(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:  # a status of 0: nobody was there any more to be answered
            fields = {
                "event": "request",
                "id": request_id,
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "seconds": round(time.perf_counter() - started, 4),
                "bytes": size,
                "client": (scope.get("client") or ("",))[0],
            }
            REQUEST_LOG.info("a request", extra={"fields": fields})


# --- questions


@dataclass(frozen=True, slots=True)
class QuestionEnd:
    """The end of a question.

    Attributes:
        status: One of `STATUSES`.
        seconds: The time since the question was asked.
        answer: The answer, None if there is none.
        error: The kind of error that ended it, '' for none.
        started_at: When the work on it began, in nanoseconds of the clock (`time.time_ns`).
        steps: The name of each step and when it began, in the same nanoseconds.
    """

    status: str
    seconds: float
    answer: Answer | None = None
    error: str = ""
    started_at: int = field(default_factory=time.time_ns)
    steps: tuple[tuple[str, int], ...] = ()


Watcher = Callable[[QuestionEnd], None]
"""Called when a question is over."""


class Watchers:
    """Tells all watchers of every question. Safe to share between threads once they are added."""

    def __init__(self) -> None:
        self.watchers: list[Watcher] = []

    @contextmanager
    def question(self, started: float) -> Iterator[Callable[[Event], None]]:
        """Around the work on a question that was asked then (`time.monotonic`): what is called with each event."""
        from app.pipeline.values import Step  # here: the pipeline takes seconds to import

        answer: Answer | None = None
        started_at, steps = time.time_ns(), list[tuple[str, int]]()

        def record(event: Event) -> None:
            nonlocal answer
            if isinstance(event, Answer):
                answer = event
            elif isinstance(event, Step):
                steps.append((event.name, time.time_ns()))

        status, error = "failed", ""
        try:
            yield record
            status = answer.status if answer else "failed"
        except GeneratorExit:  # nobody listens any more; after the answer that is how it always ends
            status = answer.status if answer else "left"
            raise
        except BaseException as raised:
            status, error = _status_of(raised), type(raised).__name__
            raise
        finally:
            self._notify(QuestionEnd(status, time.monotonic() - started, answer, error, started_at, tuple(steps)))

    def not_accepted(self, error: Exception) -> None:
        """Report a question that was not accepted at all."""
        self._notify(QuestionEnd(_status_of(error), 0.0, error=type(error).__name__))

    def _notify(self, end: QuestionEnd) -> None:
        for watcher in self.watchers:
            watcher(end)


def _status_of(error: BaseException) -> str:
    if isinstance(error, QueueFull):
        return "full"
    return "refused" if isinstance(error, QuestionError) else "failed"


def log_question(end: QuestionEnd) -> None:
    """Log how a question ended and the seconds of its steps."""
    fields: dict[str, Any] = {"event": "question", "status": end.status, "seconds": round(end.seconds, 3)}
    if end.error:
        fields["error"] = end.error
    if answer := end.answer:
        fields["confidence"] = round(answer.confidence, 4)
        fields["steps"] = {name: round(seconds, 3) for name, seconds in answer.timings}
        if answer.model:
            fields["model"] = answer.model.name
            fields |= {"model_failure": answer.model.failure} if answer.model.failure else {}
    QUESTION_LOG.info("a question", extra={"fields": fields})


# --- traces


def spans_to(endpoint: str) -> TracerProvider:
    """Return a provider whose spans go to a collector in the background, until it is shut down or the program ends.

    OpenTelemetry's packages come with chromadb and are imported only if a collector is set.

    Args:
        endpoint: The address of the collector (gRPC).
    """
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # OTEL_SERVICE_NAME stands above our name
    resource = Resource({SERVICE_NAME: APP_NAME}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=Resource.create().merge(resource))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return provider


def tracing(provider: TracerProvider) -> Watcher:
    """Make a watcher that creates a span for each question, with a child span for each step."""
    from opentelemetry.trace import Status, StatusCode, set_span_in_context

    tracer = provider.get_tracer(APP_NAME)

    def trace(result: QuestionEnd) -> None:
        now, answer = time.time_ns(), result.answer
        span = tracer.start_span("question", start_time=result.started_at)
        ends = [at for _, at in result.steps[1:]] + [now]
        for (name, at), end in zip(result.steps, ends, strict=False):
            tracer.start_span(name, set_span_in_context(span), start_time=at).end(end)
        span.set_attribute("ask.status", result.status)
        if answer:
            span.set_attributes({"ask.confidence": answer.confidence, "ask.sentences": len(answer.sentences)})
            if answer.model:
                span.set_attributes({"ask.model": answer.model.name, "ask.model_failure": answer.model.failure})
        if result.status == "failed":
            span.set_status(Status(StatusCode.ERROR, result.error))
        span.end(now)

    return trace
