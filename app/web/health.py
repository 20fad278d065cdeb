"""How the page is: `/live` for whoever would start it anew, `/ready` for whoever sends questions, `/health` for the command
line, `/metrics` for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from app.errors import AskError
from app.web.hosts import from_here
from app.web.replies import problem, visible
from app.web.service import Service
from app.web.token import may, proof
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
        self._seconds = Histogram(
            "ask_question_seconds",
            "Seconds of questions by how they ended.",
            ["status"],
            buckets=SECONDS,
            registry=kept,
        )
        self._steps = Histogram(
            "ask_step_seconds", "Seconds of a step of an answer.", ["step"], buckets=SECONDS, registry=kept
        )
        self._failures = Counter("ask_model_failures", "Answers that a language model failed.", ["reason"], registry=kept)
        for status in STATUSES:  # a rate counts from 0, not from the first time
            self._seconds.labels(status)

    def ended(self, ended: Ended) -> None:
        """Count a question."""
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
    service.watching.watchers.append(metrics.ended)

    @app.get("/metrics", include_in_schema=False)
    def numbers(request: Request) -> Response:
        """From this machine, or with the token."""
        if not (from_here(request.scope) or may(request.headers.get("authorization", ""), token)):
            said = "Read from another machine they ask for the token (`ask-the-plan settings`): `Authorization: Bearer …`."
            return problem(request.url.path, said, 401, {"WWW-Authenticate": "Bearer"})
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(metrics.registry), media_type=kind)


FRESH = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Condition:
    """What a page can do just now, and in a sentence why it cannot do more.

    `unreadable`: the models are there, and the index cannot be read. `stuck`: an answer does not move while others wait.
    """

    status: Literal["loading", "ready", "failed", "unreadable", "stuck"]
    message: str = ""

    @property
    def ready(self) -> bool:
        """Whether it answers questions."""
        return self.status == "ready"


def condition(service: Service) -> Condition:
    """A service -> how it is. The index is looked at, not remembered."""
    if service.status != "ready":
        return Condition(service.status, service.message)
    if why := service.stuck():
        return Condition("stuck", why)
    if why := unreadable(service):
        return Condition("unreadable", why)
    return Condition("ready")


def unreadable(service: Service) -> str:
    """A service -> a sentence where its index cannot be read just now; else ''."""
    try:
        index = service.index
        if not index.catalogue.exists:
            return "The index is not there any more. Stop the page and start it again."
        index.catalogue.document("")
    except AskError as error:
        return visible(error)
    return ""


def add_health(app: FastAPI, service: Service, token: str) -> None:
    """The three routes. None asks for a login: what they say holds nothing of the documents."""

    @app.get("/live", tags=["health"], summary="Whether it need not be started anew")
    async def live() -> JSONResponse:
        """200, or 503 with the reason where only another start would help: an answer does not move while others wait."""
        return _said("live", "stuck" if (why := service.stuck()) else "", why)

    @app.get("/ready", tags=["health"], summary="Whether it answers questions")
    def ready() -> JSONResponse:
        """200, or 503 with the reason: it loads, could not, cannot read its index, or is stuck."""
        found = condition(service)
        return _said("ready", "" if found.ready else found.status, found.message)

    @app.get("/health", tags=["health"], summary="How far it is")
    def health(nonce: str = "") -> dict[str, Any]:
        """Always 200: `loading`, `ready`, `failed`, `unreadable` or `stuck`; proves to a `nonce` that it has the token."""
        proved = {"proof": proof(token, nonce)} if nonce else {}
        found = condition(service)
        if not found.ready:
            return {"status": found.status, "message": found.message, **proved}
        held = {"documents": service.shelf.holdings()[0], "lacking": service.shelf.lacking()[0]}
        return {"status": "ready", "fingerprint": service.fingerprint, **held, **proved}


def _said(good: str, wrong: str, message: str) -> JSONResponse:
    if not wrong:
        return JSONResponse({"status": good}, headers=FRESH)
    return JSONResponse({"status": wrong, "message": message}, 503, FRESH | {"Retry-After": "5"})
