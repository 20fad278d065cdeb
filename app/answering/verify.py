"""Makes an answer of a draft and its evidence. Only `app.store.records` makes an `Answer` too: it reads saved ones.

A statement stands if every passage that it rests on is in the evidence. One that is a passage by itself must also say
exactly what that passage says. A statement that fails is left out and never repaired; if none is left, the answer is a
refusal.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from app.answering.draft import Draft, Run, Statement, location
from app.answering.highlight import first_highlighted
from app.answering.notes import refusal, sources_note
from app.answers import Answer, AnswerBody, Evidence, Hit, NotePart, Status
from app.sentences import Citation, Sentence
from app.text.messages import message
from ingest.documents import Document, PassageLocation, Source, allowed_renderings

log = logging.getLogger(__name__)

Complete = Callable[[Citation], Citation]
"""Adds to a citation what the whole folder says of its sources."""
Timings = Sequence[tuple[str, float]]
EvidenceByLocation = Mapping[PassageLocation, Evidence]


def verify(
    draft: Draft,
    evidence: Sequence[Evidence],
    hits: Sequence[Hit] = (),
    timings: Callable[[], Timings] = tuple,
    complete: Complete | None = None,
) -> Answer:
    """Make the answer that the evidence supports.

    Args:
        draft: The statements, and the verdict if they stand.
        evidence: Exactly what the engine was shown.
        hits: The passages that were considered.
        timings: Returns how long each step took, in seconds, this one included.
        complete: What is added to each citation.

    Raises:
        ValueError: Two pieces of evidence claim the same location.
    """
    located = by_location(evidence)
    body = _body(draft, located, complete or (lambda citation: citation))
    quotes = _body(draft.quotes, located, complete or (lambda citation: citation)) if draft.quotes else None
    query, holds = draft.query, body.status in ("answered", "partial")
    names_kind, spent = holds and draft.asks_for_one, tuple(timings())
    return Answer(
        query.text,
        draft.read_as or query.searched,
        body.status,
        body.sentences,
        body.citations,
        body.closest,
        body.note_parts,
        confidence=draft.confidence,
        seconds=round(sum(seconds for _, seconds in spent), 3),
        searched=draft.searched,
        wanted=query.answer_type.kind if names_kind and query.answer_type else "",
        sides=query.sides if names_kind else (),
        suggestions=draft.suggestions,
        written=holds and draft.written,
        composed=holds and draft.composed,
        forms=draft.forms if holds else (),
        model=draft.model,
        quotes=quotes,
        hits=tuple(hits),
        timings=spent,
    )


def by_location(evidence: Iterable[Evidence]) -> EvidenceByLocation:
    """Return pieces of evidence by where their passages begin.

    Raises:
        ValueError: Two different passages claim the same location.
    """
    located: dict[PassageLocation, Evidence] = {}
    for item in evidence:
        if located.setdefault(location(item), item).passage != item.passage:
            raise ValueError(f"two passages of the evidence begin at {location(item)}")
    return located


class CitationNumbers:
    """Numbers the citations of an answer by first mention; a span that is cited again keeps its number."""

    def __init__(self, evidence: EvidenceByLocation, complete: Complete) -> None:
        self._evidence, self._complete = evidence, complete
        self._by_span: dict[tuple[str, int, int], Citation] = {}

    @property
    def citations(self) -> tuple[Citation, ...]:
        """All citations, in the order of their numbers."""
        return tuple(self._by_span.values())

    def sentence(self, statement: Statement, language: str) -> Sentence:
        """Return a statement as a sentence with the numbers of its citations."""
        numbers = dict.fromkeys(self._number(run) for run in statement.rests_on)
        text, place = statement.in_language(language), statement.place_in(language)
        return Sentence(text, tuple(numbers), statement.highlight, place)

    def _number(self, run: Run) -> int:
        citation = cite(len(self._by_span) + 1, [self._evidence[place] for place in run])
        span = citation.document_id, citation.start, citation.end
        if span not in self._by_span:
            self._by_span[span] = self._complete(citation)
        return self._by_span[span].number


def _body(draft: Draft, evidence: EvidenceByLocation, complete: Complete) -> AnswerBody:
    """Return what a reader is told of a draft."""
    if draft.status == "about":
        return AnswerBody("about", note_parts=draft.notes)
    language = draft.query.language
    standing = [s for s in draft.statements if _stands(s, evidence, language)]
    if draft.status == "not_found" or not standing:
        return _refused(draft, evidence, complete)
    numbers = CitationNumbers(evidence, complete)
    sentences = tuple(numbers.sentence(statement, language) for statement in standing)
    dropped = len(standing) < len(draft.statements)
    unverified = NotePart("unverified", message("notes.unverified", language) if dropped else "")
    status: Status = "partial" if dropped else draft.status
    if draft.asks_for_one and not draft.declines:  # no figure of the nearest facts is what was asked for
        sentences = first_highlighted(draft.query, sentences, status == "partial")
    notes = (sources_note(draft.query, numbers.citations), *draft.notes, unverified)
    return AnswerBody(status, sentences, numbers.citations, note_parts=notes)


def _refused(draft: Draft, evidence: EvidenceByLocation, complete: Complete) -> AnswerBody:
    runs = [run for run in draft.closest if all(place in evidence for place in run)]
    closest = tuple(complete(cite(n, [evidence[place] for place in run])) for n, run in enumerate(runs, 1))
    notes = () if draft.statements else draft.notes
    before, after = (tuple(n for n in notes if (n.kind == "model") is of_model) for of_model in (True, False))
    refused = refusal(draft.missing, bool(closest), draft.query)
    return AnswerBody("not_found", closest=closest, note_parts=(*before, *refused, *after))


# --- support


def _stands(statement: Statement, evidence: EvidenceByLocation, language: str) -> bool:
    """Return True if the evidence has all passages of a statement; a passage by itself must be quoted exactly."""
    places = [place for run in statement.rests_on for place in run]
    if not places or not all(statement.rests_on) or any(place not in evidence for place in places):
        log.warning("a statement rests on what is not in the evidence: %r", statement.in_language(language)[:80])
        return False
    return statement.origin != "passage" or all(
        _is_quote(statement.in_language(language), [evidence[place] for place in run]) for run in statement.rests_on
    )


def _is_quote(text: str, items: Sequence[Evidence]) -> bool:
    """Return True if a text is exactly what its passages say, in order, and they are one contiguous span."""
    document, spans = items[0].document, [(e.passage.start, e.passage.end) for e in items]
    is_contiguous = len({e.document.id for e in items}) == 1 and all(
        a[1] <= b[0] and not document.text[a[1] : b[0]].strip() for a, b in pairwise(spans)
    )
    if is_contiguous and " ".join(text.split()) in allowed_renderings([e.passage for e in items], document.text):
        return True
    log.warning("a sentence is not its quote: %r", text[:80])
    return False


# --- citations


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


def sources_of(document: Document, ids: Iterable[str]) -> tuple[Source, ...]:
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
