"""What follows from figures that are quoted: sums, differences, ratios, growth, shares, averages, time between dates,
amounts in another currency, ranks, counts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations, product

from app.groundedness.quantities import figures_of
from app.text.dates import Date, dates
from app.text.figures import Figure

HIGHEST_RATE = 1_000  # of one currency in another that people quote
_CURRENCIES = ("yuan", "dollar", "euro")
MOST = 24  # figures that are combined: no reader adds up more
_YEARLY = re.compile(r"a year|per year|annual|yearly|年均|每年", re.IGNORECASE)
_MEAN = re.compile(r"\baverage|\bmean\b|平均", re.IGNORECASE)
_REST = re.compile(r"\b(?:rest|remain\w*|other|others|else)\b|其余|其他|剩", re.IGNORECASE)
_PART = re.compile(r"[:;.(。；：]|\b(?:because|while|whereas|in|of|for|with)\b")
_NAMED = re.compile(
    r"(?<![\w-])(?:[A-Z][\w-]*+(?: [A-Z][\w-]*+){0,4}+, ){0,20}+[A-Z][\w-]*+(?: [A-Z][\w-]*+){0,4}+,? and [A-Z]"
)
_ITEMS = re.compile(r", (?:and )?|;\s| and |[、，和及]")


@dataclass(frozen=True, slots=True)
class Quoted:
    """What can be worked with: the figures and dates of the evidence, and how long its lists are."""

    figures: tuple[Figure, ...]
    dates: tuple[Date, ...]
    counts: frozenset[int]

    @classmethod
    def of(cls, evidence: Sequence[str], breadcrumb: str = "", rows: Sequence[int] = ()) -> Quoted:
        """Passages -> what they hold; dates also from what stands above them. `rows` says how many items and rows stand
        together."""
        days = (d for said in [*evidence, breadcrumb] for d in dates(said))
        return cls(tuple(f for said in evidence for f in figures_of(said)), tuple(days), _counts(evidence) | set(rows))


def _counts(evidence: Sequence[str]) -> frozenset[int]:
    """Lengths of the lists: passages that are items or rows, and items that a clause of a sentence names."""
    found = {len(evidence) - any(e.endswith(":") for e in evidence)}
    for text in evidence:
        text = re.sub(r" ?\([^()]{1,200}\)", "", text)
        found |= {len(_ITEMS.findall(part)) + 1 for part in (*_PART.split(text), *_NAMED.findall(text))}
    return frozenset(found) - {0, 1}


def worked_out(figure: Figure, claim: str, quoted: Quoted) -> bool:
    """A figure of a claim, and what its evidence has to work with -> whether it is made of that."""
    if figure.unit == "ordinal":
        nth = {f.value for f in quoted.figures if f.unit == "ordinal"} | {d.day for d in quoted.dates}
        if figure.value in nth or (figure.value < 3 and figure.value + 1 in nth):  # the 27th; a second, so a first
            return True
        return figure.value <= max(quoted.counts, default=0)  # a rank among what is quoted
    if between := re.search(r"between (\S+ and )?$", claim[: figure.start]):
        figure = replace(figure, bound="<" if between[1] else ">")
    known = [k for k in quoted.figures if k.unit != "ordinal"][:MOST]
    years = [d.year for d in quoted.dates if d.year]
    span = max(years) - min(years) if years and _YEARLY.search(claim) else 0
    found = [float(c) for c in quoted.counts if not figure.unit]
    mean, rest = bool(_MEAN.search(claim)), bool(_REST.search(claim))
    if rest and figure.unit == "%":
        found += [100 - k.value for k in known if k.unit == "%"]
    return any(
        is_rounded(figure, value)
        for value in (
            *found,
            *_between(figure, quoted.dates),
            *_of_many(figure, known, mean),
            *_of_two(figure, known, span, mean),
            *_converted(figure, known),
        )
    )


def is_rounded(figure: Figure, value: float) -> bool:
    """A figure as a claim says it -> whether it is that value, rounded as people round."""
    off = value - figure.value
    exact = figure.step / 2 if figure.step < 1 or figure.value % 10 else min(figure.step / 2, 0.025 * figure.value)
    if figure.unit in ("times", "%") and not figure.text[:1].isdigit():  # doubled, a third
        exact = 0.05 * figure.value
    slack = 0.1 * figure.value
    low, high = {"": (exact, exact), "~": (slack, slack), ">": (0, 1.5 * slack), "<": (1.5 * slack, 0)}[figure.bound]
    return -low * 1.0001 - 1e-9 <= off <= high * 1.0001 + 1e-9


def _between(figure: Figure, known: Sequence[Date]) -> Iterator[float]:
    """Years, months and days between two dates, and the years of a span with both its ends."""
    dated = sorted({(d.year, d.month or 0, d.day or 0) for d in known if d.year})[:MOST]
    for one, other in combinations(dated, 2):
        years, months, days = (b - a for a, b in zip(one, other, strict=True))
        if not (one[1] and other[1]):
            months = days = 0
        exact = years * 12 + months + (days / 30 if one[2] and other[2] else 0)
        if figure.unit in ("month", ""):
            yield from (exact, years * 12) if figure.unit else (exact, exact / 12, years)
            yield (years + 1) * (12 if figure.unit else 1)
        if figure.unit == "day" and one[2] and other[2]:
            yield from ((date(*other) - date(*one)).days, days)


def _of_many(figure: Figure, known: Sequence[Figure], mean: bool) -> Iterator[float]:
    """Sum and average of all figures of the claim's unit, which the quote lists."""
    alike = [k.value for k in known if k.unit == figure.unit]
    for first in range(len(alike)):
        for last in range(first + 3, len(alike) + 1):
            total = sum(alike[first:last])
            yield total / (last - first) if mean else total


