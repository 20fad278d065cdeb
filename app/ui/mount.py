"""The page at the root of an application: Gradio with our style, script and login."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import gradio as gr
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from gradio.routes import App
from gradio.state_holder import StateHolder
from starlette.exceptions import HTTPException
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from app.web.about import About
from app.web.bodies import HEARTBEAT
from app.web.logins import checked, logins
from app.web.replies import problem
from app.web.service import Service

OTHERS = 100  # sessions without an open page: of programs, and of browsers that may come back after they were asleep


class HeldSessions(StateHolder):
    """Takes the place of Gradio's own holder."""

    def __init__(self, page: gr.Blocks) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.set_blocks(page)
        self.open: Counter[str] = Counter()

    def update(self, session_id: str) -> None:
        """Called with each use of a session: it is the latest now, and the oldest go that are too many."""
        with self.lock:
            if session_id in self.session_data:
                self.session_data.move_to_end(session_id)
            self._let_go()

    def opened(self, session_id: str) -> None:
        """A page of it is open; several may be, for a connection that was lost is noticed later than the next begins."""
        with self.lock:
            self.open[session_id] += 1

    def closed(self, session_id: str) -> None:
        """A page of it is closed."""
        with self.lock:
            self.open[session_id] -= 1
            if not self.open[session_id]:
                del self.open[session_id]
            self._let_go()

    def _let_go(self) -> None:
        others = [name for name in self.session_data if name not in self.open]
        for name in others[: max(0, len(others) - OTHERS)]:
            del self.session_data[name]
            self.time_last_used.pop(name, None)


class Heartbeats:
    """Around the application: tells which sessions have an open page: its browser keeps one request for as long."""

    def __init__(self, app: ASGIApp, held: HeldSessions) -> None:
        self.app, self.held = app, held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or not scope["path"].startswith(HEARTBEAT):
            await self.app(scope, receive, send)
            return
        session = scope["path"].removeprefix(HEARTBEAT).strip("/")
        self.held.opened(session)
        try:
            await self.app(scope, receive, send)
        finally:
            self.held.closed(session)


def holding(mounted: FastAPI) -> App:
    """An application -> Gradio's own within it, which holds the sessions."""
    return next(r.app for r in mounted.routes if isinstance(r, Mount) and isinstance(r.app, App))


MODULE, WRITES = "gradio.component_meta", "create_or_modify_pyi"


class _Without(Loader):
    """Loads the module as its own loader does, then takes the writing out."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        if hasattr(module, WRITES):  # else Gradio has changed, and is imported as it is
            setattr(module, WRITES, lambda *_: None)


class _Finder(MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        spec = importlib.machinery.PathFinder.find_spec(name, path, target) if name == MODULE else None
        if spec and spec.loader:
            spec.loader = _Without(spec.loader)
        return spec


@contextmanager
def no_stubs() -> Iterator[None]:
    """While this is open, Gradio may be imported quickly."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


log = logging.getLogger(__name__)

HERE = Path(__file__).parent
LOGIN = "/gradio_api/login_check"
STYLE, STREAM = HERE / "style.css", HERE / "stream.js"


def mount(app: FastAPI, service: Service, about: About) -> FastAPI:
    """The application with the page of the service at `/`."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    with no_stubs():
        import gradio as gr  # here, for seconds: the port listens before

    from app.ui.assets import Assets, asked
    from app.ui.common import I18N, theme
    from app.ui.mount import Heartbeats, HeldSessions, holding
    from app.ui.page import build, conversations
    from app.ui.shared import add_shared
    from app.ui.uploads import Uploads

    settings = service.settings
    pairs = logins(settings.auth)

    async def seen(request: Request) -> bool:
        """Whether a request comes from somebody who has logged in, where that is asked for: Gradio knows."""
        if not pairs:
            return True
        scope = {n: request.scope[n] for n in ("type", "http_version", "scheme", "server", "client")}
        scope["headers"] = [(n, v) for n, v in request.scope["headers"] if n in (b"cookie", b"host")]
        scope |= {"method": "GET", "path": LOGIN, "raw_path": LOGIN.encode(), "root_path": "", "query_string": b""}
        return (await asked(app, scope, request.receive)).status == 200

    add_shared(app, service, conversations(service), about.title, seen)
    page = build(service, about)
    held = HeldSessions(page)
    app.add_middleware(Assets)
    app.add_middleware(Heartbeats, held=held)
    app.add_middleware(Uploads, settings=settings)
    mounted: FastAPI = gr.mount_gradio_app(
        app, page, path="/", ssr_mode=False, footer_links=[], theme=theme(), css_paths=[STYLE],
        head=f"<script>{STREAM.read_text(encoding='utf-8')}</script>", i18n=I18N, run_history=False,
        auth=checked(pairs) if pairs else None, max_file_size=settings.max_file_bytes,
        show_error=False,
    )  # fmt: skip
    holding(mounted).state_holder = held
    _tell_what_is_not_there(holding(mounted))
    return mounted


def _tell_what_is_not_there(page: Any) -> None:
    """Have Gradio's application answer 404, not 500, where a function or a session is named that is none."""
    from fastapi.exception_handlers import http_exception_handler
    from gradio.route_utils import FnIndexInferError

    from app.ui.shared import problem_html
    from app.ui.words import words_for

    async def none(request: Request, error: Exception) -> JSONResponse:
        log.info("%s names nothing that is there: %r", request.url.path, error)
        return problem(request.url.path, "There is no such function or session.", 404)

    async def nowhere(request: Request, error: Exception) -> Response:
        """A wrong address: a page for a browser, what is said by default for programs."""
        assert isinstance(error, HTTPException)
        if "text/html" not in request.headers.get("accept", ""):
            return await http_exception_handler(request, error)
        words = words_for("", request.headers.get("accept-language", ""))
        return problem_html(words("no_page"), 404, words, "no_page_title")

    for kind in (KeyError, FnIndexInferError):
        page.add_exception_handler(kind, none)
    page.add_exception_handler(404, nowhere)
