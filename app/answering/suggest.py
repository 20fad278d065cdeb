"""Questions to ask next: taken from the corpus's own list and from headings, and shown only when the chain answers them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from app.answers import Answer
from ingest.documents import Document, Passage

WANTED = 3
TRIED = 8
"""Candidates that are tried at most: each costs as much as a question."""

Answers = Callable[[str], "Answer | None"]
"""A question asked alone; None where there is no time for it."""


def candidates(
    answer: Answer,
    documents: Sequence[tuple[Document, Sequence[Passage]]],
    given: Mapping[str, Sequence[str]],
    asked: Iterable[str],
) -> tuple[str, ...]:
    """Questions on the documents that the answer cites, the corpus's own first, in turn by document.

    `given` are the corpus's own by file; what was asked already is left out.
    """
    lists = [[*given.get(d.origin.split(", ")[0], ()), *_from_headings(answer, d, passages)] for d, passages in documents]
    longest = max((len(questions) for questions in lists), default=0)
    in_turn = (questions[n] for n in range(longest) for questions in lists if n < len(questions))
    known = {_key(q) for q in asked}
    return tuple(dict.fromkeys(q for q in in_turn if _key(q) not in known))


def _from_headings(answer: Answer, document: Document, passages: Sequence[Passage]) -> list[str]:
    cited = {c.heading for c in answer.citations if c.document_id == document.id}
    headings = dict.fromkeys(_short(p.heading.split(" › ")[-1]) for p in passages if p.heading and p.heading not in cited)
    short = _short(re.split("[:：]", document.title)[0])
    if document.language == "zh":
        return [f"{h}（{short}）：文件说了什么？" for h in headings]
    return [f"{h} ({short}): what do the documents say?" for h in headings]


def _short(title: str) -> str:
    """Without what stands in brackets."""
    return re.sub(r"(?<!\s)\s*+[(（][^()（）]*[)）]", "", title).strip()


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


def _key(question: str) -> str:
    return "".join(c for c in question.lower() if c.isalnum())