def _of_two(figure: Figure, known: Sequence[Figure], span: int, mean: bool) -> Iterator[float]:
    for one, other in combinations(known, 2):
        small, large = sorted((one.value, other.value))
        if small > 0 and "%" in (one.unit, other.unit) and one.unit != other.unit:
            share, whole = (one, other) if one.unit == "%" else (other, one)
            if whole.unit == figure.unit:
                yield from _of_share(share.value / 100, whole.value)
        if "times" in (one.unit, other.unit) and figure.unit in (one.unit, other.unit):
            yield one.value * other.value  # twice as many
        if one.unit != other.unit or small <= 0:
            continue
        if figure.unit == one.unit:
            yield (small + large) / 2 if mean else small + large
        if figure.unit == one.unit != "%":  # a difference of shares is in percentage points
            yield large - small
        if figure.unit == "percentage point" and one.unit == "%":
            yield large - small
        if figure.unit == "times":
            yield large / small
        if figure.unit == "%" and one.unit != "percentage point":
            yield from (100 * small / large, 100 * (large / small - 1), 100 * (1 - small / large))
            yield from (100 * small / (small + large), 100 * large / (small + large))
            if span > 1:
                yield 100 * ((large / small) ** (1 / span) - 1)


def _converted(figure: Figure, known: Sequence[Figure]) -> Iterator[float]:
    """An amount in another currency, at a rate that is quoted ("7.1 yuan") or that two amounts of the same thing have."""
    amounts = [k for k in known if k.unit in _CURRENCIES and k.value > 0]
    if figure.unit not in _CURRENCIES:
        return
    own, foreign = ([k.value for k in amounts if (k.unit == figure.unit) == same] for same in (True, False))
    rates = [(1.0, rate) for rate in foreign if rate < HIGHEST_RATE] + [(rate, 1.0) for rate in own if rate < HIGHEST_RATE]
    for amount in foreign:
        yield from (amount * mine / other for mine, other in (*rates, *product(own, foreign)) if other != amount)


def _of_share(share: float, whole: float) -> Iterator[float]:
    """A part of a whole; what it grows or shrinks to by that share, and what it has grown from."""
    yield from (share * whole, (1 + share) * whole, (1 - share) * whole, whole / (1 + share))
