"""Splits a text into its sentences and rows, and finds the words in it that carry meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence

import sentencex

from app.text.figures import NUMBER_WORDS
from app.text.words import is_chinese, letters
from ingest.languages import WINDOW
from ingest.words import STOPWORDS

MAX_SENTENCE = 3_000  # characters of a sentence; a row of a table with its headings has fewer
QUOTED = re.compile(
    r"“([^”]{2,N})”|\"([^\"]{2,})\"|「([^」]{2,N})」|『([^』]{2,N})』|《([^》]{2,N})》|(?<!\w)‘([^’]{8,N})’(?!\w)".replace(
        "N", str(MAX_SENTENCE)
    )
)
"""Words in quotation marks. Without the bound, each of many unclosed marks would cost a search to the end of the text."""
NO_CONTENT = STOPWORDS | {*NUMBER_WORDS, *"thousand million billion trillion per cent percent".split()}
"""Small words, and figures in words, which are compared as figures."""
_CHINESE_STOP = re.compile(r"(?<=[。！？])")


def missing_quotation(claim: str, evidence: str) -> str:
    """Find a quotation of a claim that the evidence does not have word for word.

    A Chinese name or short title is accepted if the evidence is not Chinese.

    Returns:
        The fault as a sentence, '' if the evidence has all quotations.
    """
    evidence_letters = letters(evidence)
    for match in QUOTED.finditer(claim):
        quotation = match[0][1:-1]
        if is_chinese(quotation) and not is_chinese(evidence) and (match[5] or len(quotation) < 12):
            continue  # a Chinese name or title for what is English there; a longer saying would be a made-up quotation
        if letters(quotation) not in evidence_letters:
            return f"The words “{quotation.strip(' .,')}” are not in the evidence."
    return ""


def row_cells(text: str) -> list[str]:
    """Split a row of a table (`Year: 2023; Sum: 5`) into its cells with their headings.

    The result is [] for any other text, and for a row of more than 200 cells.
    """
    cells = text.split("; ")
    return cells if 1 < len(cells) <= 200 and all(": " in c for c in cells) else []


def sentences(evidence: Sequence[str]) -> list[str]:
    """Split passages into their sentences and rows."""
    result = []
    for text in (line for passage in evidence for line in passage.split("\n")):
        prose, table_row = _split_lead(text) if row_cells(text) else (text, "")
        pieces = (prose[at : at + WINDOW] for at in range(0, len(prose), WINDOW))
        segments = [t for p in pieces for s in sentencex.segment("en", p) for t in _CHINESE_STOP.split(s)]
        result += [t.strip() for t in (*segments, table_row) if t.strip()]
    return result


def _split_lead(text: str) -> tuple[str, str]:
    """Split a row into the sentence before it, '' if there is none, and the row.

    `They had these figures: Year: 2023; Sum: 5` begins with such a sentence.
    """
    first, _, other_cells = text.partition("; ")
    parts = first.rsplit(": ", 2)
    return (f"{parts[0]}:", f"{parts[1]}: {parts[2]}; {other_cells}") if len(parts) == 3 else ("", text)
