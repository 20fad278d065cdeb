"""The values of answering: hits, evidence, a draft that nobody has checked, and the answer that verification makes of it.

A `Draft` is unverified and has no way to the page; only `app.answering.verify` makes an `Answer` of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any, Literal

from app.sentences import Citation, Sentence, said_text
from ingest.documents import Document, Passage, Source

Status = Literal["answered", "partial", "not_found", "about"]
CONTRACT_VERSION = 1


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

    def to_dict(self) -> dict[str, str]:
        """The public form."""
        return {"text": self.text, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What a language model did for an answer: how long it took, and its tokens, 0 where it does not tell them.

    `written` statements came from it; `removed` of them could not be verified, `replaced` of them gave way to the quote that
    they cited, and `left_out` has both. `failure` is '' or why its words do not stand (the keys of
    `app.llm.notes.FAILURES`); `declined` says that it found no answer.
    """

    name: str
    seconds: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    written: int = 0
    removed: int = 0
    replaced: int = 0
    failure: str = ""
    left_out: tuple[LeftOut, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The public form; `left_out`, and `trouble`, the failure, are left out where there is nothing of it."""
        found: dict[str, Any] = {
            "name": self.name,
            "seconds": round(self.seconds, 3),
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "written": self.written,
            "removed": self.removed,
            "replaced": self.replaced,
        }
        found |= {"left_out": [item.to_dict() for item in self.left_out]} if self.left_out else {}
        return found | ({"trouble": self.failure} if self.failure else {})


@dataclass(frozen=True, slots=True)
class Answer:
    """A verified answer: one that says something is made by `app.answering.verify` alone. If a language model was asked,
    `model` says what it did, and a sentence may word what its citations say in other words (`app.answering.repetition`);
    else it is what they say.

    `answered`, `partial`: there are sentences, each has a citation, and every number exists. `not_found`: no sentences, no
    citations; `closest` holds up to three quotes of what the documents do hold, `suppressed` what would have been answered
    at threshold 0, for the evals and never for a reader. `about`: the question is about the program, and `note` answers it.
    `note` is the program's own words, never a fact of the documents. `searched` says of a refusal how many of how many
    documents were searched, None for all. `quotes` is the program's own answer, if another in prose stands in its place: one
    of a language model, or one that was `written` beforehand. `wanted` is the kind of thing that is asked for, '' if it is
    none in particular; `sides` are the names that the question compares.

    Raises:
        ValueError: it promises what is not so.
    """

    question: str
    standalone_query: str
    status: Status
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    closest: tuple[Citation, ...] = ()
    note: str = ""
    confidence: float = 0.0
    hits: tuple[Hit, ...] = field(default=(), repr=False)
    suppressed: tuple[Sentence, ...] = field(default=(), repr=False)
    timings: tuple[tuple[str, float], ...] = ()
    model: ModelUse | None = None
    quotes: Answer | None = field(default=None, repr=False)
    wanted: str = ""
    sides: tuple[str, ...] = ()
    searched: tuple[int, int] | None = None
    written: bool = False

    def __post_init__(self) -> None:
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

    def first(self, most: int) -> Answer:
        """The answer with its first sentences alone, at most so many, and their citations."""
        numbers = {n for s in self.sentences[:most] for n in s.citations}
        cited = tuple(c for c in self.citations if c.number in numbers)
        return replace(self, sentences=self.sentences[:most], citations=cited)

    def with_kinds(self, kind_of: Callable[[Source], str]) -> Answer:
        """The same, its sources with what kind of thing each is."""
        citations, closest = (tuple(c.with_kinds(kind_of) for c in cited) for cited in (self.citations, self.closest))
        quotes = self.quotes.with_kinds(kind_of) if self.quotes else None
        return replace(self, citations=citations, closest=closest, quotes=quotes)

    @property
    def worded_by(self) -> str:
        """The language model whose words stand in it, '' where all of it is quoted."""
        return self.model.name if self.model and self.model.written > self.model.removed + self.model.replaced else ""

    @property
    def seconds(self) -> float:
        """The time of all stages together."""
        return sum(t for _, t in self.timings)

    @property
    def text(self) -> str:
        """Plain text: the sentences, each followed by `[n]` for its citations; a table as Markdown has it."""
        return "\n".join(map(said_text, self.sentences, (None, *self.sentences)))

    def said(self) -> dict[str, Any]:
        """What a reader is told, of the public form."""
        return {
            "status": self.status,
            **({"note": self.note} if self.note else {}),
            "text": self.text,
            "sentences": [s.to_dict() for s in self.sentences],
            "citations": [c.to_dict() for c in self.citations],
            "nearest": [c.to_dict() for c in self.closest],
        }

    def to_dict(self, case_id: str | None = None) -> dict[str, Any]:
        """The public contract, version 1 (docs/answers.md)."""
        found: dict[str, Any] = {} if case_id is None else {"id": case_id}
        found |= {"question": self.question}
        if re.sub(r"\s+", " ", self.question).strip() != self.standalone_query:
            found["read_as"] = self.standalone_query
        return (found | self.said()) | {
            "confidence": round(self.confidence, 4),
            "seconds": round(self.seconds, 3),
            **({"searched": {"documents": self.searched[0], "of": self.searched[1]}} if self.searched else {}),
            **({"wanted": self.wanted} if self.wanted else {}),
            **({"sides": list(self.sides)} if self.sides else {}),
            **({"written": True} if self.written else {}),
            **({} if self.model is None else {"model": self.model.to_dict()}),
            **({} if self.quotes is None else {"quotes": self.quotes.said()}),
            "version": CONTRACT_VERSION,
        }
