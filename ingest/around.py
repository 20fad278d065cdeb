"""Passages learn what stands around them: a list's introduction, the sentence and the title above a table, its unit."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import groupby

from ingest.documents import Passage
from ingest.units import only_unit, said_unit

LONGEST_CAPTION = 150  # characters of a line that is a table's title
ENDED = re.compile(r"[.!?。！？；;:：][\"'”’)\]）】」』]*\s*$")
_NOTE = re.compile(r"\W*(?:notes?\b|all\b|amounts?\b|figures?\b|in\s|unit|注|单位|表中)", re.IGNORECASE)


def with_leads(text: str, passages: list[Passage]) -> list[Passage]:
    """List items and table rows learn the sentence that introduces them: the one before, ending in a colon; rows any other
    sentence above their table too, with the table's title behind it. What only states a unit may stand in between."""
    result: list[Passage] = []
    lead: tuple[int, int] | None = None
    above: tuple[int, int] | None = None
    before: list[Passage] = []  # the last two
    for passage in passages:
        if passage.kind == "sentence":
            lead = above = None
        elif before and before[-1].kind == "sentence":
            near = [p for p in before if p.kind == "sentence" and p.heading == passage.heading]
            span = (near[-1].start, near[-1].end) if near and near[-1] is before[-1] else None
            introduced = span is not None and text[slice(*span)].endswith((":", "："))
            titled = span is not None and span[1] - span[0] <= LONGEST_CAPTION and not ENDED.search(text[slice(*span)])
            lead, above = (span, None) if introduced else (None, (near[0].start, near[-1].end) if span and titled else span)
        elif before and before[-1].block != passage.block:
            lead = above = None
        if lead or (above and passage.kind == "row"):
            passage = replace(passage, lead=lead, above=above)
        result.append(passage)
        if passage.kind != "sentence" or not only_unit(passage.quote(text)):
            before = [*before[-1:], passage]
    return result


def with_units(text: str, passages: list[Passage]) -> list[Passage]:
    """Rows learn in what their figures are where what stands above their table, or a note below it, says that and their
    headings do not."""
    result: list[Passage] = []
    groups = [list(group) for _, group in groupby(passages, key=lambda p: (p.block, p.kind))]
    for before, rows, after in zip([None, *groups], groups, [*groups[1:], None], strict=False):
        unit, header = None, rows[0].header
        if header and not said_unit(text, *header):
            starts = [span[0] for span in (rows[0].lead, rows[0].above) if span]
            if before and before[-1].kind == "sentence" and only_unit(before[-1].quote(text)):
                starts.append(before[-1].start)
            unit = said_unit(text, min(starts), header[0]) if starts else None
            if unit is None and after and after[0].kind == "sentence" and _NOTE.match(text, after[0].start):
                unit = said_unit(text, after[0].start, after[0].end)
        result += [replace(row, unit=unit) for row in rows] if unit else rows
    return result
