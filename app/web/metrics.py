"""`/metrics` in Prometheus' text form: questions by how they ended, their seconds, the queue, the index, model failures.

Whoever runs the page reads it: from this machine, under its own name, or with the token.
"""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import FastAPI, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from app.errors import AskError
from app.web.health import condition
from app.web.hosts import from_here
from app.web.replies import problem
from app.web.service import Event, Service
from app.web.token import may
from app.web.watching import STATUSES, Ended

SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


disable_created_metrics()  # type: ignore[no-untyped-call]  # when each counter began tells nobody anything, and doubles what is read


class Metrics:
    """What is counted of one page. Safe to share between threads."""

    def __init__(self, service: Service) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Held(service))
        ProcessCollector(registry=self.registry)
        kept = self.registry
        self._questions = Counter("ask_questions", "Questions by how they ended.", ["status"], registry=kept)
        self._seconds = Histogram(
            "ask_question_seconds", "Seconds from a question to its end.", ["status"], buckets=SECONDS, registry=kept
        )
        self._steps = Histogram(
            "ask_step_seconds", "Seconds of a step of an answer.", ["step"], buckets=SECONDS, registry=kept
        )
        self._failures = Counter("ask_model_failures", "Answers that a language model failed.", ["reason"], registry=kept)
        for status in STATUSES:  # a rate counts from 0, not from the first time
            self._questions.labels(status)

    def event(self, _: Event) -> None:
        """Nothing is counted before the end."""

    def ended(self, ended: Ended) -> None:
        """Count a question."""
        self._questions.labels(ended.status).inc()
        if ended.status not in ("refused", "full"):
            self._seconds.labels(ended.status).observe(ended.seconds)
        for step, seconds in ended.answer.timings if ended.answer else ():
            self._steps.labels(step).observe(seconds)
        if ended.answer and ended.answer.model and ended.answer.model.failure:
            self._failures.labels(ended.answer.model.failure).inc()


class _Held(Collector):
    """The state of a page at the moment of asking."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Whether it is ready, its queue, its index where that can be read."""
        service, queue = self.service, self.service.queue
        ready = condition(service).ready
        yield GaugeMetricFamily("ask_ready", "Whether the page answers questions.", int(ready))
        length = GaugeMetricFamily("ask_queue_length", "Questions in the queue.", labels=["state"])
        working = queue.working
        length.add_metric(["working"], working)
        length.add_metric(["waiting"], max(0, queue.length - working))
        yield length
        try:
            counts = service.index.catalogue.counts()
            lacking = service.index.lacking
        except AskError:
            return
        yield GaugeMetricFamily("ask_index_documents", "Documents in the index.", counts["documents"])
        yield GaugeMetricFamily("ask_index_passages", "Passages in the index.", counts["embedded"])
        yield GaugeMetricFamily("ask_index_lacking", "Passages without a vector yet.", lacking)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is asked of the index to be registered."""
        return iter(())


def add_metrics(app: FastAPI, service: Service, token: str) -> None:
    """The route `/metrics`."""
    metrics = Metrics(service)
    service.watching.begins.append(lambda: metrics)

    @app.get("/metrics", include_in_schema=False)
    def numbers(request: Request) -> Response:
        """From this machine, or with the token."""
        if not (from_here(request.scope) or may(request.headers.get("authorization", ""), token)):
            said = "Read from another machine they ask for the token (`ask-the-plan settings`): `Authorization: Bearer …`."
            return problem(request.url.path, said, 401, {"WWW-Authenticate": "Bearer"})
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(metrics.registry), media_type=kind)
