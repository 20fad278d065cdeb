"""Dates in a text, English and Chinese, as far as they are said: year, month, day, and `by`, `before`, `since`, `after`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from app.text.names import meeting

When = Literal["", "by", "before", "since", "after"]
_MONTHS = "january february march april may june july august september october november december".split()
_SHORT = {m[:3]: n for n, m in enumerate(_MONTHS, 1)}
_M = (
    r"(?P<m>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_Y = r"(?P<y>1[5-9]\d\d|20\d\d|21\d\d)"
_END = r"(?!\d|[,.]\d|\s?%|[a-z]\b)"
_UNIT = r"(?!\s?(?:(?:percent|per cent|yuan|RMB|[mbtr]+illion|km|kilomet|tonnes|people|US dollars|dollars)\b|[元万亿]))"
_FORMS = [
    re.compile(form)
    for form in (
        r"(?<![\d-])(?P<y>\d{4})[-/.](?P<n>\d{1,2})[-/.](?P<d>\d{1,2})(?![\d-])",
        rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_M}(?:,? {_Y}{_END})?",
        rf"\b{_M} (?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?![\d%]|[.,]\d)(?:,? {_Y}{_END})?",
        rf"\b{_M},? (?:of )?{_Y}{_END}",
        rf"(?:(?<=[Ii]n )|(?<=[Ss]ince )|(?<=[Bb]y )|(?<=[Uu]ntil )|(?<=[Ll]ate )|(?<=[Ee]arly )|(?<=[Mm]id-)|(?<= of )"
        rf"|(?<=[Ff]rom )){_M}",
        r"(?<!\d)(?P<y>\d{4})\s?年\s?(?:(?P<n>\d{1,2})\s?月)?\s?(?:(?P<d>\d{1,2})\s?[日号])?",
        r"(?<!\d)(?P<n>\d{1,2})月(?:(?P<d>\d{1,2})[日号])?",
        r"(?<!\d)(?P<y>\d{4})(?=\s?[-–—~至到]{1,2}\s?\d{4}\s?年)",
        rf"(?<![\d.,$¥€£])(?<!No\. ){_Y}{_END}{_UNIT}",
    )
]
_SPAN = re.compile(rf"(?<!\d){_Y}\s?[-–—/]\s?(?P<e>\d\d)(?!\d|[-–/]\d)")
_AROUND = r"(?: (?:the|end|close|start|beginning|middle|of|year|late|early|mid|in|about)|-)*[ -]?$"
_BEFORE: tuple[tuple[When, re.Pattern[str]], ...] = (
    (
        "by",
        re.compile(
            rf"\b(?:by|until|till|no later than|not later than|up to|as late as){_AROUND}|(?:到|至|截至|直到)$", re.I
        ),
    ),
    ("before", re.compile(rf"\b(?:before|prior to|ahead of|earlier than){_AROUND}", re.I)),
    ("since", re.compile(rf"\b(?:since|as of|starting|starting in|beginning){_AROUND}|[自从]$", re.I)),
    ("after", re.compile(rf"\b(?:after|following|later than|beyond){_AROUND}", re.I)),
)
_AFTER: tuple[tuple[When, re.Pattern[str]], ...] = (
    ("since", re.compile(r"^(?:以来|起)|^ (?:onwards?|on\b(?! \d)|and later(?=$|[.,;]))")),
    ("before", re.compile(r"^(?:之前|以前|前)")),
    ("after", re.compile(r"^(?:之后|以后|后)")),
    ("by", re.compile(r"^(?:年?底)?(?:前)?为止")),
)
# what a text may say where a claim says `when`: `in 2025` stands for `by 2025`, `after 2025` does not
_STANDS_FOR: dict[When, frozenset[When]] = {
    "": frozenset(("", "by", "since")),
    "by": frozenset(("by", "before", "")),
    "before": frozenset(("before", "by")),
    "since": frozenset(("since", "after")),
    "after": frozenset(("after", "since")),
}


@dataclass(frozen=True, slots=True)
class Date:
    """A date from `start` to `end` (exclusive) of its text; None for what is not said."""

    year: int | None
    month: int | None
    day: int | None
    when: When
    text: str
    start: int
    end: int

    def says(self, other: Date) -> bool:
        """Whether all that the other date says stands in this one, `by`, `before`, `since` and `after` left aside."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return all(theirs is None or ours == theirs for ours, theirs in pairs)


@lru_cache(maxsize=256)  # a passage is asked for them by each check of each sentence
def dates(text: str) -> tuple[Date, ...]:
    """A text -> all its dates in order; the later year of `2021-25` is one of its own."""
    found: list[Date] = []
    for form in _FORMS:
        taken = meeting([(d.start, d.end) for d in found])
        found += [d for m in form.finditer(text) if not taken(m.span()) for d in _dates(m, text)]
    for match in _SPAN.finditer(text):
        end = int(match["y"]) // 100 * 100 + int(match["e"])
        if end > int(match["y"]):
            found.append(Date(end, None, None, "", match[0], match.start("e"), match.end("e")))
    return tuple(sorted(found, key=lambda d: d.start))


def _dates(match: re.Match[str], text: str) -> Iterator[Date]:
    part = match.groupdict()
    month = _SHORT[part["m"][:3].lower()] if part.get("m") else int(part.get("n") or 0)
    day = int(part.get("d") or 0)
    if month > 12 or day > 31:
        return
    year = int(part["y"]) if part.get("y") else None
    yield Date(year, month or None, day or None, _when(text, *match.span()), match[0], *match.span())


def _when(text: str, start: int, end: int) -> When:
    before, after = text[max(0, start - 40) : start], text[end : end + 12]
    if re.match(r"\s?(?:-|–|—|to|and|until|至|到)\s?(?:\d|[A-Z])", after) or re.search(r"\d\s?(?:-|–|—|to|至)\s?$", before):
        return ""  # the ends of a span
    if re.match(r"[^。；]{0,30}?[到至]", after) and before.endswith(("从", "自")):
        return ""
    for side, forms in ((after, _AFTER), (before, _BEFORE)):
        for when, form in forms:
            if form.search(side):
                return when
    return ""


def missing_date(claim: str, evidence: str) -> str:
    """A claim and its evidence -> what is wrong with the claim's dates, '' where the evidence holds them all."""
    known = dates(evidence)
    for date in dates(claim):
        same = [d for d in known if d.says(date)] or _in_two_places(date, known)
        if not same and not _as_number(date, evidence):
            return f"The date {date.text} is not in the evidence."
        if same and not any(d.when in _STANDS_FOR[date.when] for d in same) and not _begins(date, evidence):
            return f"The evidence does not say “{date.when or 'in'}” of {date.text}."
    return ""


def _in_two_places(date: Date, known: Sequence[Date]) -> list[Date]:
    """The year in one place, month and day in another: `In 2021 … on 11 March`."""
    if date.year is None or date.month is None:
        return []
    rest = Date(None, date.month, date.day, date.when, date.text, 0, 0)
    years = any(d.year == date.year for d in known)
    return [d for d in known if d.year is None and d.says(rest)] if years else []


def _as_number(date: Date, evidence: str) -> bool:
    """Whether a year may be a count: `2,021 firms`."""
    return date.month is None and f"{date.year:,}" in evidence


def _begins(date: Date, evidence: str) -> bool:
    return (
        date.when == "since" and re.search(r"\b(?:start|began|begin|effect|launch|found)|起|开始|成立", evidence) is not None
    )
