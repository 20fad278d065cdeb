"""Renders a conversation for the page, in the visitor's language."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr

from app.store.records import Record
from app.store.revalidate import changed, removed
from app.ui import render
from app.ui.cards import group_html, missing_for, none_missing, panel_html
from app.ui.session import SessionState, Visitor
from app.web.service import Service

Chat = list[dict[str, Any]]
AS_IT_IS = gr.skip()
"""For what stays; the box, since a visitor may be typing the next question."""
Update = tuple[Any, Any, Any, Any]
"""Conversation, question box, sources panel, what the session knows."""
NOTHING: Update = (AS_IT_IS, AS_IT_IS, AS_IT_IS, AS_IT_IS)


def shown(service: Service, visitor: Visitor, state: SessionState) -> Chat:
    """Render the messages of a conversation."""
    chat = []
    for number, record in enumerate(state.records, 1):
        chat.append(message("user", render.question_html(record.answer.question)))
        verdict = state.verdict(record)
        seen = state.looked_at(record)
        whole = None if seen is record else record.answer
        said = render.answer_html(seen.answer, number, service.shelf.reading, visitor.words, verdict, whole)
        chat.append(message("assistant", said))
    return chat


def in_language(service: Service, visitor: Visitor, state: SessionState) -> Update:
    """Render a conversation in the visitor's language, checked against the documents as they are now.

    The question box of the update is empty.
    """
    read, words = service.shelf.reading, visitor.words
    seen = map(state.looked_at, state.records)
    missing = missing_for(visitor, service) if state.records else none_missing
    cards = (
        group_html(r, n, read, words, changed(r, service.index), removed(r, service.index), missing)
        for n, r in enumerate(seen, 1)
    )
    state = replace(state, groups=tuple(cards))
    return shown(service, visitor, state), AS_IT_IS, panel_html(state.groups, words, state.conversation), state


def turned(service: Service, visitor: Visitor, state: SessionState, record: Record, quotes: bool) -> Update:
    """Show an answer in quotes, or as a language model worded it."""
    others = tuple(i for i in state.as_quotes if i != record.id)
    state = replace(state, as_quotes=(*others, record.id) if quotes else others)
    return in_language(service, visitor, state)


def message(role: str, content: str) -> dict[str, Any]:
    """Return a message in the form that the chat takes."""
    return {"role": role, "content": content}
