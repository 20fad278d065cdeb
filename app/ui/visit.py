"""The page as a visitor has set it: in their language, with the conversations that they saved."""

from __future__ import annotations

from typing import Any

import gradio as gr
from markupsafe import Markup

from app.store.conversations import NotSaved
from app.ui import render
from app.ui.cards import panel_html
from app.ui.chat import AS_IT_IS, NOTHING, Update, in_language
from app.ui.common import I18N, QUIET
from app.ui.conversation import ConversationController
from app.ui.document_actions import DocumentActions
from app.ui.layout import Parts, acts_html, header_html, relabelled
from app.ui.model_panel import engine_radio
from app.ui.session import SessionState, Visitor, act_of, problems_shown, visitor_of
from app.ui.welcome import holdings, welcome_html
from app.ui.words import Words
from app.web.about import About
from ingest.documents import guess_language


class SidebarEvents:
    """The events of one page's sidebar."""

    def __init__(self, controller: ConversationController, parts: Parts) -> None:
        self.controller, self.service, self.parts = controller, controller.service, parts

    def wire(self) -> None:
        """Connect everything."""
        p = self.parts
        given = [p.state, *p.preferences]
        # A deleted conversation is left, and opened by an Undo: with `always_last` Gradio would send the first event twice.
        listed = p.acts.option_select(self.open, p.preferences, p.conversation, trigger_mode="multiple", **QUIET)
        listed.then(self.listed, given, p.saved, **QUIET)
        p.acts.release(self.change, given, p.saved, **QUIET)
        p.acts.key_up(self.sought, given, p.saved, **QUIET)
        p.acts.delete(self.delete, given, p.saved, **QUIET)

    def sought(self, state: SessionState, event: gr.EventData, request: gr.Request, *preferences: Any) -> str:
        """Render the list of the visitor's conversations that have some words."""
        visitor = visitor_of(request, *preferences)
        return self.controller.listed(visitor, state.conversation, act_of(event).text[:200])

    def listed(self, state: SessionState, request: gr.Request, *preferences: Any) -> str:
        """Render the list of the visitor's conversations."""
        visitor = visitor_of(request, *preferences)
        return self.controller.listed(visitor, state.conversation)

    def open(self, event: gr.EventData, request: gr.Request, *preferences: Any) -> Update:
        """Open a saved conversation, or an empty one if no name is given."""
        visitor = visitor_of(request, *preferences)
        with problems_shown(visitor.words):
            opened = self.controller.opened(visitor, act_of(event).what)
        return self.controller.instead(visitor, opened)

    def delete(self, state: SessionState, event: gr.EventData, request: gr.Request, *preferences: Any) -> str:
        """Forget a conversation; the page has left it already (`page.js`)."""
        visitor = visitor_of(request, *preferences)
        with problems_shown(visitor.words):
            self.controller.saved.delete(visitor.name, act_of(event).what)
        return self.controller.listed(visitor, state.conversation)

    def change(self, state: SessionState, event: gr.EventData, request: gr.Request, *preferences: Any) -> str:
        """Another title for a conversation, or it stands before the others, or no longer."""
        visitor, act = visitor_of(request, *preferences), act_of(event)
        with problems_shown(visitor.words):
            if act.name == "retitle":
                self.controller.saved.retitle(visitor.name, act.what, act.text)
            else:
                self.controller.saved.pin(visitor.name, act.what, act.name == "pin")
        return self.controller.listed(visitor, state.conversation)


