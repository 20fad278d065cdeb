"""Checks that the evidence holds a sentence's dates, and its figures with their units and bounds (`more than`, `about`)."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import accumulate, chain, combinations, pairwise, product

from app.groundedness.support import row_cells, sentences
from app.text.figures import Bound, Figure, mentions_unit, read_unit, undated_figures
from app.text.names import Date, dates

_BREAK = re.compile(
    r"[.!?] (?=[A-Z“\"])|[,;:()](?!\d)|[,;:()](?=\d{4}(?!\d))|[，；：、。()]"
    r"|\b(?:and|but|while|whereas|although|though|compared (?:with|to)|against|versus"
    r"|(?:up|down|rising|growing|rose|grew|fell) from|than(?! in \d)|which|followed by)\b"
    r"|\bto(?= (?:over |about |around |more than |nearly )?[$¥]?\d)"
)
_UNIT_CELL = re.compile(r"\(([^()]{2,60})\)")
_PLANNED = re.compile(
    r"\b(?:target|aim|intend|want|seek|sought|envisag|expect|project(?:ed|ion)|forecast|schedul|promis|pledg|vow|hope"
    r"|foresee|foresaw"
    r"|ambition|goal|plan(?:s|ned|ning)? to\b|planned)|\b(?:should|shall|will|would|must)\b|\b(?:is|are|was|were|has|have"
    r"|had) to [a-z]"
    r"|\b(?:call|ask|aim)(?:s|ed|ing)? for\b|\bin view\b|\bset for\b|\bsupposed to\b|\b(?:is|was) for \w+ to\b|\bto be"
    r" [a-z]+|\bmeant to\b|\bdue to (?:be|open|start)\b|\b(?:has|have) China [a-z]"
    r"|目标|计划(?=[到在将于建用])|拟|将(?!近)|应当?(?!用)|力争|预计|预期|争取|要(?=[到达在建使把下提])|想要|承诺|希望",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"\b(?:(?:reach|achiev|attain|record|complet|amount|report|install|register|produc|open|launch|adopt|pass|account"
    r"|total|totall|add|export|import"
    r"|increas|rais)ed|was|were|had|hit|rose|grew|fell|stood|met|came|made(?! in\b)|spent|built|became|took|held|went|got"
    r"|sold|won|paid|result"
    r"|(?:has|have) (?:\w+ )?\w+(?:ed|ilt|ade|aid|own|een|un))\b|已(?!提)|达到?了|建成|完成|实现了|达到",
    re.IGNORECASE,
)
_BOUND_WORDS: dict[Bound, str] = {"": "exactly", "~": "about", ">": "more than", "<": "at most"}
_SMALL_WORDS = frozenset(
    "and but for from that the then while with was were are against compared after before more less higher above in"
    " by".split()
)
_CURRENCIES = ("yuan", "dollar", "euro")
MAX_COMBINED = 24  # figures that are combined: no reader adds up more
_YEARLY = re.compile(r"a year|per year|annual|yearly|年均|每年", re.IGNORECASE)
_MEAN = re.compile(r"\baverage|\bmean\b|平均", re.IGNORECASE)
_REST = re.compile(r"\b(?:rest|remain\w*|other|others|else)\b|其余|其他|剩", re.IGNORECASE)
_PART = re.compile(r"[:;.(。；：]|\b(?:because|while|whereas|in|of|for|with)\b")
_NAMED = re.compile(
    r"(?<![\w-])(?:[A-Z][\w-]*+(?: [A-Z][\w-]*+){0,4}+, ){0,20}+[A-Z][\w-]*+(?: [A-Z][\w-]*+){0,4}+,? and [A-Z]"
)
_ITEMS = re.compile(r", (?:and )?|;\s| and |[、，和及]")


def status_of(text: str) -> str:
    """Return the status of a clause.

    Returns:
        `planned` for a target, plan or proposal, `done` for a result, '' if the clause is neither.
    """
    return "planned" if _PLANNED.search(text) else "done" if _DONE.search(text) else ""


@lru_cache(maxsize=512)
def figures_of(text: str) -> tuple[Figure, ...]:
    """Find the figures of a text that are not dates, with their units.

    A figure without a unit takes it from another cell of its row, or from the figure before it.
    """
    result: list[Figure] = []
    for sentence in sentences([text])[:2_000]:  # no quote has more
        cells = row_cells(sentence)
        for cell in cells:
            result += _with_unit(undated_figures(cell), cells)
        if not cells:
            result += _with_preceding_unit(undated_figures(sentence))
    return tuple(result)


def statuses(text: str) -> Iterator[tuple[Figure, str]]:
    """Yield the figures of a text with their status: `planned`, `done`, or '' if it is not clear.

    The positions of the figures are those in the text. The status comes from the clause of the figure, else from the
    clauses that lead to it, else from the clause before. In a table cell the heading comes first.
    """
    figures = sorted(undated_figures(text), key=lambda f: f.start)
    starts = [f.start for f in figures]
    cells = row_cells(text)
    if cells:
        ends = [end - 2 for end in accumulate(len(cell) + 2 for cell in cells)]  # `; ` stands between two
    else:
        ends = [*(m.start() for m in _BREAK.finditer(text)), len(text)]
    clause_start, status = 0, ""
    for start, end in pairwise([0, *ends]):
        in_clause = figures[bisect_left(starts, start) : bisect_left(starts, end)]
        if not in_clause:
            continue
        clause = text[start:end]
        if cells:
            clause_start, status = start, status_of(clause.rpartition(": ")[0]) or status_of(clause)
        else:
            status = status_of(clause) or status_of(text[clause_start:start]) or status
        yield from ((figure, status) for figure in in_clause)
        clause_start = end


def _with_unit(figures: Sequence[Figure], cells: Sequence[str]) -> list[Figure]:
    """Give the figures of a cell without a unit the unit that another cell of the row names.

    In `Indicator: output (tonnes); 2020: 5`, the figure 5 is in tonnes.
    """
    if all(f.unit for f in figures):
        return list(figures)
    for match in (m for cell in cells for m in _UNIT_CELL.finditer(cell)):
        size, unit, _ = read_unit(" " + match[1], 0)
        if unit or size > 1:
            return [f if f.unit else f.scaled(size, unit) for f in figures]
    return list(figures)


def _with_preceding_unit(figures: Sequence[Figure]) -> list[Figure]:
    """`from 2.4 trillion yuan to 3.6 trillion`: a size without a unit has that of the figure before it."""
    unit, result = "", []
    for figure in figures:
        if any(size in figure.text for size in ("illion", "bn", "万", "亿")):
            unit = figure.unit or unit
            figure = replace(figure, unit=unit)
        result.append(figure)
    return result


def same_size(claim: Figure, evidence: Figure) -> bool:
    """Return True if a claim's figure is the one found, or a rounding of it.

    A rounding keeps at least two digits, unless the claim says `about`, `over` or `under`.
    """
    if math.isclose(claim.value, evidence.value, rel_tol=1e-9):
        return True
    if claim.unit == "%" == evidence.unit and not claim.text[:1].isdigit():
        return abs(claim.value - evidence.value) <= 0.7  # a third is 33 percent
    difference = evidence.value - claim.value
    is_rounding = abs(difference) <= min(claim.step / 2, 0.025 * claim.value)
    by_bound = {
        "": is_rounding,
        "~": abs(difference) <= claim.step / 2,
        ">": 0 < difference < claim.step,
        "<": 0 < -difference < claim.step,
    }
    return by_bound[claim.bound] and evidence.bound in ("", "~")


def missing_date(claim: str, evidence: str) -> str:
    """Find a date of a claim that the evidence does not have.

    Returns:
        The fault as a sentence, '' if the evidence has all dates.
    """
    evidence_dates = dates(evidence)
    missing = (d for d in dates(claim) if not any(known.includes(d) for known in evidence_dates))
    return next((f"The date {d.text} is not in the evidence." for d in missing), "")


def missing_figure(figure: Figure, evidence_figures: Sequence[Figure], claim: str, evidence: str) -> str:
    """Check that the evidence has a figure with its unit and bound.

    Args:
        figure: A figure of the claim.
        evidence_figures: The figures of the evidence.
        claim: The claim.
        evidence: The evidence.

    Returns:
        The fault as a sentence, '' if the evidence has the figure.
    """
    candidates = [k for k in evidence_figures if same_size(figure, k)]
    if not candidates:
        return f"The figure {figure.text} is not in the evidence."
    candidates = [k for k in candidates if units_agree(figure, k) or _unit_elsewhere(figure, k, claim, evidence)]
    if not candidates:
        return f"The evidence gives {figure.text} in another unit."
    if not any(_bounds_agree(figure, k) for k in candidates):
        return f"The evidence does not say “{_BOUND_WORDS[figure.bound]} {figure.text}”."
    return ""


def units_agree(claim: Figure, evidence: Figure) -> bool:
    """Return True if two figures of the same size may count the same kind of thing.

    Only their units are compared.
    """
    if claim.unit == evidence.unit:
        return True
    if claim.unit == "times" and not evidence.unit:  # met three times: three meetings
        return not re.match(r"(?:doub|trip)l|\w+fold", claim.text, re.I)
    return not evidence.unit and claim.unit == "ordinal"


def _unit_elsewhere(claim: Figure, quoted: Figure, claim_text: str, evidence: str) -> bool:
    if not quoted.unit:  # a bare number: its unit may stand elsewhere, as at the head of a table
        return mentions_unit(evidence, claim.unit)
    noun = re.match(r"[ -]?[a-z]{3,}", claim_text[claim.end :])  # `41 firms` is not 41 percent; `up from 41` may be
    return not claim.unit and (not noun or noun[0].strip(" -") in _SMALL_WORDS) and quoted.unit != "ordinal"


def _bounds_agree(claim: Figure, evidence: Figure) -> bool:
    if not math.isclose(claim.value, evidence.value, rel_tol=1e-9):
        return evidence.bound in ("", "~", claim.bound)
    return evidence.bound == claim.bound or {evidence.bound, claim.bound} == {"", "~"}


# --- What follows from figures that are quoted: sums, differences, ratios, growth, shares, averages, time between dates,
# amounts in another currency, ranks, counts.


@dataclass(frozen=True, slots=True)
class Quoted:
    """The figures and dates of the evidence that a figure may be made of, and the lengths of its lists."""

    figures: tuple[Figure, ...]
    dates: tuple[Date, ...]
    counts: frozenset[int]

    @classmethod
    def of(cls, evidence: Sequence[str], breadcrumb: str = "", rows: Sequence[int] = ()) -> Quoted:
        """Collect the figures, dates and list lengths of the evidence.

        Args:
            evidence: The passages.
            breadcrumb: The text above them; only its dates count.
            rows: The numbers of items and rows that stand together.
        """
        days = (d for passage in [*evidence, breadcrumb] for d in dates(passage))
        figures = (f for passage in evidence for f in figures_of(passage))
        return cls(tuple(figures), tuple(days), _list_lengths(evidence) | set(rows))


def _list_lengths(evidence: Sequence[str]) -> frozenset[int]:
    """Return the lengths of the lists: passages that are items or rows, and items that a clause of a sentence names."""
    lengths = {len(evidence) - any(e.endswith(":") for e in evidence)}
    for text in evidence:
        text = re.sub(r" ?\([^()]{1,200}\)", "", text)
        lengths |= {len(_ITEMS.findall(part)) + 1 for part in (*_PART.split(text), *_NAMED.findall(text))}
    return frozenset(lengths) - {0, 1}


def is_derivable(figure: Figure, claim: str, quoted: Quoted) -> bool:
    """Return True if a figure of a claim can be computed from the evidence."""
    if figure.unit == "ordinal":
        ordinals = {f.value for f in quoted.figures if f.unit == "ordinal"} | {d.day for d in quoted.dates}
        if figure.value in ordinals or (figure.value < 3 and figure.value + 1 in ordinals):  # the 27th; a second, so a first
            return True
        return figure.value <= max(quoted.counts, default=0)  # a rank among what is quoted
    if range_start := re.search(r"between (\S+ and )?$", claim[: figure.start]):
        figure = replace(figure, bound="<" if range_start[1] else ">")
    quoted_figures = [k for k in quoted.figures if k.unit != "ordinal"][:MAX_COMBINED]
    years = [d.year for d in quoted.dates if d.year]
    span = max(years) - min(years) if years and _YEARLY.search(claim) else 0
    mean = bool(_MEAN.search(claim))
    values = chain(
        () if figure.unit else quoted.counts,
        (100 - k.value for k in quoted_figures if k.unit == figure.unit == "%" and _REST.search(claim)),
        _time_spans(figure, quoted.dates),
        _sums(figure, quoted_figures, mean),
        _pair_results(figure, quoted_figures, span, mean),
        _conversions(figure, quoted_figures),
    )
    return any(is_rounded(figure, value) for value in values)


def is_rounded(figure: Figure, value: float) -> bool:
    """Return True if a claim's figure is a value, rounded as people round."""
    difference = value - figure.value
    exact = figure.step / 2 if figure.step < 1 or figure.value % 10 else min(figure.step / 2, 0.025 * figure.value)
    if figure.unit in ("times", "%") and not figure.text[:1].isdigit():  # doubled, a third
        exact = 0.05 * figure.value
    slack = 0.1 * figure.value
    low, high = {"": (exact, exact), "~": (slack, slack), ">": (0, 1.5 * slack), "<": (1.5 * slack, 0)}[figure.bound]
    return -low * 1.0001 - 1e-9 <= difference <= high * 1.0001 + 1e-9


