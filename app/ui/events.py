"""What happens on the Ask tab: which component calls what, with what, and what it changes.

Endpoints of a page can be called without it: every event finds out anew who asks, and reads only what is theirs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import gradio as gr

from app.answering.suggest import answered, candidates
from app.errors import AskError
from app.store.export import conversation_json, conversation_markdown
from app.store.feedback import Feedback, Verdict, add_feedback
from app.store.records import Record
from app.ui import dialogs, render
from app.ui.cards import panel_html
from app.ui.conversation import AS_IT_IS, Chat, ConversationController, Update
from app.ui.layout import QUIET, TAKE, Parts, acts_html, relabelled
from app.ui.quality_tab import tradeoff
from app.ui.session import SessionState, Visitor
from app.ui.sidebar import delivery_html
from app.ui.words import Words, words_for
from app.web.about import About
from app.web.preferences import AnswerPreferences
from app.web.visitors import visitor_name


def visitor_of(
    request: gr.Request, only: list[str] | None, sources: float, strictness: float, engine: str, language: str
) -> Visitor:
    """Who asks: a login, else the browser's cookie, else the session; and what they have set."""
    cookies, session = request.headers.get("cookie", ""), str(request.session_hash)
    name = visitor_name(getattr(request, "username", None), cookies, session)
    words = words_for(str(language), request.headers.get("accept-language", ""))
    within = tuple(map(str, only)) if only else None
    preferences = AnswerPreferences(int(sources), float(strictness), within, "model" if engine == "model" else "quotes")
    return Visitor(name, words, preferences, session)


