"""Cases: a question, what a right answer holds, and where the documents say so."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PositiveInt, StrictBool, TypeAdapter, ValidationError

from app.query.values import Turn
from ingest.documents import guess_language
from ingest.errors import AskError

DATA = Path(__file__).resolve().parent / "data"
Half = Literal["tune", "report"]
Line = dict[str, Any]
"""An object of a JSON Lines file."""


class CaseError(AskError):
    """A file of cases cannot be read, or a case names what is not there."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A passage that answers.

    Attributes:
        document: A path in the corpus, '' for any document.
        quote: The text of the passage as it reads after loading.
        parts: The answer groups that it states, counted from 1, if readers have marked them.
    """

    document: str
    quote: str
    parts: tuple[PositiveInt, ...] = ()


Golds = Annotated[
    tuple[Annotated[Gold, BeforeValidator(lambda v: {"document": "", "quote": v} if isinstance(v, str) else v)], ...],
    AfterValidator(lambda golds: tuple(gold for gold in golds if gold.quote.strip())),
]
"""Gold passages; a text alone may stand in any document."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question, and what a right answer to it holds.

    Every answer group must be met by any of its strings. Without groups, any cited answer will do.

    With the `evidence_mode` `any` one gold passage is enough, for instance if several state the same fact.
    `alternative_evidence` are passages in which readers found the answer or parts of it, besides those that the question
    was written from; an answer may cite them instead. `pool` and `scope` name the documents that the question may be
    answered from, by file name without suffix. `group` is what the case belongs to when a set is halved: the document it
    is about, else the first of its scope, else itself.

    A question with a false premise is not answerable. It is met either by "not found" or by a quote of one of the
    passages in `contradicted_by`. No answer may hold a string that is `forbidden`: what it would say if it followed an
    instruction in the question.
    """

    id: Annotated[str, Field(coerce_numbers_to_str=True)]
    question: str
    answerable: StrictBool
    group: str
    split: Half
    history: tuple[Turn, ...] = ()
    category: str = ""
    language: str = "en"
    answer_groups: Annotated[tuple[tuple[str, ...], ...], AfterValidator(lambda groups: _without_blanks(groups))] = ()
    evidence: Golds = ()
    evidence_mode: Literal["all", "any"] = "all"
    alternative_evidence: Annotated[Golds, Field(alias="also")] = ()
    difficulty: str = ""
    written_by: str = ""
    pool: tuple[str, ...] | None = None
    scope: tuple[str, ...] | None = None
    contradicted_by: Golds = ()
    forbidden: tuple[str, ...] = ()


_CASE: TypeAdapter[Case] = TypeAdapter(Annotated[Case, BeforeValidator(lambda raw: _with_derived(raw))])


def read_text(path: Path, next_step: str) -> str:
    """Read a file that a user named.

    Raises:
        CaseError: It cannot be read or is not UTF-8. `next_step` says what to do.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise CaseError("{path} cannot be read ({why}).", next_step, path, reason) from error


def read_lines(path: Path) -> list[Line]:
    """Read the objects of a JSON Lines file of our own, in order."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def json_lines(lines: Iterable[Any]) -> str:
    """Return values as JSON Lines."""
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def own_cases() -> tuple[Case, ...]:
    """Read the cases on this project's own corpus.

    There is one file for each category. Weights and thresholds are fitted on the half `tune` and reported on the half
    `report`; no document is in both.
    """
    return tuple(case for file in sorted(DATA.glob("*.jsonl")) for case in read_cases(file))


def read_cases(path: Path) -> tuple[Case, ...]:
    """Read the cases of a JSON Lines file, in order; blank lines are skipped.

    Raises:
        CaseError: The file cannot be read, is not UTF-8 or holds no case, a line is not a case, or an id is used twice.
            The message says which line and what to do.
    """
    cases: dict[str, Case] = {}
    for number, line in enumerate(read_text(path, "Give a file with one question a line.").split("\n"), 1):
        if not line.strip():
            continue
        case = _case(line, f"{path}, line {number}")
        if case.id in cases:
            message = "{path}, line {number}: the id {id!r} stands twice."
            raise CaseError(message, "Give each case its own id.", path, number, case.id)
        cases[case.id] = case
    if not cases:
        raise CaseError("{path} holds no questions.", 'Write one a line: {{"id": "1", "question": "…"}}.', path)
    return tuple(cases.values())


def select(cases: Sequence[Case], case_id: str | None, category: str | None, split: str | None) -> list[Case]:
    """Return the cases with this id, category and half; None stands for any.

    Raises:
        CaseError: No case matches.
    """
    selected = [c for c in cases if case_id in (None, c.id) and category in (None, c.category) and split in (None, c.split)]
    if not selected:
        categories = ", ".join(dict.fromkeys(c.category for c in cases if c.category))
        raise CaseError("No case fits.", "Categories: {categories}. Ids stand in the file of cases.", categories or "none")
    return selected


def sample(cases: Sequence[Case], size: int | None, seed: int) -> tuple[Case, ...]:
    """Draw `size` cases without replacement, in their order; all of them if there is no size."""
    if size is None or size >= len(cases):
        return tuple(cases)
    return tuple(cases[i] for i in sorted(random.Random(seed).sample(range(len(cases)), size)))


def half_of(group: str) -> Half:
    """Return the half that a group lies in: one half is for choosing, the other for reporting.

    Questions about one document form a group, or what was chosen would be reported on the same. The half is `tune` if the
    first hexadecimal digit of the group's SHA-256 is below 8, else `report`.
    """
    return "tune" if int(hashlib.sha256(group.encode()).hexdigest()[0], 16) < 8 else "report"


def _without_blanks(groups: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    cleaned = (tuple(text for text in one if text.strip()) for one in groups)
    return tuple(filter(None, cleaned))


def _with_derived(raw: Any) -> Any:
    """Return the fields of a case from a line of a file, as far as they can be found without checking types."""
    if not isinstance(raw, dict):
        return raw
    fields = {name: value for name, value in raw.items() if value is not None}
    scope = fields.get("scope")
    group = str(fields.get("group") or (scope[0] if isinstance(scope, list) and scope else fields.get("id", "")))
    derived = {
        "answerable": fields.get("answerable", True),
        "group": group,
        "split": fields.get("split") or half_of(group),
        "language": fields.get("language") or fields.get("lang") or guess_language(str(fields.get("question"))),
        "answer_groups": fields.get("answer_groups", [fields.get("answers", ())]),
    }
    return fields | derived


def _case(line: str, location: str) -> Case:
    try:
        return _CASE.validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the line"
        if '"answer_groups"' not in line:  # they were made of the plainer form
            field = field.replace("answer_groups.0", "answers", 1)
        message = "is missing" if first["type"] == "missing" else f"cannot be so: {first['msg']}"
        next_step = 'Write {{"id": "1", "question": "…"}}; evals/cases.py has all.'
        raise CaseError("{location}: {field!r} {message}.", next_step, location, field, message) from error
