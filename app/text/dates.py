"""Dates in a text, English and Chinese, as far as they are said: year, month and day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from app.text.names import meeting
from ingest.words import MONTH, MONTHS

_SHORT = {m[:3]: n for n, m in enumerate(MONTHS, 1)}
_M = f"(?P<m>{MONTH})"
_Y = r"(?P<y>1[5-9]\d\d|20\d\d|21\d\d)"
_ANY = r"(?P<y>1\d{3}|2[01]\d\d)"
_END = r"(?!\d|[,.]\d|\s?%|[a-z]\b)"
_UNIT = (
    r"(?!\s?(?:(?:percent|per cent|yuan|RMB|[mbtr]+illion|km|kilomet|tonnes|people|US dollars|dollars)\b"
    r"|[元万亿公千米吨人家个名座项台倍]))"
)
_BEFORE_YEAR = "|".join(rf"(?<=\b{word} )" for word in "in since by from until till after before around".split())
"""What a year before 1500 stands behind; without it the number may count things."""
_FORMS = [
    re.compile(form)
    for form in (
        r"(?<![\d-])(?P<y>\d{4})[-/.](?P<n>\d{1,2})[-/.](?P<d>\d{1,2})(?![\d-])",
        rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_M}(?:,? {_ANY}{_END})?",
        rf"\b{_M} (?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?![\d%]|[.,]\d)(?:,? {_ANY}{_END})?",
        rf"\b{_M},? (?:of )?{_Y}{_END}",
        rf"(?:(?<=[Ii]n )|(?<=[Ss]ince )|(?<=[Bb]y )|(?<=[Uu]ntil )|(?<=[Ll]ate )|(?<=[Ee]arly )|(?<=[Mm]id-)|(?<= of )"
        rf"|(?<=[Ff]rom )){_M}",
        r"(?<!\d)(?P<y>\d{4})\s?年\s?(?:(?P<n>\d{1,2})\s?月)?\s?(?:(?P<d>\d{1,2})\s?[日号])?",
        r"(?<!\d)(?P<n>\d{1,2})月(?:(?P<d>\d{1,2})[日号])?",
        r"(?<!\d)(?P<y>\d{4})(?=\s?[-–—~至到]{1,2}\s?\d{4}\s?年)",
        rf"(?:{_BEFORE_YEAR})(?P<y>1[0-4]\d\d){_END}(?! [a-z]+s\b){_UNIT}",
        rf"(?<![\d.,$¥€£])(?<!No\. ){_Y}{_END}{_UNIT}",
    )
]
_SPAN = re.compile(rf"(?<!\d){_Y}\s?[-–—/]\s?(?P<e>\d\d)(?!\d|[-–/]\d)")


@dataclass(frozen=True, slots=True)
class Date:
    """A date from `start` to `end` (exclusive) of its text; None for what is not said."""

    year: int | None
    month: int | None
    day: int | None
    text: str
    start: int
    end: int

    def says(self, other: Date) -> bool:
        """Whether all that the other date says stands in this one."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return all(theirs is None or ours == theirs for ours, theirs in pairs)


@lru_cache(maxsize=256)  # a passage is asked for them by each check of each sentence
def dates(text: str) -> tuple[Date, ...]:
    """A text -> all its dates in order; the later year of `2021-25` is one of its own."""
    found: list[Date] = []
    for form in _FORMS:
        taken = meeting([(d.start, d.end) for d in found])
        found += [d for m in form.finditer(text) if not taken(m.span()) for d in _dates(m)]
    for match in _SPAN.finditer(text):
        end = int(match["y"]) // 100 * 100 + int(match["e"])
        if end > int(match["y"]):
            found.append(Date(end, None, None, match[0], match.start("e"), match.end("e")))
    return tuple(sorted(found, key=lambda d: d.start))


def _dates(match: re.Match[str]) -> Iterator[Date]:
    part = match.groupdict()
    month = _SHORT[part["m"][:3]] if part.get("m") else int(part.get("n") or 0)
    day = int(part.get("d") or 0)
    if month > 12 or day > 31:
        return
    year = int(part["y"]) if part.get("y") else None
    yield Date(year, month or None, day or None, match[0], *match.span())
