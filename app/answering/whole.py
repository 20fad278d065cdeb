"""Answers from a document as a whole, in its own words: what it is about, one of its lists, one of its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.answering.draft import Draft, Proposal
from app.answering.lists import quoted_in_form
from app.answering.outline import MAX_GIST, gist, list_for, part_for
from app.answering.quotes import quote, quoted
from app.answers import Evidence
from app.query.values import Query
from ingest.documents import Document, Passage, PassageLocation
from ingest.index import Index

SURE = 0.9  # the confidence of what is found by its heading, or is the document itself
MAX_DOCUMENTS = 4  # documents in hand that are summed up together


def of_whole_documents(query: Query, found: Proposal, index: Index) -> Proposal:
    """Return what the documents in hand say on the whole or in a list, if that is asked for; else what was `found`.

    A part that the question names by its heading stands in for a refusal, unless one thing of a kind is asked for.
    """
    within = query.within or ()
    if not query.gist and (len(within) != 1 or query.parts):
        return found
    chosen: list[Passage] = []
    for document in filter(None, map(index.document, within[:MAX_DOCUMENTS])):
        passages = index.passages(document.id)
        if query.gist:
            chosen += gist(document, passages)[: max(2, MAX_GIST // len(within))]
        elif entries := _asked_list(query, found, document, passages):
            chosen += entries
        elif not query.scope.listed and found.draft.status == "not_found" and not query.answer_type:
            chosen += part_for(query.standalone, document, passages)
    return _quoting(query, chosen, found, index) if chosen else found


def _asked_list(query: Query, found: Proposal, document: Document, passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Return the list that a question asks for in so many words, or by the words before one of which an item was found."""
    said = [] if query.answer_type else [place for s in found.draft.statements[:1] for run in s.rests_on for place in run]
    best = [p for p in passages if p.kind == "item" and PassageLocation(p.document_id, p.start) in said]
    entries = list_for(query.standalone, document, passages) if query.scope.listed or best else ()
    return entries if query.scope.listed or set(best) & set(entries) else ()


def _quoting(query: Query, chosen: Sequence[Passage], found: Proposal, index: Index) -> Proposal:
    """Draft the quotes of some passages beside the evidence of what was found."""
    held = {(e.passage.document_id, e.passage.start): e for e in found.evidence}
    items: list[Evidence] = []
    for number, passage in enumerate(chosen, 1):
        if document := index.document(passage.document_id):
            new = Evidence(f"W{number}", document, passage, passage.read(document.text))
            items.append(held.get((passage.document_id, passage.start), new))
    evidence = (*found.evidence, *(e for e in items if e not in found.evidence))
    draft: Draft = quoted(query, [quote(e, (), in_list=True) for e in items], (SURE,), 0.0, ())
    if not query.gist:
        return Proposal(quoted_in_form(query, draft), evidence)
    most, form = query.wish.number or len(draft.statements), query.wish.form or "list"
    shown = replace(query, wish=replace(query.wish, form=form, number=most))
    return Proposal(quoted_in_form(shown, draft), evidence)
