"""What users said of answers: one line each in ASK_DATA/feedback.jsonl, and cases for the evals made from it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal

from app.errors import AskError
from app.store.records import Record, RecordError, read_record
from ingest.documents import content_id, guess_language
from ingest.storage import private_file, private_folder

Verdict = Literal["up", "down"]
LONGEST = 2_000
"""Characters of a comment that are saved."""


class NotNoted(AskError):
    """What a user said of an answer cannot be written down."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """Thumbs up or down on an answer, with a comment that may be ''."""

    verdict: Verdict
    comment: str
    record: Record


def add_feedback(file: Path, feedback: Feedback) -> None:
    """Append it as one line, in one write, so that two at once do not mix. A line that was cut stays one of its own.

    Raises:
        NotNoted: the file cannot be written.
    """
    line = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "verdict": feedback.verdict,
        "comment": feedback.comment[:LONGEST],
        "record": feedback.record.to_dict(),
    }
    text = json.dumps(line, ensure_ascii=False) + "\n"
    try:
        private_folder(file.parent)
        private_file(file)
        with os.fdopen(os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b", buffering=0) as out:
            out.write(("\n" * _is_cut(out) + text).encode("utf-8", "surrogatepass"))
    except OSError as error:
        said = f"Your word on the answer cannot be kept: {error.strerror}."
        raise NotNoted(said, f"Whoever runs the page can look after {file.name}.") from error


def _is_cut(file: IO[bytes]) -> bool:
    """Whether the last line has no end."""
    if not file.seek(0, os.SEEK_END):
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


def read_feedback(file: Path) -> tuple[tuple[Feedback, ...], int]:
    """A file -> the latest word on each answer, in the order in which they were first judged, and how many lines were passed
    over because they are cut or no feedback; nothing without a file."""
    found: dict[str, Feedback] = {}
    passed_over = 0
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    for line in filter(str.strip, text.split("\n")):
        try:
            raw = json.loads(line)
            item = Feedback(raw["verdict"], raw["comment"], read_record(raw["record"]))
        except (ValueError, KeyError, TypeError, RecordError):
            passed_over += 1
        else:
            found[item.record.id] = item
    return tuple(found.values()), passed_over


def cases(feedback: Iterable[Feedback]) -> tuple[dict[str, Any], ...]:
    """Feedback -> eval cases of the answers that were called right; `ask-the-plan eval --cases FILE` runs them.

    What is wrong with an answer says nothing of the right one: thumbs down need a person (`ask-the-plan eval new`).
    """
    return tuple(_case(f) for f in feedback if f.verdict == "up")


def _case(item: Feedback) -> dict[str, Any]:
    answer, record = item.record.answer, item.record
    origins = {d.id: d.origin.split(", ")[0] for d in record.documents}
    gold = [{"document": origins.get(c.document_id, ""), "quote": c.text} for c in record.considered if c.quoted]
    answerable = bool(answer.sentences)
    found: dict[str, Any] = {
        "id": f"feedback-{content_id(answer.standalone_query)[:8]}",
        "category": "from a user",
        "language": guess_language(answer.standalone_query),
        "question": answer.standalone_query,
        "answerable": answerable,
    }
    if answerable:
        found |= {"evidence": gold, "evidence_mode": "any"}
    first = gold[0]["document"] if gold else ""
    return found | {
        "difficulty": "medium",
        "group": Path(first).stem or found["id"],
        "written_by": "by a user, who called the answer right",
    }
