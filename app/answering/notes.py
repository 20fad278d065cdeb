"""What the program says beside the quotes of an answer, in the language of the question: what was not found, what did not
stand, where it comes from."""

from __future__ import annotations

from collections.abc import Sequence

from app.answers import Draft, NotePart, Searched, Status
from app.query.values import Query
from app.sentences import Citation
from app.text.words import titles
from ingest.documents import guess_language

NOT_FOUND = {
    "en": "I couldn't find this in the documents.",
    "zh": "文件中没有找到这个问题的答案。",
}
SEARCHED = {"en": "Searched {} of {} documents.", "zh": "只检索了 {1} 份文件中的 {0} 份。"}
HALF = {"zh": "文件只回答了这个问题的一部分。"}
"""What is not held may be written down in English alone."""
PARTLY = {"en": "Not found in the documents: “{}”.", "zh": "文件中没有找到：“{}”。"}
UNVERIFIED = {
    "en": "Some of the draft could not be verified and was left out.",
    "zh": "草稿中有一部分无法核实，已略去。",
}
NOT_STATED = {
    "en": "Not stated in the documents, by the language model's reading: {}.",
    "zh": "据语言模型阅读，文件中没有说明：{}。",
}
SOURCES = {"en": "It comes from: {}.", "zh": "来源：{}。"}
NOT_ASKED = {
    "en": "Nothing was asked. Type a question that the documents may answer.",
    "zh": "没有提出问题。请输入文件可能回答的问题。",
}


def said_gap(question: Query, gap: str) -> str:
    """What is known not to be held as it is said, in the language of the question."""
    return HALF["zh"] if gap and question.language == "zh" and guess_language(gap) != "zh" else gap


def refusal(gap: str, near: bool, question: Query) -> tuple[NotePart, ...]:
    """Return what is missing, as it was written down (`gap`), else that nothing was found or asked."""
    said = gap or (NOT_FOUND if near or question.asks else NOT_ASKED)[question.language]
    return (NotePart("gap", said),)


def searched_note(question: Query, searched: Searched) -> NotePart:
    """Return a sentence that says how many of the documents were searched."""
    return NotePart("searched", SEARCHED[question.language].format(searched.documents, searched.of))


def status_and_note(question: Query, draft: Draft, threshold: float, broken: bool) -> tuple[Status, tuple[NotePart, ...]]:
    """Whether the answer is whole, and what is said of it: which parts were not found, what did not stand."""
    parts = [p.text for p, c in zip(question.parts, draft.confidences, strict=False) if p.text and c < threshold]
    unmet = PARTLY[question.language].format("; ".join(parts)) if parts else ""
    unmet = said_gap(question, draft.gap) or unmet
    unverified = UNVERIFIED[question.language] if broken else ""
    status: Status = "partial" if unmet or unverified else "answered"
    return status, (NotePart("gap", unmet), NotePart("unverified", unverified))


def sources_note(question: Query, citations: Sequence[Citation]) -> NotePart:
    """Return the originals behind the answer, each once, if they are asked for."""
    if question.intent != "source":
        return NotePart("sources", "")
    named = dict.fromkeys(
        ", ".join(filter(None, (titles(s, question.language)[0], s.publisher, s.date))) for c in citations for s in c.sources
    )
    return NotePart("sources", SOURCES[question.language].format("; ".join(named)))