def _time_spans(figure: Figure, known_dates: Sequence[Date]) -> Iterator[float]:
    """Yield the years, months and days between two dates, and the years of a span with both its ends."""
    points = sorted({(d.year, d.month or 0, d.day or 0) for d in known_dates if d.year})[:MAX_COMBINED]
    for earlier, later in combinations(points, 2):
        years, months, days = (b - a for a, b in zip(earlier, later, strict=True))
        if not (earlier[1] and later[1]):
            months = days = 0
        exact = years * 12 + months + (days / 30 if earlier[2] and later[2] else 0)
        if figure.unit in ("month", ""):
            yield from (exact, years * 12) if figure.unit else (exact, exact / 12, years)
            yield (years + 1) * (12 if figure.unit else 1)
        if figure.unit == "day" and earlier[2] and later[2]:
            yield from ((date(*later) - date(*earlier)).days, days)


def _sums(figure: Figure, known_figures: Sequence[Figure], mean: bool) -> Iterator[float]:
    """Yield sums or averages of three or more figures of the claim's unit that stand in a row."""
    values = [k.value for k in known_figures if k.unit == figure.unit]
    for first in range(len(values)):
        for last in range(first + 3, len(values) + 1):
            total = sum(values[first:last])
            yield total / (last - first) if mean else total


