"""Notes beside the quotes of an answer, in the language of the question.

They say what was not found, what did not pass the checks, and which sources the answer rests on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.answers import Answer, Draft, NotePart, Searched, Status
from app.query.values import Query
from app.sentences import Citation
from app.text.messages import message
from app.text.words import titles
from ingest.documents import guess_language

UNMET_FORMS = ("list", "table", "timeline", "steps", "simple", "examples", "longer")
"""Forms that a note names if the answer lacks them; after any other wish it says that quotes keep their language."""


def unmet_note(question: Query) -> NotePart:
    """Return a sentence that says that the answer is not in the form that was wished for."""
    form = question.wish.form if question.wish.form in UNMET_FORMS else "language"
    return NotePart("form", message(f"notes.unmet_{form}", question.language))


def gap_text(question: Query, gap: str) -> str:
    """Return a known gap as it is worded, in the language of the question.

    Some gaps are worded in English alone. A question in another language then gets a general sentence in its own
    language.
    """
    is_foreign = gap and question.language not in ("en", guess_language(gap))
    return message("notes.half", question.language) if is_foreign else gap


def refusal(gap: str, has_closest: bool, question: Query) -> tuple[NotePart, ...]:
    """Return what is missing, as it was written down (`gap`), else that nothing was found or asked."""
    key = "notes.not_found" if has_closest or question.asks else "notes.not_asked"
    return (NotePart("gap", gap or message(key, question.language)),)


def with_unmentioned(question: Query, answer: Answer, words: Sequence[str]) -> Answer:
    """Return a refusal with the words of the question that no document has, if there are any."""
    if not words:
        return answer
    quoted = message("marks.listed", question.language).join(f"“{word}”" for word in words)
    gap = NotePart("gap", message("notes.unmentioned", question.language, words=quoted))
    return replace(answer, note_parts=tuple(gap if part.kind == "gap" else part for part in answer.note_parts))


def absent_notes(question: Query, what: str, looked: Sequence[str], unanswered: bool) -> tuple[NotePart, ...]:
    """Return notes on what a language model finds stated nowhere, and on what it looked for.

    The result is () if `what` is ''. If what was asked first is `unanswered`, the note stands before the nearest facts.
    """
    if not what:
        return ()
    language = question.language
    absence_text = message("notes.not_stated", language, what=what.rstrip(" .。"))
    note = NotePart("unanswered" if unanswered else "absent", absence_text)
    searches_text = message("notes.looked", language, what=message("marks.semicolon", language).join(looked))
    return (note, NotePart("absent", searches_text)) if looked else (note,)


def searched_note(question: Query, searched: Searched) -> NotePart:
    """Return a sentence that says how many of the documents were searched."""
    return NotePart("searched", message("notes.searched", question.language, n=searched.documents, all=searched.of))


def status_and_note(
    question: Query, draft: Draft, threshold: float, some_unverified: bool
) -> tuple[Status, tuple[NotePart, ...]]:
    """Tell whether the answer is whole, and what is said of it: which parts were not found, what did not stand."""
    parts = [p.text for p, c in zip(question.parts, draft.confidences, strict=False) if p.text and c < threshold]
    what = message("marks.semicolon", question.language).join(parts)
    gap = message("notes.partly", question.language, what=what) if parts else ""
    gap = gap_text(question, draft.gap) or gap
    unverified = message("notes.unverified", question.language) if some_unverified else ""
    status: Status = "partial" if gap or unverified else "answered"
    return status, (NotePart("gap", gap), NotePart("unverified", unverified))


def sources_note(question: Query, citations: Sequence[Citation]) -> NotePart:
    """Return the originals behind the answer, each once, if they are asked for."""
    if question.wish.form != "sources":
        return NotePart("sources", "")
    comma, semicolon = (message(f"marks.{mark}", question.language) for mark in ("comma", "semicolon"))
    labels = dict.fromkeys(
        comma.join(filter(None, (titles(s, question.language)[0], s.publisher, s.date)))
        for c in citations
        for s in c.sources
    )
    return NotePart("sources", message("notes.sources", question.language, sources=semicolon.join(labels)))
