"""Saved answers with all that they rest on. Conversations store them, exports contain them, and `verify` checks them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from app.answers import Answer, AnswerBody, Hit
from app.errors import AskError
from app.sentences import Citation
from ingest.documents import Authorship, Document, Passage

FORMAT = "ask-the-plan evidence"
VERSION = 1
MAX_CONSIDERED = 12
"""Passages of those considered that a record keeps, best first."""

AnyBody = TypeVar("AnyBody", bound=AnswerBody)
Lookup = Callable[[str], "Document | None"]
"""Returns a document by its id, None if it is gone."""


class RecordError(AskError):
    """A text is not the record of an answer."""


@dataclass(frozen=True, slots=True)
class Considered:
    """A passage that was considered for an answer.

    Attributes:
        text: The passage as a reader understands it.
        score: How well it fits; a higher score is better.
        quoted: True if the answer quotes it.
        title_zh: As in `Citation`.
        authorship: As in `Citation`.
    """

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
class DocumentVersion:
    """A document as it was: its origin, and the SHA-256 of its text in UTF-8."""

    id: str
    title: str
    origin: str
    sha256: str


@dataclass(frozen=True)
class Record:
    """One answer (without its hits), when it was given (UTC, ISO 8601), and what it rests on."""

    id: str
    asked: str
    answer: Answer
    threshold: float
    index: str
    considered: tuple[Considered, ...]
    documents: tuple[DocumentVersion, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the evidence bundle, as JSON has it."""
        return {"format": FORMAT, "version": VERSION, **public(self)}


@cache
def _schema(kind: Any) -> TypeAdapter[Any]:
    """Return what writes and reads the public form of a kind of value: of an answer, version 1 (docs/answers.md)."""
    return TypeAdapter(kind)


def public(value: Any, answer_id: str | None = None) -> dict[str, Any]:
    """Return the public form of an answer, a part of it or a record, as JSON has it.

    Args:
        value: The answer, its part or the record.
        answer_id: The request's own id, which the public form of an answer repeats.
    """
    kind: Any = type(value)
    result: dict[str, Any] = _schema(kind).dump_python(value, mode="json", by_alias=True)
    return result if answer_id is None else {"id": answer_id} | result


def sha256(text: str) -> str:
    """Return the SHA-256 hash of a text in UTF-8, as hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def program_quotes(answer: Answer) -> Answer:
    """Return the program's own quotes beside an answer, the answer itself if it has none."""
    if answer.quotes is None:
        return answer
    body = {f.name: getattr(answer.quotes, f.name) for f in fields(AnswerBody) if f.init}
    return replace(answer, **body, model=None, quotes=None, written=False, composed=False, forms=())


def in_quotes(record: Record) -> Record:
    """Return a record with the program's own quotes, if another answer stands in their place."""
    return replace(record, answer=program_quotes(record.answer))


def with_citations(record: Record, change: Callable[[Citation], Citation]) -> Record:
    """Return a record with each citation of its answer changed."""

    def changed(body: AnyBody) -> AnyBody:
        return replace(body, citations=tuple(map(change, body.citations)), closest=tuple(map(change, body.closest)))

    quotes = changed(record.answer.quotes) if record.answer.quotes else None
    return replace(record, answer=replace(changed(record.answer), quotes=quotes))


def make_record(answer: Answer, threshold: float, index: str, lookup: Lookup) -> Record:
    """Make the record of an answer that was just given."""
    cited = answer.citations or answer.closest
    quoted = [c.document_id for c in cited] + [o.document_id for c in cited for o in c.originals]
    ids = dict.fromkeys(quoted + [h.passage.document_id for h in answer.hits[:MAX_CONSIDERED]])
    documents = {i: d for i in ids if (d := lookup(i)) is not None}
    return Record(
        id=secrets.token_hex(6),
        asked=datetime.now(UTC).isoformat(timespec="seconds"),
        answer=replace(answer, hits=()),  # those of its `quotes` are left out already
        threshold=threshold,
        index=index,
        considered=considered(answer.hits, documents.get, answer.citations),
        documents=tuple(DocumentVersion(d.id, d.title, d.origin, sha256(d.text)) for d in documents.values()),
    )


def considered(hits: Sequence[Hit], lookup: Lookup, citations: Sequence[Citation] = ()) -> tuple[Considered, ...]:
    """Return the passages of the best hits; those of a document that is gone are left out."""
    passages = []
    for hit in hits[:MAX_CONSIDERED]:
        passage, document = hit.passage, lookup(hit.passage.document_id)
        if document is not None:
            quoted = any(c.covers(passage) for c in citations)
            passages.append(considered_passage(document, passage, passage.read(document.text), round(hit.score, 3), quoted))
    return tuple(passages)


def considered_passage(document: Document, passage: Passage, text: str, score: float, quoted: bool = False) -> Considered:
    """Make a considered passage from a passage, the text that is shown of it, and its score."""
    place = (document.id, document.title, passage.heading, passage.start, passage.end)
    return Considered(*place, text, score, quoted, document.title_zh, document.authorship)


def read_record(value: object) -> Record:
    """Read a record from a dictionary that `to_dict` wrote.

    Raises:
        RecordError: It is something else, incomplete, or of another version.
    """
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise RecordError("This is not a saved answer.", "Give a file that was saved with “Save evidence” on the page.")
    if value.get("version") != VERSION:
        message = "This answer was saved in version {n} of the format."
        raise RecordError(message, "This program reads version {own}.", value.get("version"), VERSION)
    try:
        record: Record = _schema(Record).validate_python(value | {"answer": read_answer(value["answer"])})
    except ValidationError as error:
        first = error.errors()[0]
        reason = first.get("ctx", {}).get("error") or f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise RecordError("The saved answer is not complete ({reason}).", "Save it again from the page.", reason) from error
    except (AttributeError, KeyError, TypeError) as error:
        raise RecordError("The saved answer is not complete ({reason}).", "Save it again from the page.", error) from error
    return record


def read_answer(value: Mapping[str, Any]) -> Answer:
    """Return the answer of a public form.

    Raises:
        ValidationError, KeyError, TypeError: It is none.
    """
    answer: Answer = _schema(Answer).validate_python(_with_defaults(value))
    return answer


def _with_defaults(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer with what its public form leaves out, and the note of an older record as one part."""
    parts = [{"kind": "other", "text": value["note"]}] if value.get("note") else []
    quotes = {"quotes": _with_defaults(value["quotes"])} if value.get("quotes") else {}
    return {"read_as": "", "note_parts": parts} | dict(value) | quotes
