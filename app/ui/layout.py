"""The components of the page's first line and of the Ask tab, and their places."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.text.messages import LANGUAGES
from app.ui import render
from app.ui.cards import panel_html
from app.ui.common import I18N, PLAIN
from app.ui.model_panel import ModelPanel, engine_choices
from app.ui.session import SessionState
from app.ui.template import macros
from app.ui.welcome import Holdings, welcome_html
from app.ui.words import Words, in_all
from app.web.about import About
from app.web.auth import open_for_changes
from app.web.models import Models
from app.web.service import Service

SCRIPT = Path(__file__).with_name("page.js")
TAKE = """(typed, ...rest) => {
  const box = document.querySelector('#question textarea');
  const pressed = box?.pressed;
  if (box) box.pressed = null;
  if (pressed && performance.now() - pressed.at < 3000) typed = pressed.text;
  if (box && box.value === typed) { box.value = ''; box.dispatchEvent(new Event('input', { bubbles: true })); }
  return [typed, ...rest];
}"""
"""Takes what stood in the box at the key press (`page.js`), and empties it as the question leaves: a server that did it
would take what was typed meanwhile."""
FirstLine = tuple[gr.HTML, gr.Button, gr.HTML, gr.Button, gr.Radio]


def header_html(about: About, words: Words) -> Markup:
    """Render the title of the page; what follows its colon is shown only if there is room."""
    name, *more = re.split(r"(?=[:：])", about.spoken(words.language).title, maxsplit=1)
    return macros("first_line", words).header(name, more)


def state_html(
    status: str,
    message: str,
    documents: tuple[int, str],
    unread: Sequence[str],
    words: Words,
    lacking: tuple[int, int] = (0, 0),
) -> Markup:
    """Render a line on the state of loading.

    Once the page is ready, the line has the number of documents and the date of the newest (`documents`), and the files that
    could not be read. If passages have no vector yet, it says how many can be searched by meaning so far. `lacking` is
    the number without a vector and the number of all passages.
    """
    html = macros("first_line", words)
    if status == "loading":
        return html.loading(words(message))
    if status == "failed":
        return html.failed(words.sentence(message))
    number, newest = documents
    share = 100 * (lacking[1] - lacking[0]) // lacking[1] if lacking[0] else None
    return html.ready(number, newest, share, list(map(words.sentence, unread)))


@dataclass(frozen=True)
class Parts:
    """The components that events read and write."""

    top: gr.HTML
    menu: gr.Button
    status: gr.HTML
    set: gr.Button
    """Opens the settings (page.js)."""
    language: gr.Radio
    welcome: gr.HTML
    chat: gr.Chatbot
    box: gr.Textbox
    send: gr.Button
    stop: gr.Button
    new: gr.Button
    attach: gr.Button
    """Leads to where documents are added (page.js)."""
    unside: gr.Button
    """Closes the sources, if they lie over the conversation."""
    panel: gr.HTML
    following: gr.HTML
    acts: gr.HTML
    sidebar: gr.Column
    saved: gr.HTML
    dialog: gr.Column
    engine: gr.Radio
    narrow: gr.HTML
    only: gr.State
    """The documents that are asked, by id; none for all."""
    state: gr.State
    models: ModelPanel

    @property
    def settings(self) -> list[Any]:
        """The settings of a visitor that the page remembers."""
        return [self.engine, self.language]

    @property
    def preferences(self) -> list[Any]:
        """The components that hold a visitor's settings."""
        return [self.only, *self.settings]

    @property
    def conversation(self) -> list[Any]:
        """The components that an answer changes; see `app.ui.chat.Update`."""
        return [self.chat, self.box, self.panel, self.state]

    def labelled(self, has_model: bool) -> list[tuple[Any, str, str]]:
        """(component, property, key of its words), with a language model or without."""
        return [
            (self.menu, "value", "menu"),
            (self.set, "value", "settings"),
            (self.unside, "value", "close"),
            (self.chat, "label", "conversation"),
            (self.box, "label", "your_question"),
            (self.box, "placeholder", "ask_the_documents"),
            (self.send, "value", "ask"),
            (self.stop, "value", "stop"),
            (self.new, "value", "new"),
            (self.attach, "value", "attach"),
            (self.engine, "label", "engine"),
            (self.engine, "info", "engine_help" if has_model else "engine_none"),
            (self.language, "label", "language"),
            *self.models.labels,
        ]


