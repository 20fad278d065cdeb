"""Suggests questions to ask next, from the corpus's own list, its known questions and its headings.

A question is shown only if it is short enough to be read at a glance and the chain answers it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from app.answers import Answer
from app.text.messages import message
from app.text.words import letters
from ingest.documents import Document, Passage, guess_language

WANTED = 3
TRIED = 8
"""Candidates that are tried at most: each costs as much as a question."""
WIDEST = 72
"""Columns of a question that is read at a glance, on two lines; a Chinese character takes two."""

Answers = Callable[[str], "Answer | None"]
"""A question asked alone; None if there is no time for it."""


def is_brief(question: str) -> bool:
    """Return True if a question ends with a question mark and can be read at a glance.

    It may not need a bracket to say what it is about, and may be at most `WIDEST` columns wide.
    """
    wide = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in question)
    return wide <= WIDEST and question.rstrip().endswith(("?", "？")) and not set("()（）") & set(question)


def candidates(
    answer: Answer,
    documents: Sequence[tuple[Document, Sequence[Passage]]],
    given: Mapping[str, Sequence[str]],
    asked: Iterable[str],
    known: Mapping[str, Sequence[str]] | None = None,
) -> tuple[str, ...]:
    """List questions about the documents that an answer cites, without those asked already.

    Those in the language of the answer's question come first. The documents take turns. Each gives the corpus's own
    questions first, then known ones, then those made of its headings and title.

    Args:
        answer: The answer whose cited headings are left out.
        documents: The cited documents with their passages.
        given: The corpus's own questions, by file.
        asked: The questions that were asked already.
        known: The known questions, by the id of the document.
    """
    language = guess_language(answer.question)
    lists = [
        [*given.get(d.origin.split(", ")[0], ()), *(known or {}).get(d.id, ()), *_from_headings(answer, d, passages)]
        for d, passages in documents
    ]
    longest = max((len(questions) for questions in lists), default=0)
    in_turn = (questions[n] for n in range(longest) for questions in lists if n < len(questions))
    before = {letters(q) for q in asked}
    found = tuple(dict.fromkeys(q for q in in_turn if is_brief(q) and letters(q) not in before))
    return tuple(sorted(found, key=lambda q: guess_language(q) != language))


def _from_headings(answer: Answer, document: Document, passages: Sequence[Passage]) -> list[str]:
    cited = {c.heading for c in answer.citations if c.document_id == document.id}
    headings = dict.fromkeys(p.heading for p in passages if p.heading and p.heading not in cited)
    return [question_of(h, document.language) for h in [*headings, _short(document.title)]]


def question_of(heading: str, language: str) -> str:
    """Make a question about what stands below a heading; a heading that is a question is used as it is.

    Only the last part of the heading is used, without its brackets.
    """
    last = _without_brackets(heading.split(" › ")[-1]).rstrip(":：. 。")
    if last.endswith(("?", "？")):
        return last
    return message("asking.about", language, what=last)


def _short(title: str) -> str:
    """Return a title without what follows its colon."""
    return title.replace("：", ":").split(":")[0]


def _without_brackets(title: str) -> str:
    return re.sub(r"(?<!\s)\s*+[(（][^()（）]*[)）]", "", title).strip()


def first_questions(document: Document, passages: Sequence[Passage], known: Sequence[str] = ()) -> tuple[str, ...]:
    """List questions to begin with: known ones, then those of the headings, then that of the title."""
    headings = dict.fromkeys(p.heading for p in passages if p.heading)
    made = (question_of(h, document.language) for h in [*headings, _short(document.title)])
    return tuple(dict.fromkeys(q for q in [*known, *made] if is_brief(q)))


def answered(questions: Iterable[str], ask: Answers) -> Iterator[str]:
    """Yield the first three questions that the chain answers, each as soon as it is known.

    At most `TRIED` questions are tried. It ends earlier if there is no time for one.
    """
    found = 0
    for tried, question in enumerate(questions):
        answer = ask(question) if tried < TRIED and found < WANTED else None
        if answer is None:
            return
        if answer.status == "answered":
            found += 1
            yield question
