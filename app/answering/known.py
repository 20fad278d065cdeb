"""A matched known question -> hits and draft: the passages that were written down for it, in their order."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from app.answering.extract import introduces, sentence_of
from app.answering.repetition import joined
from app.answers import Draft, DraftSentence, Evidence, Hit
from app.query.values import Query
from app.retrieval.match import Match
from ingest.documents import Passage
from ingest.index import Index
from ingest.question_store import Place
from ingest.reading import POINTS_BACK, in_place


def known_passages(match: Match, index: Index, within: Sequence[str] | None = None) -> list[Passage]:
    """The passages of a match in their order, those `within` the documents alone; a list of which two items stand among them
    is there whole, behind its introduction. A passage that is gone since is left out."""
    found: list[Passage] = []
    places = [p for p in match.known.answers if within is None or p.document_id in within]
    every = {p.document_id: index.passages(p.document_id) for p in places}
    for place in places:
        found += [p for p in every[place.document_id] if p.start == place.start]
    items = Counter((p.document_id, p.block) for p in found if p.kind == "item")
    whole: list[Passage] = []
    for passage in found:
        block = (passage.document_id, passage.block)
        around = [p for p in every[passage.document_id] if p.block == passage.block or introduces(p, passage)]
        listed = passage.kind == "item" and items[block] > 1
        whole += [p for p in (around if listed else [passage]) if p not in whole]
    return whole


def known_hits(match: Match, passages: Sequence[Passage], index: Index) -> tuple[Hit, ...]:
    """The `known_passages` of a match as hits, best first; behind them the sentences that one of them points back to."""
    before = [b for p in passages if (b := _pointed_at(p, index))]
    p = min(max(match.probability, 1e-6), 1 - 1e-6)
    best = math.log(p / (1 - p))
    return tuple(Hit(passage, n, rerank_score=best - n) for n, passage in enumerate([*passages, *before], 1))


def _pointed_at(passage: Passage, index: Index) -> Passage | None:
    """The passage before one that points back."""
    document, every = index.document(passage.document_id), index.passages(passage.document_id)
    at = next((n for n, p in enumerate(every) if p.start == passage.start), 0)
    return every[at - 1] if at and document and POINTS_BACK.match(passage.read(document.text)) else None


def passage_in_place(index: Index, place: Place) -> str:
    """A passage as the reader reads it, behind title and heading; '' where it is gone."""
    document = index.document(place.document_id)
    if document is None:
        return ""
    for chunk in index.catalogue.document_chunks(place.document_id):
        for passage, text in zip(chunk.passages, in_place(chunk, document), strict=True):
            if passage.start == place.start:
                return text
    return ""


def known_draft(match: Match, passages: Sequence[Passage], question: Query, evidence: Sequence[Evidence]) -> Draft:
    """The draft of a match from its `known_passages`; of a gap, what is not held and what is nearest; of a question about
    the program, its words."""
    if match.known.about:
        words = match.known.about.get(question.language) or match.known.about["en"]
        return Draft((), (match.probability,), known=True, about=words)
    places = {(e.passage.document_id, e.passage.start): e for e in evidence}
    chosen = [e for p in passages if (e := places.get((p.document_id, p.start)))]
    # an item stands right behind the sentence that introduces its list
    leads = [
        next((m for m, other in enumerate(chosen[:n]) if introduces(other.passage, e.passage)), n)
        for n, e in enumerate(chosen)
    ]
    chosen = [chosen[n] for n in sorted(range(len(chosen)), key=lambda n: (leads[n], n))]
    nearest = tuple(e.key for e in chosen[:3])
    if match.known.gap:
        return Draft((), (0.0,), nearest, known=True, gap=match.known.gap)
    sentences, known = list[DraftSentence](), {e.key: e for e in evidence}
    for n, item in enumerate(chosen):
        if any(introduces(item.passage, earlier.passage) for earlier in chosen[:n]):
            continue  # it stands in front of its item already
        listed = any(introduces(earlier.passage, item.passage) for earlier in chosen[:n])
        sentences = joined(sentences, sentence_of(item, evidence, 0, listed), known, (match.probability,))
    return Draft(tuple(sentences), (match.probability,), nearest, known=True)
