"""A text -> where its figures and dates stand: each with the names, words and years of its clause, or of its row.

The claim and its evidence are read alike, so that two places can be compared.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import TypeVar

from app.groundedness.cues import DONE, PLANNED
from app.groundedness.dates import Date, dates
from app.groundedness.entities import name_key, names, one_form
from app.groundedness.figures import Figure
from app.groundedness.hanzi import chinese
from app.groundedness.lemmas import key
from app.groundedness.quantities import undated
from app.groundedness.support import content, row, sentences
from app.groundedness.units import after_number

MOST = 2_000  # sentences and rows of evidence that are read: no quote has more
_BREAK = re.compile(
    r"[.!?] (?=[A-Z“\"])|[,;:()](?!\d)|[,;:()](?=\d{4}(?!\d))|[，；：、。()]"
    r"|\b(?:and|but|while|whereas|although|though|compared (?:with|to)|against|versus"
    r"|(?:up|down|rising|growing|rose|grew|fell) from|than(?! in \d)|which|followed by)\b"
    r"|\bto(?= (?:over |about |around |more than |nearly )?[$¥]?\d)"
)
_Item = TypeVar("_Item", Figure, Date)
_WHEN = frozenset(
    key(w) for w in "between since until late early end mid year during around through period close start".split()
)
_BASE = re.compile(r"\b(?:than|from|on|over|against|compared (?:with|to)|since)(?: in| of)? (?=\d{4}\b)")
_UNIT_CELL = re.compile(r"\(([^()]{2,60})\)")


@dataclass(frozen=True, slots=True)
class Place:
    """A figure or date, and what its clause or row says of it. `status`: planned, done, or '' where neither is said."""

    item: Figure | Date
    names: frozenset[str]
    words: frozenset[str]
    years: frozenset[int]
    status: str
    clause: tuple[int, int]
    """Number of the sentence or row, and of the clause or cell in it."""
    row: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """A clause of a sentence, or a cell with its heading."""

    text: str
    figures: tuple[Figure, ...]
    dates: tuple[Date, ...]
    lead: int = 0
    """Where the clause itself begins, behind clauses without figures."""

    @property
    def items(self) -> tuple[Figure | Date, ...]:
        """Its figures, then its dates."""
        return (*self.figures, *self.dates)

    @property
    def bare(self) -> str:
        """The text without its figures, their units, and dates."""
        text = self.text
        for said in sorted({i.text for i in self.items}, key=len, reverse=True):
            text = text.replace(said, " ")
        return text


@lru_cache(maxsize=512)
def places(texts: tuple[str, ...]) -> tuple[Place, ...]:
    """Texts -> all places of their figures and dates."""
    found: list[Place] = []
    status = ""
    for number, said in enumerate(islice(sentences(texts), MOST)):
        cells = row(said)
        found += _of_row(cells, number) if cells else _of_sentence(said, number, status)
        status = status_of(said) if said.endswith(":") else ""  # of the list that follows
    return tuple(found)


def said_of(claim: str) -> tuple[Place, ...]:
    """A claim -> the places of its figures and dates, which keep their offsets."""
    cells = row(claim)
    return tuple(_of_row(cells, 0) if cells else _of_sentence(claim, 0, "", loose=True))


def status_of(text: str) -> str:
    """A clause -> `planned` where it tells a target, plan or proposal, `done` where it tells what came about."""
    return "planned" if PLANNED.search(text) else "done" if DONE.search(text) else ""


def names_of(text: str) -> frozenset[str]:
    """A text -> keys of its names."""
    return frozenset(name_key(n) for n in names(one_form(text)))


def words_of(text: str) -> frozenset[str]:
    """A text -> keys of its other words that carry meaning."""
    held = re.compile(r"[^\W\d]" if chinese(text) else "[a-z\u00c0-\u024f]")
    return frozenset(w for w in content(text) if held.match(w)) - names_of(text)


def _part(text: str) -> _Part:
    return _Part(text, tuple(undated(text)), dates(text))


def _of_row(cells: Sequence[str], number: int) -> Iterator[Place]:
    parts = [_with_unit(_part(c), cells) for c in cells]
    values = [_part(c.rpartition(": ")[2]) for c in cells]
    label = ". ".join(c for c, v in zip(cells, values, strict=True) if not v.figures)
    label_names, label_words = names_of(label), words_of(label)
    names_row = bool(PLANNED.search(label))
    years = frozenset(d.year for p in parts for d in p.dates if d.year)
    label_years = frozenset(d.year for v in values if not v.figures for d in v.dates if d.year)
    for at, part in enumerate(parts):
        status = status_of(part.text.rpartition(": ")[0]) or status_of(part.text) or ("planned" if names_row else "")
        own = frozenset(d.year for d in part.dates if d.year)
        own = own | label_years if own else years
        named, said = names_of(part.text) | label_names, words_of(part.text) | label_words
        for item in part.items:
            yield Place(item, named, said, own, status, (number, at), row=True)


def _with_unit(part: _Part, cells: Sequence[str]) -> _Part:
    """The cell's bare figures in the unit that another cell of the row has: `Indicator: output (tonnes); 2020: 5`."""
    if not any(not f.unit for f in part.figures):
        return part
    for cell in cells:
        for match in _UNIT_CELL.finditer(cell):
            size, unit, _ = after_number(" " + match[1], 0)
            if unit or size > 1:
                return replace(part, figures=tuple(_sized(f, size, unit) for f in part.figures))
    return part


