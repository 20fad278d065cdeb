"""The page at the root of an application: Gradio with our style, script and login."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from app.ui.stubs import no_stubs
from app.web.about import About
from app.web.logins import checked, logins
from app.web.replies import problem
from app.web.service import Service

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
    from app.ui.held_sessions import Heartbeats, HeldSessions, holding
    from app.ui.page import build, conversations
    from app.ui.shared import add_shared
    from app.ui.uploads import Uploads

    settings = service.settings
    pairs = logins(settings.auth)

    async def seen(request: Request) -> bool:
        """Ask Gradio whether a request comes from somebody who has logged in, if a login is asked for."""
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
