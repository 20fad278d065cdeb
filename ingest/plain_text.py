"""The headings, lists and paragraphs of a text without markup, read off how its lines stand.

A line that only draws a rule belongs to no block; every other character that is not white space lies in one. A heading is a
block too: what it says may be quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from ingest.blocks import LABELLED, SENTENCE_END, Block, line_spans, lines_or_whole, table_rows
from ingest.documents import Kind

MAX_HEADING = 80  # characters of a line that is a heading
MAX_PATH = 3  # headings above a block at most, the nearest ones
SHORT_LINE = 60  # a line below this many characters was not wrapped
Span = tuple[int, int]
_TABLE = re.compile(r"(\|.*\|)(\n\|(?:---\|)++)(?:\n\|.*\|)++")  # as loaders write one
_RULE = re.compile(r"[^\S\n]*([-=~^_*#+.])\1{3,}[^\S\n]*")
_HAN_NUMBER = "[〇一二三四五六七八九十百零]{1,5}"
_MARKER = re.compile(
    rf"[^\S\n]*(?:[-*•–+·●○▪][^\S\n]+|(?:\d{{1,3}}|[a-zA-Z]|[ivx]{{1,4}}|{_HAN_NUMBER})[.)、）．](?:[^\S\n]+|(?<=[、）．]))"
    rf"|[(（](?:\d{{1,3}}|[a-zA-Z]|[ivx]{{1,4}}|{_HAN_NUMBER})[)）][^\S\n]*)(?=\S)"
)
"""What stands before an item: a bullet, a number or a letter with its dot or brackets."""
_BULLET = re.compile(r"[^\S\n]*[-*•·●○▪][^\S\n]+\S")
_OPTION = re.compile(r"[^\S\n]+-{1,2}[A-Za-z?][^\n]*")
_NUMBERED = re.compile(
    rf"[^\S\n]*((?:\d{{1,2}}\.)*\d{{1,2}}|[IVX]{{1,5}}|[A-Z]|{_HAN_NUMBER})(?:[.)]?[^\S\n]+(?=[^\W\d_])|[、．](?=\w))"
)
_DIVISION = re.compile(
    r"[^\S\n]*(?:(chapter|section|article|part|annex|appendix|schedule|kapitel|artikel|abschnitt|teil|anhang|chapitre|titre|annexe"
    r"|partie|capítulo|artículo|sección|anexo|título)[^\S\n]+(?:\d{1,3}|[IVXLC]{1,6}|[A-Z])(?![\w])(?:[.:–—-]|[^\S\n]+(?=[^a-z\s])|$)"
    rf"|(§)[^\S\n]*\d|第(?:\d{{1,3}}|{_HAN_NUMBER})([章节編编篇部]))",
    re.IGNORECASE,
)
_ARTICLE = re.compile(rf"[^\S\n]*(第(?:\d{{1,3}}|{_HAN_NUMBER})条)(?=[\s　])")
"""A Chinese article: its words follow on the same line."""
_TITLE_WORD = r"(?:[A-Z][\w’'-]*|and|of|the|or|for|to|in|with|on|by|a)"
_RUN_IN = re.compile(
    rf"[^\S\n]*((?:\d{{1,2}}\.)+(?:\d{{1,2}})?[^\S\n]+[A-Z][\w’'-]*(?:,?[ ]{_TITLE_WORD}){{0,7}}(?:[ ][\w’'-]+)?)[.:]"
    r"(?:[^\S\n]+(?=[A-Z“\"(])|[^\S\n]*$)"
)
"""A number and a title on the line whose text they head: "4. Refunds. We return …"."""
_VERSION = re.compile(r"[^\S\n]*(?:(?:version|release)[^\S\n]+|v)?\[?\d+\.\d+(?:\.\w+)*\]?(?![\w,%]).{0,50}", re.IGNORECASE)
_BARE_VERSION = re.compile(r"\[?\d+\.\d+\.\w+\]?")


@dataclass(frozen=True, slots=True)
class _Heading:
    """A line that is read as a heading.

    Attributes:
        kind: What makes it one. A heading stands beside those of its kind and below those of the kinds before.
        title: Its words.
        is_line: It has the whole line; else the text that it heads follows on the line.
    """

    kind: str
    title: str
    is_line: bool = True


def text_blocks(text: str) -> Iterator[Block]:
    """Yield the headings, paragraphs, list items and table rows of plain text, in order."""
    path: list[_Heading] = []
    group, sign = 0, ""
    runs = list(_runs(text))
    for number, (first, last) in enumerate(runs):
        if table := _TABLE.fullmatch(text, first, last):
            group, sign = group + 1, ""
            yield from table_rows(text, [table.span(1), *line_spans(text, table.end(2), last)], group, _joined(path))
            continue
        lines, ruled = _without_rules(text, line_spans(text, first, last))
        following = text[slice(*runs[number + 1])] if number + 1 < len(runs) else ""
        at, is_first = 0, True
        while at < len(lines):
            heading = _heading(text, lines[at : at + 2], ruled, following, is_first)
            if heading and heading.is_line and sign and sign == _sign(text[slice(*lines[at])]):
                heading = None  # one more item of the list above
            if heading:
                if number or heading.kind != "alone":  # the line at the top of a text is its title
                    path = _below(path, heading)
                if heading.is_line:
                    group, sign = group + 1, ""
                    yield Block(*lines[at], "sentence", group, _joined(path))
                    at += 1
                    continue
            end_at, kind, own_sign = _unit(text, lines, at, heading is not None)
            group, sign = group + (not own_sign or own_sign != sign), own_sign
            span = (lines[at][0], lines[end_at - 1][1])
            for start, end in [span] if kind == "item" else lines_or_whole(text, *span):
                yield Block(start, end, kind, group, _joined(path))
            at, is_first = end_at, False


def _runs(text: str) -> Iterator[Span]:
    """Lines that hold something and follow each other, as spans."""
    position, first, last = 0, -1, -1
    for line in text.split("\n"):
        if line and not line.isspace():
            first, last = position if first < 0 else first, position + len(line)
        elif first >= 0:
            yield first, last
            first = -1
        position += len(line) + 1
    if first >= 0:
        yield first, last


def _joined(path: Sequence[_Heading]) -> str:
    return " › ".join(heading.title for heading in path[-MAX_PATH:])


def _below(path: Sequence[_Heading], heading: _Heading) -> list[_Heading]:
    """Return the path of a heading: it takes the place of the last one of its kind and of those below that."""
    return [*takewhile(lambda above: above.kind != heading.kind, path), heading]


def _without_rules(text: str, lines: Sequence[Span]) -> tuple[list[Span], dict[int, str]]:
    """Return the lines that say something, and the sign under each that a rule of signs underlines, by its start."""
    rules = [m[1] if (m := _RULE.fullmatch(text, *line)) else "" for line in lines]
    ruled = {
        line[0]: rule
        for line, before, own, rule in zip(lines, ["-", *rules], rules, rules[1:], strict=False)
        if before and rule and not own and _is_title(text[slice(*line)])
    }
    return [line for line, rule in zip(lines, rules, strict=True) if not rule], ruled


def _is_title(line: str) -> bool:
    """Return True if a line is short, has words or a version's number, and ends unlike a sentence or asks something."""
    title = line.strip()
    ends = title.endswith((",", "，", "、")) or (SENTENCE_END.search(title) and not title.endswith(("?", "？")))
    has_words = sum(map(str.isalpha, title)) > 1 or _BARE_VERSION.fullmatch(title)
    return len(title) <= MAX_HEADING and bool(has_words) and not ends


