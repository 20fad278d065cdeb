"""Lines of text as they were set on a page, joined into paragraphs again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce

HYPHEN = "\ufffe"
"""At a line's end: its last word goes on in the next line."""

_ENDED = re.compile(r"[.!?。！？；;:：][\"'”’)\]）】」』]*$")
_WIDE = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]")


def ended(text: str) -> bool:
    """A text -> whether it ends as a sentence does."""
    return bool(_ENDED.search(text))


def wide(character: str) -> bool:
    """A character -> whether it is of those that are written without spaces."""
    return bool(_WIDE.match(character))


def paragraphs(lines: Sequence[str], full: int) -> list[str]:
    """Wrapped lines -> paragraphs: one ends at a short line that ends a sentence, a heading at a very short one.

    `full` is the width of a line that is not short.
    """
    found: list[str] = []
    over = True
    for line in lines:
        if over or not found:
            found.append(line)
        else:
            found[-1] = joined(found[-1], line)
        short = width(line) < (0.85 if ended(line) else 0.55) * full
        over = short and not line.endswith(HYPHEN)
    return found


def joined(before: str, line: str) -> str:
    """Two lines -> the second behind the first: with a space, or none after a hyphen or between wide characters."""
    if before.endswith(HYPHEN):
        return before[:-1] + line
    return before + ("" if wide(before[-1:]) and wide(line[:1]) else " ") + line


def all_joined(lines: Sequence[str]) -> str:
    """Lines of one paragraph -> the paragraph."""
    return reduce(joined, lines) if lines else ""


def width(line: str) -> int:
    """A line -> the columns that it takes: two for a wide character."""
    return len(line) + len(_WIDE.findall(line))
