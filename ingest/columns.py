"""Reads tables as people draw them.

It finds which of the first rows are headings, the name of a column below several of them, and which rows only say what the
rows below are about.

Two formats know which cells span others (Word, HTML); everywhere else it is read off: a heading stands over the empty cells
beside it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache

from ingest.words import MONTH

LONGEST_UNIT = 120  # characters of what only states a unit
UNIT_REACH = 1_000  # characters above a table in which its unit is sought
_YEAR = r"(?<![\d.,$€£¥])(?:19|20)\d\d(?:[-/–](?:19|20)?\d\d)?(?![.,]?\d|\s?%)|\b2 0 [0-2] \d\b"
_HEADING_DIGITS = re.compile(
    rf"""{_YEAR} | \b{MONTH}\s+\d{{1,2}}\b | \b\d{{1,2}}(?:st|nd|rd|th)?\s+{MONTH} | \b\d{{1,2}}\s?[月日季]
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
_NO_VALUE = re.compile(r"[-–—―_\s]+|nil|n\.?/?a\.?|n/?m", re.IGNORECASE)
"""A sign in the place of a figure."""
_PERIOD = re.compile(rf"(?!.*\b(?:over|vs|versus|to|change)\b).*(?:{_YEAR}|\bFY\s?['’]?\d\d|\bQ[1-4]\b)", re.IGNORECASE)
_TIME_WORD = re.compile(
    rf"\b(?:(?:year|month|week|quarter|period)s?|fiscal|end(?:ed|ing)?|as of|{MONTH})(?!\w)|年|月", re.IGNORECASE
)
_CURRENCY = r"[A-Z]{0,3}\s?[$€£¥₹￥]|USD|EUR|GBP|RMB|CNY|JPY|NTD?|HKD?|yuan|euros?|pounds?"
_UNIT = re.compile(
    rf"""[(（]?\s*(?:in\s+)?(?:{_CURRENCY})?\s*
        (?:['’‘´`]?\s?(?:000s?|millions?|m)|bn|mn|k|%|per\s?cent|percentage)?\s*[)）]?
    | [(（]?[^()（）\d]*?\b(?:in\s)?(?:thousands?|millions?|billions?|trillions?|dollars)\b[^()（）\d]*[)）]?
    | 单位[:：].* | [(（]?[十百千万亿]*[元人吨米]+[)）]?""",
    re.IGNORECASE | re.VERBOSE,
)
_SCALE = r"(?:thousands|millions|billions|trillions)\b"
_STATED_UNIT = re.compile(
    rf"""[(（]((?:[^()（）\n\d]{{0,60}}\b)?(?:in\s)?{_SCALE}[^()（）\d\n]{{0,80}})[)）]
    | \b(in\ {_SCALE}(?:\ of\ (?:U\.?S\.?\ )?(?:[A-Z]{{0,3}}\$|[A-Za-z]+)(?:\ dollars)?)?)
    | (单位\s*[:：]\s*[^\s，。；;、)）|]{{1,20}})""",
    re.IGNORECASE | re.VERBOSE,
)
PATH = " › "
MOST_HEADING_ROWS = 6  # rows of headings at most
_TOTAL = re.compile(r"(?:(?:sub|grand )?total\b|合计|小计|总计|共计)", re.IGNORECASE)


