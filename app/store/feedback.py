"""What users said of answers: lines of a file or of a shared database; eval cases and known questions made from it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from app.errors import AskError
from app.store.records import Record, RecordError, read_record
from app.text.words import Titled, titles
from ingest.database.kept import shared_tables
from ingest.documents import content_id, guess_language
from ingest.questions.known import MOST_ANSWERS, KnownQuestion, Quote, wording_key
from ingest.storage import append_line
from ingest.words import MONTHS

LABELS = {
    "quote": ("[{n}] “{quote}” ", "[{n}] “{quote}”——"),
    "title": ("{title}", "《{title}》"),
    "summary": (" (summary)", "，摘要"),
    "based_on": ("based on: {sources}", "依据：{sources}"),
    "summary_of": ("Summary, based on: {sources}", "摘要，依据：{sources}"),
    "page": (", p. {n}", "，第 {n} 页"),
    "stop": (".", "。"),
    "between": (", ", "，"),
    "apart": ("; ", "；"),
    "beside": ("{title} ({beside})", "{title}（{beside}）"),
    "accessed": (" (accessed {day})", "（{day}访问）"),
    "read_as": ("Searched for: {query}", "搜索的是：{query}"),
    "asked": ("Asked {when}; confidence {c}, threshold {t}.", "提问时间：{when}；把握 {c}，阈值 {t}。"),
    "written": (
        " Written in advance by a language model from these quotes; checked by another model, not by a person.",
        "由语言模型根据这些引文预先写成，经另一模型核对，未经人工核对。",
    ),
    "worded": (" Written by {name}.", "由 {name} 撰写。"),
    "sources": ("Sources", "来源"),
    "meant": ("Did you mean:", "你想问的是不是："),
    "asked_on": ("Asked {day}. ", "提问日期：{day}。"),
}


def label(key: str, language: str, **values: object) -> str:
    """The words of a key in a language, with its values filled in."""
    return LABELS[key][language == "zh"].format(**values)


def titled(named: Titled, language: str, marked: bool = False) -> str:
    """What has a title -> what it is called in a language, `marked` with the language's signs for a title, and its title as
    it stands behind it."""
    title, beside = (" ".join(t.split()) for t in titles(named, language))
    title = label("title", language, title=title) if marked else title
    return label("beside", language, title=title, beside=beside) if beside else title


def day(when: str, language: str) -> str:
    """A date as sources have it (`2021-03-05`, `2021-03`, `2021`) -> the same as people write it."""
    if language != "zh":
        return spelled(when)
    found = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", when)
    signs = zip(found.groups(), "年月日", strict=True) if found else ()
    return "".join(f"{int(part)}{sign}" for part, sign in signs if part) or when


def spelled(when: str) -> str:
    """A date -> `2021-03-11` as `11 March 2021`, `2021-03` as `March 2021`; anything else as it is."""
    found = re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d))?", when)
    if not found or not 1 <= int(found[2]) <= 12:
        return when
    of_month = f"{int(found[3])} " if found[3] else ""
    return f"{of_month}{MONTHS[int(found[2]) - 1]} {found[1]}"


Verdict = Literal["up", "down"]
LONGEST = 2_000
"""Characters of a comment that are saved."""


class NotNoted(AskError):
    """What a user said of an answer cannot be written down."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """Thumbs up or down on an answer, with a comment that may be ''; `right` is the passage that would have answered."""

    verdict: Verdict
    comment: str
    record: Record
    right: Quote | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """How many feedback notes are kept in all, and how many bytes of them."""

    number: int = 20_000
    bytes: int = 1_000_000_000


AMPLE = Room()


def add_feedback(file: Path, feedback: Feedback, url: str = "", room: Room = AMPLE) -> None:
    """Append it as one line, in one write, so that two at once do not mix; to the database at `url` where one is given.

    Raises:
        NotNoted: it cannot be written, or there is no room for more.
    """
    line = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "verdict": feedback.verdict,
        "comment": feedback.comment[:LONGEST],
        "record": feedback.record.to_dict(),
    } | ({"right": {feedback.right.file: feedback.right.text}} if feedback.right else {})
    text = json.dumps(line, ensure_ascii=False)
    try:
        number, held = _held(file, url)
        if number >= room.number or held + len(text.encode("utf-8", "surrogatepass")) >= room.bytes:  # a line has an end
            said = "No more feedback can be kept: there is no room for it."
            raise NotNoted(
                said, "Whoever runs the page can take the old away, or raise ASK_MAX_FEEDBACK and ASK_MAX_FEEDBACK_BYTES."
            )
        if url:
            shared_tables(url).db.execute("INSERT INTO feedback (line) VALUES (?)", (text,))
        else:
            append_line(file, text)
    except NotNoted:
        raise
    except AskError as error:
        raise NotNoted(f"Your word on the answer cannot be kept: {error}", error.next_step) from error
    except OSError as error:
        said = f"Your word on the answer cannot be kept: {error.strerror}."
        raise NotNoted(said, f"Whoever runs the page can look after {file.name}.") from error


def _held(file: Path, url: str) -> tuple[int, int]:
    """How many lines there are, and how many bytes."""
    if url:
        count = "SELECT count(*), coalesce(sum(octet_length(line)), 0) FROM feedback"
        number, held = shared_tables(url).db.execute(count).fetchone()
        return int(number), int(held)
    try:
        found = file.stat()
    except FileNotFoundError:
        return 0, 0
    return _lines_of(file, found.st_size, found.st_mtime_ns), found.st_size


@lru_cache(maxsize=4)
def _lines_of(file: Path, _size: int, _changed: int) -> int:
    """How many lines a file has, counted once for each state of it."""
    with file.open("rb") as raw:
        return sum(block.count(b"\n") for block in iter(lambda: raw.read(1 << 20), b""))


def read_feedback(file: Path, url: str = "") -> tuple[tuple[Feedback, ...], int]:
    """A file -> the latest word on each answer, in the order in which they were first judged, and how many lines were passed
    over because they are cut or no feedback; nothing without a file. Comment and right passage may have been given apart.
    With a `url` those in the database there."""
    found: dict[str, Feedback] = {}
    passed_over = 0
    for line in filter(str.strip, _lines(file, url)):
        try:
            raw = json.loads(line)
            item = Feedback(raw["verdict"], raw["comment"], read_record(raw["record"]), _right(raw.get("right")))
        except (ValueError, KeyError, TypeError, AttributeError, RecordError):
            passed_over += 1
        else:
            found[item.record.id] = _together(found.get(item.record.id), item)
    return tuple(found.values()), passed_over


def _lines(file: Path, url: str) -> list[str]:
    if url:
        return [row[0] for row in shared_tables(url).db.execute("SELECT line FROM feedback ORDER BY id")]
    return file.read_text(encoding="utf-8", errors="replace").split("\n") if file.is_file() else []


def _right(given: Any) -> Quote | None:
    return Quote(*map(str, next(iter(given.items())))) if given else None


def _together(before: Feedback | None, now: Feedback) -> Feedback:
    if before is None or before.verdict != now.verdict:
        return now
    return replace(now, comment=now.comment or before.comment, right=now.right or before.right)


def questions(
    feedback: Iterable[Feedback], known: Iterable[KnownQuestion], holds: Callable[[Quote], bool]
) -> tuple[tuple[KnownQuestion, ...], int]:
    """Feedback -> known questions of the bad answers whose right passage was named, and how many were left out: they are
    known already, or the document `holds` that passage no more. The question is what was read, which stands alone."""
    taken = {wording_key(w) for q in known for w in q.wordings}
    found: dict[str, KnownQuestion] = {}
    left_out = 0
    for item in feedback:
        asked, right = item.record.answer.standalone_query, item.right
        key = wording_key(asked)
        if item.verdict == "up" or right is None:
            continue
        if key in taken or not holds(right):
            left_out += 1
            continue
        before = found.get(key, KnownQuestion("feedback", (asked,)))
        found[key] = replace(before, quotes=tuple(dict.fromkeys((*before.quotes, right)))[:MOST_ANSWERS])
    return tuple(found.values()), left_out


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
