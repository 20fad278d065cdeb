"""The statements of the known questions: what the program can say, sentence by sentence.

Every sentence of a written answer is a statement, and so are its short form, a table's row and each absence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.answering.draft import Statement
from app.known.forms import own_statements, short_statement
from ingest.documents import PassageLocation
from ingest.questions.store import ResolvedQuestion

MAX_TEXT = 420  # characters that the statement reader is given


@dataclass(frozen=True, slots=True)
class KnownStatement:
    """A statement at its place among the known questions.

    Attributes:
        number: The number of its question in the store.
        known: Its question.
        order: Its place within the written answer; -1 for the short form, the number of statements for an absence.
        statement: What it says, and the passages that it rests on; an absence rests on none.
    """

    number: int
    known: ResolvedQuestion
    order: int
    statement: Statement

    @property
    def is_absence(self) -> bool:
        """True if it says what the documents do not hold."""
        return not self.statement.rests_on

    @property
    def places(self) -> frozenset[PassageLocation]:
        """Return the locations of the passages that it rests on."""
        return frozenset(place for run in self.statement.rests_on for place in run)

    @property
    def id(self) -> str:
        """Return the name of it in judged choices."""
        return statement_id(self.known.question, self.statement.in_language("en"))

    @property
    def read(self) -> str:
        """Return its text for the statement reader."""
        return statement_text(self.known.question, self.statement.in_language("en"), self.is_absence)


def statement_text(question: str, text: str, is_absence: bool) -> str:
    """Return the text of a statement for the statement reader.

    >>> statement_text("How much is the budget?", "The documents do not say.", True)
    'How much is the budget? (not held) The documents do not say.'
    """
    return f"{question}{' (not held)' if is_absence else ''} {text}"[:MAX_TEXT]


def statement_id(question: str, text: str) -> str:
    """Return the name of a statement in judged choices."""
    return hashlib.sha256(f"{question}\n{text}".encode()).hexdigest()[:8]


def statements_of(number: int, known: ResolvedQuestion) -> Iterator[KnownStatement]:
    """Yield the statements of a known question: the short form, the whole answer in its order, what is not held."""
    gap = {"en": known.gap, "zh": known.gap_zh}
    full: Sequence[Statement] = ()
    if known.written:
        answer, places = known.written
        full = own_statements(answer, places)
        yield KnownStatement(number, known, -1, short_statement(answer, places))
        gap = answer.missing or gap
        yield from (KnownStatement(number, known, n, s) for n, s in enumerate(full))
    if all(gap.get(language) for language in ("en", "zh")):
        yield KnownStatement(number, known, len(full), Statement(gap, (), "written"))


def statements_by_passage(
    questions: Sequence[ResolvedQuestion],
) -> Mapping[PassageLocation, tuple[KnownStatement, ...]]:
    """Return the statements that rest on each passage."""
    result: dict[PassageLocation, list[KnownStatement]] = {}
    for number, known in enumerate(questions):
        for item in statements_of(number, known):
            for place in {run[0] for run in item.statement.rests_on}:
                result.setdefault(place, []).append(item)
    return {place: tuple(items) for place, items in result.items()}
