"""The answers to the parts of a question as one answer, in which nothing is said twice and no part is passed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.answers import Answer, AnswerBody, NotePart
from app.known.match import Match
from app.query.values import Query
from app.sentences import Citation, Sentence
from app.text.messages import message
from ingest.words import STOPWORDS, tokens

MAX_STATEMENTS = 5  # statements of all parts together, above which each part gives its short answer: as many as a text has


@dataclass(frozen=True, slots=True)
class PartAnswer:
    """A part of a question with its own answer, and the known question that it was taken for, None if it was searched."""

    query: Query
    match: Match | None
    answer: Answer


def joined_answers(query: Query, parts: Sequence[PartAnswer], whole: Answer) -> Answer:
    """Return the answers of the parts as one, in their order.

    Args:
        query: The question.
        parts: Its parts, answered one by one.
        whole: The answer in quotes to all of it, which stands if no part has an answer.
    """
    answers = [p.answer for p in parts if p.answer.sentences]
    if not answers:
        return whole
    sentences, citations = _one_after_another(answers)
    notes = [note for p in parts for note in (p.answer.note_parts if p.answer.sentences else (_missing(query, p),))]
    if not all(p.answer.declines for p in parts):  # of a half that is not held the other half stands first
        notes = [replace(note, kind="gap") if note.kind == "unanswered" else note for note in notes]
    return replace(
        whole,
        read_as=_read_as(query, parts),
        status="partial" if any(p.answer.status != "answered" for p in parts) else "answered",
        sentences=sentences,
        citations=citations,
        closest=(),
        note_parts=tuple(dict.fromkeys(notes)),
        confidence=min(a.confidence for a in answers),
        written=any(a.written for a in answers),
        quotes=_quotes(query, parts, whole),
    )


def _read_as(query: Query, parts: Sequence[PartAnswer]) -> str:
    """Return the questions that are answered, if a written answer is to one that is worded otherwise."""
    differs = any(p.answer.written and p.answer.standalone_query != p.query.standalone for p in parts)
    questions = dict.fromkeys(p.answer.standalone_query for p in parts if p.answer.sentences)
    return " / ".join(questions) if differs else query.searched


def _missing(query: Query, part: PartAnswer) -> NotePart:
    """Return a sentence that says what of the question is not held, in the turn's own words if nobody wrote one."""
    gap = part.match.known.gap_in(query.language) if part.match else ""
    sides = [side for side in query.sides if side in part.query.standalone]
    what = part.query.text or (sides[0] if len(sides) == 1 else part.query.standalone)
    return NotePart("gap", gap or message("notes.partly", query.language, what=what.strip(" ?？")))


def _quotes(query: Query, parts: Sequence[PartAnswer], whole: Answer) -> AnswerBody | None:
    """Return the quotes behind written answers as one answer; None if none is written."""
    if not any(p.answer.written for p in parts):
        return None
    return joined_answers(query, [replace(p, answer=p.answer.in_quotes) for p in parts], whole).body


def _one_after_another(answers: Sequence[Answer]) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
    """Return the sentences of all answers, each answer in blocks of its own, and what they cite, numbered anew."""
    sentences: list[Sentence] = []
    citations: dict[tuple[str, int, int], Citation] = {}
    earlier_words: list[frozenset[str]] = []
    for answer in answers:
        cited = {c.number: c for c in answer.citations}
        blocks = max((s.place.block for s in sentences if s.place), default=0)
        new = [s for s in answer.sentences if not any(_words(s.text) <= words for words in earlier_words)]
        for sentence in new:
            numbers = []
            for citation in (cited[n] for n in sentence.citations):
                key = (citation.document_id, citation.start, citation.end)
                numbers.append(citations.setdefault(key, replace(citation, number=len(citations) + 1)).number)
            place = sentence.place and replace(sentence.place, block=sentence.place.block + blocks)
            sentences.append(replace(sentence, citations=tuple(numbers), place=place))
        earlier_words += [_words(s.text) for s in new]
    return tuple(sentences), tuple(citations.values())


def _words(text: str) -> frozenset[str]:
    return frozenset(w for w in tokens(text) if w not in STOPWORDS)
