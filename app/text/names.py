"""Names and dates in a text: capitalised names, who does something, at which place and when."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from app.text.lexicon import alternatives
from ingest.words import MONTH, MONTHS

Span = tuple[int, int]
"""Start and end in a text, code points, end exclusive."""
_CAP = r"(?:[A-Z][\w&.’'+-]*\w|[A-Z]\b)"
_NAME = re.compile(
    rf"{_CAP}(?: {_CAP})*(?: (?:of|for)(?: the)? {_CAP}(?: {_CAP})*(?: and {_CAP}(?: {_CAP})*)?)*(?: \([\u4e00-\u9fff]+\))?"
)
_AND_OFFICE = re.compile(
    rf" and {_CAP}(?: {_CAP})*? (?:Commission|Committee|Administration|Bureau|Office|Association|Department|Council|Agency"
    r"|Corporation|Institute|Academy)\b(?: \([\u4e00-\u9fff]+\))?"
)
_ROW = re.compile(r"[^:;]+: [^;]*; [^:;]+: ")
_HEADING = re.compile(r"[^:;]{0,200}: ")
_OPENING_WORDS = frozenset(
    """the a an in on at by for from of to as and but or it its they their this that these those when while since after
    before under with during among there both each all no not according only most some many article
    articles chapter""".split()
)
_SUBJECT = re.compile(r"(?:^|[;:] |, (?:and|but|while) )(?:(?:the|a|an) )?$", re.IGNORECASE)
_BY = re.compile(r"\b(?:by|under) (?:the )?$")
_PREPOSITION_OF_PLACE = re.compile(r"\b(?:in|at|of|to|from|near) (?:the )?$")
_REPORTING_VERB = re.compile(r"(?: \([^)]{0,100}\))?,? (?:credits|wrote|writes|notes?|noted|reports?|reported|says|said)\b")
_CALENDAR = re.compile(rf"^(?:\d|{MONTH}\b|{alternatives('weekdays')}\b)")
_NUMBERED = re.compile(
    "(?:Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten|Eleven|Twelve|(?:Thir|Four|Fif|Six|Seven|Eigh|Nine)teen|Twenty) [a-z]+"
)
_MONTH_NUMBERS = {m[:3]: n for n, m in enumerate(MONTHS, 1)}
_MONTH_GROUP = f"(?P<m>{MONTH})"
_YEAR_GROUP = r"(?P<y>1[5-9]\d\d|20\d\d|21\d\d)"
_ANY_YEAR_GROUP = r"(?P<y>1\d{3}|2[01]\d\d)"
_NUMBER_END = r"(?!\d|[,.]\d|\s?%|[a-z]\b)"
_NO_UNIT = (
    r"(?!\s?(?:(?:percent|per cent|yuan|RMB|[mbtr]+illion|km|kilomet|tonnes|people|US dollars|dollars)\b"
    r"|[元万亿公千米吨人家个名座项台倍]))"
)
_BEFORE_YEAR = "|".join(rf"(?<=\b{word} )" for word in "in since by from until till after before around".split())
"""The words before a year before 1500; without it the number may count things."""
_DATE_PATTERNS = [
    re.compile(form)
    for form in (
        r"(?<![\d-])(?P<y>\d{4})[-/.](?P<n>\d{1,2})[-/.](?P<d>\d{1,2})(?![\d-])",
        rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH_GROUP}(?:,? {_ANY_YEAR_GROUP}{_NUMBER_END})?",
        rf"\b{_MONTH_GROUP} (?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?![\d%]|[.,]\d)(?:,? {_ANY_YEAR_GROUP}{_NUMBER_END})?",
        rf"\b{_MONTH_GROUP},? (?:of )?{_YEAR_GROUP}{_NUMBER_END}",
        rf"(?:(?<=[Ii]n )|(?<=[Ss]ince )|(?<=[Bb]y )|(?<=[Uu]ntil )|(?<=[Ll]ate )|(?<=[Ee]arly )|(?<=[Mm]id-)|(?<= of )"
        rf"|(?<=[Ff]rom )){_MONTH_GROUP}",
        r"(?<!\d)(?P<y>\d{4})\s?年\s?(?:(?P<n>\d{1,2})\s?月)?\s?(?:(?P<d>\d{1,2})\s?[日号])?",
        r"(?<!\d)(?P<n>\d{1,2})月(?:(?P<d>\d{1,2})[日号])?",
        r"(?<!\d)(?P<y>\d{4})(?=\s?[-–—~至到]{1,2}\s?\d{4}\s?年)",
        rf"(?:{_BEFORE_YEAR})(?P<y>1[0-4]\d\d){_NUMBER_END}(?! [a-z]+s\b){_NO_UNIT}",
        rf"(?<![\d.,$¥€£])(?<!No\. ){_YEAR_GROUP}{_NUMBER_END}{_NO_UNIT}",
    )
]
_YEAR_SPAN = re.compile(rf"(?<!\d){_YEAR_GROUP}\s?[-–—/]\s?(?P<e>\d\d)(?!\d|[-–/]\d)")


def match_before(pattern: re.Pattern[str], text: str, position: int) -> re.Match[str] | None:
    """Search a pattern in the 60 characters before a position, more than any of the words looked for has."""
    return pattern.search(text, max(0, position - 60), position)


def agents(text: str) -> Iterator[Span]:
    """Yield names that do something: at the start of the sentence, or behind "by" or "under"; not those that report it."""
    for start, end in capitalised_names(text):
        is_subject = match_before(_SUBJECT, text, start) and not _REPORTING_VERB.match(text, end)
        if is_subject or match_before(_BY, text, start):
            yield start, end


def places(text: str) -> Iterator[Span]:
    """Yield names at the start of the sentence or behind a preposition of place."""
    for start, end in capitalised_names(text):
        if match_before(_SUBJECT, text, start) or match_before(_PREPOSITION_OF_PLACE, text, start):
            yield start, end


def capitalised_names(text: str) -> Iterator[Span]:
    """Yield the names in a text: words with capitals that stand together.

    A name does not include the article or preposition that the sentence begins with. A number with what it counts
    ("Fifteen departments") is a name too. Names in the headings of a row, and owners ("China's"), are left out.
    """
    row = _ROW.match(text)
    for match in _NAME.finditer(text):
        start, end = match.span()
        if extension := _AND_OFFICE.match(text, end) or _NUMBERED.match(text, start):
            end = extension.end()
        if row and _HEADING.match(text, end) and _in_heading(text, start):
            continue
        first = match[0].split(" ", 1)[0]
        if first.lower() in _OPENING_WORDS:
            start += len(first) + 1
        if start + 1 < end and not _CALENDAR.match(text[start:end]) and not text.endswith(("'s", "’s"), start, end):
            yield start, end


def _in_heading(text: str, position: int) -> bool:
    """Return True if only words stand between a place of a row and the beginning of its cell."""
    colon, semicolon = (text.rfind(sign, max(0, position - 200), position) for sign in ":;")
    return (semicolon > colon and text[semicolon + 1 : position][:1] == " ") or (
        colon == semicolon == -1 and position <= 200
    )


def overlap_test(spans: Sequence[Span]) -> Callable[[Span], bool]:
    """Return a function that says if a span shares a character with any of these spans."""
    ordered = sorted(spans)
    starts, ends = [a for a, _ in ordered], list(accumulate((b for _, b in ordered), max))

    def overlaps(span: Span) -> bool:
        preceding = bisect_left(starts, span[1])
        return preceding > 0 and ends[preceding - 1] > span[0]

    return overlaps


# --- Dates in a text, English and Chinese, as far as they are said: year, month and day.


@dataclass(frozen=True, slots=True)
class Date:
    """A date from `start` to `end` (exclusive) of its text; None for what is not said."""

    year: int | None
    month: int | None
    day: int | None
    text: str
    start: int
    end: int

    def includes(self, other: Date) -> bool:
        """Return True if all that the other date says stands in this one."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return all(theirs is None or ours == theirs for ours, theirs in pairs)


@lru_cache(maxsize=256)  # a passage is asked for them by each check of each sentence
def dates(text: str) -> tuple[Date, ...]:
    """Find all dates of a text, in order.

    The later year of `2021-25` is a date of its own.
    """
    result: list[Date] = []
    for pattern in _DATE_PATTERNS:
        is_taken = overlap_test([(d.start, d.end) for d in result])
        result += [d for m in pattern.finditer(text) if not is_taken(m.span()) for d in _date_of(m)]
    for match in _YEAR_SPAN.finditer(text):
        end = int(match["y"]) // 100 * 100 + int(match["e"])
        if end > int(match["y"]):
            result.append(Date(end, None, None, match[0], match.start("e"), match.end("e")))
    return tuple(sorted(result, key=lambda d: d.start))


def _date_of(match: re.Match[str]) -> Iterator[Date]:
    groups = match.groupdict()
    month = _MONTH_NUMBERS[groups["m"][:3]] if groups.get("m") else int(groups.get("n") or 0)
    day = int(groups.get("d") or 0)
    if month > 12 or day > 31:
        return
    year = int(groups["y"]) if groups.get("y") else None
    yield Date(year, month or None, day or None, match[0], *match.span())
