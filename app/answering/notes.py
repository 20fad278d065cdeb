"""Notes beside the quotes of an answer, in the language of the question: what was not found, what did not
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
"""A gap may be written down in English alone."""
PARTLY = {"en": "Not found in the documents: “{}”.", "zh": "文件中没有找到：“{}”。"}
UNVERIFIED = {
    "en": "Some of the draft could not be verified and was left out.",
    "zh": "草稿中有一部分无法核实，已略去。",
}
NOT_STATED = {
    "en": "Not found in the documents: {}.",
    "zh": "文件中没有找到：{}。",
}
LOOKED = {"en": "Looked for: {}.", "zh": "查找过：{}。"}
SOURCES = {"en": "It comes from: {}.", "zh": "来源：{}。"}
NOT_ASKED = {
    "en": "Nothing was asked. Type a question that the documents may answer.",
    "zh": "没有提出问题。请输入文件可能回答的问题。",
}

UNMET = {
    "list": {"en": "There are no more points.", "zh": "要点就是这些。"},
    "table": {"en": "This answer cannot be put in a table.", "zh": "这个回答无法整理成表格。"},
    "timeline": {"en": "This answer cannot be put in order of time.", "zh": "这个回答无法按时间排列。"},
    "steps": {"en": "This answer has no steps.", "zh": "这个回答不分步骤。"},
    "simple": {"en": "There is no simpler wording of this answer.", "zh": "这个回答没有更通俗的说法。"},
    "examples": {"en": "There is no example for this.", "zh": "这一点没有现成的例子。"},
    "longer": {"en": "That is the whole answer; the quotes beside it give the documents’ own words.",
               "zh": "完整的回答就是这些，文件原话见引文。"},
    "": {"en": "Quotes stay in the language of their document.", "zh": "引文保留文件原来的语言。"},
}  # fmt: skip
"""By the form that was wished for, '' if it was a language: the answer comes in its own form."""


def unmet_note(question: Query) -> NotePart:
    """Return a sentence that says that the answer is not in the form that was wished for."""
    return NotePart("form", UNMET[question.wish.form if question.wish.form in UNMET else ""][question.language])


def said_gap(question: Query, gap: str) -> str:
    """Return what is known not to be held as it is said, in the language of the question."""
    return HALF["zh"] if gap and question.language == "zh" and guess_language(gap) != "zh" else gap


def refusal(gap: str, near: bool, question: Query) -> tuple[NotePart, ...]:
    """Return what is missing, as it was written down (`gap`), else that nothing was found or asked."""
    said = gap or (NOT_FOUND if near or question.asks else NOT_ASKED)[question.language]
    return (NotePart("gap", said),)


def absent_notes(question: Query, what: str, looked: Sequence[str], unanswered: bool) -> tuple[NotePart, ...]:
    """Return what a language model finds stated nowhere, and what it looked for; () if there is nothing. It stands before
    the nearest facts if what was asked first is `unanswered`."""
    if not what:
        return ()
    stated = NotePart("unanswered" if unanswered else "absent", NOT_STATED[question.language].format(what.rstrip(" .。")))
    between = "；" if question.language == "zh" else "; "
    return (stated, NotePart("absent", LOOKED[question.language].format(between.join(looked)))) if looked else (stated,)


def searched_note(question: Query, searched: Searched) -> NotePart:
    """Return a sentence that says how many of the documents were searched."""
    return NotePart("searched", SEARCHED[question.language].format(searched.documents, searched.of))


def status_and_note(question: Query, draft: Draft, threshold: float, broken: bool) -> tuple[Status, tuple[NotePart, ...]]:
    """Tell whether the answer is whole, and what is said of it: which parts were not found, what did not stand."""
    parts = [p.text for p, c in zip(question.parts, draft.confidences, strict=False) if p.text and c < threshold]
    unmet = PARTLY[question.language].format("; ".join(parts)) if parts else ""
    unmet = said_gap(question, draft.gap) or unmet
    unverified = UNVERIFIED[question.language] if broken else ""
    status: Status = "partial" if unmet or unverified else "answered"
    return status, (NotePart("gap", unmet), NotePart("unverified", unverified))


def sources_note(question: Query, citations: Sequence[Citation]) -> NotePart:
    """Return the originals behind the answer, each once, if they are asked for."""
    if question.wish.form != "sources":
        return NotePart("sources", "")
    named = dict.fromkeys(
        ", ".join(filter(None, (titles(s, question.language)[0], s.publisher, s.date))) for c in citations for s in c.sources
    )
    return NotePart("sources", SOURCES[question.language].format("; ".join(named)))
