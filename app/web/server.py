"""Serves the page: the port first, then the page, then the models in the background.

`GET /health` says how far it is, and proves to the command line that this is the page of `server.json`; `POST /v1/ask`
answers with the public object. `/v1/chat/completions` and `/mcp` are for other programs.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import socket
import webbrowser
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import click
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from app.errors import AskError, QuestionError, ServerError
from app.query.history import read_turns
from app.settings import Settings, comparable
from app.web.about import About, read_about
from app.web.auth import install_auth
from app.web.connected import while_connected
from app.web.hosts import is_loopback
from app.web.json_body import read_json
from app.web.logins import logins
from app.web.openai import add_openai
from app.web.replies import refused
from app.web.service import Service
from app.web.token import api_token, proof
from ingest.folders import document_files

Mount = Callable[[FastAPI, Service, About], FastAPI]
"""Puts the page of a service at `/` of an application."""


def serve(settings: Settings, mount: Mount, open_browser: bool = False) -> None:
    """Serve the page that `mount` puts up until it is interrupted.

    Raises:
        ServerError: the port is taken, the address is not this machine's, or others reach it and no login is asked for.
        CorpusError: the corpus folder is missing, empty or unreadable.
        SettingsError: the login is not one.
    """
    if not logins(settings.auth) and not is_loopback(settings.host):
        raise ServerError(f"Others could reach the page on {settings.host}.", "Give --auth NAME:PASSWORD as well.")
    with listen(settings.host, settings.port) as listener:
        document_files(settings.corpus)
        url = address(listener)
        app = make_app(settings, url, mount, open_browser)
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """An address -> a socket that listens there; visitors who come before the page is there wait in its queue.

    Raises:
        ServerError: see `serve`.
    """
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ServerError(f"{host} is not an address of this machine.", "Use --host 127.0.0.1.") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise _cannot_bind(host, port, error) from error
    return listener


def _cannot_bind(host: str, port: int, error: OSError) -> ServerError:
    if isinstance(error, PermissionError):
        return ServerError(f"Port {port} is reserved.", "Choose one above 1023 with --port.")
    if error.errno == errno.EADDRINUSE:
        return ServerError(f"Port {port} on {host} is in use.", "Choose another with --port, or --port 0 for any free.")
    return ServerError(f"{host} is not an address of this machine ({error.strerror}).", "Use --host 127.0.0.1.")


def address(listener: socket.socket) -> str:
    """A socket -> where this machine reaches the page."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def make_app(settings: Settings, url: str, mount: Mount, open_browser: bool = False) -> FastAPI:
    """Settings -> the page and its routes as one application; the models load from its start on."""
    from app.web.mcp import add_tools  # mcp takes half a second to import

    about = read_about(settings.corpus)
    with settings.kept.changing() as kept:
        service, token = Service(settings), api_token(kept)
    record = settings.data / "server.json"

    def announce() -> None:
        _write(record, {"url": url, "pid": os.getpid(), "token": token, "fingerprint": service.fingerprint,
                        "settings": comparable(service.settings)})  # fmt: skip

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        click.echo(f"{about.title}: {url}")
        service.start(announce)
        if open_browser:
            asyncio.get_running_loop().run_in_executor(None, webbrowser.open, url)
        try:
            async with tools.session_manager.run():
                yield
        finally:
            _remove(record)

    app = FastAPI(title=about.title, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    add_routes(app, service, token)
    add_openai(app, service)
    tools = add_tools(app, service, about.title)
    mounted = mount(app, service, about)
    install_auth(mounted, settings, token)
    return mounted


def add_routes(app: FastAPI, service: Service, token: str) -> None:
    """`/health` and `/v1/ask`."""

    @app.get("/health")
    def health(nonce: str = "") -> dict[str, Any]:
        proved = {"proof": proof(token, nonce)} if nonce else {}
        if service.status != "ready":
            return {"status": service.status, "message": service.message, **proved}
        if why := service.stuck():
            return {"status": "stuck", "message": why, **proved}
        try:
            held = {"documents": service.holdings()[0], "lacking": service.lacking()[0]}
        except AskError as error:  # its database does not answer
            return {"status": "unavailable", "message": error.sentence(), **proved}
        return {"status": "ready", "fingerprint": service.fingerprint, **held, **proved}

    @app.post("/v1/ask")
    async def ask(request: Request) -> JSONResponse:
        try:
            item = read_item(await request.body())
            answer = await while_connected(request, service.aask(item["question"], item["history"]))
        except AskError as error:
            return refused(request.url.path, error, service.status == "failed")
        return JSONResponse(answer.to_dict(item["id"]) if answer else None)  # nobody is there to read it


def read_item(body: bytes) -> dict[str, Any]:
    """A request's body -> its question, history and id.

    Raises:
        QuestionError: it is not what the contract says.
    """
    shape = 'Send {"question": "…", "history"?: [{"role": "user", "content": "…"}], "id"?: "…"}.'
    item = read_json(body, shape)
    if not isinstance(item, dict) or not isinstance(item.get("question"), str):
        raise QuestionError("The body has no question.", shape)
    case_id = item.get("id")
    if not isinstance(case_id, str | int | None) or isinstance(case_id, bool):
        raise QuestionError("The id is not a text or a whole number.", shape)
    history = read_turns(item.get("history") or [])
    return {"question": item["question"], "history": history, "id": None if case_id is None else str(case_id)}


def _write(path: Path, record: dict[str, Any]) -> None:
    """At once and for this user's eyes only: the record holds the token."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(record), encoding="utf-8")
    draft.replace(path)


def _remove(path: Path) -> None:
    """Remove the record unless another page has written its own meanwhile."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        if json.loads(path.read_text(encoding="utf-8"))["pid"] == os.getpid():
            path.unlink()
