"""The course of a question: the page after each step."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any

from app.answers import Answer
from app.errors import AskError
from app.sentences import VerifiedSentence
from app.store.conversations import Conversations, NotSaved, new_id
from app.store.records import Record
from app.ui import render
from app.ui.cards import group_html, missing_for, panel_html, so_far_html
from app.ui.chat import AS_IT_IS, NOTHING, Chat, Update, in_language, message, shown
from app.ui.session import SessionState, SoFar, Visitor
from app.ui.sidebar import saved_html
from app.ui.words import Words
from app.web.queue import QueueStatus
from app.web.replies import visible
from app.web.service import Service

log = logging.getLogger(__name__)

PAUSE = 0.12  # seconds between two sentences of an answer
LONGEST_PAUSE = 1.0  # for all sentences together


@dataclass(slots=True)
class Run:
    """A question under way, and what ends it early: `stop`, with what was `typed` meanwhile, or what is shown `instead`.

    The run itself says the last word, so that nothing of an answer comes after that.
    """

    stop: bool = False
    typed: str = ""
    instead: Update | None = None


@dataclass(frozen=True, slots=True)
class ConversationController:
    """Answers visitors' questions, one at a time in each page, and saves their conversations."""

    service: Service
    saved: Conversations
    runs: dict[str, Run] = field(default_factory=dict)
    offers: dict[str, str] = field(default_factory=dict)
    """The record of the answer below which a page may be offered questions to ask next, until its visitor goes on."""

    def answer(
        self, visitor: Visitor, question: str, chat: Chat, state: SessionState, box: Any = AS_IT_IS
    ) -> Iterator[Update]:
        """Answer a question, and yield the page after each step.

        While another question is being answered, the new one goes back into the box. If it did not come from the box,
        `box` is the text that stays there.
        """
        run = Run()
        if self.runs.setdefault(visitor.session, run) is not run:
            yield AS_IT_IS, question if box is AS_IT_IS else box, AS_IT_IS, AS_IT_IS
            yield NOTHING
            return
        self.offers.pop(visitor.session, None)
        last: Update = NOTHING
        try:
            with closing(self._steps(visitor, question, chat, state, box)) as steps:
                for update in steps:
                    if run.instead or (run.stop and update[3].asking):
                        last = self._stopped(visitor, run, update)
                        break
                    yield update
        finally:
            self.runs.pop(visitor.session, None)
            if run.instead:
                self.offers.pop(visitor.session, None)
        yield run.instead or last
        yield NOTHING  # Gradio sends the last update twice, and the second would take what was typed meanwhile

    def _steps(
        self, visitor: Visitor, question: str, chat: Chat, state: SessionState, box: Any
    ) -> Generator[Update, None, None]:
        words, panel = visitor.words, panel_html(state.groups, visitor.words)
        history = () if question == state.alone else state.history()
        name = state.conversation or new_id()  # known from here on: an answer that is stopped and asked again is kept once
        state = replace(state, conversation=name, asking=question.strip(), offered=(), alone="")
        chat = [*chat, message("user", render.question_html(question[:4_000]))] if question.strip() else chat
        loading = self.service.state
        first = loading.message if loading.status == "loading" else "reading"
        update: Update = [*chat, message("assistant", render.busy_html(words(first), words))], AS_IT_IS, panel, state
        if question.strip():
            yield update[0], box, panel, state
        worded = SoFar(question)
        try:
            with closing(self.service.stream(question, history, visitor.preferences, visitor.asker)) as events:
                for event in events:
                    if isinstance(event, Answer):
                        yield from self._reveal(visitor, event, chat, state, len(worded.sentences))
                        return
                    if isinstance(event, VerifiedSentence):
                        worded = worded.then(event)
                        update = self._so_far(visitor, worded, chat, state)
                    elif event != QueueStatus():
                        busy = render.busy_html(_doing(event, words), words)
                        update = [*chat, message("assistant", busy)], AS_IT_IS, panel, state
                    yield update  # also if nothing is new: whoever stops or goes away is noticed here
        except AskError as error:
            yield self._failed(words.sentence(visible(error)), chat, panel, state)
        except Exception:  # the visitor hears of it, and the log has the rest
            log.exception("a question failed: %r", question[:200])
            yield self._failed(words("failed"), chat, panel, state)

    def _failed(self, sentence: str, chat: Chat, panel: str, state: SessionState) -> Update:
        return [*chat, message("assistant", render.error_html(sentence))], state.asking, panel, replace(state, asking="")

    def _so_far(self, visitor: Visitor, said: SoFar, chat: Chat, state: SessionState) -> Update:
        """Show the sentences of a language model that are verified so far, with their sources."""
        read, words, number = self.service.shelf.reading, visitor.words, len(state.records) + 1
        panel = panel_html((*state.groups, so_far_html(said, number, read, words)), words)
        part = render.partial_html(said, number, read, words, len(said.sentences))
        return [*chat, message("assistant", part)], AS_IT_IS, panel, state

    def _reveal(self, visitor: Visitor, answer: Answer, chat: Chat, state: SessionState, said: int = 0) -> Iterator[Update]:
        """Sentence by sentence, the sources from the first on; `said` sentences are on the page already."""
        read, words, number = self.service.shelf.reading, visitor.words, len(state.records) + 1
        record = self.service.record(answer)
        group = group_html(record, number, read, words, missing=missing_for(visitor, self.service))
        panel = panel_html((*state.groups, group), words)
        pause = min(PAUSE, LONGEST_PAUSE / max(1, len(answer.sentences)))
        for count in range(said + 1, len(answer.sentences)):
            part = render.partial_html(record.answer, number, read, words, count)
            yield [*chat, message("assistant", part)], AS_IT_IS, panel, state
            time.sleep(pause)
        state, unsaved = self._save(visitor, record, state, group)
        panel = panel_html(state.groups, words, None if unsaved else state.conversation)
        whole = render.answer_html(record.answer, number, read, words) + unsaved
        yield [*chat, message("assistant", whole)], AS_IT_IS, panel, state

    def _save(self, visitor: Visitor, record: Record, state: SessionState, group: str) -> tuple[SessionState, str]:
        """Save an answer, and add it with its cards to the conversation.

        Returns:
            The new state, and a line that says why the answer could not be saved, '' if it was.
        """
        conversation, unsaved = state.conversation, ""
        try:
            conversation = self.saved.save(visitor.name, state.conversation, record, len(state.records))
        except NotSaved as error:
            log.error("%s", error.sentence())
            unsaved = render.unsaved_html(
                visitor.words("marks.between").join((visitor.words("not_saved"), visitor.words.sentence(error.sentence())))
            )
        self.offers[visitor.session] = record.id
        records, groups = (*state.records, record), (*state.groups, group)
        return replace(state, conversation=conversation, records=records, groups=groups, asking=""), unsaved

    def listed(self, visitor: Visitor, conversation: str, sought: str = "") -> str:
        """Render the list of the visitor's conversations, with the open one marked.

        Only those that have the words of `sought` are listed. If the conversations cannot be read, the list says why.
        """
        try:
            found, problem = self.saved.listed(visitor.name, sought), self.saved.aside
        except NotSaved as error:
            found, problem = (), error.sentence()
        return saved_html(found, conversation, visitor.words, visitor.words.sentence(problem), sought)

    def set_by(self, visitor: str) -> dict[str, Any]:
        """Return the settings of a visitor, {} if they cannot be read."""
        try:
            return self.saved.preferences(visitor)
        except NotSaved as error:
            log.error("%s", error.sentence())
            return {}

    def again(self, visitor: Visitor, number: int, chat: Chat, state: SessionState, box: Any) -> Iterator[Update]:
        """Ask a question of the conversation once more; the last answer is replaced, an earlier one asked anew."""
        if not 1 <= number <= len(state.records):
            return
        question = state.records[number - 1].answer.question
        if number == len(state.records):
            state = state.without_last()
            chat = shown(self.service, visitor, state)
        yield from self.answer(visitor, question, chat, state, box)

    def stop(self, visitor: Visitor, typed: str) -> None:
        """End the answer that is under way; one that is whole already is shown all the same."""
        if run := self.runs.get(visitor.session):
            run.typed, run.stop = typed, True

    def instead(self, visitor: Visitor, update: Update) -> Update:
        """Show this on the page from now on, whatever answer is under way."""
        self.offers.pop(visitor.session, None)
        if run := self.runs.get(visitor.session):
            run.instead = update
        return update

    def offering(self, visitor: Visitor, record: str, questions: Iterable[str]) -> Iterator[str]:
        """Yield the questions to ask below the answer of a record, until the visitor goes on.

        A visitor who has gone on already gets none. Gradio's own `cancels` is not used: it asks the server to end what
        may not have begun.
        """

        def stays(_: str = "") -> bool:
            return self.offers.get(visitor.session) == record

        try:
            if stays():
                yield from takewhile(stays, questions)
        finally:
            if stays():
                del self.offers[visitor.session]

    def _stopped(self, visitor: Visitor, run: Run, update: Update) -> Update:
        """Show that the answer was stopped, and put its question back into the box.

        If the visitor has typed something else there, that stays.
        """
        chat, _, _, state = update
        typed, panel = run.typed.strip(), panel_html(state.groups, visitor.words)
        said = message("assistant", render.stopped_html(visitor.words, in_box=not typed))
        return [*chat[:-1], said], AS_IT_IS if typed else state.asking, panel, replace(state, asking="")

    def records(self, visitor: Visitor, conversation: str) -> tuple[Record, ...]:
        """Return the answers of a saved conversation, with what the stored originals now say about them."""
        return tuple(map(self.service.shelf.with_originals, self.saved.records(visitor.name, conversation)))

    def opened(self, visitor: Visitor, conversation: str) -> Update:
        """Open a saved conversation as it was; if a document has changed since, its panel says so."""
        records = self.records(visitor, conversation)
        chat, _, panel, state = in_language(self.service, visitor, SessionState(conversation if records else "", records))
        return chat, "", panel, state


def _doing(event: Any, words: Words) -> str:
    if isinstance(event, QueueStatus):
        return words("in_line", n=event.before) if event.before else words(event.message)
    return words(event.name, what=event.what)
