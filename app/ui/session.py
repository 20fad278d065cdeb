"""What one session knows: its conversation, and who sits there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import gradio as gr

from app.errors import AskError
from app.query.values import Turn
from app.sentences import Citation, Sentence, VerifiedSentence
from app.store.records import Record
from app.ui.words import Words, words_for
from app.web.queue import NOBODY, Asker
from app.web.replies import visible
from app.web.service import AnswerPreferences
from app.web.visitors import asker, passed_on, visitor_name


@dataclass(frozen=True, slots=True)
class SessionState:
    """A conversation as one session sees it: its id where it is saved, its answers, their cards and what was said of them.

    `as_quotes` are the ids of records whose answers are looked at in quotes where a language model worded them.
    `asking` is the question that is being answered; a visitor who stops the answer gets it back. `offered` are the questions
    that stand below the answer, `alone` the words that the next question is to have to be read without the conversation.
    """

    conversation: str = ""
    records: tuple[Record, ...] = ()
    groups: tuple[str, ...] = ()
    verdicts: tuple[tuple[str, str], ...] = ()
    as_quotes: tuple[str, ...] = ()
    asking: str = ""
    offered: tuple[str, ...] = ()
    alone: str = ""

    def history(self) -> tuple[Turn, ...]:
        """The turns of the conversation so far."""
        turns = []
        for record in self.records:
            turns.append(Turn("user", record.answer.question))
            cited = tuple((c.document_id, c.start, c.end) for c in record.answer.citations)
            turns.append(Turn("assistant", record.answer.text or record.answer.note, cited))
        return tuple(turns)

    def verdict(self, record: Record) -> str:
        """up, down or ''."""
        return dict(self.verdicts).get(record.id, "")

    def looked_at(self, record: Record) -> Record:
        """The record with the answer that the visitor looks at: the model's, or the program's own."""
        return replace(record, answer=record.answer.in_quotes) if record.id in self.as_quotes else record

    def without_last(self) -> SessionState:
        """The conversation before its last answer."""
        return replace(self, records=self.records[:-1], groups=self.groups[:-1])


@dataclass(frozen=True, slots=True)
class SoFar:
    """What a language model has said so far: each sentence is verified, and no answer has been made of them yet."""

    question: str
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()

    def then(self, said: VerifiedSentence) -> SoFar:
        """That with one more sentence."""
        return replace(self, sentences=(*self.sentences, said.sentence), citations=(*self.citations, *said.citations))


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, in which language the page speaks to them, what they have set, and in which of their pages."""

    name: str
    words: Words
    preferences: AnswerPreferences
    session: str
    asker: Asker = NOBODY


def visitor_of(
    request: gr.Request, only: list[str] | None, sources: float, strictness: float, engine: str, language: str
) -> Visitor:
    """A request, and what was set -> who asks: a login, else the browser's cookie, else the session."""
    cookies, session = request.headers.get("cookie", ""), str(request.session_hash)
    name = visitor_name(getattr(request, "username", None), cookies, session)
    words = words_for(str(language), request.headers.get("accept-language", ""))
    within = tuple(map(str, only)) if only else None
    preferences = AnswerPreferences(int(sources), float(strictness), within, "model" if engine == "model" else "quotes")
    return Visitor(name, words, preferences, session, asker_of(request))


def asker_of(request: gr.Request) -> Asker:
    """A request -> whose place in the queue it wants."""
    assert request.request  # every event comes by HTTP
    return asker(request.request, getattr(request, "username", None))


@contextmanager
def problems_shown(words: Words) -> Iterator[None]:
    """What a visitor can know of is shown to them in their language, not raised."""
    try:
        yield
    except AskError as error:
        raise gr.Error(words.sentence(visible(error)), print_exception=False) from error


def elsewhere(request: gr.Request) -> bool:
    """Whether a proxy has passed the request on, or nobody knows."""
    return request.request is None or passed_on(request.request.scope)
