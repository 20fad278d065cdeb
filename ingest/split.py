"""A document becomes passages (what may be quoted, and is embedded) and chunks of about a paragraph.

Boundaries are chosen first and texts sliced second, so that every span is exact. Block structure comes from markdown-it,
sentence boundaries from `ingest.languages`, one block at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from markdown_it import MarkdownIt

from ingest.blocks import SENTENCE_END, Block, lines_or_whole, table_rows
from ingest.columns import is_only_unit, stated_unit
from ingest.documents import Chunk, Document, Kind, Passage
from ingest.languages import sentences
from ingest.plain_text import text_blocks

_UNIT_NOTE = re.compile(r"\W*(?:notes?\b|all\b|amounts?\b|figures?\b|in\s|unit|注|单位|表中)", re.IGNORECASE)
SPLIT_VERSION = "6"
SMALL_CHUNK = 450  # neighbouring blocks of a section share a chunk while they stay below this many characters
LARGE_CHUNK = 1_100  # a longer block is cut at sentence ends
MAX_PASSAGE = 1_000  # a passage without any boundary is cut here
_MARKDOWN = MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])  # blocks only


def with_leads(text: str, passages: list[Passage]) -> list[Passage]:
    """Give list items and table rows the span of the sentence that introduces them.

    That is the sentence before, if it ends in a colon (`lead`). A row gets any other sentence above its table too
    (`above`), up to the end of the table's title if one follows the sentence. A sentence that only states a unit may
    stand in between.
    """
    result: list[Passage] = []
    lead: tuple[int, int] | None = None
    above: tuple[int, int] | None = None
    previous: list[Passage] = []  # the last two
    for passage in passages:
        if passage.kind == "sentence":
            lead = above = None
        elif previous and previous[-1].kind == "sentence":
            recent = [p for p in previous if p.kind == "sentence" and p.heading == passage.heading]
            span = (recent[-1].start, recent[-1].end) if recent and recent[-1] is previous[-1] else None
            leads = span is not None and text[slice(*span)].endswith((":", "："))
            titled = span is not None and span[1] - span[0] <= 150 and not SENTENCE_END.search(text[slice(*span)])
            lead, above = (span, None) if leads else (None, (recent[0].start, recent[-1].end) if span and titled else span)
        elif previous and previous[-1].block != passage.block:
            lead = above = None
        if lead or (above and passage.kind == "row"):
            passage = replace(passage, lead=lead, above=above)
        result.append(passage)
        if passage.kind != "sentence" or not is_only_unit(passage.quote(text)):
            previous = [*previous[-1:], passage]
    return result


def with_units(text: str, passages: list[Passage]) -> list[Passage]:
    """Give table rows the span of the words that state the unit of their figures.

    These stand above the table or in a note below it. They are only sought if the column headings state no unit.
    """
    result: list[Passage] = []
    groups = [list(group) for _, group in groupby(passages, key=lambda p: (p.block, p.kind))]
    for before, group, after in zip([None, *groups], groups, [*groups[1:], None], strict=False):
        unit, header = None, group[0].header
        if header and not stated_unit(text, *header):
            starts = [span[0] for span in (group[0].lead, group[0].above) if span]
            if before and before[-1].kind == "sentence" and is_only_unit(before[-1].quote(text)):
                starts.append(before[-1].start)
            unit = stated_unit(text, min(starts), header[0]) if starts else None
            if unit is None and after and after[0].kind == "sentence" and _UNIT_NOTE.match(text, after[0].start):
                unit = stated_unit(text, after[0].start, after[0].end)
        result += [replace(row, unit=unit) for row in group] if unit else group
    return result


_MARKDOWN.parse("-")  # it puts its rules together at its first use, half of which another thread would see


def document_blocks(document: Document) -> list[Block]:
    """Return a document's paragraphs, list items and table rows."""
    return list(markdown_blocks(document.text) if document.markdown else text_blocks(document.text))


def split(document: Document, blocks: Sequence[Block] | None = None) -> tuple[Chunk, ...]:
    """Split a document into chunks, in order.

    Every character that is not white space or structure lies in one passage. `blocks` are the document's, if they are
    known.
    """
    blocks = document_blocks(document) if blocks is None else blocks
    passages = with_leads(document.text, _with_sources(document, list(_passages(document, blocks))))
    return tuple(_chunks(document, with_units(document.text, passages)))