def _sized(figure: Figure, size: float, unit: str) -> Figure:
    return figure if figure.unit else replace(figure, value=figure.value * size, step=figure.step * size, unit=unit)


def _of_sentence(sentence: str, number: int, status: str, loose: bool = False) -> Iterator[Place]:
    ends = [*(m.start() for m in _BREAK.finditer(sentence)), len(sentence)]
    figures, days = deque(_same_unit(undated(sentence))), deque(dates(sentence))
    parts: list[_Part] = []
    start, lead = 0, ""
    dated: tuple[Date, ...] = ()
    for end in ends:
        mine, then = _taken(figures, end), _taken(days, end)
        own, before = sentence[start:end], len(lead)
        lead, start = lead + own, end
        if mine or (then and words_of(own) - _WHEN | names_of(own)):
            parts.append(_Part(lead, mine, dated + then, before))
            lead, dated = "", ()
        else:
            dated += then  # By 2025, …
    if dated:
        parts.append(_Part(lead, (), dated))
    elif parts and lead:
        parts[-1] = replace(parts[-1], text=parts[-1].text + lead)
    yield from _inheriting(parts, number, status, loose)


def _taken(waiting: deque[_Item], end: int) -> tuple[_Item, ...]:
    """Those that begin before `end`, taken from the front."""
    found = []
    while waiting and waiting[0].start < end:
        found.append(waiting.popleft())
    return tuple(found)


def _same_unit(found: Sequence[Figure]) -> list[Figure]:
    """`from 2.4 trillion yuan to 3.6 trillion`: a size without a unit has that of the figure before it."""
    unit, made = "", []
    for figure in found:
        if not figure.unit and unit and re.search(r"illion|bn|[万亿]", figure.text):
            figure = replace(figure, unit=unit)
        unit = figure.unit if re.search(r"illion|bn|[万亿]", figure.text) else unit
        made.append(figure)
    return made


def _inheriting(parts: Sequence[_Part], number: int, status: str, loose: bool) -> Iterator[Place]:
    """Clauses -> their places; what a clause leaves unsaid it has from the one before, its year else from the one behind;
    `loose`, as a claim is read: only the year, where the sentence has no other."""
    named: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()
    dated = [frozenset(d.year for d in p.dates if d.year) for p in parts]
    years = next((y for y in dated if y), frozenset())
    every = frozenset[int]().union(*dated)
    alone = every if len(every) == 1 else frozenset[int]()
    for at, (part, own) in enumerate(zip(parts, dated, strict=True)):
        own_names, own_words = names_of(part.bare), words_of(part.bare)
        named, said = (own_names, own_words) if loose else (own_names or named, own_words or said)
        if own and _BASE.search(part.text):  # 5 percent more than in 2023: said of 2024
            own |= years
        years = own or (alone if loose else years)
        status = status_of(part.text[part.lead :]) or status_of(part.text[: part.lead]) or ("" if loose else status)
        for item in part.items:
            yield Place(item, named, said, years, status, (number, at))
