"""An engine's proposal for an answer: statements that nobody has verified, and the verdict that they lead to.

`app.answering.verify` makes an `Answer` of a draft; the page cannot show a draft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from app.answers import Evidence, Hit, ModelUse, NotePart, Searched, Status
from app.query.values import Query
from app.sentences import BlockKind, Place
from app.text.names import Span
from ingest.documents import PassageLocation

Origin = Literal["written", "passage", "model"]
Run = tuple[PassageLocation, ...]
"""Passages that follow each other without a gap: what one citation quotes."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence that stands alone, with the passages that it rests on.

    Attributes:
        text: The sentence by language.
        rests_on: The passages that support it, a run for each citation.
        origin: Where it comes from: an answer that was `written` beforehand, a `passage` by itself, or a `model`.
        kind: The block of the answer that contains it: a paragraph, a list or a table.
        block: The number of that block, from 1; 0 for a statement that stands by itself.
        cells: For a row of a table, pairs of a column's heading and a cell by language.
        highlight: Where the text contains what was asked for, if that is sure.
        alone: How it reads outside its answer by language; {} if that is the text.
    """

    text: Mapping[str, str]
    rests_on: tuple[Run, ...]
    origin: Origin
    kind: BlockKind = "paragraph"
    block: int = 0
    cells: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    highlight: Span | None = None
    alone: Mapping[str, str] = field(default_factory=dict)

    def in_language(self, language: str) -> str:
        """Return the text in a language, in the first one that it has if it lacks this one."""
        return self.text.get(language) or next(iter(self.text.values()))

    def place_in(self, language: str) -> Place | None:
        """Return its place in an answer in a language, None if it stands by itself."""
        cells = self.cells.get(language) or next(iter(self.cells.values()), ())
        return Place(self.block, self.kind, cells) if self.block else None


@dataclass(frozen=True, slots=True)
class Draft:
    """An engine's proposal for an answer.

    Attributes:
        query: The question that it answers.
        status: The verdict if its statements stand.
        statements: The statements, in the order in which they are shown.
        missing: What the documents do not hold, as a refusal says it; '' if nobody wrote that.
        notes: The sentences of the note, apart from those that verification adds.
        closest: The nearest passages, for a refusal.
        confidence: The probability, 0 to 1, that the evidence contains the answer.
        read_as: The question that is answered, '' for the query as it is searched.
        asks_for_one: True if what the question asks for may be named beside the answer: a kind of thing, or two sides.
        searched, suggestions, written, composed, forms, model: As in `Answer`.
        quotes: The program's own draft, if this one stands in its place.
    """

    query: Query
    status: Status = "not_found"
    statements: tuple[Statement, ...] = ()
    missing: str = ""
    notes: tuple[NotePart, ...] = ()
    closest: tuple[Run, ...] = ()
    confidence: float = 0.0
    read_as: str = ""
    asks_for_one: bool = True
    searched: Searched | None = None
    suggestions: tuple[str, ...] = ()
    written: bool = False
    composed: bool = False
    forms: tuple[str, ...] = ()
    model: ModelUse | None = None
    quotes: Draft | None = None

    @property
    def declines(self) -> bool:
        """True if it says that what was asked is not held, whatever else it tells."""
        return self.status == "not_found" or any(note.kind == "unanswered" and note.text for note in self.notes)

    @property
    def in_quotes(self) -> Draft:
        """The program's own draft."""
        return self.quotes or self


@dataclass(frozen=True, slots=True)
class Proposal:
    """A draft with all the evidence that its engine was shown."""

    draft: Draft
    evidence: tuple[Evidence, ...] = ()


def location(item: Evidence | Hit) -> PassageLocation:
    """Return the location of the passage of a piece of evidence or a hit."""
    return PassageLocation(item.passage.document_id, item.passage.start)


def run_of(items: Sequence[Evidence]) -> Run:
    """Return the locations of passages that follow each other."""
    return tuple(map(location, items))