class Visit:
    """The events of one page that are about no question: its beginning, what is set, its language."""

    def __init__(self, controller: ConversationController, about: About, documents: DocumentActions, parts: Parts) -> None:
        self.controller, self.service, self.parts = controller, controller.service, parts
        self.about, self.documents = about, documents

    def wire(self, page: gr.Blocks, labels: list[tuple[Any, str, str]]) -> None:
        """Connect everything; `labels` are (component, property, key of its words) outside the tab."""
        p = self.parts
        components = list(dict.fromkeys(c for c, _, _ in [*p.labelled(True), *labels]))

        def relabel(*preferences: Any) -> list[Any]:
            labelled = [*p.labelled(bool(self.service.settings.llm)), *labels]
            return relabelled(labelled, components, str(preferences[-1]))

        everything = [p.top, p.welcome, p.saved, p.following, p.acts]
        page.load(self.begin, None, [*p.conversation, *everything, *p.settings], **QUIET)
        speech: dict[str, Any] = {"inputs": [p.state, *p.preferences], "outputs": [*p.conversation, *everything], **QUIET}
        p.engine.input(self.prefer, p.settings, None, **QUIET)
        p.language.input(self.prefer, p.settings, None, **QUIET).then(self.speak, **speech)
        p.models.wire(p.language, p.engine).then(self.prefer, p.settings, None, **QUIET)
        p.language.change(relabel, p.preferences, components, **QUIET)

    def begin(self, request: gr.Request) -> list[Any]:
        """Return the page as this visitor has set it, with the conversation that its address names."""
        settings = self.service.settings
        name = visitor_of(request, None, "quotes", "auto").name
        set_ = {"engine": settings.engine, "language": "auto"} | self.controller.set_by(name)
        engine, language = set_["engine"] if settings.llm else "quotes", set_["language"]
        visitor = visitor_of(request, None, engine, language)
        radio = engine_radio(settings, engine, I18N if language == "auto" else visitor.words)
        opened, conversation = self._addressed(visitor, request.query_params.get("c", ""))
        return [*opened, *self._speech(conversation, visitor), radio, language]

    def _addressed(self, visitor: Visitor, conversation: str) -> tuple[Update, SessionState]:
        """Open the conversation of an address, and return it with what the session knows of it.

        If it is gone or belongs to another visitor, a sentence says so.
        """
        none = (AS_IT_IS, AS_IT_IS, panel_html([], visitor.words, ""), AS_IT_IS)
        if not conversation:
            return none, SessionState()
        try:
            opened = self.controller.opened(visitor, conversation)
        except NotSaved as error:
            gr.Warning(visitor.words.sentence(error.sentence()))
            return none, SessionState()
        if not opened[3].records:
            gr.Warning(visitor.words("no_conversation"))
            return none, SessionState()
        return opened, opened[3]

    def prefer(self, engine: str, language: str, request: gr.Request) -> None:
        """Remember what the visitor has set."""
        visitor = visitor_of(request, None, engine, language)
        with problems_shown(visitor.words):
            self.controller.saved.prefer(visitor.name, {"engine": engine, "language": str(language)})

    def speak(self, state: SessionState, request: gr.Request, *preferences: Any) -> list[Any]:
        """Everything in another language; what documents and questions say stays."""
        visitor = visitor_of(request, *preferences)
        busy = visitor.session in self.controller.runs  # the answer that is under way will replace what is shown
        return [*(NOTHING if busy else in_language(self.service, visitor, state)), *self._speech(state, visitor)]

    def _speech(self, state: SessionState, visitor: Visitor) -> list[str]:
        words = visitor.words
        saved = self.controller.listed(visitor, state.conversation)
        top = header_html(self.about, words), self.welcome(words)
        return [*top, saved, render.next_html((), words), acts_html(Markup(), words)]

    def welcome(self, words: Words) -> str:
        """Render the first screen, with what the documents are now."""
        rows, known = self.documents.listing(), self.documents.known.of(self.service.chain).of(words.language)
        chosen = self.about.follow_ups
        questions = {
            row.id: [*(q for q in chosen.get(row.origin, ()) if guess_language(q) == words.language), *known.get(row.id, ())]
            for row in rows
        }
        return welcome_html(self.about, holdings(rows, self.about.subjects, words.language, questions), words)
