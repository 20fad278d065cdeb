"""A document's blocks: its paragraphs, list items and table rows, before they are cut into sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.columns import cells, heading_rows, sections
from ingest.documents import Kind, plain

SENTENCE_END = re.compile(r"[.!?。！？；;:：][\"'”’)\]）】」』]*\s*$")
LABELLED = re.compile(r"\s*[^\W\d][^\n:：.。]{0,24}(?::[ \t]|：)[ \t]*[^\s:：]")  # such as "Weight: 1.6 kg"
MAX_WRAPPED = 120  # characters at which, or below, a text editor wraps a line
MAX_TABLE_HEADING = 2_000  # characters of a table's row of headings; it is read again with each of its rows
_LINE = re.compile(r".+")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list item or table row.

    Attributes:
        start: Its first character.
        end: One past its last character.
        kind: What it is.
        group: The list or table that it belongs to, counted from 0; a paragraph is a group of its own.
        heading: The headings above it, the outermost first, joined by " › ".
        header: The span of a table's headings.
        section: The span of the rows that say what a row is about.
    """

    start: int
    end: int
    kind: Kind
    group: int
    heading: str
    header: tuple[int, int] | None = None
    section: tuple[int, int] | None = None


def line_spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the spans of the lines of `text[start:end]` that are not blank."""
    return [m.span() for m in _LINE.finditer(text, start, end) if not m[0].isspace()]


def lines_or_whole(text: str, start: int, end: int, every_line: bool = False) -> list[tuple[int, int]]:
    """Return one span, or one for each line if the lines are units of their own.

    They are if one is too long to have been wrapped, if each ends a sentence, or if each says something behind a label.
    """
    lines = line_spans(text, start, end)
    unwrapped = any(e - s > MAX_WRAPPED and len(plain(text[s:e])) > MAX_WRAPPED for s, e in lines)
    ended = all(SENTENCE_END.search(text[s:e]) for s, e in lines[:-1])
    if every_line or (len(lines) > 1 and (unwrapped or ended or all(LABELLED.match(text, *span) for span in lines))):
        return lines
    return [(start, end)]


def table_rows(text: str, spans: Sequence[tuple[int, int]], group: int, heading: str) -> Iterator[Block]:
    """Yield the rows of a table that say something, each with its headings and its section.

    The first of `spans` is a row of headings. Empty rows are left out, and so are rows that only say what the rows below
    are about. A table with empty rows only keeps them.
    """
    rows = [cells(text[start:end]) for start, end in spans]
    heading_count = heading_rows(rows)
    header = _headings(text, spans[0][0], spans[heading_count - 1][1])
    spans, rows = spans[heading_count:], rows[heading_count:]
    empty = not any(map(any, rows))
    for number, (span, row, about) in enumerate(zip(spans, rows, sections(rows), strict=True)):
        if not (empty or any(row)) or (about and about[0] <= number < about[1]):
            continue
        yield Block(*span, "row", group, heading, header, (spans[about[0]][0], spans[about[1] - 1][1]) if about else None)


def _headings(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span of a table's headings, at most `MAX_TABLE_HEADING` characters.

    If they are longer, it ends with a cell if possible.
    """
    if end - start <= MAX_TABLE_HEADING:
        return start, end
    bar = text.rfind("|", start + 1, start + MAX_TABLE_HEADING)
    return start, bar + 1 if bar > 0 else start + MAX_TABLE_HEADING
