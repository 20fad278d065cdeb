"""The values of answering: hits, evidence, and the answer that verification makes of a draft.

A `Draft` (`app.answering.draft`) is unverified and has no way to the page; `app.answering.verify` makes an `Answer` of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal

from app.sentences import Citation, Sentence, sentence_text
from ingest.documents import GIVEN, Document, Passage, optional

Status = Literal["answered", "partial", "not_found", "about"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was considered for an answer.

    All scores are logits: a higher one is better. They are given by name.

    Attributes:
        rank: Its place in the ranking, 1..n.
        rerank_score: The reranker's score. For a text that the reranker cannot read, its nearness converted to that
            scale. Above 0, the passage answers rather than not.
        retrieval_score: How well the searches found it: the distance of its cosine above the mean of the passages that
            were considered, less a little for each chunk that was found before its own.
        feature_score: How much it has of the visible features of the question: words, a year, the kind of thing.
        match_score: What it gains if it answers a known question that may be the same.
        answerability: How well it and the chunk around it answer at all. Only the best passage of a ranking has it, and
            only if the reranker can read that passage; else None.
    """

    passage: Passage
    rank: int
    _: KW_ONLY
    rerank_score: float
    retrieval_score: float = 0.0
    feature_score: float = 0.0
    match_score: float = 0.0
    answerability: float | None = None

    @property
    def score(self) -> float:
        """The sum of the four scores, by which hits are ranked (docs/decisions/036, 041)."""
        return self.rerank_score + self.retrieval_score + self.feature_score + self.match_score


@dataclass(frozen=True, slots=True)
class Evidence:
    """Exactly what an engine may use, by key (`S1`, `S2`, …)."""

    key: str
    document: Document
    passage: Passage
    text: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A statement of a language model that is not said, and in one plain sentence why."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class ModelUse:
    """A language model's part in an answer: how long it took, and its tokens, 0 if it does not tell them.

    It was asked in so many `calls`. `written` statements came from it; `removed` of them could not be verified, `replaced`
    of them gave way to the quote that they cited, and `left_out` has both. `failure` is a key of `failures` in
    `app.text.messages`.
    """

    __pydantic_config__ = GIVEN

    name: str
    seconds: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    written: int = 0
    removed: int = 0
    replaced: int = 0
    calls: int = field(default=0, kw_only=True, metadata=optional("how often it was asked"))
    left_out: tuple[LeftOut, ...] = field(default=(), kw_only=True, metadata=optional())
    failure: str = field(default="", metadata=optional("why its words do not stand, if they do not", "trouble"))


NoteKind = Literal["about", "absent", "form", "gap", "model", "searched", "sources", "unanswered", "unverified", "other"]


@dataclass(frozen=True, slots=True)
class NotePart:
    """A sentence of a note, in the language of the question.

    One of kind `unanswered` says that the documents do not contain what was asked first; the answer's sentences are then
    the nearest facts. One of kind `other` is the whole note of an older record.
    """

    kind: NoteKind
    text: str


def note_text(parts: Sequence[NotePart]) -> str:
    """Return the sentences of a note in one line; behind a full-width mark stands no blank."""
    text = "".join(p.text if p.text.endswith(("。", "：", "！", "？")) else f"{p.text} " for p in parts)
    return text.rstrip(" ")


@dataclass(frozen=True)
class AnswerQuestion:
    """The question of an answer."""

    id: str | None = field(default=None, kw_only=True, metadata=optional("the request's own, as a text"))
    question: str
    read_as: str = field(metadata=optional("how the question was read, if not by its own words"))


