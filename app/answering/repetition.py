"""Joins quotes that repeat each other, so that what is said once is not said again; puts a model's words into an answer.

If one quote holds another, in place or in words, the wider one takes the place of the better one: nothing of either is
lost. Two that overlap become one. The items of one list, and the rows of one table, may hold each other's words: the list
would not be whole without them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.answering.notes import absent_notes, refusal, said_gap, sources_note
from app.answers import Answer, DraftSentence, Evidence, ModelUse, NotePart, Status
from app.query.values import Query
from app.sentences import Citation, Sentence
from ingest.words import CHARACTERS


@dataclass(frozen=True, slots=True)
class Worded:
    """A language model's words for an answer, checked.

    Attributes:
        sentences: Those that the checks let pass, with quotes in the place of others.
        citations: What they cite.
        model: How the model was used.
        own: True if any of it is the model's.
        notes: Sentences on what was checked.
        not_stated: What the model says that the evidence does not state of the question.
        unanswered: True if that is what was asked first.
        looked: What it looked for before.
        declined: True if it found no answer at all.
        heeded: True if its word on that counts.
    """

    sentences: Sequence[Sentence]
    citations: Sequence[Citation]
    model: ModelUse
    own: bool = False
    notes: Sequence[str] = ()
    not_stated: str = ""
    unanswered: bool = False
    looked: Sequence[str] = ()
    declined: bool = False
    heeded: bool = True


def reworded(question: Query, quoted: Answer, worded: Worded, gap: str = "") -> Answer:
    """Put a language model's sentences in the place of the program's own answer.

    Each sentence has been checked against what it cites. A model that is heeded decides whether the documents answer the
    question, because it has read more of them. If none of its sentences is left, the program's answer stays as it was.
    `gap` says what the documents are known not to contain.
    """
    if worded.declined:
        return _declined(question, quoted, worded.model, gap)
    notes = [NotePart("model", n) for n in worded.notes]
    if not worded.sentences:
        return replace(quoted, note_parts=(*notes, *quoted.note_parts), model=worded.model)
    said: dict[str, Any] = {
        "sentences": tuple(worded.sentences), "citations": tuple(worded.citations), "model": worded.model,
        "closest": (),
    }  # fmt: skip
    if quoted.sentences and not (worded.own and worded.heeded and not worded.model.failure):
        return replace(quoted, **said, note_parts=(*quoted.note_parts, *notes))
    gaps = () if worded.own and worded.heeded else (NotePart("gap", said_gap(question, gap)),)  # else the model decides
    unmet = tuple(p for p in (*gaps, *absent_notes(question, worded.not_stated, worded.looked, worded.unanswered)) if p.text)
    status: Status = "partial" if unmet or worded.model.failure else "answered"
    return replace(quoted, **said, status=status, note_parts=(sources_note(question, worded.citations), *unmet, *notes))


def _declined(question: Query, quoted: Answer, model: ModelUse, gap: str) -> Answer:
    """Make a refusal, with what the program would have quoted as the nearest passages."""
    nearest = quoted.closest or tuple(replace(c, number=n) for n, c in enumerate(quoted.citations[:3], 1))
    gap = gap if said_gap(question, gap) == gap else ""  # said in the language of the question
    return replace(
        quoted,
        status="not_found",
        sentences=(),
        citations=(),
        closest=nearest,
        note_parts=refusal(gap, bool(nearest), question),
        model=model,
    )


_WORD = re.compile(rf"[{CHARACTERS}]|[^\W{CHARACTERS}]+")


def words(text: str) -> str:
    """Return the words and Han characters in lower case, with a space before and after each.

    A text whose words another contains in the same order is then a substring of it.
    """
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def claimed(
    chosen: Sequence[Sequence[Evidence]], listed: Sequence[bool], confidences: Sequence[float]
) -> tuple[list[list[Evidence]], list[int]]:
    """Remove from each part's choices the passages that stand in another part's whole list.

    Returns:
        The choices that are left for each part, and the part that each of them serves. A list that takes a passage from
            a part with more confidence serves that part.
    """
    found, serves = [list(items) for items in chosen], list(range(len(chosen)))
    lists = sorted((n for n, is_list in enumerate(listed) if is_list), key=lambda n: -confidences[n])
    for at, own in enumerate(lists):
        for other in range(len(found)):
            left = [e for e in found[other] if e not in found[own]]
            if other != own and other not in lists[:at] and len(left) < len(found[other]):
                found[other] = left
                serves[own] = max(serves[own], other, key=lambda n: confidences[n])
    return found, serves


def joined(
    kept: Sequence[DraftSentence], new: DraftSentence, known: Mapping[str, Evidence], confidences: Sequence[float]
) -> list[DraftSentence]:
    """Add a quote at the end, or merge it with the quotes that it repeats, at the place of the first."""
    rest, place = list(kept), len(kept)
    while (rival := next((n for n, k in enumerate(rest) if _repeat(k, new, known)), None)) is not None:
        new = _one(rest.pop(rival), new, known, confidences)
        place = min(place, rival)
    return [*rest[:place], new, *rest[place:]]


def _one(
    better: DraftSentence, other: DraftSentence, known: Mapping[str, Evidence], confidences: Sequence[float]
) -> DraftSentence:
    """Both as one, for the part that is surer of it."""
    wider = max(better, other, key=lambda s: (len(s.keys), len(words(s.text))))
    keys = tuple(sorted({*better.keys, *other.keys}, key=lambda k: known[k].passage.start))
    if set(better.keys) & set(other.keys) and len(keys) > len(wider.keys):
        wider = DraftSentence(" ".join(known[k].text for k in keys), keys)
    return replace(wider, part=max(better.part, other.part, key=lambda n: (confidences[n], n == better.part)))


def _repeat(one: DraftSentence, other: DraftSentence, known: Mapping[str, Evidence]) -> bool:
    """Return True if they overlap in their document, or one has all the words of the other in their order."""
    (document, start, end), (document_2, start_2, end_2) = _span(one, known), _span(other, known)
    if document == document_2 and start < end_2 and start_2 < end:
        return True
    said, said_2 = words(one.text), words(other.text)
    return said == said_2 or ((said in said_2 or said_2 in said) and not _of_one_list(one, other, known))


def _span(sentence: DraftSentence, known: Mapping[str, Evidence]) -> tuple[str, int, int]:
    first, last = known[sentence.keys[0]].passage, known[sentence.keys[-1]].passage
    return first.document_id, first.start, last.end


def _of_one_list(one: DraftSentence, other: DraftSentence, known: Mapping[str, Evidence]) -> bool:
    """Return True if both are items of one list, or rows of one table."""
    a, b = known[one.keys[0]].passage, known[other.keys[0]].passage
    return a.kind != "sentence" and (a.document_id, a.block, a.kind) == (b.document_id, b.block, b.kind)
