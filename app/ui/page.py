"""The chat page: a conversation, and beside it the sources of the answers."""

from __future__ import annotations

import html
import logging
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr

from app.answers import Answer, Turn
from app.errors import AskError
from app.ui import render
from app.ui.about import About
from app.ui.documents import build_tab
from app.ui.service import Service, Waiting
from app.ui.shelf import Shelf

log = logging.getLogger(__name__)

AT_ONCE = 4  # questions answered side by side; the others queue
PAUSE = 0.12  # seconds between two sentences of an answer
LONGEST_PAUSE = 1.0  # for all sentences together
STEPS = {
    "reading": "Reading the question",
    "searching": "Searching the documents",
    "ranking": "Ranking what was found",
    "choosing": "Choosing the sentences",
    "checking": "Checking every quote",
}

Chat = list[dict[str, Any]]
Update = tuple[Chat, str, str, list[str]]
"""Conversation, question box, sources panel, the cards of each answer so far."""


def theme() -> gr.themes.Base:
    """Quiet colours and the reader's own fonts: nothing is loaded from elsewhere."""
    fonts = ["system-ui", "-apple-system", "Segoe UI", "Noto Sans", "Noto Sans CJK SC", "sans-serif"]
    return gr.themes.Base(
        primary_hue=gr.themes.colors.teal, neutral_hue=gr.themes.colors.slate, font=fonts, font_mono=["monospace"]
    ).set(
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        button_primary_text_color="white",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
    )


def build(service: Service, about: About) -> gr.Blocks:
    """The page over a service."""
    page = gr.Blocks(title=about.title, analytics_enabled=False, fill_width=True)
    with page:
        gr.HTML(render.header_html(about), elem_id="top", apply_default_css=False)
        status = gr.HTML(_state(service)[0], elem_id="state", apply_default_css=False)
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Ask", id="ask") as asking, gr.Row(elem_id="main"):
                with gr.Column(scale=3, min_width=320, elem_id="talk"):
                    chat = gr.Chatbot(
                        label="Conversation", show_label=False, elem_id="chat", latex_delimiters=[], buttons=[],
                        group_consecutive_messages=False,
                        placeholder="Ask a question, or begin with one of these:",
                        examples=[{"text": e} for e in about.examples],
                    )  # fmt: skip
                    with gr.Row(elem_id="asking"):
                        box = gr.Textbox(
                            label="Your question", show_label=False, placeholder="Ask the documents…", lines=1,
                            max_lines=5, scale=5, container=False, elem_id="question",
                        )  # fmt: skip
                        send = gr.Button("Ask", variant="primary", scale=0, min_width=88, elem_id="send")
                    again = gr.Button("New conversation", size="sm", variant="secondary", elem_id="again")
                with gr.Column(scale=2, min_width=320, elem_id="side"):
                    panel = gr.HTML(render.panel_html([]), elem_id="panel", apply_default_css=False)
            with gr.Tab("Documents", id="documents") as documents:
                build_tab(Shelf(service), documents, [asking])
        timer = gr.Timer(0.5)
        shown = {"show_progress": "hidden", "api_visibility": "private"}
        gr.on(
            [page.load, timer.tick, asking.select, documents.select], lambda: _state(service), None, [status, timer], **shown
        )
        _answering(service, chat, box, panel, [box.submit, send.click], [again.click, chat.clear], shown)
    return page


def _state(service: Service) -> tuple[str, Any]:
    """The line below the title, and the timer that renews it until loading is over."""
    line = render.state_html(service.status, service.message, *service.holdings(), service.unread)
    return line, gr.Timer(active=service.status == "loading")


def _answering(
    service: Service, chat: Any, box: Any, panel: Any, asking: list[Any], clearing: list[Any], shown: dict[str, Any]
) -> None:
    """What happens on a question, on an example and on a new conversation."""
    groups = gr.State([])
    outputs = [chat, box, panel, groups]
    once: dict[str, Any] = {"trigger_mode": "once", "concurrency_limit": AT_ONCE, "concurrency_id": "ask", **shown}

    def ask(question: str, chat: Chat, groups: list[str]) -> Iterator[Update]:
        yield from converse(service, question or "", chat, groups)

    def ask_example(chat: Chat, groups: list[str], event: gr.SelectData) -> Iterator[Update]:
        yield from converse(service, str(event.value["text"]), chat, groups)

    def clear() -> Update:
        return [], "", render.panel_html([]), []

    gr.on(asking, ask, [box, chat, groups], outputs, **once)
    chat.example_select(ask_example, [chat, groups], outputs, **once)
    gr.on(clearing, clear, None, outputs, **shown)


def converse(service: Service, question: str, chat: Chat, groups: list[str]) -> Iterator[Update]:
    """The page after each step of an answer. A question that cannot be asked stays in its box."""
    history = turns(chat)
    panel = render.panel_html(groups)
    if question.strip():
        chat = [*chat, _message("user", render.question_html(question[:4_000]))]
    try:
        for event in service.stream(question, history):
            if isinstance(event, Answer):
                yield from _reveal(service, event, chat, groups)
            else:
                doing = event.message if isinstance(event, Waiting) else STEPS[event.name]
                yield [*chat, _message("assistant", render.busy_html(doing))], "", panel, groups
    except AskError as error:
        yield [*chat, _message("assistant", render.error_html(error.sentence()))], question.strip(), panel, groups
    except Exception:  # the visitor hears of it, and the log has the rest
        log.exception("a question failed: %r", question[:200])
        sentence = "Something went wrong inside the program; its log says more. Your question is still in the box."
        yield [*chat, _message("assistant", render.error_html(sentence))], question.strip(), panel, groups


def _reveal(service: Service, answer: Answer, chat: Chat, groups: list[str]) -> Iterator[Update]:
    """Sentence by sentence, the sources from the first on."""
    number = len(groups) + 1
    groups = [*groups, render.group_html(answer, number, service.reading)]
    panel = render.panel_html(groups)
    pause = min(PAUSE, LONGEST_PAUSE / max(1, len(answer.sentences)))
    for shown in range(1, len(answer.sentences)):
        yield [*chat, _message("assistant", render.partial_html(answer, number, shown))], "", panel, groups
        time.sleep(pause)
    yield [*chat, _message("assistant", render.answer_html(answer, number))], "", panel, groups


def _message(role: str, content: str) -> dict[str, Any]:
    return {"role": role, "content": content}


def turns(chat: Sequence[dict[str, Any]]) -> tuple[Turn, ...]:
    """The conversation as values. Its content is a text or a list of parts, depending on who calls."""
    found = []
    for message in chat:
        role, content = message.get("role"), message.get("content")
        parts = content if isinstance(content, list) else [content]
        texts = [str(p.get("text", "")) if isinstance(p, dict) else p for p in parts if isinstance(p, str | dict)]
        words = html.unescape(re.sub(r"<[^>]*>", " ", " ".join(texts))).strip()
        if words and role in ("user", "assistant"):
            found.append(Turn(role, words))
    return tuple(found)
