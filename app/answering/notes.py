"""What the program says beside the quotes of an answer, in the language of the question: what was not found, what did not
stand, where it comes from."""

from __future__ import annotations

from collections.abc import Sequence

from app.answers import Draft, Status
from app.query.values import Query
from app.sentences import Citation
from app.text.words import titles
from ingest.documents import guess_language

NOT_FOUND = {
    "en": "The documents do not seem to hold the answer. The nearest that they hold:",
    "zh": "文件中似乎没有这个问题的答案。最接近的内容：",
}
SEARCHED = {"en": "Searched {} of {} documents.", "zh": "只检索了 {1} 份文件中的 {0} 份。"}
NEAREST = {"en": "The nearest that they hold:", "zh": "最接近的内容："}
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
LOOKED = {"en": "Looked for: {}.", "zh": "查找过：{}。"}
SOURCES = {"en": "It comes from: {}.", "zh": "来源：{}。"}
NOTHING = {"en": "The documents hold nothing on this.", "zh": "文件中没有相关内容。"}
NOT_ASKED = {
    "en": "Nothing was asked. Type a question that the documents may answer.",
    "zh": "没有提出问题。请输入文件可能回答的问题。",
}


def one_note(question: Query, *notes: str) -> str:
    """The sentences of a note, those that are not empty, one behind the other."""
    return ("" if question.language == "zh" else " ").join(filter(None, notes))


def said_gap(question: Query, gap: str) -> str:
    """What is known not to be held as it is said, in the language of the question."""
    return HALF["zh"] if gap and question.language == "zh" and guess_language(gap) != "zh" else gap


def refusal(draft: Draft, near: bool, question: Query) -> str:
    """Why nothing is answered, before what is nearest."""
    if draft.gap:
        return NEAREST[question.language] if near else ""
    return (NOT_FOUND if near else NOTHING if question.asks else NOT_ASKED)[question.language]


def absent_note(question: Query, what: str, looked: Sequence[str]) -> str:
    """Return what a language model finds stated nowhere, and what it looked for; '' if there is nothing."""
    if not what:
        return ""
    searched = LOOKED[question.language].format(("；" if question.language == "zh" else "; ").join(looked)) if looked else ""
    return one_note(question, NOT_STATED[question.language].format(what.rstrip(" .。")), searched)


def searched_note(question: Query, few: int, held: int) -> str:
    """Return a sentence that says how many of the documents were searched."""
    return SEARCHED[question.language].format(few, held)


def status_and_note(question: Query, draft: Draft, threshold: float, broken: bool) -> tuple[Status, str]:
    """Whether the answer is whole, and what is said of it: which parts were not found, what did not stand."""
    parts = [p.text for p, c in zip(question.parts, draft.confidences, strict=False) if p.text and c < threshold]
    unmet = PARTLY[question.language].format("; ".join(parts)) if parts else ""
    unmet = said_gap(question, draft.gap) or unmet
    unverified = UNVERIFIED[question.language] if broken else ""
    status: Status = "partial" if unmet or unverified else "answered"
    return status, one_note(question, unmet, unverified)


def sources_note(question: Query, citations: Sequence[Citation]) -> str:
    """The originals behind the answer, each once, where they are asked for."""
    if question.intent != "source":
        return ""
    named = dict.fromkeys(
        ", ".join(filter(None, (titles(s, question.language)[0], s.publisher, s.date))) for c in citations for s in c.sources
    )
    return SOURCES[question.language].format("; ".join(named))
