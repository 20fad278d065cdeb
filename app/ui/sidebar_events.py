"""What happens in the sidebar: saved conversations are listed, sought, opened, called otherwise and forgotten."""

from __future__ import annotations

from typing import Any

import gradio as gr

from app.ui.chat import Update
from app.ui.common import QUIET
from app.ui.conversation import ConversationController
from app.ui.layout import Parts
from app.ui.request import problems_shown, visitor_of
from app.ui.session import SessionState


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
