"""Notes beside the quotes of an answer, in the language of the question.

They say what was not found, what did not pass the checks, and which sources the answer rests on.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.answers import NotePart, Searched
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


def unmentioned(question: Query, words: Sequence[str]) -> str:
    """Return a sentence that says that no document has these words of the question."""
    quoted = message("marks.listed", question.language).join(f"“{word}”" for word in words)
    return message("notes.unmentioned", question.language, words=quoted)


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


def missing_part(question: Query, confidences: Sequence[float], threshold: float, gap: str) -> str:
    """Return what is not held of a question: `gap` if that was written, else the parts that were not found, or ''."""
    parts = [p.text for p, c in zip(question.parts, confidences, strict=False) if p.text and c < threshold]
    what = f"“{message('marks.semicolon', question.language).join(parts)}”"
    return gap_text(question, gap) or (message("notes.not_stated", question.language, what=what) if parts else "")


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
