"""Makes an answer of a draft and its evidence, or an abstention with the nearest passages.

It abstains if the confidence is below the threshold or if no sentence passes the checks. Keys that do not exist, and texts
that are not what the evidence says, are refused and never repaired.

The confidence is a logistic of what the reranker gives the best passage and its paragraph. A sentence alone can look like
an answer that its paragraph does not give, and the other way round; both weigh the same. `python -m evals.training.match`
prints the two numbers, fitted on answers to strangers that were judged. To add the score of the cross-encoder before our
training with a negative weight, or the share of the question's words that are missing, would part near misses from answers
much better on our own set and worse on other people's: our answerable questions were written in other words than the texts,
the near misses were not (docs/decisions/012).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from app.answering.highlight import highlights
from app.answering.notes import refusal, sources_note, status_and_note
from app.answers import Answer, Draft, DraftSentence, Evidence, Hit, NotePart
from app.query.values import Query
from app.sentences import Citation, OriginalQuote, Sentence
from ingest.database.alignments import AlignedPassage, aligned_passages
from ingest.documents import Document, Source, allowed_renderings
from ingest.index import Index

INTERCEPT = -0.545
WEIGHT = 0.416


def best_logit(hits: Sequence[Hit]) -> float:
    """Return the logit of whether the best passage and its paragraph answer at all.

    If the hit has none, the passage's reranker score is returned. Without hits the result is minus infinity.
    """
    best = max(hits, key=lambda h: h.score, default=None)
    if best is None:
        return -math.inf
    return best.rerank_score if best.answerability is None else best.answerability


def confidence(hits: Sequence[Hit]) -> float:
    """Return the probability, from 0 to 1, that the best passage answers; 0 without hits."""
    if not hits:
        return 0.0
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, INTERCEPT + WEIGHT * best_logit(hits)))))


log = logging.getLogger(__name__)


def verify(question: Query, draft: Draft, evidence: Sequence[Evidence], hits: Sequence[Hit], threshold: float) -> Answer:
    """Make the answer that the evidence supports.

    Its status is `not_found` if the confidence is below the threshold or if no sentence is supported. Sentences for a
    part of the question below the threshold are left out.

    Raises:
        ValueError: The evidence keys are not unique.
    """
    rounded = round(draft.confidence, 4)
    if draft.about:
        return Answer(
            question.text, question.searched, "about", note_parts=(NotePart("about", draft.about),), confidence=rounded
        )
    evidence_by_key = {e.key: e for e in evidence}
    if len(evidence_by_key) != len(evidence):
        raise ValueError("evidence keys are not unique")
    supported = [s for s in draft.sentences if _is_supported(s.text, [evidence_by_key.get(k) for k in s.keys])]
    some_unverified = len(supported) < len(draft.sentences)
    is_confident = draft.confidence >= threshold
    if is_confident:
        supported = [s for s in supported if draft.confidences[s.part] >= threshold]
    sentences, citations = _with_citations(question, supported, evidence_by_key)
    if is_confident and sentences:
        status, note = status_and_note(question, draft, threshold, some_unverified)
        parts = (sources_note(question, citations), *note)
        answer = Answer(question.text, question.searched, status, sentences, citations, note_parts=parts)
        answer = replace(answer, wanted=question.answer_type.kind if question.answer_type else "", sides=question.sides)
    else:
        closest = [evidence_by_key[k] for k in draft.closest if k in evidence_by_key]
        answer = Answer(
            question.text,
            question.searched,
            "not_found",
            closest=tuple(cite(n, [e]) for n, e in enumerate(closest, 1)),
            note_parts=refusal(draft.gap, bool(closest), question),
        )
    return replace(answer, confidence=rounded, hits=tuple(hits))


def _with_citations(
    question: Query, supported: Sequence[DraftSentence], evidence: Mapping[str, Evidence]
) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
    """Return the sentences, with what was asked for in bold, and a citation for each."""
    spans = highlights(question, supported)
    sentences = tuple(Sentence(s.text, (n,), span) for n, (s, span) in enumerate(zip(supported, spans, strict=True), 1))
    return sentences, tuple(cite(n, [evidence[k] for k in s.keys]) for n, s in enumerate(supported, 1))


# --- support


def _is_supported(text: str, cited: Sequence[Evidence | None]) -> bool:
    """Return True if the sentence is exactly what its evidence says, in order, and the evidence is one contiguous span."""
    items = [e for e in cited if e is not None]
    if not items or len(items) != len(cited):
        log.warning("a sentence cites a key that does not exist: %r", text[:80])
        return False
    spans = [(e.passage.start, e.passage.end) for e in items]
    is_contiguous = len({e.document.id for e in items}) == 1 and all(
        a[1] <= b[0] and not items[0].document.text[a[1] : b[0]].strip() for a, b in pairwise(spans)
    )
    renderings = allowed_renderings([e.passage for e in items], items[0].document.text)
    if not is_contiguous or " ".join(text.split()) not in renderings:
        log.warning("a sentence is not its quote: %r", text[:80])
        return False
    return True


def cite(number: int, items: Sequence[Evidence]) -> Citation:
    """One citation of the contiguous span that the evidence covers."""
    document, first, last = items[0].document, items[0].passage, items[-1].passage
    ids = dict.fromkeys(i for e in items for i in e.passage.sources)
    return Citation(
        number=number,
        document_id=document.id,
        title=document.title,
        heading=first.heading,
        quote=document.text[first.start : last.end],
        start=first.start,
        end=last.end,
        language=document.language,
        sources=sources_of(document, ids),
        page=document.page(first.start),
        kind=first.kind if len(items) == 1 else "sentence",
        row=first.cells(document.text) if len(items) == 1 else (),
        unit=first.units(document.text) if len(items) == 1 else "",
        title_zh=document.title_zh,
        authorship=document.authorship,
        publisher=document.publisher,
        date=document.date,
        url=document.url,
    )


def sources_of(document: Document, ids: Sequence[str] | dict[str, None]) -> tuple[Source, ...]:
    """Return the sources that a passage is based on; ids that the document does not list are left out.

    The document itself is returned if none is left.
    """
    listed = {s.id: s for s in document.sources}
    based_on = tuple(listed[i] for i in ids if i in listed)
    itself = Source(
        document.origin,
        document.title,
        document.publisher,
        document.date,
        document.url,
        document.origin,
        title_zh=document.title_zh,
    )
    return based_on or (itself,)


# --- the words of the originals that are held, beside the quote of a summary that they carry


def quote_originals(index: Index, citation: Citation) -> Citation:
    """Return a citation with what the stored originals now say about it, the surest first.

    If they say nothing, the quotes of originals that it already has stay.
    """
    if index.searched_documents() is None:  # none is held
        return citation
    return replace(citation, originals=surest(_quotes(index, citation)) or citation.originals)


def surest(quotes: Iterable[OriginalQuote]) -> tuple[OriginalQuote, ...]:
    """Return the three surest of the quotes, each place once: a list or a table may rest on many."""
    places: dict[tuple[str, int], OriginalQuote] = {}
    for quote in sorted(quotes, key=lambda quote: -quote.certainty):
        places.setdefault((quote.document_id, quote.start), quote)
    return tuple(places.values())[:3]


def _quotes(index: Index, citation: Citation) -> Iterator[OriginalQuote]:
    keys = index.catalogue.originals()
    sources = {source.key: source for source in citation.based_on}
    for original, places in aligned_passages(index.catalogue, citation.document_id).items():
        carried = [place for place in places if citation.start <= place.at < citation.end]
        source, document = sources.get(keys.get(original, "")), index.document(original) if carried else None
        if source and document:
            for place in carried:
                yield OriginalQuote(
                    document_id=original,
                    source=source,
                    page=document.page(place.start),
                    paragraph=_paragraph_number(index, document, place),
                    quote=document.text[place.start : place.end],
                    start=place.start,
                    end=place.end,
                    language=document.language,
                    certainty=place.certainty,
                )


def _paragraph_number(index: Index, document: Document, place: AlignedPassage) -> int:
    """Return the number of the paragraph that holds a place, from 1."""
    return len({p.block for p in index.passages(document.id) if p.start <= place.start})
