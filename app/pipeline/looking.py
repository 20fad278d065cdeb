"""What a language model reads beside what was found for a question: what the last answers cite, and what it asks to see."""

from __future__ import annotations

from collections.abc import Sequence

from app.answers import Evidence, Hit
from app.query.values import Turn
from ingest.documents import Passage
from ingest.index import Index

LAST = 2  # answers whose passages are carried on
SURE = 8.0  # logits of a passage that an answer cites: it was found sure enough before
LISTED = 100  # titles that a model is told: it searches for others


def cited_before(history: Sequence[Turn], index: Index, within: Sequence[str] | None) -> tuple[Hit, ...]:
    """Return the passages that the last answers cite, those of the last one first; () if nobody knows what they cite."""
    answers = [turn for turn in history if turn.role == "assistant"][-LAST:]
    spans = dict.fromkeys(span for turn in reversed(answers) for span in turn.cited)
    found: dict[tuple[str, int], Passage] = {}
    for document_id, start, end in spans:
        if within is None or document_id in within:
            passages = index.passages(document_id)
            found |= {(document_id, p.start): p for p in passages if start <= p.start and p.end <= end}
    return tuple(Hit(p, n, rerank_score=SURE - n) for n, p in enumerate(found.values(), 1))


def titles(index: Index, within: Sequence[str] | None) -> tuple[str, ...]:
    """Return what the documents that are asked are called."""
    return tuple(d.title for d in index.catalogue.listing() if within is None or d.id in within)[:LISTED]


def opened(name: str, index: Index, within: Sequence[str] | None) -> tuple[Evidence, ...]:
    """Return the passages of the document that is named, or of a heading in it ("title › heading"); () if it is not one of
    those that are asked."""
    title, _, heading = (_letters(part) for part in name.partition("›"))
    found: list[Evidence] = []
    for listed in index.catalogue.listing():
        if _letters(listed.title) == title and (within is None or listed.id in within):
            document = index.document(listed.id)
            passages = index.passages(listed.id) if document else ()
            below = [p for p in passages if heading and _letters(p.heading).startswith(heading)] or passages
            found += (Evidence("", document, p, p.read(document.text)) for p in below if document)
    return tuple(found)


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())
