"""The state of the page: `/live` for whoever would start it anew, `/ready` for whoever sends questions, `/health` for the
command line, `/metrics` for Prometheus."""

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
from app.web.token import holds_token, proof
from app.web.watching import STATUSES, Ended, Watcher

SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


disable_created_metrics()  # type: ignore[no-untyped-call]  # when each counter began tells nobody anything, and doubles what is read


# --- numbers


def counted(registry: CollectorRegistry) -> Watcher:
    """A registry -> what counts questions in it. Safe to share between threads."""
    seconds = Histogram(
        "ask_question_seconds", "Seconds of questions by their end.", ["status"], registry=registry, buckets=SECONDS
    )
    steps = Histogram("ask_step_seconds", "Seconds of a step of an answer.", ["step"], registry=registry, buckets=SECONDS)
    failures = Counter("ask_model_failures", "Answers that a language model failed.", ["reason"], registry=registry)
    for status in STATUSES:  # a rate counts from 0, not from the first time
        seconds.labels(status)

    def ended(ended: Ended) -> None:
        seconds.labels(ended.status).observe(ended.seconds)
        for step, took in ended.answer.timings if ended.answer else ():
            steps.labels(step).observe(took)
        if ended.answer and ended.answer.model and ended.answer.model.failure:
            failures.labels(ended.answer.model.failure).inc()

    return ended


class _Held(Collector):
    """The state of a page at the moment of asking."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The page's readiness, its queue, and its index if that can be read."""
        service, queue = self.service, self.service.queue
        yield GaugeMetricFamily("ask_ready", "Whether the page answers questions.", int(condition(service).ready))
        length = GaugeMetricFamily("ask_queue_length", "Questions in the queue.", labels=["state"])
        length.add_metric(["working"], working := queue.working)
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


def add_metrics(app: FastAPI, service: Service, token: str) -> None:
    """The route `/metrics`."""
    registry = CollectorRegistry()
    registry.register(_Held(service))
    ProcessCollector(registry=registry)
    service.watching.watchers.append(counted(registry))

    @app.get("/metrics", include_in_schema=False)
    def numbers(request: Request) -> Response:
        """From this machine, or with the token."""
        if not (from_here(request.scope) or holds_token(request.headers.get("authorization", ""), token)):
            said = "Read from another machine they ask for the token (`ask-the-plan settings`): `Authorization: Bearer …`."
            return problem(request.url.path, said, 401, {"WWW-Authenticate": "Bearer"})
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), media_type=kind)


# --- how far it is


FRESH = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Condition:
    """The condition of a page just now, and in a sentence why it can do no more.

    `unreadable`: the models are there, and the index cannot be read. `stuck`: an answer does not move while others wait.
    """

    status: Literal["loading", "ready", "failed", "unreadable", "stuck"]
    message: str = ""

    @property
    def ready(self) -> bool:
        """True if it answers questions."""
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
        found, shelf = condition(service), service.shelf
        if not found.ready:
            return {"status": found.status, "message": found.message, **proved}
        held = {"documents": shelf.holdings()[0], "lacking": shelf.lacking()[0], "fingerprint": service.fingerprint}
        return {"status": "ready", **held, **proved}


def _said(good: str, wrong: str, message: str) -> JSONResponse:
    if not wrong:
        return JSONResponse({"status": good}, headers=FRESH)
    return JSONResponse({"status": wrong, "message": message}, 503, FRESH | {"Retry-After": "5"})
