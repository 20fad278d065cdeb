"""Cases: a question, what a right answer holds, and where the documents say so."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from app.query.values import Turn
from evals.halves import Half, group_of, half_of
from ingest.documents import guess_language
from ingest.errors import AskError

DATA = Path(__file__).resolve().parent / "data"
ROLES = ("user", "assistant")


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
        case = _Line(f"{path}, line {number}").case(line)
        if case.id in cases:
            raise CaseError(f"{path}, line {number}: the id {case.id!r} stands twice.", "Give each case its own id.")
        cases[case.id] = case
    if not cases:
        raise CaseError(f"{path} holds no questions.", 'Write one a line: {"id": "1", "question": "…"}.')
    return tuple(cases.values())


@dataclass(frozen=True, slots=True)
class _Line:
    """Reads one line; every complaint says where it stands."""

    where: str

    def fail(self, what: str, next_step: str) -> NoReturn:
        raise CaseError(f"{self.where}: {what}.", next_step)

    def case(self, line: str) -> Case:
        try:
            raw = json.loads(line)
        except ValueError as error:
            self.fail(f"not JSON ({error})", "Write one JSON object a line.")
        if not isinstance(raw, dict):
            self.fail("not a JSON object", 'Write {"id": "1", "question": "…"}.')
        question = self.text(raw, "question")
        return Case(
            id=self.text(raw, "id"),
            question=question,
            answerable=self.flag(raw, "answerable"),
            group=group_of(raw),
            split=self.split(raw),
            history=self.history(raw),
            category=self.text(raw, "category", ""),
            language=self.text(raw, "language", "") or self.text(raw, "lang", "") or guess_language(question),
            answer_groups=self.groups(raw),
            evidence=self.golds(raw, "evidence"),
            any_evidence=self.any_evidence(raw),
            alternative_evidence=self.golds(raw, "also"),
            difficulty=self.text(raw, "difficulty", ""),
            written_by=self.text(raw, "written_by", ""),
            pool=self.texts(raw, "pool"),
            scope=self.texts(raw, "scope"),
            contradicted_by=self.golds(raw, "contradicted_by"),
            forbidden=self.texts(raw, "forbidden") or (),
        )

    def text(self, raw: Mapping[str, Any], name: str, default: str | None = None) -> str:
        value = raw.get(name, default)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            self.fail(f"{name!r} is {'missing' if name not in raw else 'not text'}", f"Give {name!r} as a string.")
        return value

    def flag(self, raw: Mapping[str, Any], name: str) -> bool:
        value = raw.get(name, True)
        if not isinstance(value, bool):
            self.fail(f"{name!r} is {value!r}", "Write true or false.")
        return value

    def items(self, raw: Mapping[str, Any], name: str, kind: str, fits: Callable[[Any], bool]) -> list[Any] | None:
        """The list called `name`, None where it is missing or null; every item must fit."""
        value = raw.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(fits(item) for item in value):
            self.fail(f"{name!r} is not a list of {kind}", f"Give {name!r} as [{kind}, …].")
        return value

    def texts(self, raw: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
        value = self.items(raw, name, "strings", lambda item: isinstance(item, str))
        return None if value is None else tuple(value)

    def split(self, raw: Mapping[str, Any]) -> Half:
        value = raw.get("split") or half_of(group_of(raw))
        if value not in ("tune", "report"):
            self.fail(f"'split' is {value!r}", "Write tune or report, or leave it out.")
        half: Half = value
        return half

    def any_evidence(self, raw: Mapping[str, Any]) -> bool:
        mode = raw.get("evidence_mode") or "all"
        if mode not in ("all", "any"):
            self.fail(f"'evidence_mode' is {mode!r}", "Write all or any, or leave it out.")
        return bool(mode == "any")

    def history(self, raw: Mapping[str, Any]) -> tuple[Turn, ...]:
        kind = '{"role": "user" | "assistant", "content": "…"}'
        turns = self.items(raw, "history", kind, _is_turn) or []
        return tuple(Turn(t["role"], t["content"]) for t in turns)

    def groups(self, raw: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
        def fits(group: Any) -> bool:
            return isinstance(group, list) and all(isinstance(s, str) for s in group)

        listed = self.items(raw, "answer_groups", "lists of strings", fits)
        if listed is None:
            listed = [list(self.texts(raw, "answers") or ())]
        cleaned = (tuple(s for s in group if s.strip()) for group in listed)
        return tuple(group for group in cleaned if group)

    def golds(self, raw: Mapping[str, Any], name: str) -> tuple[Gold, ...]:
        def fits(item: Any) -> bool:
            if isinstance(item, dict):
                texts, parts = (item.get("document"), item.get("quote")), item.get("parts", [])
                return all(isinstance(t, str) for t in texts) and isinstance(parts, list) and all(map(_is_number, parts))
            return isinstance(item, str)

        listed = self.items(raw, name, 'strings or {"document": "…", "quote": "…"}', fits) or []
        found = (
            Gold("", g) if isinstance(g, str) else Gold(g["document"], g["quote"], tuple(g.get("parts", ()))) for g in listed
        )
        return tuple(gold for gold in found if gold.quote.strip())


def _is_number(item: Any) -> bool:
    return isinstance(item, int) and not isinstance(item, bool) and item > 0


def _is_turn(item: Any) -> bool:
    return isinstance(item, dict) and item.get("role") in ROLES and isinstance(item.get("content"), str)
