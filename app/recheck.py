"""A kept answer held against the documents as they are now: what still stands, and what has changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.answers import Citation, Sentence
from app.records import Record, sha256
from ingest.documents import Document, Passage
from ingest.index import Index


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked: whether it holds, and a sentence that says so."""

    holds: bool
    sentence: str


def recheck(record: Record, index: Index) -> tuple[Finding, ...]:
    """Every citation and every sentence of the record, checked against the index's documents, in the record's order."""
    answer = record.answer
    found = []
    for citation in answer.citations or answer.nearest:
        document = index.catalogue.document(citation.document_id)
        if document is None:
            found.append(_gone(record, citation, index))
        else:
            found.append(_quote(record, citation, document))
    by_number = {c.number: c for c in answer.citations}
    for number, sentence in enumerate(answer.sentences, 1):
        said = [_said(by_number.get(n), index) for n in sentence.citations]
        if not said or None in said:
            found.append(Finding(False, f"Sentence {number}: its citation cannot be read any more."))
        elif _words(sentence.text) == _words(" ".join(s or "" for s in said)):
            found.append(Finding(True, f"Sentence {number} is what its citation says."))
        elif answer.worded_by:
            found.append(_supported(number, sentence, [by_number[n] for n in sentence.citations], index))
        else:
            found.append(Finding(False, f"Sentence {number} is not what its citation says."))
    return tuple(found)


def _supported(number: int, sentence: Sentence, citations: Sequence[Citation], index: Index) -> Finding:
    """A sentence in a language model's words, checked as it was when it was said, but for the scores of a model."""
    from app.claims.checker import ClaimChecker
    from app.prompt import place, told

    evidence, above = [], []
    for citation in citations:
        if document := index.catalogue.document(citation.document_id):
            inside = _inside(citation, document, index)
            evidence += [told(document, p) for p in inside]
            above += [place(document, p) for p in inside]
    verdict = ClaimChecker(None).check(sentence.text, evidence, ". ".join(dict.fromkeys(above)))
    if verdict.supported:
        return Finding(True, f"Sentence {number} is supported by what it cites.")
    return Finding(False, f"Sentence {number} is not supported by what it cites: {verdict.reason}")


def _inside(citation: Citation, document: Document, index: Index) -> list[Passage]:
    return [p for p in index.passages(document.id) if citation.start <= p.start and p.end <= citation.end]


def changed(record: Record, index: Index) -> tuple[str, ...]:
    """Titles of the cited documents that are not in the index as they were."""
    cited = dict.fromkeys((c.document_id, c.title) for c in record.answer.citations or record.answer.nearest)
    return tuple(title for document_id, title in cited if index.catalogue.document(document_id) is None)


def _quote(record: Record, citation: Citation, document: Document) -> Finding:
    where = f"[{citation.number}] “{citation.title}”, {citation.start} to {citation.end}"
    original = next((d for d in record.documents if d.id == document.id), None)
    if original is not None and original.sha256 != sha256(document.text):
        return Finding(False, f"{where}: the document's hash is another than the one recorded.")
    if document.text[citation.start : citation.end] != citation.quote:
        return Finding(False, f"{where}: the document says something else there.")
    return Finding(True, f"{where}: the document says exactly this.")


def _gone(record: Record, citation: Citation, index: Index) -> Finding:
    """The document as it was is not there: changed (its file holds another text now), or removed."""
    where = f"[{citation.number}] “{citation.title}”"
    origin = next((d.origin for d in record.documents if d.id == citation.document_id), "")
    _, now = index.catalogue.origins().get(origin.split(", ")[0], ("", ""))
    document = index.catalogue.document(now) if now else None
    if document is None:
        return Finding(False, f"{where}: the document is no longer there.")
    if citation.quote in document.text:
        return Finding(False, f"{where}: {origin} has changed since; these words still stand in it.")
    return Finding(False, f"{where}: {origin} has changed since, and these words no longer stand in it.")


def _said(citation: Citation | None, index: Index) -> str | None:
    """What the cited span says to a reader: its passages, rows with their headings."""
    document = index.catalogue.document(citation.document_id) if citation else None
    if citation is None or document is None:
        return None
    return _read(_inside(citation, document, index), document)


def _read(passages: Sequence[Passage], document: Document) -> str:
    return " ".join(p.read(document.text) for p in passages)


def _words(text: str) -> str:
    return " ".join(text.split())
