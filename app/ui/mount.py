"""The page at the root of an application: Gradio with our style, script and login.

Gradio is imported without writing its type stubs. It parses the source of each of its components at every import and
writes a stub for editors beside it: two of three seconds that a page takes to be reachable, into a folder that may not be
writable.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from app.text.messages import LANGUAGES
from app.web.about import About
from app.web.auth import logins, password_check
from app.web.replies import problem
from app.web.service import Service

MODULE, WRITES = "gradio.component_meta", "create_or_modify_pyi"
log = logging.getLogger(__name__)
HERE = Path(__file__).parent
LOGIN = "/gradio_api/login_check"
TOKENS, STYLE, STREAM = HERE / "tokens.css", HERE / "style.css", HERE / "stream.js"


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


# --- the page


def style() -> str:
    """Return the style sheet below the table of looks, with the page's language in place of `.spoken`."""
    spoken = ", ".join(f'#language:lang({code}) label:has(input[value="{code}"])' for code in LANGUAGES)
    return (TOKENS.read_text(encoding="utf-8") + STYLE.read_text(encoding="utf-8")).replace("#language .spoken", spoken)


def mount(app: FastAPI, service: Service, about: About) -> FastAPI:
    """Mount the page of the service at `/` of the application."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    with no_stubs():
        import gradio as gr  # here, for seconds: the port listens before
        from gradio import route_utils

    from app.ui.assets import Assets
    from app.ui.common import I18N, theme
    from app.ui.page import build, conversations
    from app.ui.session import Heartbeats, HeldSessions, holding
    from app.ui.shared import add_shared
    from app.ui.uploads import CountingParser, Uploads, Waiting

    settings = service.settings
    pairs = logins(settings.auth)
    add_shared(app, service, conversations(service), about.title, partial(_is_known, app) if pairs else _anybody)
    waiting = Waiting(settings.max_added_bytes)
    os.environ["GRADIO_TEMP_DIR"] = str(waiting.folder)  # each page has its own
    app.state.closing.callback(waiting.delete)
    route_utils.GradioMultiPartParser = CountingParser  # type: ignore[misc]
    page = build(service, about, waiting)
    held = HeldSessions(page)
    app.add_middleware(Assets)
    app.add_middleware(Heartbeats, held=held)
    app.add_middleware(Uploads, settings=settings, waiting=waiting)
    mounted: FastAPI = gr.mount_gradio_app(
        app, page, path="/", ssr_mode=False, footer_links=[], theme=theme(), css=style(),
        head=f"<script>{STREAM.read_text(encoding='utf-8')}</script>", i18n=I18N, run_history=False,
        auth=password_check(pairs) if pairs else None, max_file_size=settings.max_file_bytes,
        show_error=False,
    )  # fmt: skip
    holding(mounted).state_holder = held
    _tell_what_is_not_there(holding(mounted))
    _log_failures()
    return mounted


async def _anybody(_: Request) -> bool:
    return True


async def _is_known(app: FastAPI, request: Request) -> bool:
    """Ask Gradio whether a request comes from somebody who has logged in."""
    from app.ui.assets import asked

    scope = {n: request.scope[n] for n in ("type", "http_version", "scheme", "server", "client")}
    scope["headers"] = [(n, v) for n, v in request.scope["headers"] if n in (b"cookie", b"host")]
    scope |= {"method": "GET", "path": LOGIN, "raw_path": LOGIN.encode(), "root_path": "", "query_string": b""}
    return (await asked(app, scope, request.receive)).status == 200


def _log_failures() -> None:
    """Have Gradio log what fails instead of printing it, in one line if it refused a value before any of our functions."""
    from gradio import queueing, routes

    def failed() -> None:
        error = sys.exc_info()[1]
        *_, (frame, _) = traceback.walk_tb(error.__traceback__ if error else None)
        if frame.f_globals["__name__"].startswith(("gradio.", "pydantic.")):
            log.info("a value was refused: %.200s", error)
        else:
            log.exception("an event failed")

    for module in (queueing, routes):
        vars(module)["traceback"] = SimpleNamespace(print_exc=failed)


def _tell_what_is_not_there(page: Any) -> None:
    """Have Gradio's application answer 404, not 500, if a function or a session is named that is none."""
    from fastapi.exception_handlers import http_exception_handler
    from gradio.route_utils import FnIndexInferError

    from app.ui.shared import problem_html
    from app.ui.words import words_for

    async def none(request: Request, error: Exception) -> JSONResponse:
        log.info("%s names nothing that is there: %r", request.url.path, error)
        return problem(request.url.path, "There is no such function or session.", 404)

    async def nowhere(request: Request, error: Exception) -> Response:
        """Answer a wrong address with a page for a browser, or the default reply for a program."""
        assert isinstance(error, HTTPException)
        if "text/html" not in request.headers.get("accept", ""):
            return await http_exception_handler(request, error)
        words = words_for("", request.headers.get("accept-language", ""))
        return problem_html(words("no_page"), 404, words, "no_page_title")

    for kind in (KeyError, FnIndexInferError):
        page.add_exception_handler(kind, none)
    page.add_exception_handler(404, nowhere)
