"""Names in a text: what stands there with capitals, who does something, where something is."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from app.text.lexicon import alternatives
from ingest.words import MONTHS

Span = tuple[int, int]
"""Start and end in a text, code points, end exclusive."""
MONTH = f"(?:{'|'.join(MONTHS)})"
_CAP = r"(?:[A-Z][\w&.’'+-]*\w|[A-Z]\b)"
_RUN = re.compile(
    rf"{_CAP}(?: {_CAP})*(?: (?:of|for)(?: the)? {_CAP}(?: {_CAP})*(?: and {_CAP}(?: {_CAP})*)?)*(?: \([\u4e00-\u9fff]+\))?"
)
_AND_BODY = re.compile(
    rf" and {_CAP}(?: {_CAP})*? (?:Commission|Committee|Administration|Bureau|Office|Association|Department|Council|Agency"
    r"|Corporation|Institute|Academy)\b(?: \([\u4e00-\u9fff]+\))?"
)
_ROW = re.compile(r"[^:;]+: [^;]*; [^:;]+: ")
_HEADING = re.compile(r"[^:;]{0,200}: ")
NEAR = 60
"""Characters in front of a place that are looked at for what it stands behind: more than any of the words looked for has."""
_OPENERS = frozenset(
    """the a an in on at by for from of to as and but or it its they their this that these those when while since after
    before under with during among there both each all no not according only most some many article
    articles chapter""".split()
)
_SUBJECT = re.compile(r"(?:^|[;:] |, (?:and|but|while) )(?:(?:the|a|an) )?$", re.IGNORECASE)
_BY = re.compile(r"\b(?:by|under) (?:the )?$")
_PLACED = re.compile(r"\b(?:in|at|of|to|from|near) (?:the )?$")
_REPORTS = re.compile(r"(?: \([^)]{0,100}\))?,? (?:credits|wrote|writes|notes?|noted|reports?|reported|says|said)\b")
_CALENDAR = re.compile(rf"^(?:\d|{MONTH}\b|{alternatives('weekdays')}\b)")
_NUMBERED = re.compile(
    "(?:Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten|Eleven|Twelve|(?:Thir|Four|Fif|Six|Seven|Eigh|Nine)teen|Twenty) [a-z]+"
)


def agents(text: str) -> Iterator[Span]:
    """Names that do something: at the start of the sentence, or behind "by" or "under"; not those that report it."""
    for start, end in runs(text):
        opens = _SUBJECT.search(text, max(0, start - NEAR), start) and not _REPORTS.match(text, end)
        if (opens or _BY.search(text, max(0, start - NEAR), start)) and not text.endswith(("'s", "’s"), start, end):
            yield start, end


def places(text: str) -> Iterator[Span]:
    """Names at the start of the sentence or behind a preposition of place; not owners ("China's")."""
    for start, end in runs(text):
        if text.endswith(("'s", "’s"), start, end):
            continue
        if _SUBJECT.search(text, max(0, start - NEAR), start) or _PLACED.search(text, max(0, start - NEAR), start):
            yield start, end


def runs(text: str) -> Iterator[Span]:
    """Names: words with capitals that stand together, without the article or preposition that a sentence begins with, or
    as many of a kind ("Fifteen departments"); not those in the headings of a row."""
    row = _ROW.match(text)
    for match in _RUN.finditer(text):
        start, end = match.span()
        if whole := _AND_BODY.match(text, end) or _NUMBERED.match(text, start):
            end = whole.end()
        if row and _HEADING.match(text, end) and _in_heading(text, start):
            continue
        first = match[0].split(" ", 1)[0]
        if first.lower() in _OPENERS:
            start += len(first) + 1
        if start + 1 < end and not _CALENDAR.match(text[start:end]):
            yield start, end


def _in_heading(text: str, at: int) -> bool:
    """Whether only words stand between a place of a row and the beginning of its cell."""
    colon, semicolon = (text.rfind(sign, max(0, at - 200), at) for sign in ":;")
    return (semicolon > colon and text[semicolon + 1 : at][:1] == " ") or (colon == semicolon == -1 and at <= 200)


def meeting(spans: Sequence[Span]) -> Callable[[Span], bool]:
    """Whether a span shares a character with any of these."""
    ordered = sorted(spans)
    starts, ends = [a for a, _ in ordered], list(accumulate((b for _, b in ordered), max))

    def meets(span: Span) -> bool:
        before = bisect_left(starts, span[1])
        return before > 0 and ends[before - 1] > span[0]

    return meets
