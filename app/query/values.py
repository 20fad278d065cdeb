"""The values of asking: what was said before, and a question as it is understood."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from app.answers import Answer
from app.errors import QuestionError
from app.text.words import cleaned
from ingest.documents import guess_language

Kind = Literal["count", "money", "figure", "share", "duration", "date", "year", "name", "place"]
Form = Literal["", "short", "simple", "longer", "list", "table", "timeline", "steps", "examples", "sources"]
MAX_TURNS = 12
"""Turns that are read: no question leans on what was said before them."""
MAX_TURN_LENGTH = 2_000
"""Characters of a turn that are read."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message of the conversation.

    Attributes:
        cited: The places that an answer cites, each as document id, start and end (exclusive); () if they are not known.
        refused: True if an answer is known to be none from the documents.
    """

    role: Literal["user", "assistant"]
    content: str
    cited: tuple[tuple[str, int, int], ...] = ()
    refused: bool = False


def turns_of(answer: Answer) -> tuple[Turn, Turn]:
    """Return a question and its answer as the next question sees them."""
    cited = tuple((c.document_id, c.start, c.end) for c in answer.citations)
    return Turn("user", answer.question), Turn(
        "assistant", answer.text_and_note, cited, answer.status in ("not_found", "about")
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """The form in which an answer is wished for.

    Attributes:
        form: The form; `sources` asks for the sources of the last answer.
        number: The number of sentences, points or rows; None if no number is given.
        language: en or zh; '' for the language of the question.
    """

    form: Form = ""
    number: int | None = None
    language: str = ""

    def or_else(self, other: Wish) -> Wish:
        """Return this wish, with what it leaves open as the other has it."""
        form, number = (self.form, self.number) if self.form else (other.form, other.number)
        return Wish(form, number, self.language or other.language)


@dataclass(frozen=True, slots=True)
class AnswerType:
    """The kind of thing that is expected as an answer.

    `unit` is the noun that is counted, '' if the question names none.
    """

    kind: Kind
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Years:
    """A span of years, both ends inclusive; an end is None if the span is open there."""

    first: int | None = None
    last: int | None = None

    def __contains__(self, year: int) -> bool:
        return (self.first is None or self.first <= year) and (self.last is None or year <= self.last)


@dataclass(frozen=True, slots=True)
class Scope:
    """The number of things that are asked for.

    Attributes:
        listed: True if all things of a kind are asked for.
        number: The number of these things, None if the question gives none.
        several: True if several things are asked for, such as the sides of a comparison.
        years: The years for each of which the same is asked, None if there are none.
    """

    listed: bool = False
    number: int | None = None
    several: bool = False
    years: Years | None = None


ONE = Scope()


@dataclass(frozen=True, slots=True)
class Query:
    """A question, understood once: no later step reads its text for meaning.

    Attributes:
        text: The question as typed. For a part, the user's own words for it; '' if they cannot be separated from the
            rest.
        standalone: The question as it reads without the conversation.
        language: The language in which the program answers, English or Chinese.
        within: The ids of the documents that may answer, None for all.
        asks: False for thanks and greetings, which are no question.
        readings: Other readings, which a known question may ask; the text as typed, without its wish, is the last.
        before: The question before it in its standalone reading, '' for a first question.
        earlier: The last questions before it as they were typed, oldest first.
        parts: The parts of the question; () if it asks for one thing only.
        answer_type: The kind of thing that is expected; None if it is not known.
        scope: The number of things that are asked for.
        wish: The form that is wished for. If a turn consists of a wish only, the query is the last question in all but
            `text` and `language`.
        years: The years that the question names.
        expansions: Words of the question as they stand in it, each with the documents' own word.
        searched: `standalone` with the `expansions` added.
        sides: The names or years that stand next to each other if several things are asked for.
        english: The text for a reader that knows English: `searched`, a word-for-word translation for Chinese ('' if no
            word is known), and '' for other languages.
        tongue: The language in which the question is written (`ingest.languages`).
        gist: True if what a document says on the whole is asked for.
    """

    text: str
    standalone: str
    language: str = "en"
    within: tuple[str, ...] | None = None
    asks: bool = True
    readings: tuple[str, ...] = ()
    before: str = ""
    earlier: tuple[str, ...] = ()
    parts: tuple[Query, ...] = ()
    answer_type: AnswerType | None = None
    scope: Scope = ONE
    wish: Wish = Wish()
    years: tuple[str, ...] = ()
    expansions: tuple[tuple[str, str], ...] = ()
    searched: str = ""
    sides: tuple[str, ...] = ()
    english: str = ""
    tongue: str = "en"
    gist: bool = False

    @property
    def match_text(self) -> str:
        """The question that is matched with known questions: as typed, or as a language model put it."""
        return self.readings[-1] if self.readings else self.standalone

    @property
    def search_words(self) -> str:
        """All words that passages may have of it: its own, the documents' for them, a Chinese one's in English too."""
        return f"{self.searched} {self.english}" if self.is_chinese else self.searched

    @property
    def is_chinese(self) -> bool:
        """True if the question is written in Chinese, whatever language it asks for."""
        return guess_language(self.standalone) == "zh"

    @property
    def series(self) -> Years | None:
        """The years for each of which a table with a row for each year is quoted, None for a single year.

        They are the years that the question gives. All years count if it names none and does not ask for a single
        figure, since no row is then a better answer than another.
        """
        open_ended = not self.years and (self.answer_type is None or self.answer_type.kind in ("year", "date"))
        return self.scope.years or (Years() if open_ended else None)

    def subqueries(self) -> tuple[Query, ...]:
        """Return what is searched for, one by one: the parts, or the query itself."""
        return self.parts or (self,)


def read_turns(history: object) -> tuple[Turn, ...]:
    """Read the last twelve turns of a history, each on one line and cut to `MAX_TURN_LENGTH` characters.

    Args:
        history: `Turn`s or objects {role, content}; None for no history.

    Raises:
        QuestionError: It is not a list of turns of a user and an assistant.
    """
    if history is None:
        return ()
    if not isinstance(history, list | tuple):
        raise _history_error()
    turns = [_turn(t) for t in history][-MAX_TURNS:]
    # far more is cleaned than is kept, since white space is run together
    return tuple(replace(t, content=cleaned(t.content[: 20 * MAX_TURN_LENGTH])[:MAX_TURN_LENGTH]) for t in turns)


def _turn(turn: object) -> Turn:
    match turn:
        case Turn():
            return turn
        case {"role": "user" | "assistant" as role, "content": str(content)}:
            return Turn(role, content)
    raise _history_error()


def _history_error() -> QuestionError:
    shape = '[{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]'
    return QuestionError("The history is not a list of turns.", "Send {shape}.", shape)