def first_line(about: About) -> FirstLine:
    """Menu, title, how far loading is, and the language of the page.

    How far it is stays empty until the page asks: what is built once is sent to whoever comes later, too.
    """
    with gr.Row(elem_id="bar"):
        menu = gr.Button(I18N("menu"), size="sm", scale=0, elem_id="menu")
        top = gr.HTML(header_html(about, Words()), elem_id="top", **PLAIN)
        state = gr.HTML("", elem_id="state", **PLAIN)
        choices = [(in_all("automatic"), "auto"), *((Words(code)("own_name"), code) for code in LANGUAGES)]
        language = gr.Radio(choices, value="auto", label=I18N("language"), elem_id="language")
        set_ = gr.Button(I18N("settings"), size="sm", scale=0, elem_id="set")
    return top, menu, state, set_, language


def ask_tab(service: Service, about: About, line: FirstLine, settings: tuple[Any, ...]) -> Parts:
    """Sidebar, conversation and sources, side by side, below the first line."""
    with gr.Row(elem_id="main"):
        with gr.Column(scale=0, min_width=280, elem_id="sidebar", visible=False) as sidebar:
            saved = gr.HTML(elem_id="saved", **PLAIN)
        with gr.Column(scale=3, min_width=320, elem_id="talk"):
            welcome, chat, narrow, following, box, send, stop, new, attach = _talk(about, open_for_changes(service.settings))
        with gr.Column(scale=2, min_width=320, elem_id="side"):
            unside = gr.Button(I18N("close"), size="sm", scale=0, elem_id="unside")
            panel = gr.HTML(panel_html([], Words()), elem_id="panel", **PLAIN)
    script = SCRIPT.read_text(encoding="utf-8")
    acts = gr.HTML(elem_id="acts", js_on_load=script, **PLAIN)
    asked = (*line, welcome, chat, box, send, stop, new, attach, unside, panel, following, acts, sidebar)
    *parts, models = settings
    built: list[Any] = [*asked, saved, *parts, narrow, gr.State([]), gr.State(SessionState()), models]
    return Parts(*built)


def settings_dialog(service: Service) -> tuple[Any, ...]:
    """Build the settings, which stand outside the tabs: `page.js` shows them as a dialog above any tab."""
    settings = service.settings
    with gr.Column(elem_id="settings", visible=False) as dialog:
        engine = gr.Radio(
            engine_choices(settings), value=settings.engine, label=I18N("engine"), interactive=bool(settings.llm),
            elem_id="engine", info=I18N("engine_help" if settings.llm else "engine_none"),
        )  # fmt: skip
        models = ModelPanel(Models(service))
    return dialog, engine, models


def _talk(about: About, adding: bool) -> tuple[Any, ...]:
    welcome = gr.HTML(welcome_html(about, Holdings(), Words()), elem_id="welcome", **PLAIN)
    chat = gr.Chatbot(
        label=I18N("conversation"), show_label=False, elem_id="chat", latex_delimiters=[], buttons=[],
        group_consecutive_messages=False, autoscroll=False,
    )  # fmt: skip
    narrow = gr.HTML("", elem_id="narrow", **PLAIN)
    following = gr.HTML(render.next_html((), Words()), elem_id="next", **PLAIN)
    with gr.Row(elem_id="asking"):
        new = gr.Button(I18N("new"), variant="secondary", scale=0, min_width=44, elem_id="again")
        attach = gr.Button(I18N("attach"), variant="secondary", scale=0, min_width=44, visible=adding, elem_id="attach")
        box = gr.Textbox(
            label=I18N("your_question"), show_label=False, placeholder=I18N("ask_the_documents"), lines=1, max_lines=5,
            scale=5, container=False, elem_id="question",
        )  # fmt: skip
        send = gr.Button(I18N("ask"), variant="primary", scale=0, min_width=88, elem_id="send")
        stop = gr.Button(I18N("stop"), variant="secondary", scale=0, min_width=88, elem_id="stop")
    return welcome, chat, narrow, following, box, send, stop, new, attach


def acts_html(content: Markup, words: Words) -> Markup:
    """Render what `page.js` shows or saves, after the words that the script itself says."""
    return macros("first_line", words).acts(content)


def relabelled(labelled: list[tuple[Any, str, str]], components: list[Any], language: str) -> list[Any]:
    """Return updates that set the labels in the chosen language.

    For `auto`, Gradio translates them to the browser's language.
    """
    words: Callable[[str], Any] = I18N if language == "auto" else Words(language)
    updates: dict[Any, dict[str, Any]] = {c: {} for c in components}
    for component, name, key in labelled:
        updates[component][name] = words(key)
    return [gr.update(**updates[c]) for c in components]