@dataclass(frozen=True)
class AnswerBody:
    """The part of an answer that a reader is told: its sentences and what they cite, or why there are none.

    Raises:
        ValueError: It promises what is not so.
    """

    __pydantic_config__ = GIVEN

    status: Status
    note: str = field(init=False, default="", metadata=optional("the program's own words, no fact of the documents"))
    text: str = field(init=False, default="", metadata={"description": "the sentences, each with [n]; tables in Markdown"})
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    closest: tuple[Citation, ...] = field(
        default=(), metadata={"alias": "nearest", "description": "for not_found: what the documents do hold"}
    )
    note_parts: tuple[NotePart, ...] = field(default=(), metadata=optional("the sentences of the note, each with its kind"))

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", "\n".join(map(sentence_text, self.sentences, (None, *self.sentences))))
        object.__setattr__(self, "note_parts", tuple(p for p in self.note_parts if p.text))
        object.__setattr__(self, "note", note_text(self.note_parts))
        if self.status in ("not_found", "about"):
            if self.sentences or self.citations:
                raise ValueError(f"an answer that is {self.status} cites something")
            return
        if not self.sentences:
            raise ValueError(f"an answer that is {self.status} says nothing")
        numbers = {c.number for c in self.citations}
        for position, sentence in enumerate(self.sentences, 1):
            if not sentence.citations or not numbers.issuperset(sentence.citations):
                raise ValueError(f"sentence {position} cites {list(sentence.citations)} of {sorted(numbers)}")

    @property
    def declines(self) -> bool:
        """True if it says that what was asked is not held, whatever else it tells."""
        return self.status == "not_found" or bool(self.lead)

    @property
    def lead(self) -> str:
        """The part of the note that stands before the sentences."""
        return note_text([p for p in self.note_parts if p.kind == "unanswered"])

    @property
    def text_and_note(self) -> str:
        """The sentences with their numbers, the parts of the note before and behind them, as a chat shows them."""
        return "\n".join(filter(None, (self.lead, self.text, self.remark)))

    @property
    def remark(self) -> str:
        """The part of the note that stands behind the sentences."""
        return note_text([p for p in self.note_parts if p.kind != "unanswered"])


@dataclass(frozen=True, slots=True)
class Searched:
    """The number of documents that were searched, and the number of all documents."""

    documents: int
    of: int


@dataclass(frozen=True)
class Answer(AnswerBody, AnswerQuestion):
    """A verified answer.

    Only `app.answering.verify` makes one; `app.store.records` reads saved ones and gives the public form, version 1
    (docs/answers.md). If a language model was asked, `model` says what it did, and a sentence may express in other words
    what its citations say; else it is what they say.

    - `answered`, `partial`: there are sentences, each has a citation, and every number exists.
    - `not_found`: there are no sentences and no citations; `closest` has up to three quotes of what the documents do
      contain.
    - `about`: the question is about the program, and `note` answers it.
    """

    confidence: float = 0.0
    seconds: float = 0.0
    searched: Searched | None = field(default=None, metadata=optional("how many documents were searched, if not all"))
    wanted: str = field(default="", metadata=optional("the kind of thing that is asked for"))
    sides: tuple[str, ...] = field(default=(), metadata=optional("the names that the question compares"))
    suggestions: tuple[str, ...] = field(default=(), metadata=optional("known questions that may be meant instead"))
    written: bool = field(
        default=False,
        metadata=optional("a language model wrote the sentences beforehand from their citations, not a person"),
    )
    composed: bool = field(default=False, metadata=optional("its sentences were written for other questions"))
    forms: tuple[str, ...] = field(
        default=(), metadata=optional("other forms that a written answer can be wished for in: short, longer, table, simple")
    )
    model: ModelUse | None = field(default=None, metadata=optional("what a language model did, if one was asked"))
    quotes: AnswerBody | None = field(
        default=None, repr=False, metadata=optional("the program's own answer, if another in prose stands in its place")
    )
    version: Literal[1] = 1
    hits: tuple[Hit, ...] = field(default=(), repr=False, metadata={"exclude": True})
    timings: tuple[tuple[str, float], ...] = field(default=(), metadata={"exclude": True})

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.read_as == _one_line(self.question):
            object.__setattr__(self, "read_as", "")

    @property
    def standalone_query(self) -> str:
        """The question as it was read."""
        return self.read_as or _one_line(self.question)

    @property
    def worded_by(self) -> str:
        """The language model whose words stand in it, '' if all of it is quoted."""
        return self.model.name if self.model and self.model.written > self.model.removed + self.model.replaced else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
