"""The events of the Ask tab: each component's function, with its inputs and outputs.

Endpoints of a page can be called without it: every event finds out anew who asks, and reads only what is theirs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.answering.suggest import answered, candidates
from app.errors import AskError
from app.store.export import conversation_json, conversation_markdown, file_name, references
from app.store.feedback import Feedback, Verdict, add_feedback
from app.store.records import Record
from app.store.word import conversation_word
from app.text.words import other_question
from app.ui import dialogs, render
from app.ui.cards import panel_html
from app.ui.chat import AS_IT_IS, NOTHING, Chat, Update, in_language, shown, turned
from app.ui.common import QUIET, status_line
from app.ui.conversation import ConversationController
from app.ui.document_actions import DocumentActions, each_told, got_html
from app.ui.layout import TAKE, Parts, acts_html
from app.ui.session import Act, SessionState, Visitor, act_of, number_of, problems_shown, visitor_of
from app.ui.sidebar import delivery_html
from app.ui.titles import name_of
from app.ui.visit import SidebarEvents
from app.ui.words import Words
from app.web.about import About
from app.web.shelf import KnownQuestions
from app.web.visitors import Hourly, limited_names
from ingest.documents import Source, guess_language


class Events:
    """The events of one page."""

    def __init__(self, controller: ConversationController, about: About, documents: DocumentActions, parts: Parts) -> None:
        self.controller, self.about, self.documents, self.parts = controller, about, documents, parts
        self.service, self.known = controller.service, KnownQuestions()
        self.sidebar = SidebarEvents(controller, parts)
        self.hourly = Hourly(controller.service.settings.max_feedback_hour)

    def wire(self) -> None:
        """Connect everything."""
        self._questions()
        self._acts()
        self.sidebar.wire()

    # --- questions

    def _questions(self) -> None:
        p = self.parts
        given = [p.box, p.chat, p.state, *p.preferences]
        begins = [p.box.submit, p.send.click, p.acts.submit, p.acts.retry]
        once: dict[str, Any] = {"trigger_mode": "once", "concurrency_limit": None, **QUIET}
        asked = gr.on(begins, self.answer, given, p.conversation, js=TAKE, **once)
        listed = asked.then(self.sidebar.listed, [p.state, *p.preferences], p.saved, **QUIET)
        listed.then(self.follow, [p.state, *p.preferences], p.following, **QUIET)
        gr.on([*begins, p.new.click], lambda: render.next_html((), Words()), None, p.following, **QUIET)
        p.stop.click(self.stop, [p.box, *p.preferences], None, concurrency_limit=None, **QUIET)
        cleared = p.new.click(self.clear, p.preferences, p.conversation, **QUIET)
        # once more: a question that was found just before may reach the page after the first time
        cleared.then(lambda: render.next_html((), Words()), None, p.following, **QUIET)
        cleared.then(self.sidebar.listed, [p.state, *p.preferences], p.saved, **QUIET)  # none is open

    def answer(  # not `ask`: Gradio counts names of private events too, and programs know that one
        self, typed: str, chat: Chat, state: SessionState, event: gr.EventData, request: gr.Request, *preferences: Any
    ) -> Iterator[Update]:
        """Answer the question in the box, or the one that a button asks.

        A button asks an offered question, asks for another form of an answer, or repeats the question of an answer, edited
        or for all documents if so wished. An edited question replaces the last one, or is asked after it.
        """
        visitor, act = visitor_of(request, *preferences), act_of(event)
        if act.name == "edited" and state.records and number_of(act.what) == len(state.records):
            state = state.without_last()
            chat = shown(self.service, visitor, state)
        if act.name == "wide":
            visitor = replace(visitor, preferences=replace(visitor.preferences, within=None))
        if act.name in ("again", "wide"):
            yield from self.controller.again(visitor, number_of(act.what), chat, state, typed)
        elif act.name == "ask":  # it was checked alone, and is asked alone
            yield from self.controller.answer(visitor, act.text, chat, replace(state, alone=act.text), typed)
        elif act.name in ("edited", "form"):
            yield from self.controller.answer(visitor, act.text, chat, state, typed)
        else:
            yield from self.controller.answer(visitor, typed or "", chat, state)

    def stop(self, typed: str, request: gr.Request, *preferences: Any) -> None:
        """Stop the answer that is under way; `typed` is what stands in the box."""
        self.controller.stop(visitor_of(request, *preferences), typed or "")

    def clear(self, request: gr.Request, *preferences: Any) -> Update:
        """Begin a new conversation."""
        visitor = visitor_of(request, *preferences)
        return self.controller.instead(visitor, ([], "", panel_html([], visitor.words, ""), SessionState()))

    def follow(self, state: SessionState, request: gr.Request, *preferences: Any) -> Iterator[Any]:
        """Questions to ask next, each as soon as the chain has answered it."""
        if not state.records:
            return
        visitor, record = visitor_of(request, *preferences), state.records[-1]
        answer = record.answer
        ids = dict.fromkeys(c.document_id for c in answer.citations)
        held = [(r.document, r.passages) for i in ids if (r := self.service.shelf.reading(i))]
        asked = [question for r in state.records for question in (r.answer.question, r.answer.read_as)]
        offered: list[str] = []
        ask = partial(self.service.ask_if_idle, within=visitor.preferences.within)
        known = self.known.of(self.service.chain).of(guess_language(answer.question))
        found = candidates(answer, held, self.about.follow_ups, asked, known)
        about = self.about.covers(visitor.words.language) if answer.status == "not_found" else ""
        if answer.status == "not_found" and not answer.suggestions:
            others = self.about.spoken(guess_language(answer.question)).examples
            found = tuple(dict.fromkeys((*self.service.shelf.near(answer.standalone_query), *others)))
        questions = chain(("",), answered(found, ask))  # the other forms of the answer need not wait
        for question in self.controller.offering(visitor, record.id, questions):
            offered += filter(None, (question,))
            yield render.next_html(offered, visitor.words, render.forms(answer), len(state.records), about)
        yield AS_IT_IS  # Gradio sends the last update twice, and the visitor may have gone on meanwhile

    # --- buttons in the conversation and the panel

    def _acts(self) -> None:
        p = self.parts
        given = [p.state, *p.preferences]
        p.acts.select(self.show, given, p.acts, **QUIET)
        p.acts.download(self.deliver, given, p.acts, **QUIET)
        p.acts.like(self.judge, given, [p.chat, p.state], **QUIET)
        p.acts.apply(self.turn, given, p.conversation, **QUIET)
        p.acts.input(self.comment, given, None, **QUIET)
        p.acts.edit(self.correct, given, p.conversation, **QUIET)
        fetched = p.acts.upload(self.fetch, given, p.acts, concurrency_limit=1, concurrency_id="documents", **QUIET)
        fetched.then(self.renew, given, p.conversation, **QUIET)

    def show(self, state: SessionState, event: gr.EventData, request: gr.Request, *preferences: Any) -> str:
        """Render the dialog that a button opens.

        It shows one of these: who makes the page, a document at a quoted place, an original at the place that supports a
        quote, the host that an original is fetched from, the reasons for an answer, its references for a paper, a link to
        an answer or a conversation, the form for a comment or a title, or what is lost with a conversation or a document
        that is to be deleted.
        """
        visitor, act = visitor_of(request, *preferences), act_of(event)
        with problems_shown(visitor.words):
            if act.name in ("link", "share"):
                content = self._link(act, visitor, state, request)
            elif act.name in ("about", "delete", "drop", "rename", "place"):
                content = self._dialog(act, visitor)
            else:
                content = self._answer_dialog(act, visitor, state)
        return acts_html(content, visitor.words)

    def _dialog(self, act: Act, visitor: Visitor) -> Markup:
        """Render a dialog on no answer: about the page, what is lost, a title to change, or a document at a place."""
        words, what = visitor.words, act.what
        if act.name == "about":
            return dialogs.about_html(self.about, words)
        if act.name == "rename":
            title = self.controller.saved.title(visitor.name, what)
            return dialogs.macros_of(words).rename(what, title) if title else Markup()
        if act.name == "place":
            document, start, end = [*what.split("-"), "", ""][:3]
            reading, marked = self.service.shelf.reading(document), (number_of(start), number_of(end))
            return dialogs.place_html(reading, marked, words) if reading else Markup()
        lost = self._going(visitor, what) if act.name == "delete" else self._dropped(visitor, what)
        return dialogs.going_html(act.name, what, lost, words) if lost else Markup()

    def _answer_dialog(self, act: Act, visitor: Visitor, state: SessionState) -> Markup:
        """Render a dialog on an answer; '' if there is no such answer, or it does not cite what is asked for."""
        words, (group, _, number) = visitor.words, act.what.partition("-")
        if (record := _record(state, group)) is None:
            return Markup()
        if act.name == "why":
            return dialogs.why_html(record, words, state.records)
        if act.name == "references":
            return dialogs.macros_of(words).references(references(record))
        if act.name == "comment":
            return dialogs.macros_of(words).comment(int(group))
        if act.name == "get":
            source = _source(record, number)
            return dialogs.get_html(source, int(group), words) if source else Markup()
        citation = next((c for c in state.looked_at(record).answer.citations if str(c.number) == number), None)
        if citation is None:
            return Markup()
        return dialogs.document_html(citation, self.service.shelf.reading(citation.document_id), words)

    def _link(self, act: Act, visitor: Visitor, state: SessionState, request: gr.Request) -> Markup:
        """Share an answer or a whole conversation, and render the dialog with the link; '' if there is no such answer."""
        is_whole, record = act.name == "share", _record(state, act.what)
        if not (is_whole or record):
            return Markup()
        conversation = act.what if is_whole else state.conversation
        shared = self.controller.saved.share(visitor.name, conversation, None if is_whole else record)
        assert request.request  # every event comes by HTTP
        kind = "conversation" if is_whole else "answer"
        return dialogs.link_html(f"{request.request.base_url}a/{shared}", visitor.words, kind)

    def fetch(self, state: SessionState, event: gr.EventData, request: gr.Request, *preferences: Any) -> Iterator[str]:
        """Get the original of a source, and say what came of it."""
        visitor, (group, _, key) = visitor_of(request, *preferences), act_of(event).what.partition("-")
        words, source = visitor.words, _source(_record(state, group), key)
        if source is None:
            return
        title = words("get_original")
        yield acts_html(dialogs.told_html(title, status_line("busy", words("getting")), words), words)
        work = self.documents.get_original(key, words, visitor.elsewhere, visitor.asker)
        *_, (line, _) = each_told(work, lambda got: got_html(got, source, words), words)
        yield acts_html(dialogs.told_html(title, line, words), words)

    def renew(self, state: SessionState, request: gr.Request, *preferences: Any) -> Update:
        """Render the cards again once an original is stored.

        An answer that is under way brings its cards with it, so nothing changes meanwhile.
        """
        visitor = visitor_of(request, *preferences)
        if visitor.session in self.controller.runs or not state.records:
            return NOTHING
        state = replace(state, records=tuple(map(self.service.shelf.with_originals, state.records)))
        _, _, panel, state = in_language(self.service, visitor, state)
        return AS_IT_IS, AS_IT_IS, panel, state

    def _going(self, visitor: Visitor, conversation: str) -> str:
        """Return the message about a conversation that is to be deleted; '' if it is gone already."""
        words = visitor.words
        found = next((c for c in self.controller.saved.listed(visitor.name) if c.id == conversation), None)
        if found is None:
            return ""
        links = words.count("going_link", "going_links", found.links) if found.links else ""
        answers = words.count("answer", "answers", found.answers)
        return words("going_delete", title=found.title, s=dialogs.UNDO, answers=answers, links=links)

    def _dropped(self, visitor: Visitor, document: str) -> str:
        """Return the message about a document that is to be removed; '' if it is gone already or not theirs to remove."""
        reading, words = self.service.shelf.reading(document), visitor.words
        if reading is None or not self.documents.removable(document, visitor.elsewhere):
            return ""
        return words("going_drop", title=name_of(reading.document, words), s=dialogs.UNDO)

    def deliver(self, state: SessionState, event: gr.EventData, request: gr.Request, *preferences: Any) -> str:
        """Deliver an answer's evidence, or a conversation, as a file."""
        visitor, act = visitor_of(request, *preferences), act_of(event)
        name, what = act.name, act.what
        if name == "evidence":
            record = _record(state, what)
            if record is None:
                return acts_html(Markup(), visitor.words)
            text = json.dumps(record.to_dict(), ensure_ascii=False, indent=1)
            file = file_name(f"{record.answer.question} – {visitor.words('evidence_file')}", "json")
            return acts_html(delivery_html(file, text), visitor.words)
        with problems_shown(visitor.words):
            records = self.controller.records(visitor, what)
            title = self.controller.saved.title(visitor.name, what)
        if not records:
            return acts_html(Markup(), visitor.words)
        ending, content = _whole(name, title, records)
        return acts_html(delivery_html(file_name(title, ending), content), visitor.words)

    def judge(
        self, state: SessionState, event: gr.EventData, request: gr.Request, *preferences: Any
    ) -> tuple[Chat, SessionState]:
        """Thumbs up or down: saved at once, and shown."""
        visitor, act = visitor_of(request, *preferences), act_of(event)
        if record := _record(state, act.what):
            verdict: Verdict = "down" if act.name == "down" else "up"
            with problems_shown(visitor.words):
                self._note(Feedback(verdict, "", record), visitor)
            state = replace(state, verdicts=(*state.verdicts, (record.id, verdict)))
        return shown(self.service, visitor, state), state

    def turn(self, state: SessionState, event: gr.EventData, request: gr.Request, *preferences: Any) -> Update:
        """Show an answer in quotes, or as a language model worded it."""
        act = act_of(event)
        record = _record(state, act.what)
        if record is None or record.answer.quotes is None:
            return NOTHING
        return turned(self.service, visitor_of(request, *preferences), state, record, act.name == "quotes")

    def comment(self, state: SessionState, event: gr.EventData, request: gr.Request, *preferences: Any) -> None:
        """Save a comment on an answer."""
        visitor, act = visitor_of(request, *preferences), act_of(event)
        record, text = _record(state, act.what), act.text.strip()
        if record and text:
            verdict: Verdict = "down" if state.verdict(record) == "down" else "up"
            with problems_shown(visitor.words):
                self._note(Feedback(verdict, text, record), visitor)

    def _note(self, feedback: Feedback, visitor: Visitor) -> None:
        settings = self.service.settings
        if minutes := self.hourly.wait(*limited_names(visitor.asker)):
            said = "Each visitor to this page may leave up to {most} feedback notes an hour."
            raise AskError(said, "Try again in {n} min.", self.hourly.most, minutes)
        add_feedback(settings.data / "feedback.jsonl", feedback, settings.database, settings.max_feedback_bytes)

    def correct(self, state: SessionState, event: gr.EventData, request: gr.Request, *preferences: Any) -> Update:
        """Put a question as it was read into the box, to be asked alone."""
        visitor, record = visitor_of(request, *preferences), _record(state, act_of(event).what)
        if record is None:
            return NOTHING
        answer = record.answer
        question = other_question(answer.question, answer.read_as, answer.confidence) or answer.standalone_query
        if visitor.session in self.controller.runs:  # its answer brings the conversation with it
            return AS_IT_IS, question, AS_IT_IS, AS_IT_IS
        return AS_IT_IS, question, AS_IT_IS, replace(state, alone=question)


def _whole(form: str, title: str, records: Sequence[Record]) -> tuple[str, str | bytes]:
    """Return the file ending and the content of a conversation in another form."""
    if form == "json":
        return "json", conversation_json(title, records)
    if form == "word":
        return "docx", conversation_word(title, records)
    return "md", conversation_markdown(title, records)


def _source(record: Record | None, key: str) -> Source | None:
    """Return the source with a key among those of an answer's citations, or None."""
    body = record.answer if record else None
    cited = [*body.citations, *(body.quotes.citations if body.quotes else ())] if body else []
    return next((s for c in cited for s in c.sources if s.key == key), None)


def _record(state: SessionState, group: str) -> Record | None:
    number = number_of(group)
    return state.records[number - 1] if 1 <= number <= len(state.records) else None
