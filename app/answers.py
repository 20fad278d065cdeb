"""The values of answering: hits, evidence, a draft that nobody has checked, and the answer that verification makes of it.

A `Draft` is unverified and has no way to the page; only `app.answering.verify` makes an `Answer` of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field, fields, replace
from typing import Literal, Self

from app.sentences import Citation, Sentence, said_text
from ingest.documents import GIVEN, Document, Passage, optional

Status = Literal["answered", "partial", "not_found", "about"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was considered: ranks run 1..n, a higher score is better.

    All scores are logits, and are given by name. `rerank_score` is the reranker's, or for a text that it cannot read what
    its nearness comes to on that scale: above 0 the passage answers rather than not. `retrieval_score` tells how well the
    searches found it: how far its cosine lies above the mean of the passages that were looked at, less a little for each
    chunk that was found before its own. `feature_score` is what it has of the question that can be seen: words, a year, the
    kind of thing. `match_score` is what it gains where it answers a known question that may be the same.
    `answerability` tells whether it and the chunk around it answer at all, which only the best passage of a ranking has, if
    the reranker can read it.
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
        """What hits are ranked by (docs/decisions/036, 041)."""
        return self.rerank_score + self.retrieval_score + self.feature_score + self.match_score


@dataclass(frozen=True, slots=True)
class Evidence:
    """Exactly what an engine may use, by key (`S1`, `S2`, …)."""

    key: str
    document: Document
    passage: Passage
    text: str


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A sentence with the keys that it claims to rest on, and the part of the question that it answers. `lead_length` counts
    the characters that introduce its passage's own words."""

    text: str
    keys: tuple[str, ...]
    part: int = 0
    lead_length: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """An engine's proposal. `confidences` holds, for each part of the question, the probability (0..1) that the evidence
    holds its answer. `known` says that a question was matched whose answers were written down beforehand; `gap` what the
    documents do not hold, where that was; `about` the program's own words, where the question is about the program."""

    sentences: tuple[DraftSentence, ...]
    confidences: tuple[float, ...]
    closest: tuple[str, ...] = ()
    known: bool = False
    gap: str = ""
    about: str = ""

    @property
    def confidence(self) -> float:
        """That of the part that is answered best."""
        return max(self.confidences, default=0.0)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A statement of a language model that is not said, and in one plain sentence why."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class ModelUse:
    """A language model's part in an answer: how long it took, and its tokens, 0 if it does not tell them.

    `written` statements came from it; `removed` of them could not be verified, `replaced` of them gave way to the quote that
    they cited, and `left_out` has both. `failure` is a key of `failures` in `app.text.messages`.
    """

    __pydantic_config__ = GIVEN

    name: str
    seconds: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    written: int = 0
    removed: int = 0
    replaced: int = 0
    left_out: tuple[LeftOut, ...] = field(default=(), kw_only=True, metadata=optional())
    failure: str = field(default="", metadata=optional("why its words do not stand, if they do not", "trouble"))


NoteKind = Literal["about", "absent", "form", "gap", "model", "searched", "sources", "unanswered", "unverified", "other"]


@dataclass(frozen=True, slots=True)
class NotePart:
    """A sentence of a note, in the language of the question. One of kind `unanswered` says that what was asked first is not
    held; the answer's sentences then are the nearest facts. One of kind `other` is the whole note of an older record."""

    kind: NoteKind
    text: str


def joined(parts: Sequence[NotePart]) -> str:
    """Return the sentences of a note in one line; behind a full-width mark stands no blank."""
    said = "".join(p.text if p.text.endswith(("。", "：", "！", "？")) else f"{p.text} " for p in parts)
    return said.rstrip(" ")


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
        object.__setattr__(self, "text", "\n".join(map(said_text, self.sentences, (None, *self.sentences))))
        object.__setattr__(self, "note_parts", tuple(p for p in self.note_parts if p.text))
        object.__setattr__(self, "note", joined(self.note_parts))
        if self.status in ("not_found", "about"):
            if self.sentences or self.citations:
                raise ValueError(f"an answer that is {self.status} cites something")
            return
        if not self.sentences:
            raise ValueError(f"an answer that is {self.status} says nothing")
        known = {c.number for c in self.citations}
        for place, sentence in enumerate(self.sentences, 1):
            if not sentence.citations or not known.issuperset(sentence.citations):
                raise ValueError(f"sentence {place} cites {list(sentence.citations)} of {sorted(known)}")

    @property
    def declines(self) -> bool:
        """True if it says that what was asked is not held, whatever else it tells."""
        return self.status == "not_found" or bool(self.lead)

    @property
    def lead(self) -> str:
        """The part of the note that stands before the sentences."""
        return joined([p for p in self.note_parts if p.kind == "unanswered"])

    @property
    def text_and_note(self) -> str:
        """The sentences with their numbers, the parts of the note before and behind them, as a chat shows them."""
        return "\n".join(filter(None, (self.lead, self.text, self.remark)))

    @property
    def remark(self) -> str:
        """The part of the note that stands behind the sentences."""
        return joined([p for p in self.note_parts if p.kind != "unanswered"])

    def with_citations(self, change: Callable[[Citation], Citation]) -> Self:
        """Return the same, each of its citations changed."""
        return replace(self, citations=tuple(map(change, self.citations)), closest=tuple(map(change, self.closest)))


@dataclass(frozen=True, slots=True)
class Searched:
    """How many documents were searched, of how many."""

    documents: int
    of: int


@dataclass(frozen=True)
class Answer(AnswerBody, AnswerQuestion):
    """A verified answer: one that says something is made by `app.answering.verify` alone. If a language model was asked,
    `model` says what it did, and a sentence may word what its citations say in other words (`app.answering.repetition`);
    else it is what they say. `app.store.records.public` gives its public form, version 1 (docs/answers.md).

    `answered`, `partial`: there are sentences, each has a citation, and every number exists. `not_found`: no sentences, no
    citations; `closest` holds up to three quotes of what the documents do hold. `about`: the question is about the program,
    and `note` answers it.
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

    def first(self, most: int) -> Answer:
        """Return the answer with its first sentences alone, at most so many, and their citations."""
        numbers = {n for s in self.sentences[:most] for n in s.citations}
        cited = tuple(c for c in self.citations if c.number in numbers)
        return replace(self, sentences=self.sentences[:most], citations=cited)

    def with_citations(self, change: Callable[[Citation], Citation]) -> Self:
        """Return the same, each of its citations changed."""
        quotes = self.quotes.with_citations(change) if self.quotes else None
        return replace(super().with_citations(change), quotes=quotes)

    @property
    def body(self) -> AnswerBody:
        """The part that a reader is told."""
        return AnswerBody(**{f.name: getattr(self, f.name) for f in fields(AnswerBody) if f.init})

    @property
    def in_quotes(self) -> Answer:
        """The program's own answer to the question, the same if no other stands in its place."""
        if self.quotes is None:
            return self
        body = {f.name: getattr(self.quotes, f.name) for f in fields(AnswerBody) if f.init}
        return replace(self, **body, model=None, quotes=None, written=False, forms=())

    @property
    def worded_by(self) -> str:
        """The language model whose words stand in it, '' if all of it is quoted."""
        return self.model.name if self.model and self.model.written > self.model.removed + self.model.replaced else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
