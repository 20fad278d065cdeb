"""Cases: a question, what a right answer holds, and where the documents say so."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, PositiveInt, ValidationError

from app.query.values import Turn
from evals.halves import Half, group_of, half_of
from ingest.documents import guess_language
from ingest.errors import AskError

DATA = Path(__file__).resolve().parent / "data"


class CaseError(AskError):
    """A file of cases cannot be read, or a case names what is not there."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A passage that answers: its text as it reads after loading; `document` is a path in the corpus, '' for any.

    `parts` are the answer groups that it states, counted from 1, where readers have said so.
    """

    document: str
    quote: str
    parts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One question. Every answer group must be met, by any of its strings; without groups any cited answer will do.

    With `any_evidence` one gold passage is enough, as where a fact stands in several. `alternative_evidence` are passages in
    which readers found the answer or parts of it besides those that the question was written from; an answer may as well
    cite them. `pool` and `scope` name the documents that the question may be answered from, by file name without suffix.
    `group` is what the case belongs to when a set is halved: the document it is about.

    A question that takes something false for granted is not answerable, and is met either by "not found" or by a quote of
    one of the passages that it is `contradicted_by`. No answer may hold a string that is `forbidden`: what it would say if
    it followed an instruction in the question.
    """

    id: str
    question: str
    answerable: bool
    group: str
    split: Half
    history: tuple[Turn, ...] = ()
    category: str = ""
    language: str = "en"
    answer_groups: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[Gold, ...] = ()
    any_evidence: bool = False
    alternative_evidence: tuple[Gold, ...] = ()
    difficulty: str = ""
    written_by: str = ""
    pool: tuple[str, ...] | None = None
    scope: tuple[str, ...] | None = None
    contradicted_by: tuple[Gold, ...] = ()
    forbidden: tuple[str, ...] = ()


def own_cases(split: Half | None = None) -> tuple[Case, ...]:
    """A half -> the cases on this project's own corpus, of it or of both, one file a category.

    Weights and thresholds are fitted on the half `tune` and reported on the half `report`; no document is in both.
    """
    cases = [case for file in sorted(DATA.glob("*.jsonl")) for case in read_cases(file)]
    return tuple(c for c in cases if split in (None, c.split))


def read_cases(path: Path) -> tuple[Case, ...]:
    """A JSON Lines file -> its cases, in order; blank lines do not count.

    Raises:
        CaseError: missing, not UTF-8, without a case, or a line that is not a case; says which line and what to do.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CaseError(f"{path} cannot be read ({error.strerror}).", "Give a file with one question a line.") from error
    except UnicodeDecodeError as error:
        raise CaseError(f"{path} is not UTF-8.", "Save it as UTF-8.") from error
    cases: dict[str, Case] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        case = _case(line, f"{path}, line {number}")
        if case.id in cases:
            raise CaseError(f"{path}, line {number}: the id {case.id!r} stands twice.", "Give each case its own id.")
        cases[case.id] = case
    if not cases:
        raise CaseError(f"{path} holds no questions.", 'Write one a line: {"id": "1", "question": "…"}.')
    return tuple(cases.values())


class _Gold(BaseModel):
    document: str
    quote: str
    parts: tuple[PositiveInt, ...] = ()


Strings = tuple[str, ...] | None
Golds = tuple[str | _Gold, ...] | None


class _Line(BaseModel):
    """A line of a file, as it is written."""

    id: str | int
    question: str
    answerable: bool = True
    split: Half | None = None
    history: tuple[Turn, ...] | None = None
    category: str = ""
    language: str = ""
    lang: str = ""
    answers: Strings = None
    answer_groups: tuple[tuple[str, ...], ...] | None = None
    evidence: Golds = None
    evidence_mode: Literal["all", "any"] | None = None
    also: Golds = None
    difficulty: str = ""
    written_by: str = ""
    pool: Strings = None
    scope: Strings = None
    contradicted_by: Golds = None
    forbidden: Strings = None

    def case(self, group: str) -> Case:
        """Return the case, which belongs to a group."""
        groups = [self.answers or ()] if self.answer_groups is None else self.answer_groups
        cleaned = (tuple(text for text in one if text.strip()) for one in groups)
        return Case(
            id=str(self.id),
            question=self.question,
            answerable=self.answerable,
            group=group,
            split=self.split or half_of(group),
            history=self.history or (),
            category=self.category,
            language=self.language or self.lang or guess_language(self.question),
            answer_groups=tuple(filter(None, cleaned)),
            evidence=_golds(self.evidence),
            any_evidence=self.evidence_mode == "any",
            alternative_evidence=_golds(self.also),
            difficulty=self.difficulty,
            written_by=self.written_by,
            pool=self.pool,
            scope=self.scope,
            contradicted_by=_golds(self.contradicted_by),
            forbidden=self.forbidden or (),
        )


def _golds(given: Golds) -> tuple[Gold, ...]:
    found = (Gold("", g) if isinstance(g, str) else Gold(g.document, g.quote, g.parts) for g in given or ())
    return tuple(gold for gold in found if gold.quote.strip())


def _case(line: str, where: str) -> Case:
    try:
        return _Line.model_validate_json(line, strict=True).case(group_of(json.loads(line)))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the line"
        said = "is missing" if first["type"] == "missing" else f"cannot be so: {first['msg']}"
        raise CaseError(
            f"{where}: {place!r} {said}.", 'Write {"id": "1", "question": "…"}; evals/cases.py has all.'
        ) from error
