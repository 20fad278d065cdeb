"""Joins quotes that repeat each other, so that what is said once is not said again.

If one quote holds another, in place or in words, the wider one takes the place of the better one: nothing of either is
lost. Two that overlap become one. The items of one list, and the rows of one table, may hold each other's words: the list
would not be whole without them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.answering.lists import same_block
from app.answers import Evidence
from ingest.words import CHARACTERS

_WORD = re.compile(rf"[{CHARACTERS}]|[^\W{CHARACTERS}]+")


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A quote that is chosen for an answer.

    Attributes:
        keys: The keys of the evidence that it quotes.
        part: The part of the question that it answers, from 0.
        lead_length: The number of characters that introduce its passage's own words.
    """

    text: str
    keys: tuple[str, ...]
    part: int = 0
    lead_length: int = 0


def word_string(text: str) -> str:
    """Return the words and Han characters in lower case, with a space before and after each.

    A text whose words another contains in the same order is then a substring of it.
    """
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def assign_shared(
    chosen: Sequence[Sequence[Evidence]], listed: Sequence[bool], confidences: Sequence[float]
) -> tuple[list[list[Evidence]], list[int]]:
    """Remove from each part's choices the passages that stand in another part's whole list.

    Returns:
        The choices that are left for each part, and the part that each of them serves. A list that takes a passage from
            a part with more confidence serves that part.
    """
    remaining, served_parts = [list(items) for items in chosen], list(range(len(chosen)))
    lists = sorted((n for n, is_list in enumerate(listed) if is_list), key=lambda n: -confidences[n])
    for rank, list_part in enumerate(lists):
        for other in range(len(remaining)):
            rest = [e for e in remaining[other] if e not in remaining[list_part]]
            if other != list_part and other not in lists[:rank] and len(rest) < len(remaining[other]):
                remaining[other] = rest
                served_parts[list_part] = max(served_parts[list_part], other, key=lambda n: confidences[n])
    return remaining, served_parts


def add_sentence(
    sentences: Sequence[DraftSentence], new: DraftSentence, evidence: Mapping[str, Evidence], confidences: Sequence[float]
) -> list[DraftSentence]:
    """Add a quote at the end, or merge it with the quotes that it repeats, at the place of the first."""
    result, place = list(sentences), len(sentences)
    while (rival := next((n for n, k in enumerate(result) if _repeats(k, new, evidence)), None)) is not None:
        new = _merge(result.pop(rival), new, evidence, confidences)
        place = min(place, rival)
    return [*result[:place], new, *result[place:]]


def _merge(
    better: DraftSentence, other: DraftSentence, evidence: Mapping[str, Evidence], confidences: Sequence[float]
) -> DraftSentence:
    """Merge two quotes into one, for the part with more confidence."""
    wider = max(better, other, key=lambda s: (len(s.keys), len(word_string(s.text))))
    keys = tuple(sorted({*better.keys, *other.keys}, key=lambda k: evidence[k].passage.start))
    if set(better.keys) & set(other.keys) and len(keys) > len(wider.keys):
        wider = DraftSentence(" ".join(evidence[k].text for k in keys), keys)
    return replace(wider, part=max(better.part, other.part, key=lambda n: (confidences[n], n == better.part)))


def _repeats(one: DraftSentence, other: DraftSentence, evidence: Mapping[str, Evidence]) -> bool:
    """Return True if they overlap in their document, or one has all the words of the other in their order.

    Two items of one list, and two rows of one table, may have each other's words.
    """
    first, last, other_first, other_last = (evidence[s.keys[n]].passage for s in (one, other) for n in (0, -1))
    same_document = first.document_id == other_first.document_id
    if same_document and first.start < other_last.end and other_first.start < last.end:
        return True
    words, other_words = word_string(one.text), word_string(other.text)
    in_one_block = first.kind != "sentence" and same_block(first, other_first)
    return words == other_words or ((words in other_words or other_words in words) and not in_one_block)
