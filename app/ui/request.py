"""A request of Gradio's -> its visitor; an error -> the words that they see of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

from app.errors import AskError
from app.ui.session import Visitor
from app.ui.words import Words, words_for
from app.web.hosts import passed_on
from app.web.queue import Asker
from app.web.replies import visible
from app.web.service import AnswerPreferences
from app.web.visitors import asker, visitor_name


def visitor_of(
    request: gr.Request, only: list[str] | None, sources: float, strictness: float, engine: str, language: str
) -> Visitor:
    """A request, and what was set -> who asks: a login, else the browser's cookie, else the session."""
    cookies, session = request.headers.get("cookie", ""), str(request.session_hash)
    name = visitor_name(getattr(request, "username", None), cookies, session)
    words = words_for(str(language), request.headers.get("accept-language", ""))
    within = tuple(map(str, only)) if only else None
    preferences = AnswerPreferences(int(sources), float(strictness), within, "model" if engine == "model" else "quotes")
    return Visitor(name, words, preferences, session, asker_of(request), elsewhere(request))


def asker_of(request: gr.Request) -> Asker:
    """A request -> whose place in the queue it wants."""
    assert request.request  # every event comes by HTTP
    return asker(request.request, getattr(request, "username", None))


@contextmanager
def problems_shown(words: Words) -> Iterator[None]:
    """Show errors that a visitor may know of in their language, and do not raise them."""
    try:
        yield
    except AskError as error:
        raise gr.Error(words.sentence(visible(error)), print_exception=False) from error


def elsewhere(request: gr.Request) -> bool:
    """True if a proxy has passed the request on, or if that is unknown."""
    return request.request is None or passed_on(request.request.scope)
