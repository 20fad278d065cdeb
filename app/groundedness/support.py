"""Splits a text into its sentences and rows, and finds the words in it that carry meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence

import sentencex

from app.text.figures import NUMBER_WORDS
from app.text.words import chinese, letters
from ingest.languages import WINDOW
from ingest.words import STOPWORDS

LONGEST = 3_000  # characters of a sentence; a row of a table with its headings has fewer
QUOTED = re.compile(
    r"“([^”]{2,N})”|\"([^\"]{2,})\"|「([^」]{2,N})」|『([^』]{2,N})』|《([^》]{2,N})》|(?<!\w)‘([^’]{8,N})’(?!\w)".replace(
        "N", str(LONGEST)
    )
)
"""Words in quotation marks. Without the bound, each of many unclosed marks would cost a search to the end of the text."""
SAID = 12  # Chinese characters in quotation marks from which they are a saying, and no name


def missing_quotation(claim: str, evidence: str) -> str:
    """Find a quotation of a claim that the evidence does not have word for word.

    A Chinese name or short title is accepted if the evidence is not Chinese.

    Returns:
        The fault as a sentence, '' if the evidence has all quotations.
    """
    held = letters(evidence)
    for match in QUOTED.finditer(claim):
        quoted = match[0][1:-1]
        if chinese(quoted) and not chinese(evidence) and (match[5] or len(quoted) < SAID):
            continue  # a Chinese name or title for what is English there; a whole saying would be a made-up quotation
        if letters(quoted) not in held:
            return f"The words “{quoted.strip(' .,')}” are not in the evidence."
    return ""


MOST_CELLS = 200  # of a row
LEFT_OUT = STOPWORDS | {*NUMBER_WORDS, *"thousand million billion trillion per cent percent".split()}
"""Small words, and figures in words, which are compared as figures."""
_STOP = re.compile(r"(?<=[。！？])")


def row(text: str) -> list[str]:
    """Split a row of a table (`Year: 2023; Sum: 5`) into its cells with their headings.

    The result is [] for any other text, and for a row of more than MOST_CELLS cells.
    """
    cells = text.split("; ")
    return cells if 1 < len(cells) <= MOST_CELLS and all(": " in c for c in cells) else []


def sentences(evidence: Sequence[str]) -> list[str]:
    """Split passages into their sentences and rows."""
    found = []
    for text in (line for passage in evidence for line in passage.split("\n")):
        before, table = _introduced(text) if row(text) else (text, "")
        pieces = (before[at : at + WINDOW] for at in range(0, len(before), WINDOW))
        split = [t for p in pieces for s in sentencex.segment("en", p) for t in _STOP.split(s)]
        found += [t.strip() for t in (*split, table) if t.strip()]
    return found


def _introduced(text: str) -> tuple[str, str]:
    """Split a row into the sentence before it, '' if there is none, and the row.

    `They had these figures: Year: 2023; Sum: 5` begins with such a sentence.
    """
    first, _, rest = text.partition("; ")
    parts = first.rsplit(": ", 2)
    return (f"{parts[0]}:", f"{parts[1]}: {parts[2]}; {rest}") if len(parts) == 3 else ("", text)
