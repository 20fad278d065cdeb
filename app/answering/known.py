"""A matched known question -> hits and draft: the passages that were written down for it, in their order."""

from __future__ import annotations

import math
from collections.abc import Sequence

from app.answering.extract import sentence_of
from app.answering.lists import introduces
from app.answering.repetition import joined
from app.answers import Draft, DraftSentence, Evidence, Hit
from app.query.values import Query
from app.retrieval.match import Match
from ingest.documents import Passage
from ingest.index import Index
from ingest.questions.store import Place
from ingest.reading import POINTS_BACK, contextualised_texts


def known_hits(match: Match, index: Index, within: Sequence[str] | None = None) -> tuple[Hit, ...]:
    """The passages of a match as hits, best first, those `within` the documents alone; behind them the sentences that one
    of them points back to. A passage that is gone since is left out."""
    found: list[Passage] = []
    before: list[Passage] = []
    for place in match.known.answers:
        if within is not None and place.document_id not in within:
            continue
        document, passages = index.document(place.document_id), index.passages(place.document_id)
        at = next((n for n, p in enumerate(passages) if p.start == place.start), None)
        if at is None or document is None:
            continue
        found.append(passages[at])
        if at and POINTS_BACK.match(passages[at].read(document.text)):
            before.append(passages[at - 1])
    p = min(max(match.probability, 1e-6), 1 - 1e-6)
    best = math.log(p / (1 - p))
    return tuple(Hit(passage, n, rerank_score=best - n) for n, passage in enumerate([*found, *before], 1))


def passage_in_place(index: Index, place: Place) -> str:
    """A passage as the reader reads it, behind title and heading; '' where it is gone."""
    document = index.document(place.document_id)
    if document is None:
        return ""
    for chunk in index.catalogue.document_chunks(place.document_id):
        for passage, text in zip(chunk.passages, contextualised_texts(chunk, document), strict=True):
            if passage.start == place.start:
                return text
    return ""


def known_draft(match: Match, question: Query, evidence: Sequence[Evidence]) -> Draft:
    """The draft of a match; of a gap, what is not held and what is nearest; of a question about the program, its words. What
    is not held is said where that is written down in the language of the question, else only that it is not."""
    gap = match.known.gap_in(question.language)
    if match.known.about:
        words = match.known.about.get(question.language) or match.known.about["en"]
        return Draft((), (match.probability,), known=True, about=words)
    places = {(e.passage.document_id, e.passage.start): e for e in evidence}
    chosen = [e for p in match.known.answers if (e := places.get((p.document_id, p.start)))]
    # an item stands right behind the sentence that introduces its list
    leads = [
        next((m for m, other in enumerate(chosen[:n]) if introduces(other.passage, e.passage)), n)
        for n, e in enumerate(chosen)
    ]
    chosen = [chosen[n] for n in sorted(range(len(chosen)), key=lambda n: (leads[n], n))]
    nearest = tuple(e.key for e in chosen[:3])
    if match.known.gap and not match.known.partial:
        return Draft((), (0.0,), nearest, known=True, gap=gap)
    sentences, known = list[DraftSentence](), {e.key: e for e in evidence}
    for n, item in enumerate(chosen):
        if any(introduces(item.passage, earlier.passage) for earlier in chosen[:n]):
            continue  # it stands in front of its item already
        listed = any(introduces(earlier.passage, item.passage) for earlier in chosen[:n])
        sentences = joined(sentences, sentence_of(item, evidence, 0, listed), known, (match.probability,))
    return Draft(tuple(sentences), (match.probability,), nearest, known=True, gap=gap or match.known.gap)
