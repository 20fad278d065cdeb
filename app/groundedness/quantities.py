"""Checks that the evidence holds a sentence's dates, and its figures with their units and bounds (`more than`, `about`)."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from app.groundedness.support import row, sentences
from app.text.dates import dates
from app.text.figures import Bound, Figure, after_number, mentions, undated

MOST = 2_000  # sentences and rows of a text that are read: no quote has more
_BREAK = re.compile(
    r"[.!?] (?=[A-Z“\"])|[,;:()](?!\d)|[,;:()](?=\d{4}(?!\d))|[，；：、。()]"
    r"|\b(?:and|but|while|whereas|although|though|compared (?:with|to)|against|versus"
    r"|(?:up|down|rising|growing|rose|grew|fell) from|than(?! in \d)|which|followed by)\b"
    r"|\bto(?= (?:over |about |around |more than |nearly )?[$¥]?\d)"
)
_UNIT_CELL = re.compile(r"\(([^()]{2,60})\)")
PLANNED = re.compile(
    r"\b(?:target|aim|intend|want|seek|sought|envisag|expect|project(?:ed|ion)|forecast|schedul|promis|pledg|vow|hope"
    r"|foresee|foresaw"
    r"|ambition|goal|plan(?:s|ned|ning)? to\b|planned)|\b(?:should|shall|will|would|must)\b|\b(?:is|are|was|were|has|have"
    r"|had) to [a-z]"
    r"|\b(?:call|ask|aim)(?:s|ed|ing)? for\b|\bin view\b|\bset for\b|\bsupposed to\b|\b(?:is|was) for \w+ to\b|\bto be"
    r" [a-z]+|\bmeant to\b|\bdue to (?:be|open|start)\b|\b(?:has|have) China [a-z]"
    r"|目标|计划(?=[到在将于建用])|拟|将(?!近)|应当?(?!用)|力争|预计|预期|争取|要(?=[到达在建使把下提])|想要|承诺|希望",
    re.IGNORECASE,
)
DONE = re.compile(
    r"\b(?:(?:reach|achiev|attain|record|complet|amount|report|install|register|produc|open|launch|adopt|pass|account"
    r"|total|totall|add|export|import"
    r"|increas|rais)ed|was|were|had|hit|rose|grew|fell|stood|met|came|made(?! in\b)|spent|built|became|took|held|went|got"
    r"|sold|won|paid|result"
    r"|(?:has|have) (?:\w+ )?\w+(?:ed|ilt|ade|aid|own|een|un))\b|已(?!提)|达到?了|建成|完成|实现了|达到",
    re.IGNORECASE,
)


def status_of(text: str) -> str:
    """A clause -> `planned` where it tells a target, plan or proposal, `done` where it tells what came about."""
    return "planned" if PLANNED.search(text) else "done" if DONE.search(text) else ""


@lru_cache(maxsize=512)
def figures_of(text: str) -> tuple[Figure, ...]:
    """A text -> its figures that are no dates, with the unit that another cell of the row or the figure before says."""
    found: list[Figure] = []
    for said in sentences([text])[:MOST]:
        cells = row(said)
        found += [f for cell in cells for f in _with_unit(undated(cell), cells)] if cells else _same_unit(undated(said))
    return tuple(found)


def statuses(text: str) -> Iterator[tuple[Figure, str]]:
    """A text -> its figures, whose places are those in it, each with `planned`, `done`, or '' where neither is said: by its
    clause with what leads to it, or the clause before; of a cell by its heading first."""
    figures = sorted(undated(text), key=lambda f: f.start)
    starts = [f.start for f in figures]
    cells = row(text)
    ends = _cell_ends(cells) if cells else [*(m.start() for m in _BREAK.finditer(text)), len(text)]
    begun, status = 0, ""
    for start, end in pairwise([0, *ends]):
        mine = figures[bisect_left(starts, start) : bisect_left(starts, end)]
        if not mine:
            continue
        own = text[start:end]
        if cells:
            begun, status = start, status_of(own.rpartition(": ")[0]) or status_of(own)
        else:
            status = status_of(own) or status_of(text[begun:start]) or status
        yield from ((figure, status) for figure in mine)
        begun = end


def _cell_ends(cells: Sequence[str]) -> list[int]:
    ends, at = [], 0
    for cell in cells:
        at += len(cell)
        ends.append(at)
        at += 2  # what stands between two
    return ends


def _with_unit(figures: Sequence[Figure], cells: Sequence[str]) -> list[Figure]:
    """A cell's bare figures in the unit that another cell of the row has: `Indicator: output (tonnes); 2020: 5`."""
    if all(f.unit for f in figures):
        return list(figures)
    for match in (m for cell in cells for m in _UNIT_CELL.finditer(cell)):
        size, unit, _ = after_number(" " + match[1], 0)
        if unit or size > 1:
            return [_sized(f, size, unit) for f in figures]
    return list(figures)