def markdown_blocks(text: str) -> Iterator[Block]:
    """Yield the paragraphs, list items and table rows of Markdown, each with its path of headings.

    Headings of the first level, such as the document's own title, are not part of the path.
    """
    text = text.replace("\r\n", " \n").replace("\r", "\n")  # which end lines for Markdown too; no character moves
    lines = [0]
    for line in text.split("\n"):
        lines.append(lines[-1] + len(line) + 1)
    path: dict[int, str] = {}
    heading = ""
    depth = group = 0
    rows: list[tuple[int, int]] = []
    tokens = _MARKDOWN.parse(text)
    for number, token in enumerate(tokens):
        group += token.type in ("paragraph_open", "bullet_list_open", "ordered_list_open", "table_open") and depth == 0
        depth += token.nesting * token.type.startswith(("bullet_list", "ordered_list"))
        if token.type == "table_close":
            yield from table_rows(text, rows, group, heading)
            rows = []
        if token.map is None:
            continue
        start, end = lines[token.map[0]], min(lines[token.map[1]] - 1, len(text))
        if token.type == "heading_open":
            level = int(token.tag[1])
            path = {k: v for k, v in path.items() if k < level} | {level: tokens[number + 1].content[:200]}
            heading = " › ".join(v for k, v in sorted(path.items()) if k > 1)
            continue
        if token.type == "tr_open":
            rows.append((start, end))
        elif token.type == "paragraph_open":
            kind: Kind = "item" if depth else "sentence"
            for s, e in lines_or_whole(text, _after_marker(text, start, depth), end):
                yield Block(s, e, kind, group, heading)
        elif token.type in ("fence", "code_block", "html_block"):
            for s, e in lines_or_whole(text, start, end, every_line=True):
                yield Block(s, e, "sentence", group, heading)


def _after_marker(text: str, start: int, depth: int) -> int:
    """Return the position after the bullet, number or quotation bar of a paragraph."""
    match = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*" if depth else r"[ \t>]*").match(text, start)
    return match.end() if match else start


def _passages(document: Document, blocks: Iterable[Block]) -> Iterator[Passage]:
    text, key, done = document.text, document.id, 0  # the id is made of the whole text: once, not for each passage
    for block in blocks:
        start = max(block.start, done)
        spans = [(start, block.end)] if block.kind == "row" else sentences(text, start, block.end)
        for s, e in spans:
            for s2, e2 in _trimmed_pieces(text, s, e):
                yield Passage(key, s2, e2, block.kind, block.group, block.heading, (), block.header, section=block.section)
        done = max(done, block.end)


def _trimmed_pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield a span without white space at its ends, in pieces if it is too long for a quote.

    It is cut at the last space or comma, if there is one.
    """
    while start < end:
        while start < end and text[start].isspace():
            start += 1
        stop = end
        if end - start > MAX_PASSAGE:
            space = max(text.rfind(c, start + MAX_PASSAGE // 2, start + MAX_PASSAGE) for c in " ,;，；、")
            stop = space + 1 if space > 0 else start + MAX_PASSAGE
        last = stop
        while last > start and text[last - 1].isspace():
            last -= 1
        if last > start:
            yield start, last
        start = stop


def _with_sources(document: Document, passages: list[Passage]) -> list[Passage]:
    """Each passage with the ids of the marks that stood within it or at its end."""
    marks, next_mark, result = document.marks, 0, []
    for number, passage in enumerate(passages):
        limit = passages[number + 1].start if number + 1 < len(passages) else len(document.text) + 1
        ids: list[str] = []
        while next_mark < len(marks) and marks[next_mark].position < limit:
            ids += marks[next_mark].ids
            next_mark += 1
        result.append(replace(passage, sources=tuple(dict.fromkeys(ids))) if ids else passage)
    return result


def _chunks(document: Document, passages: list[Passage]) -> Iterator[Chunk]:
    """Blocks of one section are packed together while small; a large block is cut at its sentence ends."""
    pending: list[Passage] = []

    def size(group: list[Passage]) -> int:
        return _weighted_length(document.text[group[0].start : group[-1].end]) if group else 0

    for _, section in groupby(passages, key=lambda p: p.heading):
        for _, grouped in groupby(section, key=lambda p: p.block):
            block = list(grouped)
            if pending and size(pending) + size(block) > SMALL_CHUNK:
                yield _chunk(pending)
                pending = []
            for passage in block:
                if pending and size(pending) + size([passage]) > LARGE_CHUNK:
                    yield _chunk(pending)
                    pending = []
                pending.append(passage)
        if pending:
            yield _chunk(pending)
            pending = []


def _weighted_length(text: str) -> int:
    """Length in characters, a Han character counting for two and a half: about as many tokens."""
    return int(len(text) + 1.5 * len(re.findall(r"[\u3400-\u9fff]", text)))


def _chunk(passages: list[Passage]) -> Chunk:
    return Chunk(passages[0].document_id, passages[0].start, passages[-1].end, passages[0].heading, tuple(passages))
