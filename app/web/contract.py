"""The requests and replies of `/v1`, as OpenAPI documents them. docs/answers.md describes the answer object."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from app.answers import Answer

QUOTED = (
    "Attribute a quote to its document, never to a source: a document whose `authorship` is `summary` is told in its "
    "publisher's own words and based on the `sources` that are named with the quote; an `original` is quoted as itself."
)
"""Whose words a quote holds, for programs."""
HEFEI = "When was the comprehensive national science centre in Hefei approved?"
DOCUMENTS, TURNS = 1_000, 200
"""Most documents and most turns that a question may name."""
SHAPES = {
    "/v1/ask": 'Send {"question": "…", "history"?: [{"role": "user", "content": "…"}], "documents"?: ["…"], "id"?: "…"}.',
    "/v1/search": 'Send {"words": "…", "limit"?: 10, "documents"?: ["…"]}.',
    "/v1/chat/completions": 'Send {"model": "ask-the-plan", "messages": [{"role": "user", "content": "…"}]}.',
}
"""The form of the body for a path, for whoever sent another."""
_DOCUMENT = "c3a1f0b2d4e5f607"
_SOURCE = {
    "title": "国内外大科学装置集聚区", "publisher": "Urban Planning International", "date": "2023", "official": False
}  # fmt: skip
_CITATION = {
    "number": 1, "document_id": _DOCUMENT, "title": "Innovation centres", "title_zh": "科技创新中心",
    "authorship": "summary", "publisher": "Ask the Plan", "date": "2026-11-20", "heading": "Science centres",
    "quote": "| Hefei (合肥) | Hefei in Anhui | 10 January 2017 |", "start": 1176, "end": 1225,
    "language": "en", "sources": [_SOURCE],
}  # fmt: skip
_SENTENCE = {"text": "Hefei (合肥); approved: 10 January 2017", "citations": [1], "emphasis": [22, 37]}
_ANSWER = {
    "question": HEFEI, "status": "answered", "text": f"{_SENTENCE['text']} [1]", "sentences": [_SENTENCE],
    "citations": [_CITATION], "nearest": [], "confidence": 0.5312, "seconds": 0.412, "version": 1,
}  # fmt: skip
_PASSAGE = {
    "document_id": _DOCUMENT, "title": "Innovation centres", "authorship": "summary", "heading": "Science centres",
    "text": "Hefei (合肥); approved: 10 January 2017", "start": 1176, "end": 1225, "score": 8.1,
}  # fmt: skip
_LISTED = {
    "id": _DOCUMENT, "title": "Innovation centres", "publisher": "Ask the Plan", "date": "2026-11-20", "language": "en",
    "url": "", "characters": 5210, "passages": 48, "origin": "science-centres.md", "added": False,
    "title_zh": "科技创新中心", "authorship": "summary",
}  # fmt: skip
AuthorshipField = Annotated[
    Literal["summary", "original"],
    Field(description="summary: the document's own words, based on its sources; original: quoted as itself"),
]


def _example(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class SaidBefore(BaseModel):
    """A turn of the conversation before a question."""

    role: Literal["user", "assistant"]
    content: StrictStr


class Question(BaseModel):
    """A question to be answered. Fields that are not named here change nothing."""

    model_config = _example(
        {"question": HEFEI}, {"question": "And Shanghai's?", "history": [{"role": "user", "content": HEFEI}]}
    )

    question: StrictStr = Field(description="in English or Chinese, at most ASK_MAX_QUESTION characters")
    history: list[SaidBefore] | None = Field(
        None, max_length=TURNS, description="the turns before; the last twelve are read"
    )
    documents: list[StrictStr] | None = Field(
        None, min_length=1, max_length=DOCUMENTS, description="ask these documents alone, by id"
    )
    id: StrictStr | StrictInt | None = Field(None, description="comes back with the answer, as a text")
    stream: StrictBool = Field(False, description="as Server-Sent Events; so does `?stream` or `Accept: text/event-stream`")


class Wanted(BaseModel):
    """Words to look for."""

    model_config = _example({"words": "nuclear fusion", "limit": 5})

    words: StrictStr
    limit: StrictInt = Field(10, ge=1, le=12, description="most passages")
    documents: list[StrictStr] | None = Field(
        None, min_length=1, max_length=DOCUMENTS, description="look in these documents alone, by id"
    )


class Reply(BaseModel):
    """A reply; fields may be added to it."""

    model_config = ConfigDict(extra="allow")


class AnswerObject(Answer):
    """The answer object, version 1. Fields may be added to it and to its parts."""

    __pydantic_config__ = _example(_ANSWER) | Answer.__pydantic_config__


class FoundPassage(Reply):
    """A passage that fits; a higher score is better."""

    document_id: str
    title: str
    authorship: AuthorshipField
    heading: str
    text: str
    start: int
    end: int
    score: float


class FoundPassages(Reply):
    """Passages that fit some words, best first."""

    model_config = _example({"passages": [_PASSAGE]}) | Reply.model_config
    passages: list[FoundPassage]


class DocumentFields(Reply):
    """A document of the folder, or one that was added."""

    id: str
    title: str
    publisher: str
    date: str
    language: str
    origin: str
    title_zh: str = Field("", description="what it is called in Chinese")
    authorship: AuthorshipField


class ListedDocument(DocumentFields):
    """A document without its text; `added` by a user, beside the folder's own."""

    url: str
    characters: int
    passages: int
    added: bool


class ListedDocuments(Reply):
    """Documents in the order of their titles: `total` is how many there are, whatever `limit` says."""

    model_config = _example({"documents": [_LISTED], "total": 1}) | Reply.model_config
    documents: list[ListedDocument]
    total: int


class WholeDocument(DocumentFields):
    """A document with its text, in which a citation's `start` and `end` count."""

    text: str


class Problem(BaseModel):
    """Why something is not answered, and what to do, in a sentence."""

    model_config = _example({"error": "The question is empty. Type a question."})
    error: str
