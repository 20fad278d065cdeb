"""Feedback of users on answers: lines of a file or of a shared database; known questions made from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from app.errors import AskError
from app.store.records import Record, RecordError, read_record
from ingest.database.database import Database
from ingest.database.kept import SHARED
from ingest.questions.known import MAX_ANSWERS, KnownQuestion, Quote, wording_key
from ingest.storage import append_line

Verdict = Literal["up", "down"]
_TABLES = "CREATE TABLE IF NOT EXISTS feedback (id INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT NOT NULL);\n"
_COUNTED: dict[Path, tuple[int, int]] = {}
"""The bytes of each file that were read, and the lines in them."""


class FeedbackNotSaved(AskError):
    """Feedback on an answer cannot be saved."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """A user's opinion of an answer.

    Attributes:
        verdict: Thumbs up or down.
        comment: The user's own words; may be ''.
        record: The answer that it is about.
        right: The passage that would have answered, None if the user named none.
    """

    verdict: Verdict
    comment: str
    record: Record
    right: Quote | None = None


@dataclass(frozen=True, slots=True)
class FeedbackLimits:
    """The most feedback notes that are saved in all, and the most bytes of them."""

    number: int = 20_000
    bytes: int = 1_000_000_000


DEFAULT_LIMITS = FeedbackLimits()


def add_feedback(file: Path, feedback: Feedback, url: str = "", limits: FeedbackLimits = DEFAULT_LIMITS) -> None:
    """Append it as one line, in one write, so that two at once do not mix; to the database at `url` if one is given.

    Raises:
        NotNoted: it cannot be written, or there is no room for more.
    """
    line = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "verdict": feedback.verdict,
        "comment": feedback.comment[:2_000],
        "record": feedback.record.to_dict(),
    } | ({"right": {feedback.right.file: feedback.right.text}} if feedback.right else {})
    text = json.dumps(line, ensure_ascii=False)
    try:
        number, size = _size_of(file, url)
        if number >= limits.number or size + len(text.encode("utf-8", "surrogatepass")) >= limits.bytes:  # a line has an end
            raise FeedbackNotSaved(
                "There is no room for more feedback.",
                "Whoever runs the page can remove old feedback, or raise ASK_MAX_FEEDBACK and ASK_MAX_FEEDBACK_BYTES.",
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


def _size_of(file: Path, url: str) -> tuple[int, int]:
    """Count the lines of feedback that are saved, and their bytes."""
    if url:
        count = "SELECT count(*), coalesce(sum(octet_length(line)), 0) FROM feedback"
        number, size = _tables(url).db.execute(count).fetchone()
        return int(number), int(size)
    try:
        status = file.stat()
    except FileNotFoundError:
        return 0, 0
    return _lines_of(file, status.st_size), status.st_size


def _lines_of(file: Path, size: int) -> int:
    """Count the lines of a file that only grows: what was counted is not read again, unless the file has become smaller."""
    begin, lines = _COUNTED.get(file, (0, 0))
    if begin > size:
        begin = lines = 0
    with file.open("rb") as raw:
        raw.seek(begin)
        for block in iter(lambda: raw.read(1 << 20), b""):
            begin, lines = begin + len(block), lines + block.count(b"\n")
    _COUNTED[file] = begin, lines
    return lines


def read_feedback(file: Path, url: str = "") -> tuple[tuple[Feedback, ...], int]:
    """Read the latest feedback on each answer, from the database at `url` if one is given.

    A comment and the right passage may have been given at different times; both are kept while the verdict is the same.

    Returns:
        The feedback, in the order in which the answers were first judged, and the number of lines that were skipped
            because they are cut or not feedback. Without a file there is none.
    """
    by_answer: dict[str, Feedback] = {}
    skipped = 0
    for line in filter(str.strip, _lines(file, url)):
        try:
            raw = json.loads(line)
            item = Feedback(raw["verdict"], raw["comment"], read_record(raw["record"]), _right(raw.get("right")))
        except (ValueError, KeyError, TypeError, AttributeError, RecordError):
            skipped += 1
        else:
            by_answer[item.record.id] = _merged(by_answer.get(item.record.id), item)
    return tuple(by_answer.values()), skipped


def _lines(file: Path, url: str) -> list[str]:
    if url:
        return [row[0] for row in _tables(url).db.execute("SELECT line FROM feedback ORDER BY id")]
    return file.read_text(encoding="utf-8", errors="replace").split("\n") if file.is_file() else []


def _right(value: Any) -> Quote | None:
    return Quote(*map(str, next(iter(value.items())))) if value else None


def _merged(earlier: Feedback | None, later: Feedback) -> Feedback:
    if earlier is None or earlier.verdict != later.verdict:
        return later
    return replace(later, comment=later.comment or earlier.comment, right=later.right or earlier.right)


def questions(
    feedback: Iterable[Feedback], known: Iterable[KnownQuestion], holds: Callable[[Quote], bool]
) -> tuple[tuple[KnownQuestion, ...], int]:
    """Make known questions from bad answers for which a user named the right passage.

    The question is the one that was read, because it stands alone.

    Args:
        feedback: The feedback of users.
        known: The known questions that exist already.
        holds: Says if a document still contains a passage.

    Returns:
        The questions, and the number that was left out: those that are known already, or whose passage is gone.
    """
    known_keys = {wording_key(w) for q in known for w in q.wordings}
    new: dict[str, KnownQuestion] = {}
    left_out = 0
    for item in feedback:
        question, right = item.record.answer.standalone_query, item.right
        key = wording_key(question)
        if item.verdict == "up" or right is None:
            continue
        if key in known_keys or not holds(right):
            left_out += 1
            continue
        question_so_far = new.get(key, KnownQuestion("feedback", (question,)))
        new[key] = replace(question_so_far, quotes=tuple(dict.fromkeys((*question_so_far.quotes, right)))[:MAX_ANSWERS])
    return tuple(new.values()), left_out
