"""Feedback of users on answers: lines of a file or of a shared database."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from app.errors import AskError
from app.store.records import Record, RecordError, read_record
from ingest.database.database import Database
from ingest.database.kept import SHARED
from ingest.storage import append_line

Verdict = Literal["up", "down"]
_TABLES = "CREATE TABLE IF NOT EXISTS feedback (id INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT NOT NULL);\n"
MAX_BYTES = 200_000_000  # of all feedback together


class FeedbackNotSaved(AskError):
    """Feedback on an answer cannot be saved."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """A user's opinion of an answer: thumbs up or down, and a comment that may be ''."""

    verdict: Verdict
    comment: str
    record: Record


def add_feedback(file: Path, feedback: Feedback, url: str = "", max_bytes: int = MAX_BYTES) -> None:
    """Append it as one line, in one write, so that two at once do not mix; to the database at `url` if one is given.

    Raises:
        NotNoted: it cannot be written, or there is no room for more.
    """
    line = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "verdict": feedback.verdict,
        "comment": feedback.comment[:2_000],
        "record": feedback.record.to_dict(),
    }
    text = json.dumps(line, ensure_ascii=False)
    try:
        if _size_of(file, url) + len(text.encode("utf-8", "surrogatepass")) >= max_bytes:  # a line has an end
            raise FeedbackNotSaved(
                "There is no room for more feedback.",
                "Whoever runs the page can remove old feedback, or raise ASK_MAX_FEEDBACK_BYTES.",
            )
        if url:
            _tables(url).db.execute("INSERT INTO feedback (line) VALUES (?)", (text,))
        else:
            append_line(file, text)
    except FeedbackNotSaved:
        raise
    except AskError as error:
        raise FeedbackNotSaved("Your feedback could not be saved: {reason}", error.next_step, error.message) from error
    except OSError as error:
        message = "Your feedback could not be saved: {reason}."
        raise FeedbackNotSaved(message, "Whoever runs the page can check {file}.", error.strerror, file.name) from error


def _tables(url: str) -> Database:
    return Database(SHARED, _TABLES, url)


def _size_of(file: Path, url: str) -> int:
    """Return how many bytes of feedback are saved."""
    if url:
        return int(_tables(url).db.execute("SELECT coalesce(sum(octet_length(line)), 0) FROM feedback").fetchone()[0])
    return file.stat().st_size if file.is_file() else 0


def read_feedback(file: Path, url: str = "") -> tuple[tuple[Feedback, ...], int]:
    """Read the latest feedback on each answer, from the database at `url` if one is given.

    A comment stays as long as the verdict is the same.

    Returns:
        The feedback, in the order in which the answers were first judged, and the number of lines that were skipped
            because they are cut or not feedback. Without a file there is none.
    """
    by_answer: dict[str, Feedback] = {}
    skipped = 0
    for line in filter(str.strip, _lines(file, url)):
        try:
            raw = json.loads(line)
            item = Feedback(raw["verdict"], raw["comment"], read_record(raw["record"]))
        except (ValueError, KeyError, TypeError, AttributeError, RecordError):
            skipped += 1
        else:
            by_answer[item.record.id] = _merged(by_answer.get(item.record.id), item)
    return tuple(by_answer.values()), skipped


def _lines(file: Path, url: str) -> list[str]:
    if url:
        return [row[0] for row in _tables(url).db.execute("SELECT line FROM feedback ORDER BY id")]
    return file.read_text(encoding="utf-8", errors="replace").split("\n") if file.is_file() else []


def _merged(earlier: Feedback | None, later: Feedback) -> Feedback:
    if earlier is None or earlier.verdict != later.verdict:
        return later
    return replace(later, comment=later.comment or earlier.comment)
