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


def read_score(hits: Sequence[Hit]) -> float:
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
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, INTERCEPT + WEIGHT * read_score(hits)))))


log = logging.getLogger(__name__)


def verify(question: Query, draft: Draft, evidence: Sequence[Evidence], hits: Sequence[Hit], threshold: float) -> Answer:
    """Make the answer that the evidence supports.

    Its status is `not_found` if the confidence is below the threshold or if no sentence is supported. Sentences for a
    part of the question below the threshold are left out.

    Raises:
        ValueError: The evidence keys are not unique.
    """
    sure_of = round(draft.confidence, 4)
    if draft.about:
        return Answer(
            question.text, question.searched, "about", note_parts=(NotePart("about", draft.about),), confidence=sure_of
        )
    known = {e.key: e for e in evidence}
    if len(known) != len(evidence):
        raise ValueError("evidence keys are not unique")
    standing = [s for s in draft.sentences if _supported(s.text, [known.get(k) for k in s.keys])]
    broken = len(standing) < len(draft.sentences)
    sure = draft.confidence >= threshold
    if sure:
        standing = [s for s in standing if draft.confidences[s.part] >= threshold]
    sentences, citations = _cited(question, standing, known)
    if sure and sentences:
        status, note = status_and_note(question, draft, threshold, broken)
        parts = (sources_note(question, citations), *note)
        answer = Answer(question.text, question.searched, status, sentences, citations, note_parts=parts)
        answer = replace(answer, wanted=question.answer_type.kind if question.answer_type else "", sides=question.sides)
    else:
        nearest = [known[k] for k in draft.closest if k in known]
        answer = Answer(
            question.text,
            question.searched,
            "not_found",
            closest=tuple(cite(n, [e]) for n, e in enumerate(nearest, 1)),
            note_parts=refusal(draft.gap, bool(nearest), question),
        )
    return replace(answer, confidence=sure_of, hits=tuple(hits))


def _cited(
    question: Query, standing: Sequence[DraftSentence], known: Mapping[str, Evidence]
) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
    """Return the sentences, with what was asked for in bold, and a citation for each."""
    bold = highlights(question, standing)
    sentences = tuple(Sentence(s.text, (n,), span) for n, (s, span) in enumerate(zip(standing, bold, strict=True), 1))
    return sentences, tuple(cite(n, [known[k] for k in s.keys]) for n, s in enumerate(standing, 1))


# --- support


def _supported(text: str, cited: Sequence[Evidence | None]) -> bool:
    """Return True if the sentence is exactly what its evidence says, in order, and the evidence is one contiguous span."""
    items = [e for e in cited if e is not None]
    if not items or len(items) != len(cited):
        log.warning("a sentence cites a key that does not exist: %r", text[:80])
        return False
    spans = [(e.passage.start, e.passage.end) for e in items]
    one_place = len({e.document.id for e in items}) == 1 and all(
        a[1] <= b[0] and not items[0].document.text[a[1] : b[0]].strip() for a, b in pairwise(spans)
    )
    if not one_place or " ".join(text.split()) not in allowed_renderings([e.passage for e in items], items[0].document.text):
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
    found = tuple(listed[i] for i in ids if i in listed)
    own = Source(
        document.origin,
        document.title,
        document.publisher,
        document.date,
        document.url,
        document.origin,
        title_zh=document.title_zh,
    )
    return found or (own,)


# --- the words of the originals that are held, beside the quote of a summary that they carry


MOST = 3
"""Passages of originals that are quoted at most beside one quote: a list or a table may rest on many."""


def quote_originals(index: Index, citation: Citation) -> Citation:
    """Return a citation with what the stored originals now say about it, the surest first.

    If they say nothing, the quotes of originals that it already has stay.
    """
    if index.searched_documents() is None:  # none is held
        return citation
    return replace(citation, originals=surest(_quotes(index, citation)) or citation.originals)


def surest(quotes: Iterable[OriginalQuote]) -> tuple[OriginalQuote, ...]:
    """Return the surest of the quotes, each place once."""
    places: dict[tuple[str, int], OriginalQuote] = {}
    for quote in sorted(quotes, key=lambda quote: -quote.certainty):
        places.setdefault((quote.document_id, quote.start), quote)
    return tuple(places.values())[:MOST]


def _quotes(index: Index, citation: Citation) -> Iterator[OriginalQuote]:
    keys = index.catalogue.originals()
    sources = {source.key: source for source in citation.based_on}
    for original, places in aligned_passages(index.catalogue, citation.document_id).items():
        inside = [place for place in places if citation.start <= place.at < citation.end]
        source, document = sources.get(keys.get(original, "")), index.document(original) if inside else None
        if source and document:
            for place in inside:
                yield OriginalQuote(
                    document_id=original,
                    source=source,
                    page=document.page(place.start),
                    paragraph=_paragraph(index, document, place),
                    quote=document.text[place.start : place.end],
                    start=place.start,
                    end=place.end,
                    language=document.language,
                    certainty=place.certainty,
                )


def _paragraph(index: Index, document: Document, place: AlignedPassage) -> int:
    """Return the number of the paragraph that holds a place, from 1."""
    return len({p.block for p in index.passages(document.id) if p.start <= place.start})
