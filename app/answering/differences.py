"""Quotes of different documents that give another value for the same thing at the same time: said, never decided.

Two quotes are about the same thing where they share most of the words of the shorter one, neither names somebody that the
other does not, and both speak of the same year, of a target or of what came. Values that are one another's rounding, or that
"more than" and "at most" allow, do not differ.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from app.answers import Difference
from app.groundedness.dates import Date, dates
from app.groundedness.entities import name_key, names, one_form
from app.groundedness.figures import Figure
from app.groundedness.quantities import undated
from app.groundedness.support import content
from app.query.values import Query
from app.sentences import Citation, Sentence

ALIKE = 0.6  # share of the shorter quote's words, figures and years aside, that the other has
SPAN = ("date", "year")
_AIMS = re.compile(
    r"\b(?:target|goal|aim|plan(?:s|ned)?\b(?! period)|will|would|should|expect|forecast|propos|hope)|目标"
    r"|计划|将|力争|预计|预期",
    re.IGNORECASE,
)
"""What is said of what is to come: it does not differ from what came."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What a quote says of when and how much."""

    text: str
    figures: tuple[Figure, ...]
    dates: tuple[Date, ...]
    words: frozenset[str]
    names: frozenset[str]
    aimed: bool


def differences(question: Query, sentences: Sequence[Sentence], citations: Sequence[Citation]) -> tuple[Difference, ...]:
    """The quotes of an answer -> each pair of which the second gives another value than the first, of other documents."""
    document = {c.number: c.document_id for c in citations}
    said = [(s.citations[0], _said(s.text)) for s in sentences]
    found = []
    for (one, a), (other, b) in combinations(said, 2):
        values = _values(question, a, b) if document[one] != document[other] else None
        if values:
            found.append(Difference((one, other), values))
    return tuple(found)


def _said(text: str) -> _Said:
    figures = tuple(f for f in undated(text) if f.unit != "ordinal")
    when = dates(text)
    taken = {w for f in [*figures, *when] for w in (*content(f.text), *map(name_key, f.text.split()))}
    words = frozenset(content(text)) - taken
    named = frozenset(name_key(n) for n in names(one_form(text))) - taken
    return _Said(text, figures, when, words, named, _AIMS.search(text) is not None)


def _values(question: Query, one: _Said, other: _Said) -> tuple[str, str] | None:
    if not _same_thing(one, other):
        return None
    kind = question.answer_type.kind if question.answer_type else None
    if kind in SPAN:
        return _other_date(one.dates, other.dates)
    if _years(one) != _years(other):
        return None
    pairs = ((a, b) for a in one.figures for b in other.figures if a.unit == b.unit)
    first = next(pairs, None)
    if first is None or any(_agree(a, b) for a in one.figures for b in other.figures if a.unit == b.unit == first[0].unit):
        return None
    return first[0].text, first[1].text


def _same_thing(one: _Said, other: _Said) -> bool:
    shared = one.words & other.words
    least = min(len(one.words), len(other.words))
    apart = (one.names - other.names) and (other.names - one.names)
    return bool(shared) and len(shared) >= ALIKE * least and not apart and one.aimed == other.aimed


def _years(said: _Said) -> set[int]:
    return {d.year for d in said.dates if d.year}


def _other_date(one: Sequence[Date], other: Sequence[Date]) -> tuple[str, str] | None:
    """The first dates where no date of either says what one of the other does."""
    if not one or not other or any(a.says(b) or b.says(a) for a in one for b in other):
        return None
    return one[0].text, other[0].text


def _agree(a: Figure, b: Figure) -> bool:
    """Whether both may be true of the same thing."""
    return any(_allows(*pair) for pair in ((a, b), (b, a))) or abs(a.value - b.value) < max(a.step, b.step) / 2


def _allows(bound: Figure, value: Figure) -> bool:
    """Whether what is said before one figure allows the other."""
    over, near = value.value - bound.value, abs(value.value - bound.value) <= bound.step
    return {"": False, "~": near, ">": over >= 0, "<": over <= 0}[bound.bound]
