"""The sidebar beside the conversation: saved conversations to seek, open, rename, export and delete."""

from __future__ import annotations

import itertools
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import gradio as gr

from app.store.conversations import Conversation
from app.ui.chat import Update
from app.ui.common import QUIET
from app.ui.conversation import ConversationController
from app.ui.layout import Parts
from app.ui.render import exact, literal, shown
from app.ui.session import SessionState, problems_shown, visitor_of
from app.ui.words import Words


class SidebarEvents:
    """The events of one page's sidebar."""

    def __init__(self, controller: ConversationController, parts: Parts) -> None:
        self.controller, self.service, self.parts = controller, controller.service, parts

    def wire(self) -> None:
        """Connect everything."""
        p = self.parts
        given = [p.state, *p.preferences]
        listed = p.acts.option_select(self.open, p.preferences, p.conversation, **QUIET)
        listed.then(self.listed, given, p.saved, **QUIET)
        p.acts.release(self.retitle, given, p.saved, **QUIET)
        p.acts.key_up(self.sought, given, p.saved, **QUIET)
        p.acts.delete(self.delete, given, p.saved, **QUIET)

    def sought(self, state: SessionState, event: gr.EventData, request: gr.Request, *preferences: Any) -> str:
        """The visitor's conversations that have some words."""
        visitor = visitor_of(request, *preferences)
        return self.controller.listed(visitor, state.conversation, str(event._data["text"])[:200])

    def listed(self, state: SessionState, request: gr.Request, *preferences: Any) -> str:
        """The visitor's conversations."""
        visitor = visitor_of(request, *preferences)
        return self.controller.listed(visitor, state.conversation)

    def open(self, event: gr.EventData, request: gr.Request, *preferences: Any) -> Update:
        """A saved conversation."""
        visitor = visitor_of(request, *preferences)
        with problems_shown(visitor.words):
            opened = self.controller.opened(visitor, str(event._data["what"]))
        return self.controller.instead(visitor, opened)

    def delete(self, state: SessionState, event: gr.EventData, request: gr.Request, *preferences: Any) -> str:
        """Forget a conversation; the page has left it already (`page.js`)."""
        visitor = visitor_of(request, *preferences)
        with problems_shown(visitor.words):
            self.controller.saved.delete(visitor.name, str(event._data["what"]))
        return self.controller.listed(visitor, state.conversation)

    def retitle(self, state: SessionState, event: gr.EventData, request: gr.Request, *preferences: Any) -> str:
        """Another title for a conversation."""
        visitor = visitor_of(request, *preferences)
        with problems_shown(visitor.words):
            self.controller.saved.retitle(visitor.name, str(event._data["what"]), str(event._data["text"]))
        return self.controller.listed(visitor, state.conversation)


_numbers = itertools.count(1)


def saved_html(
    conversations: Sequence[Conversation], current: str, words: Words, problem: str = "", sought: str = ""
) -> str:
    """Saved conversations -> the list, the one that is open marked, below what is wrong with it and what was `sought` in
    them; then the heading of the settings, which follow."""
    first, last = (f"<h2>{literal(words(key))}</h2>" for key in ("saved_conversations", "settings"))
    if problem:
        first += f'<p class="small" role="status">{literal(problem)}</p>'
    if conversations or sought:
        label = literal(words("seek_saved"))
        first += f'<input type="search" id="sought" aria-label="{label}" placeholder="{label}" value="{literal(sought)}">'
    if not conversations:
        return f'{first}<p class="none" role="status">{literal(words("none_found" if sought else "none_saved"))}</p>{last}'
    items = []
    for c in conversations:
        here = ' aria-current="true"' if c.id == current else ""
        when = f"{c.changed[:10]} · {words.count('answer', 'answers', c.answers)}"
        title = f'<button type="button" class="act title" id="act-conversation-{c.id}"{here}>{shown(c.title)}</button>'
        tools = "".join(
            f'<button type="button" class="act text" id="act-{name}-{c.id}" '
            f'aria-label="{literal(words(name))}: {shown(c.title)}">{literal(words(name))}</button>'
            for name in ("rename", "markdown", "word", "json", "delete")
        )
        items.append(f'<li>{title}<span class="when">{literal(when)}</span><span class="tools">{tools}</span></li>')
    return f'{first}<ul class="saved_conversations">{"".join(items)}</ul>{last}'


def delivery_html(name: str, content: str | bytes) -> str:
    """A text, or bytes as base64 -> a file for `page.js` to save; the number makes it another than the last, so that it can
    be saved twice."""
    text, kind = (content, "") if isinstance(content, str) else (b64encode(content).decode(), " packed")
    return f'<pre hidden class="delivery{kind}" id="delivery-{next(_numbers)}" title="{literal(name)}">{exact(text)}</pre>'
