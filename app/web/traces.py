"""OpenTelemetry traces of the steps from question to answer. Its packages come with chromadb and are imported only where a
collector is set; of a question its steps, times and outcome are told, never its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.answers import Answer
from app.web.watching import Begin, Ended

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

    from app.web.service import Event

NAME = "ask-the-plan"


def tracing(endpoint: str) -> Begin:
    """The address of a collector (gRPC) -> what tells it of questions, in the background."""
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = Resource({SERVICE_NAME: NAME}).merge(OTELResourceDetector().detect())  # OTEL_SERVICE_NAME stands above ours
    provider = TracerProvider(resource=Resource.create().merge(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return traced(provider.get_tracer(NAME))


def traced(tracer: Tracer) -> Begin:
    """A tracer -> what makes a span of each question, and of each step of it one below."""
    return lambda: QuestionSpans(tracer)


class QuestionSpans:
    """The spans of one question."""

    def __init__(self, tracer: Tracer) -> None:
        from opentelemetry.trace import set_span_in_context

        self._tracer = tracer
        self._whole = tracer.start_span("question")
        self._within = set_span_in_context(self._whole)
        self._step: Span | None = None

    def event(self, event: Event) -> None:
        """A step begins where another ended."""
        from app.pipeline.values import Step

        if isinstance(event, Step | Answer):
            self._end_step()
        if isinstance(event, Step):
            self._step = self._tracer.start_span(event.name, context=self._within)

    def ended(self, ended: Ended) -> None:
        """How it ended stands in the whole span."""
        from opentelemetry.trace import Status, StatusCode

        self._end_step()
        span = self._whole
        span.set_attribute("ask.status", ended.status)
        if answer := ended.answer:
            span.set_attribute("ask.confidence", answer.confidence)
            span.set_attribute("ask.sentences", len(answer.sentences))
            if answer.model:
                span.set_attribute("ask.model", answer.model.name)
                span.set_attribute("ask.model_failure", answer.model.failure)
        if ended.status == "failed":
            span.set_status(Status(StatusCode.ERROR, ended.error))
        span.end()

    def _end_step(self) -> None:
        if self._step:
            self._step.end()
            self._step = None
