"""The values of asking: what was said before, and a question as it is understood."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from app.answers import Answer
from app.errors import QuestionError
from app.text.words import cleaned

Kind = Literal["count", "money", "figure", "share", "duration", "date", "year", "name", "place"]
Form = Literal["", "short", "simple", "longer", "list", "table", "timeline", "steps", "examples", "sources"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message of the conversation; `cited` are the places that an answer cites, each a document's id with start
    and end, () if nobody knows them."""

    role: Literal["user", "assistant"]
    content: str
    cited: tuple[tuple[str, int, int], ...] = ()


def turns_of(answer: Answer) -> tuple[Turn, Turn]:
    """Return a question and its answer as the next question sees them."""
    cited = tuple((c.document_id, c.start, c.end) for c in answer.citations)
    return Turn("user", answer.question), Turn("assistant", answer.text_and_note, cited)


@dataclass(frozen=True, slots=True)
class Wish:
    """The form that an answer is wished for in: `number` of sentences, points or rows, None if none is said; `language` en
    or zh, '' for that of the question. `sources` asks where the last answer comes from."""

    form: Form = ""
    number: int | None = None
    language: str = ""

    def before(self, other: Wish) -> Wish:
        """Return this wish, with what it leaves open as the other has it."""
        form, number = (self.form, self.number) if self.form else (other.form, other.number)
        return Wish(form, number, self.language or other.language)


@dataclass(frozen=True, slots=True)
class AnswerType:
    """The kind of thing that is expected as an answer; `unit` is the noun that is counted, '' where none is named."""

    kind: Kind
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Years:
    """A span of years, both ends inclusive; None where it has no end."""

    first: int | None = None
    last: int | None = None

    def __contains__(self, year: int) -> bool:
        return (self.first is None or self.first <= year) and (self.last is None or year <= self.last)


@dataclass(frozen=True, slots=True)
class Scope:
    """The number of things asked for: one, all of a list (of `number` things if that is said), several things, such as
    the sides of a comparison, or the same for each of some `years`."""

    listed: bool = False
    number: int | None = None
    several: bool = False
    years: Years | None = None


ONE = Scope()


@dataclass(frozen=True, slots=True)
class Query:
    """A question, understood once: nobody else looks at its text for meaning.

    `text` is the question as typed (of a part: the user's own words for it, '' where they cannot be told apart),
    `standalone` as it reads without the conversation before it, `readings` are other ways to read it, the text last, which
    a known question may ask, and `before` is the question before it as that read, '' of a first one. `earlier` are the last
    questions before it as they were typed, oldest first. `parts` is not empty
    where several things are asked for. `within` limits the documents, by id. It is written in the language `tongue`
    (`ingest.languages`), and the program speaks in `language`, English or Chinese.

    `searched` is `standalone` with the documents' words behind its own, which are `expansions`: words of the question, as
    they stand in it, each with the documents' own. `english` is what a reader that knows English reads: `searched`, of a
    Chinese question word for word ('' where no word is known), '' of one in another language.
    `sides` are the names or years that stand side by side where several things are asked for.
    Where a turn says nothing but its `wish`, the query is the last question in all but `text` and `language`.
    Thanks and greetings are no question: `asks` is False. `rules` are the ids of the rules that shaped it.
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
    rules: tuple[str, ...] = ()
    tongue: str = "en"

    @property
    def asked(self) -> str:
        """The question that known questions are held against: as typed, or as a language model put it."""
        return self.readings[-1] if self.readings else self.standalone

    @property
    def worded(self) -> str:
        """All words that passages may have of it: its own, the documents' for them, a Chinese one's in English too."""
        return f"{self.searched} {self.english}" if self.language == "zh" else self.searched

    @property
    def series(self) -> Years | None:
        """The years for each of which a table with a row a year is quoted: those that are said, or all where no year is
        named and no one figure asked for, since no row is then more the answer than another; None for one."""
        open_ended = not self.years and (self.answer_type is None or self.answer_type.kind in ("year", "date"))
        return self.scope.years or (Years() if open_ended else None)

    @property
    def wide(self) -> bool:
        """True if it does not ask for one thing of a kind that is known: one passage may not be its answer."""
        return self.answer_type is None or self.scope != ONE or bool(self.parts)

    def subqueries(self) -> tuple[Query, ...]:
        """Return what is searched for, one by one: the parts, or the query itself."""
        return self.parts or (self,)


MOST = 12
"""Turns that are read: no question leans on what was said before them."""
LONGEST = 2_000
"""Characters of a turn that are read."""
_LOOKED_AT = 20 * LONGEST  # characters of a turn before white space is run together


def read_turns(given: object) -> tuple[Turn, ...]:
    """`Turn`s or objects {role, content}, or None -> the last twelve turns, each on one line and of bearable length.

    Raises:
        QuestionError: it is no list of turns of a user and an assistant.
    """
    turns = [] if given is None else given
    if not isinstance(turns, list | tuple):
        raise _no_history()
    read = [_turn(t) for t in turns][-MOST:]
    return tuple(replace(t, content=cleaned(t.content[:_LOOKED_AT])[:LONGEST]) for t in read)


def _turn(turn: object) -> Turn:
    match turn:
        case Turn():
            return turn
        case {"role": "user" | "assistant" as role, "content": str(content)}:
            return Turn(role, content)
    raise _no_history()


def _no_history() -> QuestionError:
    shape = '[{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]'
    return QuestionError("The history is not a list of turns.", f"Send {shape}.")
