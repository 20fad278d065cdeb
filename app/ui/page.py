"""The chat page: tabs, of which the first holds a conversation and beside it the sources of the answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.context import LocalContext

from app.store.conversations import Conversations
from app.ui.common import I18N, PLAIN, QUIET, SHOW
from app.ui.conversation import ConversationController
from app.ui.document_actions import DocumentActions
from app.ui.documents_tab import DocumentsTab
from app.ui.events import Events
from app.ui.layout import Parts, ask_tab, first_line, settings_dialog, state_html
from app.ui.quality_tab import report_html
from app.ui.session import asker_of, words_of
from app.ui.uploads import KEPT, Waiting
from app.ui.visit import Visit
from app.ui.words import Words
from app.web.about import About
from app.web.auth import logins
from app.web.functions import functions
from app.web.queue import NOBODY, Asker
from app.web.service import Service
from app.web.visitors import is_secret, login_name

SIDE_BY_SIDE = 20  # events that may run at once besides the questions
THREADS = 160  # as many as may wait at most for an answer, those who were told to come again among them, and events besides
LOOK = 3_600  # seconds between two looks at uploads that nobody added


def build(service: Service, about: About, waiting: Waiting) -> gr.Blocks:
    """Build the page for a service; each tab has a module of its own."""
    page = gr.Blocks(title=about.title, analytics_enabled=False, fill_width=True, delete_cache=(LOOK, KEPT))
    with page:
        line, settings = first_line(about), settings_dialog(service)
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab(I18N("ask_tab"), id="ask") as asking:
                parts = ask_tab(service, about, line, settings)
            with gr.Tab(I18N("documents_tab"), id="documents") as documents, gr.Column(visible=False) as content:
                documents_tab = DocumentsTab(DocumentActions(service, waiting), parts.only, parts.narrow, parts.language)
                changes = documents_tab.wire(documents, [asking], parts.acts)
            with gr.Tab(I18N("quality_tab"), id="quality") as quality:
                _quality_tab(service, quality, parts.language)
        tabs = [(asking, "label", "ask_tab"), (documents, "label", "documents_tab"), (quality, "label", "quality_tab")]
        labels = [*tabs, *documents_tab.labels]
        controller = ConversationController(service, conversations(service))
        Events(controller, about, documents_tab.actions, parts).wire()
        visit = Visit(controller, about, documents_tab.actions, parts)
        visit.wire(page, labels)
        parts.menu.click(outputs=parts.sidebar, **SHOW)
        parts.set.click(outputs=parts.dialog, **SHOW)
        documents.select(outputs=content, **SHOW)
        _watch(service, page, parts, asking, visit, changes)
        for function in functions(service, _asking):
            gr.api(function, api_name=function.__name__)  # type: ignore[attr-defined]
    page.queue(default_concurrency_limit=SIDE_BY_SIDE, max_size=200)
    page.max_threads = THREADS
    return page


def conversations(service: Service) -> Conversations:
    """Open the saved conversations, and rename those saved under the bare name of a login.

    Logins were once saved so, but a cookie could have the same name.
    """
    saved = Conversations(service.settings.data / "conversations.db", service.settings.database)
    for name, _ in logins(service.settings.auth):
        if not is_secret(name):
            saved.renamed(name, login_name(name))
    return saved


def _quality_tab(service: Service, tab: Any, language: gr.Radio) -> None:
    """Show the latest report, read anew whenever the tab is opened or the language is changed."""
    shown = gr.HTML(elem_id="quality", **PLAIN)

    def report(chosen: str, request: gr.Request) -> str:
        return report_html(service.report, words_of(request, chosen))

    gr.on([tab.select, language.input], report, language, shown, **QUIET)


def _watch(service: Service, page: gr.Blocks, parts: Parts, asking: gr.Tab, visit: Visit, changes: Sequence[Any]) -> None:
    """Show how far loading is, and describe the documents on the first screen once all are there.

    The line is renewed until everything is loaded and embedded, when a visitor returns from another tab, and after
    `changes` of the documents.
    """
    timer = gr.Timer(0.5, active=False)

    def state(chosen: str, request: gr.Request) -> tuple[str, Any]:
        loading = service.state.status == "loading"
        active = loading or service.shelf.lacking()[0] > 0
        return _state(service, words_of(request, chosen)), gr.Timer(0.5 if loading else 2.0, active=active)

    def ticked(chosen: str, request: gr.Request) -> tuple[str, Any, Any]:
        line, still = state(chosen, request)
        return line, still, gr.skip() if still.active else visit.welcome(words_of(request, chosen))

    gr.on([page.load, parts.language.change, asking.select], state, parts.language, [parts.status, timer], **QUIET)
    for event in (timer.tick, *(change.then for change in changes)):
        shown = [parts.status, timer, parts.welcome]
        event(ticked, parts.language, shown, trigger_mode="always_last", **QUIET)  # the last of two changes counts


def _state(service: Service, words: Words) -> str:
    documents, lacking, state = service.shelf.holdings(), service.shelf.lacking(), service.state
    return state_html(state.status, state.message, documents, state.unread, words, lacking)


def _asking() -> Asker:
    """Return the asker who is calling a function of the page."""
    request = LocalContext.request.get()
    return asker_of(request) if request else NOBODY
