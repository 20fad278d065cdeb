"""Suggests questions to ask next, from the corpus's own list, its known questions and the documents' own words.

A question is shown only if it is short enough to be read at a glance and the chain answers it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import zip_longest

from app.answering.questions import document_questions, gist_question
from app.answers import Answer
from app.text.messages import message
from app.text.words import letters
from ingest.documents import Document, Passage, guess_language

MAX_COLUMNS = 72
"""Columns of a question that is read at a glance, on two lines; a Chinese character takes two."""
MAX_OFFERED = 5  # questions about an added document
MAX_TRIED = 16  # of those that its words make

_BRACKETS = re.compile(r"(?<!\s)\s*+[(（][^()（）]*[)）]")

Answers = Callable[[str], "Answer | None"]
"""A question asked alone; None if there is no time for it."""


def is_brief(question: str) -> bool:
    """Return True if a question ends with a question mark and can be read at a glance.

    It may not need a bracket to say what it is about, and may be at most `MAX_COLUMNS` columns wide.
    """
    columns = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in question)
    return columns <= MAX_COLUMNS and question.rstrip().endswith(("?", "？")) and not set("()（）") & set(question)


def candidates(
    answer: Answer,
    documents: Sequence[tuple[Document, Sequence[Passage]]],
    corpus_questions: Mapping[str, Sequence[str]],
    already_asked: Iterable[str],
    known_questions: Mapping[str, Sequence[str]] | None = None,
) -> tuple[str, ...]:
    """List questions about the documents that an answer cites, without those asked already.

    Those in the language of the answer's question come first. The documents take turns. Each gives the corpus's own
    questions first, then known ones, then those made of its own words.

    Args:
        answer: The answer; a question that what it cites answers is left out.
        documents: The cited documents with their passages.
        corpus_questions: The corpus's own questions, by file.
        already_asked: The questions that were asked already.
        known_questions: The known questions, by the id of the document.
    """
    language = guess_language(answer.question)
    by_document = [
        [
            *corpus_questions.get(d.origin.split(", ")[0], ()),
            *(known_questions or {}).get(d.id, ()),
            *_other_questions(d, passages, {c.start for c in answer.citations if c.document_id == d.id}),
        ]
        for d, passages in documents
    ]
    in_turn = (q for turn in zip_longest(*by_document) for q in turn if q is not None)
    excluded = {letters(q) for q in already_asked}
    questions = dict.fromkeys(q for q in in_turn if is_brief(q) and letters(q) not in excluded)
    return tuple(sorted(questions, key=lambda q: guess_language(q) != language))


def _other_questions(document: Document, passages: Sequence[Passage], cited: Set[int]) -> list[str]:
    others = (q for q in document_questions(document, passages) if cited.isdisjoint(p.start for p in q.passages))
    headings = dict.fromkeys(p.heading.split(" › ")[-1] for p in passages if p.heading and p.start not in cited)
    titles = [_BRACKETS.sub("", t).strip(" .。:：") for t in (*headings, document.title.replace("：", ":").split(":")[0])]
    said = (message("asking.said", document.language, what=title) for title in titles if not title.endswith(("?", "？")))
    return [*(q.text for q in others), *said]


def first_questions(document: Document, passages: Sequence[Passage], known_questions: Sequence[str] = ()) -> tuple[str, ...]:
    """List questions to begin with: known ones, then those that the document's own words make."""
    questions = [*known_questions, *(q.text for q in document_questions(document, passages))]
    return tuple(dict.fromkeys(q for q in questions if is_brief(q)))


def proven(document: Document, passages: Sequence[Passage], ask: Answers) -> Iterator[str]:
    """Yield up to `MAX_OFFERED` questions about a document that it answers, each as soon as it was asked once.

    A question is left out if its answer is a refusal, or quotes none of the passages that it was made of. What the document
    is about comes last, since it is always answered.
    """
    offered = 0
    for question in document_questions(document, passages)[:MAX_TRIED]:
        if offered == MAX_OFFERED - 1:
            break
        if not is_brief(question.text):
            continue
        if (answer := ask(question.text)) is None:
            return
        starts = {p.start for p in question.passages}
        if answer.status == "answered" and any(c.start in starts for c in answer.citations[:1]):
            offered += 1
            yield question.text
    yield gist_question(document.language)


def answered(questions: Iterable[str], ask: Answers) -> Iterator[str]:
    """Yield the first three questions that the chain answers, each as soon as it is known.

    At most eight questions are tried, since each costs as much as a question. It ends earlier if there is no time for one.
    """
    answered_count = 0
    for tried, question in enumerate(questions):
        answer = ask(question) if tried < 8 and answered_count < 3 else None
        if answer is None:
            return
        if answer.status == "answered":
            answered_count += 1
            yield question
