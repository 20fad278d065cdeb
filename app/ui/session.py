"""Sessions: the conversation and the visitor of each, and those that Gradio holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import gradio as gr
from fastapi import FastAPI
from gradio.routes import App
from gradio.state_holder import StateHolder
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import AskError
from app.query.values import Turn, turns_of
from app.sentences import Citation, Sentence, VerifiedSentence
from app.store.records import Record, in_quotes
from app.ui.words import Words, words_for
from app.web.bodies import HEARTBEAT
from app.web.queue import NOBODY, Asker
from app.web.replies import visible
from app.web.service import AnswerPreferences
from app.web.visitors import asker, is_proxied, visitor_name

OTHERS = 100  # sessions without an open page: of programs, and of browsers that may come back after they were asleep


@dataclass(frozen=True, slots=True)
class SessionState:
    """A conversation as one session sees it: its id if it is saved, its answers, their cards and what was said of them.

    `as_quotes` are the ids of records whose answers are looked at in quotes although a language model worded them.
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
        """Return the turns of the conversation so far."""
        return tuple(turn for record in self.records for turn in turns_of(record.answer))

    def verdict(self, record: Record) -> str:
        """up, down or ''."""
        return dict(self.verdicts).get(record.id, "")

    def looked_at(self, record: Record) -> Record:
        """Return the record with the answer the visitor looks at, the model's or the program's own."""
        return in_quotes(record) if record.id in self.as_quotes else record

    def without_last(self) -> SessionState:
        """Return the conversation as it was before its last answer."""
        return replace(self, records=self.records[:-1], groups=self.groups[:-1])


@dataclass(frozen=True, slots=True)
class Act:
    """What a button reports: its name, what it is about, and a text. Whoever likes sends any event, so all are texts."""

    name: str = ""
    what: str = ""
    text: str = ""


def act_of(event: gr.EventData) -> Act:
    """Read an event; what it lacks is ''."""
    data = event._data if isinstance(event._data, dict) else {}
    return Act(*(str(data.get(name) or "") for name in ("name", "what", "text")))


def number_of(text: str) -> int:
    """Return a number that the page wrote; 0 for any other text."""
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else 0


@dataclass(frozen=True, slots=True)
class SoFar:
    """The sentences of a language model so far: each is verified, and no answer has been made of them yet."""

    question: str
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()

    def then(self, said: VerifiedSentence) -> SoFar:
        """Return the same with one more sentence."""
        return replace(self, sentences=(*self.sentences, said.sentence), citations=(*self.citations, *said.citations))


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who asks, with the language of the page, their settings, and the page that they ask in."""

    name: str
    words: Words
    preferences: AnswerPreferences
    session: str
    asker: Asker = NOBODY
    elsewhere: bool = False
    """True if a proxy has passed the request on."""


# --- A request of Gradio's -> its visitor; an error -> the words that they see of it.


def visitor_of(request: gr.Request, only: list[str] | None, engine: str, language: str) -> Visitor:
    """Return who makes a request, with the settings that they chose.

    A visitor is known by a login, else by the browser's cookie, else by the session.
    """
    cookies, session = request.headers.get("cookie", ""), str(request.session_hash)
    name = visitor_name(getattr(request, "username", None), cookies, session)
    words = words_of(request, language)
    within = tuple(map(str, only)) if only else None
    preferences = AnswerPreferences(within, "model" if engine == "model" else "quotes")
    return Visitor(name, words, preferences, session, asker_of(request), elsewhere(request))


def words_of(request: gr.Request, language: str) -> Words:
    """Return the words of the page in the chosen language; for `auto`, in that of the browser."""
    return words_for(str(language), request.headers.get("accept-language", ""))


def asker_of(request: gr.Request) -> Asker:
    """Return the asker whose place in the queue a request takes."""
    assert request.request  # every event comes by HTTP
    return asker(request.request, getattr(request, "username", None))


@contextmanager
def problems_shown(words: Words) -> Iterator[None]:
    """Show errors that a visitor may know of in their language, and do not raise them."""
    try:
        yield
    except AskError as error:
        raise gr.Error(words.sentence(visible(error)), print_exception=False) from error


def elsewhere(request: gr.Request) -> bool:
    """Return True if a proxy has passed the request on, or if that is unknown."""
    return request.request is None or is_proxied(request.request.scope)


# --- The sessions that Gradio holds: all that a browser has open, and of the others the latest.
#
# A session is 0.3 MB once something was asked in it. Gradio itself holds ten thousand, long after their pages were closed.


class HeldSessions(StateHolder):
    """Takes the place of Gradio's own holder."""

    def __init__(self, page: gr.Blocks) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.set_blocks(page)
        self.open: Counter[str] = Counter()

    def update(self, session_id: str) -> None:
        """Make a session the latest, and remove the oldest if there are too many.

        Gradio calls this at each use of a session.
        """
        with self.lock:
            if session_id in self.session_data:
                self.session_data.move_to_end(session_id)
            self._let_go()

    def opened(self, session_id: str) -> None:
        """Count a page of the session as open.

        There may be several, since the loss of a connection is noticed after the next has begun.
        """
        with self.lock:
            self.open[session_id] += 1

    def closed(self, session_id: str) -> None:
        """Count a page of the session as closed."""
        with self.lock:
            self.open[session_id] -= 1
            if not self.open[session_id]:
                del self.open[session_id]
            self._let_go()

    def _let_go(self) -> None:
        others = [name for name in self.session_data if name not in self.open]
        for name in others[: max(0, len(others) - OTHERS)]:
            del self.session_data[name]
            self.time_last_used.pop(name, None)


class Heartbeats:
    """Middleware that records which sessions have an open page.

    The browser keeps one request open as long as a page of the session is.
    """

    def __init__(self, app: ASGIApp, held: HeldSessions) -> None:
        self.app, self.held = app, held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or not scope["path"].startswith(HEARTBEAT):
            await self.app(scope, receive, send)
            return
        session = scope["path"].removeprefix(HEARTBEAT).strip("/")
        self.held.opened(session)
        try:
            await self.app(scope, receive, send)
        finally:
            self.held.closed(session)


def holding(mounted: FastAPI) -> App:
    """Return Gradio's own application within another, which holds the sessions."""
    return next(r.app for r in mounted.routes if isinstance(r, Mount) and isinstance(r.app, App))
