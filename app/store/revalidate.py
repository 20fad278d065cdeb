"""Checks a saved answer against the documents as they are now, and says what has changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.sentences import Citation, OriginalQuote, Sentence
from app.store.export import attribution
from app.store.records import Record, in_quotes, sha256
from ingest.documents import Document, Passage, allowed_renderings
from ingest.index import Index


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check: whether it holds, and a sentence about it."""

    holds: bool
    sentence: str


def revalidate(record: Record, index: Index) -> tuple[Finding, ...]:
    """Check the citations and sentences of a record against the documents in the index.

    Returns:
        A finding for each, in the record's order; then those for the program's own quotes beside a language model's
            words.
    """
    answer = record.answer
    findings = []
    for citation in answer.citations or answer.closest:
        document = index.catalogue.document(citation.document_id)
        if document is None:
            findings.append(_missing_document(record, citation, index))
        else:
            findings.append(_quote(record, citation, document))
        findings += [_original(citation, original, index) for original in citation.originals]
    by_number = {c.number: c for c in answer.citations}
    for number, sentence in enumerate(answer.sentences, 1):
        cited = [by_number[n] for n in sentence.citations]
        if any(index.catalogue.document(c.document_id) is None for c in cited):
            findings.append(Finding(False, f"Sentence {number}: its citation cannot be read any more."))
        elif _matches_citation(sentence, cited, index):
            findings.append(Finding(True, f"Sentence {number} is what its citation says."))
        elif answer.worded_by or answer.written:
            findings.append(_supported(number, sentence, cited, index))
        else:
            findings.append(Finding(False, f"Sentence {number} is not what its citation says."))
    if answer.quotes:
        quote_findings = revalidate(in_quotes(record), index)
        findings += [Finding(f.holds, f"Quotes beside it: {f.sentence}") for f in quote_findings]
    return tuple(findings)


def _supported(number: int, sentence: Sentence, citations: Sequence[Citation], index: Index) -> Finding:
    """Check a sentence in a language model's words against what it cites.

    All rules are tried first. If they object, only those count that also apply beside a judge; the judge is not asked
    again.
    """
    from app.groundedness.checker import fault_of
    from app.groundedness.origins import joined
    from app.llm.evidence import breadcrumb, origins_of, passage_text

    evidence, headings, origin_lists = [], [], []
    for citation in citations:
        if document := index.catalogue.document(citation.document_id):
            passages = _cited_passages(citation, index)
            evidence += [passage_text(document, p) for p in passages]
            headings += [breadcrumb(document, p) for p in passages]
            origin_lists.append(origins_of(document, passages))
    origins, title = joined(origin_lists), ". ".join(dict.fromkeys(headings))
    if not fault_of(sentence.text, evidence, title, origins=origins):
        return Finding(True, f"Sentence {number} is supported by what it cites.")
    if fault := fault_of(sentence.text, evidence, title, judged=True, origins=origins):
        return Finding(False, f"Sentence {number} is not supported by what it cites: {fault}")
    rest = "a judge let the rest pass when it was said."
    return Finding(True, f"Sentence {number} has its figures from what it cites; {rest}")


def _cited_passages(citation: Citation, index: Index) -> list[Passage]:
    return [p for p in index.passages(citation.document_id) if citation.covers(p)]


def changed(record: Record, index: Index) -> tuple[Citation, ...]:
    """Return a citation of each document whose file has another text now."""
    return tuple(c for c in _stale(record, index) if _successor(record, c, index))


def removed(record: Record, index: Index) -> tuple[Citation, ...]:
    """Return a citation of each document that is gone together with its file."""
    return tuple(c for c in _stale(record, index) if not _successor(record, c, index))


def _stale(record: Record, index: Index) -> list[Citation]:
    """Return a citation of each document that is not in the index as it was."""
    cited = {c.document_id: c for c in record.answer.citations or record.answer.closest}
    return [c for document_id, c in cited.items() if index.catalogue.document(document_id) is None]


def _successor(record: Record, citation: Citation, index: Index) -> str:
    """Return the id of the document that a citation's file has now; '' if the file is gone."""
    origin = next((d.origin for d in record.documents if d.id == citation.document_id), "")
    return index.catalogue.document_named(origin.split(", ")[0]) if origin else ""


def _quote(record: Record, citation: Citation, document: Document) -> Finding:
    where = f"{_citation_label(citation)}, {citation.start} to {citation.end}"
    original = next((d for d in record.documents if d.id == document.id), None)
    if original is not None and original.sha256 != sha256(document.text):
        return Finding(False, f"{where}: the document's hash is another than the one recorded.")
    if document.text[citation.start : citation.end] != citation.quote:
        return Finding(False, f"{where}: the document says something else there.")
    return Finding(True, f"{where}: the document says exactly this.")


def _original(citation: Citation, original: OriginalQuote, index: Index) -> Finding:
    document = index.catalogue.document(original.document_id)
    where = f"[{citation.number}] in the original, {original.source.title}, {original.start} to {original.end}"
    if document is None:
        return Finding(False, f"{where}: the original is no longer there.")
    says = document.text[original.start : original.end] == original.quote
    return Finding(says, f"{where}: the original says {'exactly this' if says else 'something else there'}.")


def _citation_label(citation: Citation) -> str:
    """Return the number of a citation and the document that it quotes, as text."""
    return f"[{citation.number}] {''.join(attribution(citation, 'en'))}"


def _missing_document(record: Record, citation: Citation, index: Index) -> Finding:
    """Make the finding for a document that is no longer there as it was.

    It was changed, if its file has another text now, or removed.
    """
    where = _citation_label(citation)
    origin = next((d.origin for d in record.documents if d.id == citation.document_id), "")
    document = index.catalogue.document(_successor(record, citation, index))
    if document is None:
        return Finding(False, f"{where}: the document is no longer there.")
    if citation.quote in document.text:
        return Finding(False, f"{where}: {origin} has changed since; these words still stand in it.")
    return Finding(False, f"{where}: {origin} has changed since, and these words no longer stand in it.")


def _matches_citation(sentence: Sentence, cited: Sequence[Citation], index: Index) -> bool:
    """Return True if the sentence is what the cited passages say to a reader.

    Rows are read with their headings. A single item may follow the sentence that introduces its list.
    """
    document = index.catalogue.document(cited[0].document_id)
    assert document
    passages = [p for c in cited if c.document_id == document.id for p in _cited_passages(c, index)]
    return " ".join(sentence.text.split()) in allowed_renderings(passages, document.text)
