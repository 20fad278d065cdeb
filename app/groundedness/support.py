"""A text -> its sentences and rows, and the words in it that carry meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence

import sentencex

from app.text.figures import NUMBER_WORDS
from app.text.words import words
from ingest.languages import AT_ONCE
from ingest.words import STOPWORDS

MOST_CELLS = 200  # of a row
LEFT_OUT = STOPWORDS | {*NUMBER_WORDS, *"thousand million billion trillion per cent percent".split()}
"""Small words, and figures in words, which are compared as figures."""
_HAN = re.compile(r"[\u4e00-\u9fff]")
_STOP = re.compile(r"(?<=[。！？])")


def row(text: str) -> list[str]:
    """A text -> its cells with their headings where it is a row of a table (`Year: 2023; Sum: 5`), else []."""
    cells = text.split("; ")
    return cells if 1 < len(cells) <= MOST_CELLS and all(": " in c for c in cells) else []


def sentences(evidence: Sequence[str]) -> list[str]:
    """Passages -> the sentences and rows of all of them."""
    found = []
    for text in (line for passage in evidence for line in passage.split("\n")):
        before, table = _introduced(text) if row(text) else (text, "")
        pieces = (before[at : at + AT_ONCE] for at in range(0, len(before), AT_ONCE))
        split = [t for p in pieces for s in sentencex.segment("en", p) for t in _STOP.split(s)]
        found += [t.strip() for t in (*split, table) if t.strip()]
    return found


def _introduced(text: str) -> tuple[str, str]:
    """A row -> the sentence that stands before it, if any, and the row: `They had these figures: Year: 2023; Sum: 5`."""
    first, _, rest = text.partition("; ")
    parts = first.rsplit(": ", 2)
    return (f"{parts[0]}:", f"{parts[1]}: {parts[2]}; {rest}") if len(parts) == 3 else ("", text)


def content(text: str) -> list[str]:
    """A text -> keys of its words that carry meaning, in order, repeated where they are; Han characters as they are."""
    return [w.key for w in words(text) if w.text.lower() not in LEFT_OUT and len(w.text) + bool(_HAN.match(w.text)) > 1]
