"""Finds the passages that have the words that a model quotes, letter for letter.

White space, full-width forms, the shape of quotation marks and dashes, and the bars between cells are ignored; nothing
else is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from app.llm.evidence import HAN, EvidenceBlock, Run, for_prompt, line, table_head

FEWEST_WORDS, FEWEST_HAN = 3, 4
"""Words, or Han characters, that a quote must have if it is not a whole passage."""
MOST = 4  # places that are looked at if a quote stands in several
_ALIKE = str.maketrans('‘’‚‛“”„‟«»‹›「」『』"`〈〉《》<>–—‐‑‒−[]', "''''''''''''''''''''''''------()", "|")
_GONE = re.compile(r"\s*(?:…|\.{3,}|[\[(]\s*(?:…|\.{3})\s*[\])])+\s*")
_EDGE = " .,;:!?。，；：！？、'-|"
_WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")


@lru_cache(maxsize=10_000)
def _compared(character: str) -> str:
    """Return what a character is compared as: one letter or several, '' for white space and bars."""
    return "".join(unicodedata.normalize("NFKC", character).translate(_ALIKE).split())


def letters(text: str) -> tuple[str, list[int]]:
    """Return the letters of a text as they are compared, and the position of each in the text."""
    found = [_compared(character) for character in text]
    return "".join(found), [at for at, of_one in enumerate(found) for _ in of_one]


def bare(text: str) -> str:
    """Return the letters of a text as they are compared, without the marks around it."""
    return "".join(map(_compared, unicodedata.normalize("NFC", text))).strip(_EDGE)


def enough(words: str) -> bool:
    """Return True if quoted words are more than a name or a figure."""
    han = len(HAN.findall(words))
    return han >= FEWEST_HAN or len(_WORD.findall(HAN.sub(" ", words))) + han / 2 >= FEWEST_WORDS


@dataclass(frozen=True)
class Page:
    """The text of a block as it is searched, with its passages."""

    block: EvidenceBlock

    @cached_property
    def _lines(self) -> list[str]:
        return [line(e) for e in self.block.items]

    @cached_property
    def _wholes(self) -> list[set[str]]:
        """The forms of each whole passage: as it is shown, a row also behind its headings, and below them."""
        pairs = zip(self._lines, self.block.items, strict=True)
        forms = ((said, for_prompt(item.text), " ".join([*table_head(item)[-1:], said])) for said, item in pairs)
        return [{bare(form) for form in every} for every in forms]

    @cached_property
    def _joined(self) -> tuple[str, str, list[int], list[int]]:
        """The text, its letters with their positions, and the start of each passage."""
        begins, text = [], ""
        for said in self._lines:
            begins.append(len(text))
            text += said + "\n"
        return (text, *letters(text), begins)

    def runs(self, words: str) -> list[Run]:
        """Find the smallest runs of whole passages that hold quoted words, in order of place.

        The result is [] if this block does not have the words, or if they are too few.
        """
        wanted = bare(words)
        if not wanted:
            return []
        whole: list[Run] = [(e,) for e, forms in zip(self.block.items, self._wholes, strict=True) if wanted in forms]
        return whole[:MOST] or (list(dict.fromkeys(self._found(wanted)))[:MOST] if enough(words) else [])

    def _found(self, wanted: str) -> Iterator[Run]:
        text, compared, places, begins = self._joined
        at = compared.find(wanted)
        while at >= 0:
            first, last = places[at], places[at + len(wanted) - 1]
            if _apart(text, first, last):
                inside = [n for n, b in enumerate(begins) if b <= last and first < ([*begins, len(text)])[n + 1]]
                yield self.block.items[inside[0] : inside[-1] + 1]
            at = compared.find(wanted, at + 1)


def _apart(text: str, first: int, last: int) -> bool:
    """Return True if a piece of a text begins and ends at the edges of words and figures.

    “5 billion” is not such a piece of “15 billion”.
    """
    before, after = text[max(0, first - 2) : first], text[last + 1 : last + 3]
    if before and _joins(before[-1], text[first]):
        return False
    if len(before) == 2 and before[1] in ".," and before[0].isdigit() and text[first].isdigit():
        return False
    if after and _joins(text[last], after[0]):
        return False
    return not (len(after) == 2 and after[0] in ".," and after[1].isdigit() and text[last].isdigit())


def _joins(one: str, other: str) -> bool:
    return one.isalnum() and other.isalnum() and not (HAN.match(one) or HAN.match(other))


def parts(words: str) -> list[str]:
    """Split quoted words at the marks of an omission."""
    return [p for p in _GONE.split(words) if p.strip()] or [words]


def find(words: str, key: str, pages: Sequence[Page]) -> list[Run]:
    """Find the runs of passages that hold quoted words.

    The block under the given key is searched first. The other blocks are searched only if it does not have the words,
    since the key may be wrong.
    """
    ordered = sorted(pages, key=lambda p: p.block.key != key)
    return next((runs for page in ordered if (runs := page.runs(words))), [])
