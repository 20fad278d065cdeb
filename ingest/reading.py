"""A passage -> its text as the models read it: with what a person would need to understand it where it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.documents import Chunk, Document, Passage

POINTS_BACK = re.compile(
    r"^(it|its|they|their|them|this|that|these|those|he|she|his|her|such|the (city|company|plan|fund|law|centre|same))\b"
    r"|^(它|其|该|这|此|他|她)",
    re.IGNORECASE,
)
"""Begins with a word whose meaning stands in the sentence before."""


def contextualised_texts(chunk: Chunk, document: Document) -> list[str]:
    """A chunk -> the text of each of its passages, behind title and heading.

    A list item comes behind the sentence that introduces its list, a row behind the one above its table, a sentence that
    points back behind the one before it.
    """
    where = f"{document.title}. {chunk.heading}. " if chunk.heading else f"{document.title}. "
    found = []
    for at, passage in enumerate(chunk.passages):
        text = passage.read(document.text)
        if passage.lead is not None:
            text = f"{document.text[slice(*passage.lead)]} {text}"
        elif passage.above is not None:
            text = f"{' '.join(document.text[slice(*passage.above)].split())} {text}"
        elif at and passage.kind == "sentence" and POINTS_BACK.match(text) and chunk.passages[at - 1].block == passage.block:
            text = f"{chunk.passages[at - 1].read(document.text)} {text}"
        found.append(where + text)
    return found


def allowed_renderings(passages: Sequence[Passage], text: str) -> tuple[str, ...]:
    """Passages of a document, in their order -> what a sentence that cites them may say: what they say to a reader; one
    alone also behind what introduces it. On one line each."""
    together = " ".join(p.read(text) for p in passages)
    alone = [p.introduced(text) for p in passages[:1] if len(passages) == 1]
    return tuple(" ".join(words.split()) for words in (together, *alone))
