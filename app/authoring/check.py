"""Checks answers that were written beforehand: their figures, dates and names are held against the passages that they cite.

What nobody can check by rule (a cause, a superlative, a view told as a fact) a second reader must find.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from app.authoring.statements import objection
from app.groundedness.checker import ClaimChecker
from app.groundedness.support import missing_quotation
from ingest.documents import Document, Passage
from ingest.folders import document_files
from ingest.form import Problem
from ingest.limits import DEFAULT_LIMITS
from ingest.load import parse
from ingest.questions.files import FOLDER
from ingest.questions.known import KnownQuestion, Quote, read_questions
from ingest.questions.written import WrittenStatement, read_written
from ingest.split import split

Held = Mapping[Quote, tuple[Document, Passage]]
_MEND = "Correct the statement or its quotes, or write the answer anew."


def check_written(folder: Path) -> tuple[Problem, ...]:
    """Return what is wrong with the written answers of a folder."""
    known = [q for q in read_questions(folder) if q.written]
    if not known:
        return ()
    held, checker = _passages(folder), ClaimChecker()
    return tuple(problem for question in known for problem in _problems(question, held, checker))


def _passages(folder: Path) -> Held:
    found = {}
    for path in document_files(folder):
        document = parse(path, folder, DEFAULT_LIMITS)
        for passage in (p for chunk in split(document) for p in chunk.passages):
            found[Quote(path.relative_to(folder).as_posix(), passage.quote(document.text))] = document, passage
    return found


def _problems(question: KnownQuestion, held: Held, checker: ClaimChecker) -> Iterator[Problem]:
    if question.written is None:
        return
    file, quotes = f"{FOLDER}/{question.origin}.yaml", question.written.quotes
    if gone := next((q for q in quotes if q not in held), None):
        said = f"The written answer to “{question.question}” rests on “{gone.text[:60]}”, which {gone.file} does not hold."
        yield Problem(file, 1, said, _MEND)
        return
    answer = read_written(question.written.answer, len(quotes))
    for statement in (answer.short, *answer.full, *([answer.simple] if answer.simple else ())):
        cited = [held[quotes[n - 1]] for n in statement.cites]
        english, chinese = (_text(statement, language) for language in ("en", "zh"))
        said = " ".join(passage.quote(document.text) for document, passage in cited)
        for text, reason in ((english, objection(english, cited, checker)), (chinese, missing_quotation(chinese, said))):
            if reason:
                yield Problem(file, 1, f"The written answer to “{question.question}” says “{text}”. {reason}", _MEND)


def _text(statement: WrittenStatement, language: str) -> str:
    return "; ".join(statement.cells[language]) if statement.cells else statement.text[language]