def _heading(text: str, lines: Sequence[Span], ruled: dict[int, str], following: str, is_first: bool) -> _Heading | None:
    """Return what the first of some lines says as a heading, None if it is none.

    Args:
        text: The text.
        lines: The next two lines of the run, or its last.
        ruled: The signs of the lines that are underlined.
        following: The next run.
        is_first: The line begins its run.
    """
    line = text[slice(*lines[0])]
    title = " ".join(line.split())
    if lines[0][0] in ruled:
        return _Heading(ruled[lines[0][0]], title)
    after = text[slice(*lines[1])] if len(lines) > 1 else following.split("\n")[0]
    if match := _ARTICLE.match(line) or _RUN_IN.match(line):
        is_line = match.end() == len(line)
        kind = re.sub(r"\w+", "1", match[1].split()[0])
        return None if is_line and _sign(line) == _sign(after) else _Heading(kind, " ".join(match[1].split()), is_line)
    division = _DIVISION.match(line)
    if not after or not _is_title(line.rstrip(" .") if division else line):
        return None
    if division:
        return _Heading(next(filter(None, division.groups())).lower(), title)
    if is_first and _VERSION.fullmatch(line):
        return _Heading("version", title)
    if is_first and _is_loud(line) and not _is_loud(after):
        return _Heading("capitals", title)
    stands = len(lines) == 1 or (len(line) < SHORT_LINE < _width(after) and not after.lstrip()[0].islower())
    if (numbered := _NUMBERED.match(line)) and stands and _sign(line) != _sign(after):
        return _Heading(re.sub(r"\w+", "1", numbered[1] + numbered[0].strip()[-1]), title)
    return _Heading("alone", title) if is_first and _stands_alone(line, lines, after, following) else None


