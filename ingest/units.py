"""What a cell of a table, or the line above it, is: a figure, a period, or in what figures are given."""

from __future__ import annotations

import re

LONGEST = 120  # characters of what only states a unit
REACH = 1_000  # characters above a table in which its unit is sought
_YEAR = r"(?<![\d.,$€£¥])(?:19|20)\d\d(?:[-/–](?:19|20)?\d\d)?(?![.,]?\d|\s?%)|\b2 0 [0-2] \d\b"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_NO_FIGURE = re.compile(
    rf"""{_YEAR} | \b{_MONTH}\s+\d{{1,2}}\b | \b\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH} | \b\d{{1,2}}\s?[月日季]
    | \bQ[1-4]\b | \b[1-4]Q\d*\b | \bFY\s?['’]?\d\d\b | \b\d+\s(?:weeks?|months?)\sended
    | ['’‘´`$€£¥]\s?000s?\b | \(\d\) | (?<=[a-z])\d                               # $’000, a footnote, CO2
    | \b(?:notes?|levels?|tier|step|phase|stage|class)\s\d+\b
    | \b\d+\s*(?:-|–|to)\s*\d+\s*(?:years?|months?|days?)                         # 1 to 3 years
    | (?:than|to|in|within|years?|after)\s*\d+(?:\s*[-–]\s*\d+)?\s*(?:years?|months?|days?)?""".replace(
        "2 0 [0-2] ", r"2\ 0\ [0-2]\ "
    ),
    re.IGNORECASE | re.VERBOSE,
)
"""Digits that a heading has: years, dates, quarters, footnotes, spans of time."""
_NONE = re.compile(r"[-–—―_\s]+|nil|n\.?/?a\.?|n/?m", re.IGNORECASE)
"""What stands in the place of a figure."""
_PERIOD = re.compile(rf"(?!.*\b(?:over|vs|versus|to|change)\b).*(?:{_YEAR}|\bFY\s?['’]?\d\d|\bQ[1-4]\b)", re.IGNORECASE)
_OF_TIME = re.compile(
    rf"\b(?:(?:year|month|week|quarter|period)s?|fiscal|end(?:ed|ing)?|as of|{_MONTH})(?!\w)|年|月", re.IGNORECASE
)
_CURRENCY = r"[A-Z]{0,3}\s?[$€£¥₹￥]|USD|EUR|GBP|RMB|CNY|JPY|NTD?|HKD?|yuan|euros?|pounds?"
_UNIT = re.compile(
    rf"""[(（]?\s*(?:in\s+)?(?:{_CURRENCY})?\s*
        (?:['’‘´`]?\s?(?:000s?|millions?|m)|bn|mn|k|%|per\s?cent|percentage)?\s*[)）]?
    | [(（]?[^()（）\d]*?\b(?:in\s)?(?:thousands?|millions?|billions?|trillions?|dollars)\b[^()（）\d]*[)）]?
    | 单位[:：].* | [(（]?[十百千万亿]*[元人吨米]+[)）]?""",
    re.IGNORECASE | re.VERBOSE,
)
_MANY = r"(?:thousands|millions|billions|trillions)\b"
_SAID = re.compile(
    rf"""[(（]((?:[^()（）\n\d]{{0,60}}\b)?(?:in\s)?{_MANY}[^()（）\d\n]{{0,80}})[)）]
    | \b(in\ {_MANY}(?:\ of\ (?:U\.?S\.?\ )?(?:[A-Z]{{0,3}}\$|[A-Za-z]+)(?:\ dollars)?)?)
    | (单位\s*[:：]\s*[^\s，。；;、)）|]{{1,20}})""",
    re.IGNORECASE | re.VERBOSE,
)


def said_unit(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Where a part of a text says in what figures are given, without the brackets around it; None where it does not."""
    found = _SAID.search(text, max(start, end - REACH), end)
    return found.span(found.lastindex or 0) if found else None


def only_unit(text: str) -> bool:
    """Whether a paragraph says only in what figures are given."""
    return 0 < len(text) <= LONGEST and not _SAID.sub("", text, count=1).strip(" \t\n()（）.:：*_")


def is_unit(cell: str) -> bool:
    """Whether a cell says only in what figures are given: `$’000`, `€m`, `(in thousands)`, `单位：亿元`."""
    return 0 < len(cell) <= LONGEST and bool(_UNIT.fullmatch(cell))


def is_figure(cell: str) -> bool:
    """Whether a cell holds a figure, or what stands for none: no year, date or other digits of a heading."""
    return bool(cell) and bool(_NONE.fullmatch(cell) or re.search(r"\d", _NO_FIGURE.sub(" ", cell)))


def is_period(cell: str) -> bool:
    """Whether a cell names a year, quarter or day, and not two of them to compare."""
    return bool(_PERIOD.match(cell))


def of_time(cell: str) -> bool:
    """Whether a heading speaks of time at all: `Year ended`."""
    return bool(_OF_TIME.search(cell))
