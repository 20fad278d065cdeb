"""Tables as people draw them: which of the first rows are headings, what a column is called below several of them, and which
rows only say what the rows below are about.

Two formats know which cells span others (Word, HTML); everywhere else it is read off: a heading stands over the empty cells
beside it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache

from ingest.units import is_figure, is_period, is_unit, of_time

PATH = " › "
MOST = 6  # rows of headings at most
_SUM = re.compile(r"(?:(?:sub|grand )?total\b|合计|小计|总计|共计)", re.IGNORECASE)


def cells(row: str) -> list[str]:
    """A Markdown table row -> its cells, trimmed; an escaped bar stays in its cell."""
    inner = row.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [c.strip().replace("\\|", "|") for c in re.split(r"(?<!\\)\|", inner)]


@lru_cache(maxsize=256)
def column_names(header: str) -> tuple[str, ...]:
    """The rows of headings as they stand in a document -> what each column is called, the outermost heading first."""
    first, *further = header.split("\n")[: MOST + 1]
    return tuple(paths([cells(line) for line in (first, *further[1:])]))  # the second is the line below a Markdown heading


def paths(heads: Sequence[Sequence[str]], spread: bool = True) -> list[str]:
    """Rows of headings -> one name a column, `2019 › Restated`; what stands twice above it is said once.

    `spread` says that an empty cell may belong to the heading beside it.
    """
    if len(heads) == 1:
        return list(heads[0])
    width = max(map(len, heads))
    rows = [[*row, *[""] * (width - len(row))] for row in heads]
    filled = [_spread(rows, n) if spread else row for n, row in enumerate(rows)]
    parts = ([part.rstrip(" ,:：") for part in column if part] for column in zip(*filled, strict=True))
    return [PATH.join(dict.fromkeys(part)) for part in parts]


def heading_rows(rows: Sequence[Sequence[str]]) -> int:
    """A table's rows -> how many of the first are headings: those above the first with figures that either leave the row
    above no column without a name, or name units alone. Without any figures it is one."""
    found = 1
    while found < min(MOST, len(rows) - 1) and _goes_on(rows[:found], rows[found]):
        found += 1
    return found if found == 1 or any(map(_has_figures, rows[found:])) else 1


def sections(rows: Sequence[Sequence[str]]) -> list[tuple[int, int] | None]:
    """A table's rows below its headings -> for each the rows, from and to, that say what it is about, None without; what
    only says that has the row itself: `Assets:` above what the assets are, up to their total."""
    if sum(map(_has_figures, rows)) * 2 < len(rows):
        return [None] * len(rows)
    found: list[tuple[int, int] | None] = []
    now: tuple[int, int] | None = None
    for number, row in enumerate(rows):
        if _names_section(row) and any(any(later[1:]) for later in rows[number + 1 : number + 3]):
            began = now[0] if now and now[1] == number else number
            now = (began, number + 1)
        found.append(now)
        if not row[0] or _SUM.match(row[0]):
            now = None
    return found


def _has_figures(row: Sequence[str]) -> bool:
    return any(map(is_figure, row[1:]))


def _names_section(row: Sequence[str]) -> bool:
    """Whether a row has nothing but one cell in words: of two columns that is so where it ends in a colon, else a value may
    only be missing."""
    filled = [cell for cell in row if cell]
    return len(filled) == 1 and not is_figure(filled[0]) and (len(row) > 2 or filled[0].endswith((":", "：")))


def _goes_on(above: Sequence[Sequence[str]], row: Sequence[str]) -> bool:
    """Whether a row is one more of headings."""
    last = above[-1]
    first, rest = "" if row[0] == last[0] else row[0], [cell for cell in row[1:] if cell]
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
    return len(above) > 1 and not any(heads[0] for heads in above)


def _sparse(row: Sequence[str]) -> bool:
    """Whether at least half of the columns beside the first have no name."""
    return 0 < sum(map(bool, row[1:])) <= (len(row) - 1) / 2


def _spread(rows: Sequence[Sequence[str]], number: int) -> Sequence[str]:
    """A row of headings with what stands over several columns in each of them: in empty cells above or below one that is
    filled. A title, in the first column alone, stays there."""
    row = rows[number]
    filled = [n for n, cell in enumerate(row) if cell and n]
    last = number == len(rows) - 1
    if not filled or (last and not all(is_unit(row[n]) for n in filled)):
        return row
    below = rows[number - 1 if last else number + 1]
    others = [any(r[n] for r in rows if r is not row) for n in range(len(row))]
    found = list(row)
    for n in range(1, len(row)):
        if not row[n] and others[n] and (source := _over(row, below, n, filled)) is not None:
            found[n] = row[source]
    return found


def _over(row: Sequence[str], below: Sequence[str], column: int, filled: Sequence[int]) -> int | None:
    """The column of the heading that stands over an empty cell too, None without. Headings stand at the left of what they
    span, or in its middle; then what is below, a period or anything else, decides between two, and the nearer."""
    at = bisect_left(filled, column)
    near = [*filled[max(0, at - 1) : at], *filled[at : at + 1]]
    near.sort(key=lambda n: abs(n - column))
    alike = [n for n in near if is_period(below[n]) == is_period(below[column])]
    if not _sparse(row):  # a column without a heading above its own, but for one more year beside another
        return alike[0] if alike and is_period(below[column]) else None
    if len(filled) == 1 and below[filled[0]] and not is_period(below[filled[0]]) and not of_time(row[filled[0]]):
        return alike[0] if alike else None  # "Percent change" between two years
    if row[1]:  # at the left of what it spans: the first column has a heading, so there is one on this side
        return filled[at - 1]
    return (alike if len(near) == 2 and len(alike) == 1 else near)[0]
