"""Draft + evidence -> answer, or a refusal with the nearest where it is below the threshold or no sentence stands. Keys that
do not exist and texts that are not what the evidence says are refused, never repaired."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from app.answering.calculate import calculation
from app.answering.highlight import highlights
from app.answers import Answer, Difference, Draft, DraftSentence, Evidence, Hit, ModelUse, Status
from app.query.values import Query
from app.sentences import Citation, Sentence
from app.text.titles import titles
from ingest.documents import Document, Source, guess_language
from ingest.reading import allowed_renderings

log = logging.getLogger(__name__)

NOT_FOUND = {
    "en": "The documents do not seem to hold the answer. The nearest that they hold:",
    "zh": "文件中似乎没有这个问题的答案。最接近的内容：",
}
NEAREST = {"en": "The nearest that they hold:", "zh": "最接近的内容："}
HALF = {"zh": "文件只回答了这个问题的一部分。"}
"""What is not held may be written down in English alone."""
PARTLY = {"en": "Not found in the documents: “{}”.", "zh": "文件中没有找到：“{}”。"}
UNVERIFIED = {
    "en": "Some of the draft could not be verified and was left out.",
    "zh": "草稿中有一部分无法核实，已略去。",
}
DIFFER = {
    "en": "The sources differ: {0} ({2}) [{4}], {1} ({3}) [{5}].",
    "zh": "来源不一致：{0}（{2}）[{4}]，{1}（{3}）[{5}]。",
}
NOT_STATED = {
    "en": "Not stated in the documents, by the language model's reading: {}.",
    "zh": "据语言模型阅读，文件中没有说明：{}。",
}
SOURCES = {"en": "It comes from: {}.", "zh": "来源：{}。"}
NOTHING = {"en": "The documents hold nothing on this.", "zh": "文件中没有相关内容。"}
NOT_ASKED = {
    "en": "Nothing was asked. Type a question that the documents may answer.",
    "zh": "没有提出问题。请输入文件可能回答的问题。",
}


def verify(question: Query, draft: Draft, evidence: Sequence[Evidence], hits: Sequence[Hit], threshold: float) -> Answer:
    """The answer that the evidence supports; `not_found` below the threshold or when no sentence stands."""
    if draft.about:
        return Answer(question.text, question.searched, "about", note=draft.about, confidence=draft.confidence)
    known = {e.key: e for e in evidence}
    if len(known) != len(evidence):
        raise ValueError("evidence keys are not unique")
    standing = [s for s in draft.sentences if _supported(s.text, [known.get(k) for k in s.keys])]
    broken = len(standing) < len(draft.sentences)
    sure = draft.confidence >= threshold
    if sure:
        standing = [s for s in standing if draft.confidences[s.part] >= threshold]
    sentences, citations = _cited(question, standing, known)
    if sure and sentences:
        status, note = _notes(question, draft, threshold, broken)
        told = _differences(question, sentences, citations)
        quoted = [(n, known[s.keys[0]]) for n, s in enumerate(standing, 1) if len(s.keys) == 1]
        computed = "" if draft.known else calculation(question, quoted)
        said = [computed, _sources_note(question, citations), note, *_differing(question, told, citations)]
        note = _joined(question, *said)
        answer = Answer(question.text, question.searched, status, sentences, citations, note=note, differences=told)
        answer = replace(answer, wanted=question.answer_type.kind if question.answer_type else "", sides=question.sides)
    else:
        nearest = [known[k] for k in draft.closest if k in known]
        answer = Answer(
            question.text,
            question.searched,
            "not_found",
            closest=tuple(cite(n, [e]) for n, e in enumerate(nearest, 1)),
            note=_joined(question, draft.gap, _refusal(draft, bool(nearest), question)),
            suppressed=sentences,
        )
    return replace(answer, confidence=draft.confidence, hits=tuple(hits))


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
        return replace(quoted, note=_joined(question, *worded.notes, quoted.note), model=worded.model)
    differing = tuple(_differing(question, quoted.differences, quoted.citations))
    told = _renumbered(quoted, worded.citations)
    said: dict[str, Any] = {
        "sentences": tuple(worded.sentences), "citations": tuple(worded.citations), "model": worded.model,
        "closest": (), "suppressed": (), "differences": told,
    }  # fmt: skip
    still = _differing(question, told, worded.citations)
    if quoted.sentences and not (worded.own and worded.heeded and not worded.model.failure):
        before = quoted.note
        for words in differing:
            before = before.replace(words, "").strip()
        before = _pointing(before, _numbers(quoted, worded.citations))
        return replace(quoted, **said, note=_joined(question, before, *still, *worded.notes))
    unmet = _gap(question, gap)
    if worded.not_stated:
        unmet = _joined(question, unmet, NOT_STATED[question.language].format(worded.not_stated.rstrip(" .。")))
    status: Status = "partial" if unmet or worded.model.failure else "answered"
    note = _joined(question, _sources_note(question, worded.citations), unmet, *still, *worded.notes)
    return replace(quoted, **said, status=status, note=note)


def _renumbered(quoted: Answer, citations: Sequence[Citation]) -> tuple[Difference, ...]:
    """The differences between places that are still cited, by their numbers now."""
    now = _numbers(quoted, citations)
    pairs = [(now.get(a, 0), now.get(b, 0), d) for d in quoted.differences for a, b in (d.citations,)]
    return tuple(Difference((a, b), d.values) for a, b, d in pairs if a and b)


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
    gap = gap if _gap(question, gap) == gap else ""  # said in the language of the question
    refusal = _refusal(Draft((), (), gap=gap), bool(nearest), question)
    return replace(
        quoted,
        status="not_found",
        sentences=(),
        citations=(),
        closest=nearest,
        note=_joined(question, gap, refusal),
        differences=(),
        suppressed=quoted.sentences or quoted.suppressed,
        model=model,
    )


# --- composing


def _joined(question: Query, *notes: str) -> str:
    return ("" if question.language == "zh" else " ").join(filter(None, notes))


def _gap(question: Query, gap: str) -> str:
    """What is known not to be held as it is said, in the language of the question."""
    return HALF["zh"] if gap and question.language == "zh" and guess_language(gap) != "zh" else gap


def _refusal(draft: Draft, near: bool, question: Query) -> str:
    """Why nothing is answered, before what is nearest."""
    if draft.gap:
        return NEAREST[question.language] if near else ""
    return (NOT_FOUND if near else NOTHING if question.asks else NOT_ASKED)[question.language]


def _cited(
    question: Query, standing: Sequence[DraftSentence], known: Mapping[str, Evidence]
) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
    """The sentences, what was asked for in bold, each with a citation of its own."""
    bold = highlights(question, standing)
    sentences = tuple(Sentence(s.text, (n,), span) for n, (s, span) in enumerate(zip(standing, bold, strict=True), 1))
    return sentences, tuple(cite(n, [known[k] for k in s.keys]) for n, s in enumerate(standing, 1))


def _notes(question: Query, draft: Draft, threshold: float, broken: bool) -> tuple[Status, str]:
    """Whether the answer is whole, and what is said of it: which parts were not found, what did not stand."""
    parts = [p.text for p, c in zip(question.parts, draft.confidences, strict=False) if p.text and c < threshold]
    unmet = PARTLY[question.language].format("; ".join(parts)) if parts else ""
    unmet = _gap(question, draft.gap) or unmet
    unverified = UNVERIFIED[question.language] if broken else ""
    status: Status = "partial" if unmet or unverified else "answered"
    return status, _joined(question, unmet, unverified)


def _sources_note(question: Query, citations: Sequence[Citation]) -> str:
    """The originals behind the answer, each once, where they are asked for."""
    if question.intent != "source":
        return ""
    named = dict.fromkeys(
        ", ".join(filter(None, (titles(s, question.language)[0], s.publisher, s.date))) for c in citations for s in c.sources
    )
    return SOURCES[question.language].format("; ".join(named))


def _differences(question: Query, sentences: Sequence[Sentence], citations: Sequence[Citation]) -> tuple[Difference, ...]:
    """Where documents that are quoted contradict each other."""
    if len({c.document_id for c in citations}) < 2:
        return ()
    from app.answering.differences import differences  # what it compares with takes a while to load

    return differences(question, sentences, citations)


def _differing(question: Query, told: Sequence[Difference], citations: Sequence[Citation]) -> Iterator[str]:
    """Who says what, and when it was said."""
    by_number = {c.number: c for c in citations}
    for difference in told:
        both = [by_number[n] for n in difference.citations]
        yield DIFFER[question.language].format(
            *difference.values, *(_who(c, question.language) for c in both), *difference.citations
        )


def _who(citation: Citation, language: str) -> str:
    named = citation.sources[0]
    return ", ".join(dict.fromkeys(filter(None, (titles(citation, language)[0], named.publisher, named.date))))


# --- support


def _supported(text: str, cited: Sequence[Evidence | None]) -> bool:
    """Whether the sentence is exactly what its evidence says, in order, and the evidence is one contiguous span."""
    items = [e for e in cited if e is not None]
    if not items or len(items) != len(cited):
        log.warning("a sentence cites a key that does not exist: %r", text[:80])
        return False
    spans = [(e.passage.start, e.passage.end) for e in items]
    one_place = len({e.document.id for e in items}) == 1 and all(
        a[1] <= b[0] and not items[0].document.text[a[1] : b[0]].strip() for a, b in pairwise(spans)
    )
    if not one_place or " ".join(text.split()) not in allowed_renderings([e.passage for e in items], items[0].document.text):
        log.warning("a sentence is not its quote: %r", text[:80])
        return False
    return True


def cite(number: int, items: Sequence[Evidence]) -> Citation:
    """One citation of the contiguous span that the evidence covers."""
    document, first, last = items[0].document, items[0].passage, items[-1].passage
    ids = dict.fromkeys(i for e in items for i in e.passage.sources)
    return Citation(
        number=number,
        document_id=document.id,
        title=document.title,
        heading=first.heading,
        quote=document.text[first.start : last.end],
        start=first.start,
        end=last.end,
        language=document.language,
        sources=sources_of(document, ids),
        page=document.page(first.start),
        kind=first.kind if len(items) == 1 else "sentence",
        row=first.cells(document.text) if len(items) == 1 else (),
        unit=first.units(document.text) if len(items) == 1 else "",
        title_zh=document.title_zh,
    )


def sources_of(document: Document, ids: Sequence[str] | dict[str, None]) -> tuple[Source, ...]:
    """The originals behind a passage; the document itself where it names none."""
    listed = {s.id: s for s in document.sources}
    found = tuple(listed[i] for i in ids if i in listed)
    own = Source(document.origin, document.title, document.publisher, document.date, document.url, document.origin)
    return found or (own,)