class Events:
    """The events of one page."""

    def __init__(self, controller: ConversationController, about: About, parts: Parts) -> None:
        self.controller, self.about, self.parts = controller, about, parts
        self.service, self.data = controller.service, controller.service.settings.data

    def wire(self, page: gr.Blocks, labels: list[tuple[Any, str, str]]) -> None:
        """Connect everything; `labels` are (component, property, key of its words) outside the tab."""
        p = self.parts
        self._questions()
        self._acts()
        set_ = [event for part in (p.strictness, p.sources) for event in (part.input, part.release)]
        gr.on(set_, self.prefer, p.settings, p.tradeoff, trigger_mode="always_last", **QUIET)
        labelled = [*p.labelled(), *labels]
        components = list(dict.fromkeys(c for c, _, _ in labelled))

        def relabel(*preferences: Any) -> list[Any]:
            return relabelled(labelled, components, str(preferences[-1]))

        everything = [p.saved, p.following, p.acts, p.tradeoff]
        page.load(self.begin, None, [p.chat, p.panel, *everything, *p.settings], **QUIET)
        speech: dict[str, Any] = {"inputs": [p.state, *p.preferences], "outputs": [*p.conversation, *everything], **QUIET}
        p.engine.input(self.prefer, p.settings, p.tradeoff, **QUIET)
        p.language.input(self.prefer, p.settings, p.tradeoff, **QUIET).then(self.speak, **speech)
        p.language.change(relabel, p.preferences, components, **QUIET)

    # --- questions

    def _questions(self) -> None:
        p = self.parts
        given = [p.box, p.chat, p.state, *p.preferences]
        begins = [p.box.submit, p.send.click, p.chat.example_select, p.acts.submit, p.acts.retry]
        once: dict[str, Any] = {"trigger_mode": "once", "concurrency_limit": None, **QUIET}
        asked = gr.on(begins, self.answer, given, p.conversation, js=TAKE, **once)
        listed = asked.then(self.listed, [p.state, *p.preferences], p.saved, **QUIET)
        listed.then(self.follow, [p.state, *p.preferences], p.following, **QUIET)
        gr.on([*begins, p.new.click], lambda: render.next_html((), Words()), None, p.following, **QUIET)
        p.stop.click(self.stop, [p.box, *p.preferences], None, concurrency_limit=None, **QUIET)
        cleared = gr.on([p.new.click, p.chat.clear], self.clear, p.preferences, p.conversation, **QUIET)
        # once more: a question that was found just before may reach the page after the first time
        cleared.then(lambda: render.next_html((), Words()), None, p.following, **QUIET)

    def answer(  # not `ask`: Gradio counts names of private events too, and programs know that one
        self, typed: str, chat: Chat, state: SessionState, event: gr.EventData, request: gr.Request, *preferences: Any
    ) -> Iterator[Update]:
        """The question of the box, an example, one that was offered below an answer, or that of an answer once more."""
        visitor, data = visitor_of(request, *preferences), event._data or {}
        if data.get("name") == "again":
            yield from self.controller.again(visitor, int(data["what"]), chat, state, typed)
        elif data.get("name") == "ask":  # it was checked alone, and is asked alone
            yield from self.controller.answer(visitor, data["text"], chat, replace(state, alone=data["text"]), typed)
        elif "value" in data:
            yield from self.controller.answer(visitor, data["value"]["text"], chat, state, typed)
        else:
            yield from self.controller.answer(visitor, typed or "", chat, state)

    def stop(self, typed: str, request: gr.Request, *preferences: Any) -> None:
        """The visitor stops the answer."""
        self.controller.stop(visitor_of(request, *preferences), typed or "")

    def clear(self, request: gr.Request, *preferences: Any) -> Update:
        """A new conversation."""
        visitor = visitor_of(request, *preferences)
        return self.controller.instead(visitor, ([], "", panel_html([], visitor.words), SessionState()))

    def follow(self, state: SessionState, request: gr.Request, *preferences: Any) -> Iterator[Any]:
        """Questions to ask next, each as soon as the chain has answered it."""
        if not state.records:
            return
        visitor, record = visitor_of(request, *preferences), state.records[-1]
        answer = record.answer
        ids = dict.fromkeys(c.document_id for c in answer.citations or answer.closest)
        held = [(r.document, r.passages) for i in ids if (r := self.service.reading(i))]
        asked = [r.answer.question for r in state.records]
        offered: list[str] = []
        ask = partial(self.service.ask_if_idle, within=visitor.preferences.within)
        questions = answered(candidates(answer, held, self.about.follow_ups, asked), ask)
        for question in self.controller.offering(visitor, record.id, questions):
            offered.append(question)
            yield render.next_html(offered, visitor.words)
        yield AS_IT_IS  # Gradio sends the last update twice, and the visitor may have gone on meanwhile

    # --- buttons in the conversation, the panel and the sidebar

    def _acts(self) -> None:
        p = self.parts
        given = [p.state, *p.preferences]
        p.acts.select(self.show, given, p.acts, **QUIET)
        p.acts.download(self.deliver, given, p.acts, **QUIET)
        p.acts.like(self.judge, given, [p.chat, p.state], **QUIET)
        p.acts.input(self.comment, p.state, None, **QUIET)
        p.acts.edit(self.correct, p.state, [p.box, p.state], **QUIET)
        listed = p.acts.option_select(self.open, p.preferences, p.conversation, **QUIET)
        listed.then(self.listed, given, p.saved, **QUIET)
        p.acts.delete(self.delete, given, [p.saved, *p.conversation], **QUIET)
        p.acts.clear(lambda: ([], ""), None, [p.only, p.narrow], **QUIET)

    def show(self, state: SessionState, event: gr.EventData, request: gr.Request, *preferences: Any) -> str:
        """A document at a quoted place, why an answer is as it is, or the form of a comment."""
        words, name, what = visitor_of(request, *preferences).words, event._data["name"], str(event._data["what"])
        group, _, number = what.partition("-")
        record = _record(state, group)
        if name == "why" and record:
            return acts_html(dialogs.why_html(record, words), words)
        if name == "comment" and record:
            return acts_html(dialogs.comment_html(int(group), words), words)
        cited = (record.answer.citations or record.answer.closest) if record else ()
        citation = next((c for c in cited if str(c.number) == number), None)
        content = dialogs.document_html(citation, self.service.reading(citation.document_id), words) if citation else ""
        return acts_html(content, words)

    def deliver(self, state: SessionState, event: gr.EventData, request: gr.Request, *preferences: Any) -> str:
        """An answer's evidence, or a conversation, as a file."""
        visitor, name, what = visitor_of(request, *preferences), event._data["name"], str(event._data["what"])
        if name == "evidence":
            record = _record(state, what)
            text = json.dumps(record.to_dict(), ensure_ascii=False, indent=1) if record else ""
            return acts_html(delivery_html(f"evidence-{record.id}.json", text) if record else "", visitor.words)
        with _told():
            records = self.controller.saved.records(visitor.name, what)
        if not records:
            return acts_html("", visitor.words)
        title = records[0].answer.question
        as_json = name == "json"
        text = conversation_json(title, records) if as_json else conversation_markdown(title, records, date.today())
        return acts_html(delivery_html(f"conversation-{what}.{'json' if as_json else 'md'}", text), visitor.words)

    def judge(
        self, state: SessionState, event: gr.EventData, request: gr.Request, *preferences: Any
    ) -> tuple[Chat, SessionState]:
        """Thumbs up or down: saved at once, and shown."""
        visitor, record = visitor_of(request, *preferences), _record(state, event._data["what"])
        if record:
            verdict: Verdict = "down" if event._data["name"] == "down" else "up"
            with _told():
                add_feedback(self.data / "feedback.jsonl", Feedback(verdict, "", record))
            state = replace(state, verdicts=(*state.verdicts, (record.id, verdict)))
        return self.controller.shown(visitor, state), state

    def comment(self, state: SessionState, event: gr.EventData) -> None:
        """A comment on an answer that was judged."""
        record, text = _record(state, event._data["what"]), str(event._data["text"]).strip()
        if record and text:
            verdict: Verdict = "down" if state.verdict(record) == "down" else "up"
            with _told():
                add_feedback(self.data / "feedback.jsonl", Feedback(verdict, text, record))

    def correct(self, state: SessionState, event: gr.EventData) -> tuple[str, SessionState]:
        """How a question was read, into the box; asked unchanged it is read alone."""
        record = _record(state, event._data["what"])
        read_as = record.answer.standalone_query if record else ""
        return read_as, replace(state, alone=read_as)

    def open(self, event: gr.EventData, request: gr.Request, *preferences: Any) -> Update:
        """A saved conversation."""
        visitor = visitor_of(request, *preferences)
        with _told():
            opened = self.controller.opened(visitor, str(event._data["what"]))
        return self.controller.instead(visitor, opened)

    def delete(self, state: SessionState, event: gr.EventData, request: gr.Request, *preferences: Any) -> tuple[Any, ...]:
        """Forget a conversation; where it is the open one, a new one begins."""
        visitor, which = visitor_of(request, *preferences), str(event._data["what"])
        with _told():
            self.controller.saved.delete(visitor.name, which)
        left = state if state.conversation != which else SessionState()
        saved = self.controller.listed(visitor, left.conversation)
        return saved, self.controller.shown(visitor, left), "", panel_html(left.groups, visitor.words), left

    # --- what is listed, and how the page speaks

    def listed(self, state: SessionState, request: gr.Request, *preferences: Any) -> str:
        """The visitor's conversations."""
        visitor = visitor_of(request, *preferences)
        return self.controller.listed(visitor, state.conversation)

    def begin(self, request: gr.Request) -> list[Any]:
        """The page as this visitor has set it."""
        settings = self.service.settings
        at_first: dict[str, Any] = {
            "sources": settings.max_quotes, "strictness": settings.threshold, "engine": settings.engine, "language": "auto"
        }  # fmt: skip
        name = visitor_of(request, None, 1, 0, "quotes", "auto").name
        set_ = at_first | self.controller.set_by(name)
        engine = set_["engine"] if settings.llm else "quotes"
        preferences = [min(set_["sources"], max(2, settings.max_quotes)), set_["strictness"], engine, set_["language"]]
        visitor = visitor_of(request, None, *preferences)
        placeholder = gr.update(placeholder=visitor.words("begin"))
        return [placeholder, panel_html([], visitor.words), *self._speech(SessionState(), visitor), *preferences]

    def prefer(self, sources: float, strictness: float, engine: str, language: str, request: gr.Request) -> str:
        """Remember what the visitor has set; what was measured at this strictness."""
        visitor = visitor_of(request, None, sources, strictness, engine, language)
        preferences = {"sources": int(sources), "strictness": float(strictness), "engine": engine, "language": str(language)}
        with _told():
            self.controller.saved.prefer(visitor.name, preferences)
        return self._tradeoff(visitor)

    def speak(self, state: SessionState, request: gr.Request, *preferences: Any) -> list[Any]:
        """Everything in another language; what documents and questions say stays."""
        visitor = visitor_of(request, *preferences)
        chat, box, panel, state = self.controller.spoken(visitor, state)
        return [gr.update(value=chat, placeholder=visitor.words("begin")), box, panel, state, *self._speech(state, visitor)]

    def _speech(self, state: SessionState, visitor: Visitor) -> list[str]:
        words = visitor.words
        saved = self.controller.listed(visitor, state.conversation)
        return [saved, render.next_html((), words), acts_html("", words), self._tradeoff(visitor)]

    def _tradeoff(self, visitor: Visitor) -> str:
        threshold = visitor.preferences.threshold or 0.0
        return f'<p class="small">{render.literal(tradeoff(self.service.report, threshold, visitor.words))}</p>'


@contextmanager
def _told() -> Iterator[None]:
    """What a visitor can know of is shown to them, not raised."""
    try:
        yield
    except AskError as error:
        raise gr.Error(error.sentence(), print_exception=False) from error


def _record(state: SessionState, group: object) -> Record | None:
    number = int(str(group)) if str(group).isdigit() else 0
    return state.records[number - 1] if 1 <= number <= len(state.records) else None
