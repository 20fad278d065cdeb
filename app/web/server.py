"""Serves the page: it opens the port first, then the page, and loads the models in the background.

`/health` gives the status, and proves to the command line that this is the page of a record. `/v1` and `/mcp` are for
other programs, `/live`, `/ready` and `/metrics` for monitoring.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import webbrowser
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import click
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from app.errors import AskError, ServerError
from app.settings import Settings, comparable
from app.web.about import About, read_about
from app.web.api import add_api, add_openai, add_rest
from app.web.auth import install_auth, logins
from app.web.connections import limited_connections, log_accept_errors
from app.web.contract import QUOTED
from app.web.functions import add_tools
from app.web.record import remove_record, write_record
from app.web.replies import add_handlers, problem, visible
from app.web.service import Service
from app.web.token import api_token, holds_token, proof
from app.web.visitors import from_here, is_loopback
from app.web.watching import STATUSES, QuestionEnd, Watcher
from ingest.folders import document_files

log = logging.getLogger(__name__)

SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


disable_created_metrics()  # type: ignore[no-untyped-call]  # when each counter began tells nobody anything, and doubles what is read


# --- numbers
FRESH = {"Cache-Control": "no-store"}
Mount = Callable[[FastAPI, Service, About], FastAPI]
"""Puts the page of a service at `/` of an application."""
BACKLOG = 128  # connections that wait to be accepted


def question_metrics(registry: CollectorRegistry) -> Watcher:
    """Make a watcher that records questions in a registry; it is safe to share between threads.

    It records the seconds of each question by its end, those of each step, and the failures of a language model.
    """
    seconds = Histogram(
        "ask_question_seconds", "Seconds of questions by their end.", ["status"], registry=registry, buckets=SECONDS
    )
    steps = Histogram("ask_step_seconds", "Seconds of a step of an answer.", ["step"], registry=registry, buckets=SECONDS)
    failures = Counter("ask_model_failures", "Answers that a language model failed.", ["reason"], registry=registry)
    for status in STATUSES:  # a rate counts from 0, not from the first time
        seconds.labels(status)

    def observe(observe: QuestionEnd) -> None:
        seconds.labels(observe.status).observe(observe.seconds)
        for step, duration in observe.answer.timings if observe.answer else ():
            steps.labels(step).observe(duration)
        if observe.answer and observe.answer.model and observe.answer.model.failure:
            failures.labels(observe.answer.model.failure).inc()

    return observe


class _PageMetrics(Collector):
    """The state of a page at the moment of asking."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the page's readiness, its queue, and its index if that can be read."""
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
    """Add the route `/metrics`, and count questions for it."""
    registry = CollectorRegistry()
    registry.register(_PageMetrics(service))
    ProcessCollector(registry=registry)
    service.watching.watchers.append(question_metrics(registry))

    @app.get("/metrics", include_in_schema=False)
    def numbers(request: Request) -> Response:
        """From this machine, or with the token."""
        if not (from_here(request.scope) or holds_token(request.headers.get("authorization", ""), token)):
            text = "Read from another machine they ask for the token (`ask-the-plan settings`): `Authorization: Bearer …`."
            return problem(request.url.path, text, 401, {"WWW-Authenticate": "Bearer"})
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), media_type=kind)


# --- how far it is


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
    """Return the condition of the page at this moment.

    The index is read each time, not remembered.
    """
    if (state := service.state).status != "ready":
        return Condition(state.status, state.message)
    if reason := service.stuck():
        return Condition("stuck", reason)
    if reason := unreadable(service):
        return Condition("unreadable", reason)
    return Condition("ready")


def unreadable(service: Service) -> str:
    """Return a sentence if the index cannot be read now, else ''."""
    try:
        index = service.index
        if not index.catalogue.exists:
            return "The index is not there any more. Stop the page and start it again."
        index.catalogue.document("")
    except AskError as error:
        return visible(error)
    return ""


def add_health(app: FastAPI, service: Service, token: str) -> None:
    """Add the routes `/live`, `/ready` and `/health`.

    None of them asks for a login, because their replies contain nothing from the documents.
    """

    @app.get("/live", tags=["health"], summary="Whether it need not be started anew")
    async def live() -> JSONResponse:
        """Return 200, or 503 with the reason if only a restart would help.

        That is the case if an answer does not move while others wait.
        """
        return _status_reply("live", "stuck" if (why := service.stuck()) else "", why)

    @app.get("/ready", tags=["health"], summary="Whether it answers questions")
    def ready() -> JSONResponse:
        """200, or 503 with the reason: it loads, could not, cannot read its index, or is stuck."""
        state = condition(service)
        return _status_reply("ready", "" if state.ready else state.status, state.message)

    @app.get("/health", tags=["health"], summary="How far it is")
    def health(nonce: str = "") -> dict[str, Any]:
        """Return the status of the page, always with 200.

        It is `loading`, `ready`, `failed`, `unreadable` or `stuck`. With a `nonce`, the reply proves that the page has
        the token.
        """
        with_proof = {"proof": proof(token, nonce)} if nonce else {}
        state, shelf = condition(service), service.shelf
        if not state.ready:
            return {"status": state.status, "message": state.message, **with_proof}
        index_state = {"documents": shelf.holdings()[0], "lacking": shelf.lacking()[0], "fingerprint": service.fingerprint}
        return {"status": "ready", **index_state, **with_proof}


