"""What users said of answers: one line each in ASK_DATA/feedback.jsonl, and cases for the evals made from it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from app.store.records import Record, RecordError, read_record
from ingest.documents import content_id, guess_language
from ingest.storage import private_file, private_folder

Verdict = Literal["up", "down"]
LONGEST = 2_000
"""Characters of a comment that are kept."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """Thumbs up or down on an answer, with a comment that may be ''."""

    verdict: Verdict
    comment: str
    record: Record


def add_feedback(file: Path, feedback: Feedback) -> None:
    """Append it as one line, in one write, so that two at once do not mix; a line that was cut before it is ended first."""
    line = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "verdict": feedback.verdict,
        "comment": feedback.comment[:LONGEST],
        "record": feedback.record.to_dict(),
    }
    private_folder(file.parent)
    private_file(file)
    out = os.open(file, os.O_RDWR | os.O_APPEND)
    try:
        end = os.lseek(out, 0, os.SEEK_END)
        whole = not end or os.pread(out, 1, end - 1) == b"\n"
        text = ("" if whole else "\n") + json.dumps(line, ensure_ascii=False) + "\n"
        os.write(out, text.encode("utf-8", "surrogatepass"))
    finally:
        os.close(out)


def read_feedback(file: Path, say: Callable[[str], None] = lambda _: None) -> tuple[Feedback, ...]:
    """The latest word on each answer, in the order in which they were first judged; () without a file.

    A line that was cut (the disk was full, the machine lost its power) is left out, and `say` is told.

    Raises:
        RecordError: a line is whole and not feedback; says which.
    """
    found: dict[str, Feedback] = {}
    lines = file.read_bytes().split(b"\n") if file.is_file() else []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            raw = json.loads(line.decode("utf-8", "surrogatepass"))
        except ValueError:
            say(f"{file}, line {number} was cut and is left out.")
            continue
        try:
            item = Feedback(raw["verdict"], raw["comment"], read_record(raw["record"]))
        except (ValueError, KeyError, TypeError, RecordError) as error:
            raise RecordError(f"{file}, line {number} is not feedback ({error}).", "Mend or remove the line.") from error
        found[item.record.id] = item
    return tuple(found.values())


def cases(feedback: Iterable[Feedback]) -> tuple[dict[str, Any], ...]:
    """Eval cases of the answers that were called right; `ask-the-plan eval --cases FILE` runs them.

    What is wrong with an answer says nothing of the right one: thumbs down need a person (`ask-the-plan eval new`).
    """
    return tuple(_case(f) for f in feedback if f.verdict == "up")


def _case(item: Feedback) -> dict[str, Any]:
    answer, record = item.record.answer, item.record
    origins = {d.id: d.origin.split(", ")[0] for d in record.documents}
    gold = [{"document": origins.get(c.document_id, ""), "quote": c.text} for c in record.considered if c.quoted]
    answerable = answer.status != "not_found"
    found: dict[str, Any] = {
        "id": f"feedback-{content_id(answer.read_as)[:8]}",
        "category": "from a user",
        "language": guess_language(answer.read_as),
        "question": answer.read_as,
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