def _is_loud(line: str) -> bool:
    return line.isupper() and sum(map(str.isalpha, line)) > 3


def _stands_alone(line: str, lines: Sequence[Span], after: str, following: str) -> bool:
    """Return True if a line begins like a title and has its paragraph to itself, or stands on a list of bullets."""
    word = line.strip()[:1]
    if LABELLED.match(line) or _sign(line) or not (word.isupper() or word in '“"¿《' or "\u4e00" <= word <= "\u9fff"):
        return False
    if len(lines) > 1 or _BULLET.match(after):
        return bool(_BULLET.match(after))
    if line.strip().endswith(("?", "？")):
        return not after.strip().endswith(("?", "？"))
    return _width(following) > max(SHORT_LINE, 2 * _width(line)) or bool(SENTENCE_END.search(following))


def _width(text: str) -> int:
    """Return the length of a text, in which a Han character says as much as four letters."""
    return len(text) + 3 * sum("\u4e00" <= c <= "\u9fff" for c in text)


def _sign(line: str) -> str:
    """Return the kind of mark that a line begins with, such as "（1）" for every number in such brackets; '' if none."""
    if _OPTION.match(line):
        return "option"
    match = _MARKER.match(line)
    return re.sub(r"\w+", "1", match[0].strip()) if match else ""


def _indent(line: str) -> int:
    return len(line.expandtabs(8)) - len(line.expandtabs(8).lstrip())


def _unit(text: str, lines: Sequence[Span], at: int, is_headed: bool) -> tuple[int, Kind, str]:
    """Return the end of the item or paragraph that begins at a line, which of both it is, and the sign of its list.

    What begins with its own heading is no item. No line beyond the end is read: a list may be a whole document.
    """
    first = text[slice(*lines[at])]
    own = "" if is_headed else _sign(first)
    below = text[slice(*lines[at + 1])] if at + 1 < len(lines) else ""
    if not own and len(first) <= SHORT_LINE and _is_title(first) and _indent(below) >= _indent(first) + 2:
        own = "term"  # as manuals and glossaries have it: what it means stands below, indented
    before = first
    for number in range(at + 1, len(lines)):
        line = text[slice(*lines[number])]
        ended = SENTENCE_END.search(before) or (len(before) < SHORT_LINE and not line.lstrip()[0].islower())
        if own and (_sign(line) or (_indent(line) <= _indent(first) and (ended or own == "term"))):
            return number, "item", own
        if not own and (_BULLET.match(line) or (ended and (_sign(line) or _DIVISION.match(line) or _ARTICLE.match(line)))):
            return number, "sentence", ""
        before = line
    return len(lines), "item" if own else "sentence", own
