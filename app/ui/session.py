"""The state of one session: its conversation, and its visitor."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.query.values import Turn
from app.sentences import Citation, Sentence, VerifiedSentence
from app.store.records import Record
from app.ui.words import Words
from app.web.queue import NOBODY, Asker
from app.web.service import AnswerPreferences


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
            turns.append(Turn("assistant", record.answer.text_and_note, cited))
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
    """The sentences of a language model so far: each is verified, and no answer has been made of them yet."""

    question: str
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()

    def then(self, said: VerifiedSentence) -> SoFar:
        """The same with one more sentence."""
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
