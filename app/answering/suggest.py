"""Questions to ask next: taken from the corpus's own list, its known questions and headings, and shown only when they are
short enough to be read at a glance and the chain answers them."""

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
"""A question asked alone; None where there is no time for it."""


def is_brief(question: str) -> bool:
    """A question -> whether it is whole and can be read at a glance: no bracket is needed to say of what it is."""
    wide = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in question)
    return wide <= WIDEST and question.rstrip().endswith(("?", "？")) and not set("()（）") & set(question)


def candidates(
    answer: Answer,
    documents: Sequence[tuple[Document, Sequence[Passage]]],
    given: Mapping[str, Sequence[str]],
    asked: Iterable[str],
    known: Mapping[str, Sequence[str]] | None = None,
) -> tuple[str, ...]:
    """Questions on the documents that the answer cites, in the language of its question where there are any: the corpus's
    own first, then known ones, then headings and titles, in turn by document.

    `given` are the corpus's own by file, `known` its known questions by document; what was asked already is left out.
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
    """A heading -> a question about what stands below it; one that is a question asks itself."""
    last = _without_brackets(heading.split(" › ")[-1]).rstrip(":：. 。")
    if last.endswith(("?", "？")):
        return last
    return message("asking.about", language, what=last)


def _short(title: str) -> str:
    """A title without what stands behind its colon."""
    return title.replace("：", ":").split(":")[0]


def _without_brackets(title: str) -> str:
    return re.sub(r"(?<!\s)\s*+[(（][^()（）]*[)）]", "", title).strip()


def first_questions(document: Document, passages: Sequence[Passage], known: Sequence[str] = ()) -> tuple[str, ...]:
    """A document -> questions to begin with: known ones, then those of its headings, then that of its title."""
    headings = dict.fromkeys(p.heading for p in passages if p.heading)
    made = (question_of(h, document.language) for h in [*headings, _short(document.title)])
    return tuple(dict.fromkeys(q for q in [*known, *made] if is_brief(q)))


def answered(questions: Iterable[str], ask: Answers) -> Iterator[str]:
    """The first three questions that the chain answers, each as soon as it is known."""
    found = 0
    for tried, question in enumerate(questions):
        answer = ask(question) if tried < TRIED and found < WANTED else None
        if answer is None:
            return
        if answer.status == "answered":
            found += 1
            yield question