def _pair_results(figure: Figure, known_figures: Sequence[Figure], span: int, mean: bool) -> Iterator[float]:
    """Yield what follows from two figures: sums, differences, ratios, shares and growth, a year's if it took a `span`."""
    for one, other in combinations(known_figures, 2):
        small, large = sorted((one.value, other.value))
        if small > 0 and "%" in (one.unit, other.unit) and one.unit != other.unit:
            share, base = (one, other) if one.unit == "%" else (other, one)
            if base.unit == figure.unit:  # the part; the whole after growing, after shrinking, and before it grew
                part = share.value / 100 * base.value
                yield from (part, base.value + part, base.value - part, base.value / (1 + share.value / 100))
        if "times" in (one.unit, other.unit) and figure.unit in (one.unit, other.unit):
            yield one.value * other.value  # twice as many
        if one.unit != other.unit or small <= 0:
            continue
        if figure.unit == one.unit:
            yield (small + large) / 2 if mean else small + large
        if figure.unit == ("percentage point" if one.unit == "%" else one.unit):  # that of the difference
            yield large - small
        if figure.unit == "times":
            yield large / small
        if figure.unit == "%" and one.unit != "percentage point":
            yield from (100 * small / large, 100 * (large / small - 1), 100 * (1 - small / large))
            yield from (100 * small / (small + large), 100 * large / (small + large))
            if span > 1:
                yield 100 * ((large / small) ** (1 / span) - 1)


def _conversions(figure: Figure, known_figures: Sequence[Figure]) -> Iterator[float]:
    """Yield the amounts in another currency that can be converted to the figure's currency.

    The rate is one that is quoted ("7.1 yuan"), or that of two amounts of the same thing.
    """
    if figure.unit not in _CURRENCIES:
        return
    amounts = [k for k in known_figures if k.unit in _CURRENCIES and k.value > 0]
    own, foreign = ([k.value for k in amounts if (k.unit == figure.unit) == same] for same in (True, False))
    rates = [rate for rate in (*product((1.0,), foreign), *product(own, (1.0,))) if max(rate) < 1_000]  # none is higher
    for amount in foreign:
        yield from (amount * mine / other for mine, other in (*rates, *product(own, foreign)) if other != amount)
