"""An answer saved with all that it rests on: what conversations hold, what exports as evidence, what `verify` checks."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from app.answers import Answer, LeftOut, ModelUse
from app.errors import AskError
from app.sentences import Citation, Place, Sentence
from ingest.documents import Authorship, Document, Passage, Source

FORMAT = "ask-the-plan evidence"
VERSION = 1
KEPT = 12
"""Passages of those considered that a record keeps, best first."""

Lookup = Callable[[str], "Document | None"]
"""Document id -> the document, None where it is gone."""


class RecordError(AskError):
    """A text is not the record of an answer."""


@dataclass(frozen=True, slots=True)
class Considered:
    """A passage that was looked at: `text` as a reader understands it, a higher score is better, `quoted` in the answer.
    `title_zh` and `authorship` as in `Citation`."""

    document_id: str
    title: str
    heading: str
    start: int
    end: int
    text: str
    score: float
    quoted: bool
    title_zh: str = ""
    authorship: Authorship | None = None


@dataclass(frozen=True, slots=True)
class Original:
    """A document as it was: its origin, and the SHA-256 of its text in UTF-8."""

    id: str
    title: str
    origin: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Record:
    """One answer (without its hits), when it was given (UTC, ISO 8601), and what it rests on."""

    id: str
    asked: str
    answer: Answer
    threshold: float
    index: str
    considered: tuple[Considered, ...]
    documents: tuple[Original, ...]

    def to_dict(self) -> dict[str, Any]:
        """The evidence bundle, as JSON has it."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "id": self.id,
            "asked": self.asked,
            "answer": self.answer.to_dict(),
            "threshold": self.threshold,
            "index": self.index,
            "considered": [_fields(c) for c in self.considered],
            "documents": [_fields(d) for d in self.documents],
        }


def sha256(text: str) -> str:
    """A text -> its hash in UTF-8, as hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def make_record(answer: Answer, threshold: float, index: str, lookup: Lookup) -> Record:
    """An answer that was just given -> its record."""
    cited = answer.citations or answer.closest
    ids = dict.fromkeys([c.document_id for c in cited] + [h.passage.document_id for h in answer.hits[:KEPT]])
    found = {i: d for i in ids if (d := lookup(i)) is not None}
    considered = []
    for hit in answer.hits[:KEPT]:
        passage, document = hit.passage, found.get(hit.passage.document_id)
        if document is not None:
            quoted = any(_covers(c, passage.document_id, passage.start, passage.end) for c in answer.citations)
            considered.append(consider(document, passage, passage.read(document.text), round(hit.score, 3), quoted))
    return Record(
        id=secrets.token_hex(6),
        asked=datetime.now(UTC).isoformat(timespec="seconds"),
        answer=replace(answer, hits=(), suppressed=()),  # those of its `quotes` are left out already
        threshold=threshold,
        index=index,
        considered=tuple(considered),
        documents=tuple(Original(d.id, d.title, d.origin, sha256(d.text)) for d in found.values()),
    )


def consider(document: Document, passage: Passage, text: str, score: float, quoted: bool = False) -> Considered:
    """A passage of a document, what is shown of it, and how well it fits."""
    place = (document.id, document.title, passage.heading, passage.start, passage.end)
    return Considered(*place, text, score, quoted, document.title_zh, document.authorship)


def _covers(citation: Citation, document_id: str, start: int, end: int) -> bool:
    return citation.document_id == document_id and citation.start <= start and end <= citation.end


def read_record(given: object) -> Record:
    """What `to_dict` wrote -> the record.

    Raises:
        RecordError: it is something else, or of a later version.
    """
    if not isinstance(given, dict) or given.get("format") != FORMAT:
        raise RecordError("This is not the evidence of an answer.", "Give a file that the page's Evidence button saved.")
    if given.get("version") != VERSION:
        raise RecordError(f"The evidence is of version {given.get('version')}.", f"This program reads version {VERSION}.")
    try:
        return Record(
            id=str(given["id"]),
            asked=str(given["asked"]),
            answer=_answer(given["answer"]),
            threshold=float(given["threshold"]),
            index=str(given["index"]),
            considered=tuple(Considered(**c) for c in given["considered"]),
            documents=tuple(Original(**d) for d in given["documents"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordError(f"The evidence is not complete ({error}).", "Save it again from the page.") from error


def _answer(given: Mapping[str, Any]) -> Answer:
    return Answer(
        question=given["question"],
        standalone_query=given.get("read_as", given["question"]),
        status=given["status"],
        sentences=tuple(_sentence(s) for s in given["sentences"]),
        citations=read_citations(given["citations"]),
        closest=read_citations(given["nearest"]),
        note=given.get("note", ""),
        confidence=given["confidence"],
        timings=(("all", given["seconds"]),),
        model=_model_use(given["model"]) if given.get("model") else None,
        quotes=_quotes(given) if given.get("quotes") else None,
        wanted=given.get("wanted", ""),
        sides=tuple(given.get("sides", ())),
        written=bool(given.get("written", False)),
        suggestions=tuple(given.get("suggestions", ())),
        searched=(given["searched"]["documents"], given["searched"]["of"]) if given.get("searched") else None,
    )


def _quotes(given: Mapping[str, Any]) -> Answer:
    """The program's own answer beside a language model's; what both have stands once."""
    return _answer({k: v for k, v in given.items() if k not in ("model", "quotes", "note", "written")} | given["quotes"])


def _model_use(given: Mapping[str, Any]) -> ModelUse:
    left_out = tuple(LeftOut(**item) for item in given.get("left_out", ()))
    fields_of = {"failure" if key == "trouble" else key: value for key, value in given.items()}
    return ModelUse(**fields_of | {"left_out": left_out})


def _sentence(given: Mapping[str, Any]) -> Sentence:
    start, end = given.get("emphasis") or (0, 0)
    return Sentence(given["text"], tuple(given["citations"]), (start, end) if end else None, _place(given.get("block")))


def _place(given: Mapping[str, Any] | None) -> Place | None:
    if given is None:
        return None
    return Place(given["number"], given["kind"], tuple((name, value) for name, value in given.get("cells", ())))


def read_citations(given: Sequence[Mapping[str, Any]]) -> tuple[Citation, ...]:
    """Citations in their public form -> the same; by the fields that a citation has, so that one that is added later is
    read as well."""
    names = {f.name for f in fields(Citation)} - {"sources", "row"}
    return tuple(
        Citation(
            sources=tuple(Source(id="", **s) for s in c["sources"]),
            row=tuple((name, value) for name, value in c.get("row", ())),
            **{k: v for k, v in c.items() if k in names},
        )
        for c in given
    )


def _fields(value: Considered | Original) -> dict[str, Any]:
    return {f.name: getattr(value, f.name) for f in fields(value)}