def _status_reply(good: str, wrong: str, message: str) -> JSONResponse:
    if not wrong:
        return JSONResponse({"status": good}, headers=FRESH)
    return JSONResponse({"status": wrong, "message": message}, 503, FRESH | {"Retry-After": "5"})


# --- the server


def serve(settings: Settings, mount: Mount, open_browser: bool = False, public: bool = False) -> None:
    """Serve the page that `mount` puts up until it is interrupted. Without a login others may reach a `public` one alone.

    Raises:
        ServerError: the port is taken, the address is not this machine's, or others reach it and no login is asked for.
        CorpusError: the corpus folder is missing, empty or unreadable.
        SettingsError: the login is not one.
    """
    if not logins(settings.auth) and not is_loopback(settings.host) and not public:
        raise ServerError("Others could reach the page on {host}.", "Give --auth NAME:PASSWORD as well.", settings.host)
    with listen(settings.host, settings.port) as listener:
        document_files(settings.corpus)
        url = address(listener)
        app = make_app(settings, url, mount, open_browser)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(server_config(app, settings)).run(sockets=[listener])


def server_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """Return uvicorn's settings for an application.

    The event loop is asyncio's. uvloop's stops listening once it cannot accept a connection, and does not report it.
    """
    return uvicorn.Config(
        app, log_level="warning", timeout_graceful_shutdown=2, loop="asyncio", ws="none",
        http=limited_connections(settings.proxies), backlog=BACKLOG, proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies or [],
    )  # fmt: skip


def listen(host: str, port: int) -> socket.socket:
    """Open a socket that listens on an address.

    Visitors who come before the page is ready wait in the socket's queue.

    Raises:
        ServerError: The port is taken or reserved, or the address does not belong to the machine.
    """
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ServerError("{host} is not an address of this machine.", "Use --host 127.0.0.1.", host) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _cannot_bind(host, port, error) from error
    return listener


def _cannot_bind(host: str, port: int, error: OSError) -> ServerError:
    if isinstance(error, PermissionError):
        step = "Choose one above 1023: `ask-the-plan chat --port 7861` or `make run PORT=7861`."
        return ServerError("Port {port} is reserved.", step, port)
    if error.errno == errno.EADDRINUSE:
        step = "Choose another, 0 for any free one: `ask-the-plan chat --port 0` or `make run PORT=0`."
        return ServerError("Port {port} on {host} is in use.", step, port, host)
    return ServerError("{host} is not an address of this machine ({why}).", "Use --host 127.0.0.1.", host, error.strerror)


def address(listener: socket.socket) -> str:
    """Return the URL of the page for a browser on the same machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def make_app(settings: Settings, url: str, mount: Mount, open_browser: bool = False) -> FastAPI:
    """Make the application with the page and its routes.

    The models begin to load when the application starts.
    """
    about = read_about(settings.corpus)
    with settings.kept.changing() as data:
        service, token = Service(settings), api_token(data)

    def announce() -> None:
        record = {"url": url, "token": token, "fingerprint": service.fingerprint, "settings": comparable(service.settings)}
        try:
            write_record(settings.data, record)
        except AskError as error:
            log.error("The command line will not find this page: %s", error.sentence())

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        log_accept_errors(asyncio.get_running_loop())
        click.echo(f"{about.title}: {url}")
        service.start(announce)
        if open_browser:
            asyncio.get_running_loop().run_in_executor(None, webbrowser.open, url)
        try:
            async with tools.session_manager.run():
                with app.state.closing:
                    yield
        finally:
            remove_record(settings.data)

    app = FastAPI(title=about.title, version="1", description=f"{about.intro} {QUOTED}".strip(), docs_url=None,
                  redoc_url=None, openapi_url="/v1/openapi.json", lifespan=lifespan)  # fmt: skip
    app.state.closing = contextlib.ExitStack()
    add_routes(app, service, token)
    tools = add_tools(app, service, about)
    mounted = mount(app, service, about)
    install_auth(mounted, settings, token)
    return mounted


def add_routes(app: FastAPI, service: Service, token: str) -> None:
    """Add the routes for programs and for monitoring the page."""
    add_handlers(app)
    add_health(app, service, token)
    add_metrics(app, service, token)
    add_api(app, service)
    add_openai(app, service)
    add_rest(app)
