"""Finds the passages that contain the words that a model quotes, verbatim.

Only white space, full-width forms, the shape of quotation marks and dashes, and the bars between cells are ignored.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from app.llm.evidence import HAN, EvidenceBlock, PassageRun, for_prompt, prompt_line, table_head

FEWEST_WORDS, FEWEST_HAN = 3, 4
"""Words, or Han characters, that a quote must have if it is not a whole passage."""
MAX_PLACES = 4  # places that are looked at if a quote stands in several
_SAME_MARKS = str.maketrans('‘’‚‛“”„‟«»‹›「」『』"`〈〉《》<>–—‐‑‒−[]', "''''''''''''''''''''''''------()", "|")
_OMISSION = re.compile(r"\s*(?:…|\.{3,}|[\[(]\s*(?:…|\.{3})\s*[\])])+\s*")
_EDGE = " .,;:!?。，；：！？、'-|"
_WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")


@lru_cache(maxsize=10_000)
def _normalized(character: str) -> str:
    """Return what a character is compared as: one letter or several, '' for white space and bars."""
    return "".join(unicodedata.normalize("NFKC", character).translate(_SAME_MARKS).split())


def letters(text: str) -> tuple[str, list[int]]:
    """Return the letters of a text as they are compared, and the position of each in the text."""
    normalized = [_normalized(character) for character in text]
    return "".join(normalized), [position for position, form in enumerate(normalized) for _ in form]


def bare(text: str) -> str:
    """Return the letters of a text as they are compared, without the marks around it."""
    return "".join(map(_normalized, unicodedata.normalize("NFC", text))).strip(_EDGE)


def is_long_enough(words: str) -> bool:
    """Return True if quoted words are more than a name or a figure."""
    han = len(HAN.findall(words))
    return han >= FEWEST_HAN or len(_WORD.findall(HAN.sub(" ", words))) + han / 2 >= FEWEST_WORDS


@dataclass(frozen=True)
class Page:
    """The text of a block as it is searched, with its passages."""

    block: EvidenceBlock

    @cached_property
    def _lines(self) -> list[str]:
        return [prompt_line(e) for e in self.block.items]

    @cached_property
    def _whole_forms(self) -> list[set[str]]:
        """The forms of each whole passage: as it is shown, and for a row also after its headings and below them."""
        pairs = zip(self._lines, self.block.items, strict=True)
        forms = ((text, for_prompt(item.text), " ".join([*table_head(item)[-1:], text])) for text, item in pairs)
        return [{bare(form) for form in passage_forms} for passage_forms in forms]

    @cached_property
    def _joined(self) -> tuple[str, str, list[int], list[int]]:
        """The text, its letters with their positions, and the start of each passage."""
        begins, text = [], ""
        for text_of_line in self._lines:
            begins.append(len(text))
            text += text_of_line + "\n"
        return (text, *letters(text), begins)

    def runs(self, words: str) -> list[PassageRun]:
        """Find the smallest runs of whole passages that hold quoted words, in order of place.

        The result is [] if this block does not have the words, or if they are too few.
        """
        needle = bare(words)
        if not needle:
            return []
        pairs = zip(self.block.items, self._whole_forms, strict=True)
        whole_passages: list[PassageRun] = [(item,) for item, forms in pairs if needle in forms]
        return whole_passages[:MAX_PLACES] or (
            list(dict.fromkeys(self._search(needle)))[:MAX_PLACES] if is_long_enough(words) else []
        )

    def _search(self, needle: str) -> Iterator[PassageRun]:
        text, compared, places, begins = self._joined
        at = compared.find(needle)
        while at >= 0:
            first, last = places[at], places[at + len(needle) - 1]
            if _at_word_edges(text, first, last):
                covered = [n for n, b in enumerate(begins) if b <= last and first < ([*begins, len(text)])[n + 1]]
                yield self.block.items[covered[0] : covered[-1] + 1]
            at = compared.find(needle, at + 1)


def _at_word_edges(text: str, first: int, last: int) -> bool:
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


def _joins(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum() and not (HAN.match(left) or HAN.match(right))


def split_quote(words: str) -> list[str]:
    """Split quoted words at the marks of an omission."""
    return [p for p in _OMISSION.split(words) if p.strip()] or [words]


def find_quote(words: str, key: str, pages: Sequence[Page]) -> list[PassageRun]:
    """Find the runs of passages that hold quoted words.

    The block under the given key is searched first. The other blocks are searched only if it does not have the words,
    since the key may be wrong.
    """
    ordered = sorted(pages, key=lambda p: p.block.key != key)
    return next((runs for page in ordered if (runs := page.runs(words))), [])