def _sized(figure: Figure, size: float, unit: str) -> Figure:
    return figure if figure.unit else replace(figure, value=figure.value * size, step=figure.step * size, unit=unit)


def _same_unit(found: Sequence[Figure]) -> list[Figure]:
    """`from 2.4 trillion yuan to 3.6 trillion`: a size without a unit has that of the figure before it."""
    unit, made = "", []
    for figure in found:
        if not figure.unit and unit and re.search(r"illion|bn|[万亿]", figure.text):
            figure = replace(figure, unit=unit)
        unit = figure.unit if re.search(r"illion|bn|[万亿]", figure.text) else unit
        made.append(figure)
    return made


def same_size(claim: Figure, found: Figure) -> bool:
    """Two figures -> whether the claim's is the one found, or its rounding: to two digits or more, or where the claim says
    `about`, `over` or `under`."""
    if math.isclose(claim.value, found.value, rel_tol=1e-9):
        return True
    if claim.unit == "%" == found.unit and not claim.text[:1].isdigit():
        return abs(claim.value - found.value) <= 0.7  # a third is 33 percent
    over = found.value - claim.value
    rounded = abs(over) <= min(claim.step / 2, 0.025 * claim.value)
    near = {"": rounded, "~": abs(over) <= claim.step / 2, ">": 0 < over < claim.step, "<": 0 < -over < claim.step}
    return near[claim.bound] and found.bound in ("", "~")


_MAY_STAND: dict[Bound, str] = {"": "~", "~": "~", ">": ">", "<": "<"}
_SAID: dict[Bound, str] = {"": "exactly", "~": "about", ">": "more than", "<": "at most"}


def missing_date(claim: str, evidence: str) -> str:
    """A claim and its evidence -> what is wrong with the claim's dates, '' where the evidence holds them all."""
    known = dates(evidence)
    missing = (d for d in dates(claim) if not any(k.says(d) for k in known))
    return next((f"The date {d.text} is not in the evidence." for d in missing), "")


def missing_figure(figure: Figure, known: Sequence[Figure], claim: str, evidence: str) -> str:
    """A figure of a claim and those of its evidence -> what is wrong with it, '' where the evidence holds it with its unit
    and bound."""
    same = [k for k in known if same_size(figure, k)]
    if not same:
        return f"The figure {figure.text} is not in the evidence."
    same = [k for k in same if unit_fits(figure, k) or _unit_elsewhere(figure, k, claim, evidence)]
    if not same:
        return f"The evidence gives {figure.text} in another unit."
    if not any(_bound_fits(figure, k) for k in same):
        return f"The evidence does not say “{_SAID[figure.bound]} {figure.text}”."
    return ""


def unit_fits(claim: Figure, found: Figure) -> bool:
    """Two figures of one size -> whether they count the same kind of thing, as far as their units tell."""
    if claim.unit == found.unit:
        return True
    if claim.unit == "times" and not found.unit:  # met three times: three meetings
        return not re.match(r"(?:doub|trip)l|\w+fold", claim.text, re.I)
    return not found.unit and claim.unit == "ordinal"


def _unit_elsewhere(claim: Figure, found: Figure, said: str, evidence: str) -> bool:
    if not found.unit:  # a bare number: its unit may stand elsewhere, as at the head of a table
        return mentions(evidence, claim.unit)
    counted = re.match(r"[ -]?[a-z]{3,}", said[claim.end :])  # `41 firms` is not 41 percent; `up from 41` may be
    return not claim.unit and (not counted or counted[0].strip(" -") in _SMALL_WORDS) and found.unit != "ordinal"


_SMALL_WORDS = frozenset(
    "and but for from that the then while with was were are against compared after before more less higher above in"
    " by".split()
)


def _bound_fits(claim: Figure, found: Figure) -> bool:
    if not math.isclose(claim.value, found.value, rel_tol=1e-9):
        return found.bound in ("", "~", claim.bound)
    return found.bound in (claim.bound, _MAY_STAND[claim.bound]) or (claim.bound == "~" and not found.bound)
