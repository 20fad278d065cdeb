"""Names in a text: what stands there with capitals, who does something, where something is."""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]
"""Start and end in a text, code points, end exclusive."""
MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_CAP = r"(?:[A-Z][\w&.’'+-]*\w|[A-Z]\b)"
_RUN = re.compile(
    rf"{_CAP}(?: {_CAP})*(?: (?:of|for)(?: the)? {_CAP}(?: {_CAP})*(?: and {_CAP}(?: {_CAP})*)?)*(?: \([\u4e00-\u9fff]+\))?"
)
_AND_BODY = re.compile(
    rf" and {_CAP}(?: {_CAP})*? (?:Commission|Committee|Administration|Bureau|Office|Association|Department|Council|Agency"
    r"|Corporation|Institute|Academy)\b(?: \([\u4e00-\u9fff]+\))?"
)
_ROW = re.compile(r"[^:;]+: [^;]*; [^:;]+: ")
_HEADING = re.compile(r"[^:;]*: ")
_OPENERS = frozenset(
    """the a an in on at by for from of to as and but or it its they their this that these those when while since after
    before under with during among there both each all no not according only most some many article
    articles chapter""".split()
)
_SUBJECT = re.compile(r"(?:^|[;:] |, (?:and|but|while) )(?:(?:the|a|an) )?$", re.IGNORECASE)
_REPORTS = re.compile(r"(?: \([^)]*\))?,? (?:credits|wrote|writes|notes?|noted|reports?|reported|says|said)\b")
_CALENDAR = re.compile(rf"^(?:\d|{MONTH}\b|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b)")
_NUMBERED = re.compile(
    "(?:Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten|Eleven|Twelve|(?:Thir|Four|Fif|Six|Seven|Eigh|Nine)teen|Twenty) [a-z]+"
)


def agents(text: str) -> Iterator[Span]:
    """Names that do something: at the start of the sentence, or behind "by" or "under"; not those that report it."""
    for start, end in _runs(text):
        opens = _SUBJECT.search(text[:start]) and not _REPORTS.match(text[end:])
        if (opens or re.search(r"\b(?:by|under) (?:the )?$", text[:start])) and not text[:end].endswith(("'s", "’s")):
            yield start, end


def places(text: str) -> Iterator[Span]:
    """Names at the start of the sentence or behind a preposition of place; not owners ("China's")."""
    for start, end in _runs(text):
        if text[:end].endswith(("'s", "’s")):
            continue
        if _SUBJECT.search(text[:start]) or re.search(r"\b(?:in|at|of|to|from|near) (?:the )?$", text[:start]):
            yield start, end


def _runs(text: str) -> Iterator[Span]:
    """Names: words with capitals that stand together, without the article or preposition that a sentence begins with, or
    as many of a kind ("Fifteen departments"); not those in the headings of a row."""
    row = _ROW.match(text)
    for match in _RUN.finditer(text):
        start, end = match.span()
        if whole := _AND_BODY.match(text, end) or _NUMBERED.match(text, start):
            end = whole.end()
        if row and _HEADING.match(text, end) and re.search(r"(?:^|; )[^:;]*$", text[:start]):
            continue
        first = match[0].split(" ", 1)[0]
        if first.lower() in _OPENERS:
            start += len(first) + 1
        if start + 1 < end and not _CALENDAR.match(text[start:end]):
            yield start, end