def stated_unit(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the span of the unit of figures that `text[start:end]` states, or None.

    The span does not include the brackets around the unit. Only the last `UNIT_REACH` characters are searched.
    """
    match = _STATED_UNIT.search(text, max(start, end - UNIT_REACH), end)
    return match.span(match.lastindex or 0) if match else None


def is_only_unit(text: str) -> bool:
    """Return True if a paragraph says only in what figures are given."""
    return 0 < len(text) <= LONGEST_UNIT and not _STATED_UNIT.sub("", text, count=1).strip(" \t\n()（）.:：*_")


def is_unit(cell: str) -> bool:
    """Return True if a cell says only in what figures are given: `$’000`, `€m`, `(in thousands)`, `单位：亿元`."""
    return 0 < len(cell) <= LONGEST_UNIT and bool(_UNIT.fullmatch(cell))


def is_figure(cell: str) -> bool:
    """Return True if a cell holds a figure, or a sign for none: no year, date or other digits of a heading."""
    return bool(cell) and bool(_NO_VALUE.fullmatch(cell) or any(map(str.isdecimal, _HEADING_DIGITS.sub(" ", cell))))


def is_period(cell: str) -> bool:
    """Return True if a cell names a year, a quarter or a day of a year, and does not compare two (`2019 vs 2018`).

    >>> [is_period(cell) for cell in ("2019", "Q3 2019", "31 December 2019", "2019 vs 2018")]
    [True, True, True, False]
    """
    return bool(_PERIOD.match(cell))


def cells(row: str) -> list[str]:
    """Split a row of a Markdown table into its cells, trimmed.

    An escaped bar does not end a cell; it is returned without its backslash.
    """
    inner = row.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [c.strip().replace("\\|", "|") for c in re.split(r"(?<!\\)\|", inner)]


@lru_cache(maxsize=256)
def column_names(header: str) -> tuple[str, ...]:
    """Return the name of each column, the outermost heading first.

    `header` holds the rows of headings as they stand in the document. Its second line is the one below a Markdown
    heading and is skipped.
    """
    first, *further = header.split("\n")[: MOST_HEADING_ROWS + 1]
    return tuple(paths([cells(line) for line in (first, *further[1:])]))  # the second is the line below a Markdown heading


def paths(heads: Sequence[Sequence[str]], spread: bool = True) -> list[str]:
    """Join the rows of headings above a table into one name for each column, `2019 › Restated`.

    Args:
        heads: The rows, the top one first; a single row comes back as it is.
        spread: Let an empty cell take over the heading that stands over several columns, to its left or right.

    Returns:
        The names. A heading that a column has twice is written once, and punctuation at its end is cut off.
    """
    if len(heads) == 1:
        return list(heads[0])
    width = max(map(len, heads))
    rows = [[*row, *[""] * (width - len(row))] for row in heads]
    filled = [_spread(rows, n) if spread else row for n, row in enumerate(rows)]
    columns = ([part.rstrip(" ,:：") for part in column if part] for column in zip(*filled, strict=True))
    return [PATH.join(dict.fromkeys(part)) for part in columns]


def heading_rows(rows: Sequence[Sequence[str]]) -> int:
    """Count the rows at the top of a table that are column headings: one to six, and one for an empty table.

    A row below the first is roughly one if it is empty, names only units, or names columns that the rows above leave
    without a name, and has no figure outside of the first column (`is_figure`: years, dates and footnotes are none). The
    last row never is one. If no row below the headings has figures, only the first row counts.
    """
    count = 1
    while count < min(MOST_HEADING_ROWS, len(rows) - 1) and _is_heading_row(rows[:count], rows[count]):
        count += 1
    return count if count == 1 or any(map(_has_figures, rows[count:])) else 1


def sections(rows: Sequence[Sequence[str]]) -> list[tuple[int, int] | None]:
    """Find for each row below the headings the rows that say what it is about.

    Such a row has one filled cell, in words: `Assets:` stands above the assets, up to their total. It is included in its
    own span.

    Returns:
        For each row the indices (first, end), end exclusive; None if there are no such rows. All are None if fewer than
            half of the rows have figures.
    """
    if sum(map(_has_figures, rows)) * 2 < len(rows):
        return [None] * len(rows)
    spans: list[tuple[int, int] | None] = []
    current: tuple[int, int] | None = None
    for number, row in enumerate(rows):
        if _names_section(row) and any(any(later[1:]) for later in rows[number + 1 : number + 3]):
            start = current[0] if current and current[1] == number else number
            current = (start, number + 1)
        spans.append(current)
        if not row[0] or _TOTAL.match(row[0]):
            current = None
    return spans


def _has_figures(row: Sequence[str]) -> bool:
    return any(map(is_figure, row[1:]))


def _names_section(row: Sequence[str]) -> bool:
    """Return True if a row has only one filled cell, in words.

    In a table of two columns the cell must end in a colon, since otherwise a value may only be missing.
    """
    filled = [cell for cell in row if cell]
    return len(filled) == 1 and not is_figure(filled[0]) and (len(row) > 2 or filled[0].endswith((":", "：")))


def _is_heading_row(headings: Sequence[Sequence[str]], row: Sequence[str]) -> bool:
    """Return True if a row is one more of headings."""
    last = headings[-1]
    spans = row[0] == last[0] and not is_figure(row[0])  # a heading over both rows; a figure that comes twice is none
    first, rest = "" if spans else row[0], [cell for cell in row[1:] if cell]
    if not rest:
        return not first or is_unit(first)
    if any(map(is_figure, rest)):
        return False
    stub = not last[0] or is_unit(last[0])
    open_above = not any(last[1:]) or (_sparse(last) and any(c and not o for c, o in zip(row[1:], last[1:], strict=False)))
    if all(map(is_unit, rest)) or is_unit(first) or not any(last[1:]) or (stub and open_above):
        return True
    if not first:
        return open_above or _sparse(last) or len(rest) > 1 or len(row) == 2
    return len(headings) > 1 and not any(heads[0] for heads in headings)


def _sparse(row: Sequence[str]) -> bool:
    """Return True if at least half of the columns beside the first have no name."""
    return 0 < sum(map(bool, row[1:])) <= (len(row) - 1) / 2


def _spread(rows: Sequence[Sequence[str]], number: int) -> Sequence[str]:
    """Return a row of headings in which a heading over several columns is repeated in each of them.

    It is copied into empty cells above or below a filled one. A title, which stands in the first column alone, stays
    there. The last row is only spread if it names nothing but units.
    """
    row = rows[number]
    filled = [n for n, cell in enumerate(row) if cell and n]
    last = number == len(rows) - 1
    if not filled or (last and not all(is_unit(row[n]) for n in filled)):
        return row
    below = rows[number - 1 if last else number + 1]
    has_other_heading = [any(r[n] for r in rows if r is not row) for n in range(len(row))]
    spread_row = list(row)
    for n in range(1, len(row)):
        if not row[n] and has_other_heading[n] and (source := _spanning_column(row, below, n, filled)) is not None:
            spread_row[n] = row[source]
    return spread_row


def _spanning_column(row: Sequence[str], below: Sequence[str], column: int, filled: Sequence[int]) -> int | None:
    """Return the column of the heading that also spans an empty cell; None if there is none.

    A heading stands at the left of the columns that it spans, or in their middle. Between two headings, the one is taken
    that has the same below it as the empty cell: a period, or something else. If that does not decide, the nearer one is
    taken.
    """
    position = bisect_left(filled, column)
    neighbours = [*filled[max(0, position - 1) : position], *filled[position : position + 1]]
    neighbours.sort(key=lambda n: abs(n - column))
    same_kind = [n for n in neighbours if is_period(below[n]) == is_period(below[column])]
    if not _sparse(row):  # a column without a heading above its own, but for one more year beside another
        return same_kind[0] if same_kind and is_period(below[column]) else None
    if len(filled) == 1 and below[filled[0]] and not is_period(below[filled[0]]) and not _TIME_WORD.search(row[filled[0]]):
        return same_kind[0] if same_kind else None  # "Percent change" between two years
    if row[1]:  # at the left of what it spans: the first column has a heading, so there is one on this side
        return filled[position - 1]
    return (same_kind if len(neighbours) == 2 and len(same_kind) == 1 else neighbours)[0]
