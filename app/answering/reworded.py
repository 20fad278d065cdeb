"""The program's own answer + what came of a language model's words for it -> the answer that is shown, or a refusal where
the model found none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.answering.notes import NOT_STATED, one_note, refusal, said_gap, sources_note
from app.answers import Answer, Draft, ModelUse, Status
from app.query.values import Query
from app.sentences import Citation, Sentence


@dataclass(frozen=True, slots=True)
class Worded:
    """What came of a language model's words for an answer: `sentences` that the checks let pass, with quotes in the place of
    others, and `notes` on them; `own` says that any of it is the model's. `not_stated` is what it says that the evidence
    does not state of the question; one that has `declined` found no answer at all. `heeded`: its word on that counts."""

    sentences: Sequence[Sentence]
    citations: Sequence[Citation]
    model: ModelUse
    own: bool = False
    notes: Sequence[str] = ()
    not_stated: str = ""
    declined: bool = False
    heeded: bool = True


def reworded(question: Query, quoted: Answer, worded: Worded, gap: str = "") -> Answer:
    """The program's own answer with what a language model made of it, each sentence of which was held against what it
    cites; `gap` is what the documents are known not to hold.

    A model that is heeded decides whether the documents answer: it has read more of them. Where nothing of it stands the
    program's answer does, as it was.
    """
    if worded.declined:
        return _declined(question, quoted, worded.model, gap)
    if not worded.sentences:
        return replace(quoted, note=one_note(question, *worded.notes, quoted.note), model=worded.model)
    said: dict[str, Any] = {
        "sentences": tuple(worded.sentences), "citations": tuple(worded.citations), "model": worded.model,
        "closest": (), "suppressed": (),
    }  # fmt: skip
    if quoted.sentences and not (worded.own and worded.heeded and not worded.model.failure):
        before = _pointing(quoted.note, _numbers(quoted, worded.citations))
        return replace(quoted, **said, note=one_note(question, before, *worded.notes))
    unmet = said_gap(question, gap)
    if worded.not_stated:
        unmet = one_note(question, unmet, NOT_STATED[question.language].format(worded.not_stated.rstrip(" .。")))
    status: Status = "partial" if unmet or worded.model.failure else "answered"
    note = one_note(question, sources_note(question, worded.citations), unmet, *worded.notes)
    return replace(quoted, **said, status=status, note=note)


def _numbers(quoted: Answer, citations: Sequence[Citation]) -> dict[int, int]:
    """The numbers of the program's citations -> those that the same places have now, if they are still cited."""
    now = {(c.document_id, c.start, c.end): c.number for c in citations}
    return {c.number: n for c in quoted.citations if (n := now.get((c.document_id, c.start, c.end)))}


def _pointing(note: str, now: Mapping[int, int]) -> str:
    """A note that names citations (a calculation does) with their numbers now; '' where one of them is cited no more."""
    named = {int(n) for n in re.findall(r"\[(\d+)\]", note)}
    return re.sub(r"\[(\d+)\]", lambda m: f"[{now[int(m[1])]}]", note) if named <= now.keys() else ""


def _declined(question: Query, quoted: Answer, model: ModelUse, gap: str) -> Answer:
    """A refusal, with what the program would have quoted as what is nearest."""
    nearest = quoted.closest or tuple(replace(c, number=n) for n, c in enumerate(quoted.citations[:3], 1))
    gap = gap if said_gap(question, gap) == gap else ""  # said in the language of the question
    refused = refusal(Draft((), (), gap=gap), bool(nearest), question)
    return replace(
        quoted,
        status="not_found",
        sentences=(),
        citations=(),
        closest=nearest,
        note=one_note(question, gap, refused),
        suppressed=quoted.sentences or quoted.suppressed,
        model=model,
    )
