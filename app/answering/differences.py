"""Quotes of different documents that give another value for the same thing at the same time: said, never decided.

The value of a quote is what it holds of what is asked for; where that cannot be seen, its first figure, if both quotes are
worded alike. Values that are one another's rounding, or that "more than" and "at most" allow, do not differ, nor does an aim
from what came.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from app.answering.highlight import highlight
from app.answers import Difference
from app.groundedness.entities import name_key, names, one_form
from app.groundedness.support import content
from app.query.values import Query
from app.sentences import Citation, Sentence
from app.text.dates import Date, dates
from app.text.figures import Figure, undated

ALIKE = 0.6  # share of the shorter quote's words, figures and years aside, that the other has
NEAR = 0.5  # the same where both hold what is asked for
CLAUSE = 60  # characters before a value that say whether it is an aim
_AIMS = re.compile(
    r"\b(?:targets?|goals?|aim(?:s|ed)?|plan(?:s|ned)?|will|would|should|expect\w*|forecast)\b|目标|计划|将|力争|预计|预期"
)


@dataclass(frozen=True, slots=True)
class _Quote:
    """What a quote says: `value` is what it holds of what is asked for."""

    text: str
    figures: tuple[Figure, ...]
    dates: tuple[Date, ...]
    words: frozenset[str]
    names: frozenset[str]
    value: Figure | Date | None

    @property
    def year(self) -> int | None:
        """The year that it speaks of first."""
        return next((d.year for d in self.dates if d.year), None)

    def aims(self, value: Figure) -> bool:
        """Whether the value is wanted rather than reached."""
        return _AIMS.search(self.text[max(0, value.start - CLAUSE) : value.start]) is not None


def differences(question: Query, sentences: Sequence[Sentence], citations: Sequence[Citation]) -> tuple[Difference, ...]:
    """The quotes of an answer to one question -> each pair of different documents that gives two values; none where several
    things are asked for."""
    if question.parts or question.scope.several or question.scope.listed:
        return ()
    document = {c.number: c.document_id for c in citations}
    quotes = [(s.citations[0], _quote(question, s.text)) for s in sentences]
    found = []
    for (one, a), (other, b) in combinations(quotes, 2):
        values = _values(question, a, b) if document[one] != document[other] else None
        if values:
            found.append(Difference((one, other), values))
    return tuple(found)


def _quote(question: Query, text: str) -> _Quote:
    figures, when = tuple(f for f in undated(text) if f.unit != "ordinal"), dates(text)
    values: list[Date | Figure] = [*when, *figures]
    taken = {w for v in values for w in (*content(v.text), *map(name_key, v.text.split()))}
    place = highlight(question.standalone, text, question.answer_type)
    asked = next((v for v in values if place and v.start < place[1] and place[0] < v.end), None)
    return _Quote(text, figures, when, frozenset(content(text)) - taken, _names(text) - taken, asked)


def _names(text: str) -> frozenset[str]:
    return frozenset(name_key(n) for n in names(one_form(text)))


def _values(question: Query, one: _Quote, other: _Quote) -> tuple[str, str] | None:
    shared = len(one.words & other.words) / max(min(len(one.words), len(other.words)), 1)
    apart = (one.names - other.names) and (other.names - one.names)
    if apart and not _names(question.standalone) <= one.names & other.names:
        return None
    a, b = one.value, other.value
    if isinstance(a, Date) and isinstance(b, Date):
        return (a.text, b.text) if shared >= NEAR and not (a.says(b) or b.says(a)) else None
    if one.year != other.year:
        return None
    if isinstance(a, Figure) and isinstance(b, Figure):
        pairs = [(a, b)] if shared >= NEAR else []
    else:
        pairs = [(f, g) for f in one.figures for g in other.figures if f.unit == g.unit] if shared >= ALIKE else []
    if any(f.unit != g.unit or _agree(f, g) or one.aims(f) != other.aims(g) for f, g in pairs):
        return None
    return (pairs[0][0].text, pairs[0][1].text) if pairs else None


def _agree(a: Figure, b: Figure) -> bool:
    """Whether both may be true of the same thing."""
    return any(_allows(*pair) for pair in ((a, b), (b, a))) or abs(a.value - b.value) < max(a.step, b.step) / 2


def _allows(bound: Figure, value: Figure) -> bool:
    """Whether what is said before one figure allows the other."""
    over, near = value.value - bound.value, abs(value.value - bound.value) <= bound.step
    return {"": False, "~": near, ">": over >= 0, "<": over <= 0}[bound.bound]
