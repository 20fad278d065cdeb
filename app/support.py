"""How far a sentence is held by its evidence: what of its words is there, and what the cross-encoder makes of both."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import sentencex

from app.hanzi import chinese, terms
from app.words import words
from ingest.models import Reranker
from ingest.words import STOPWORDS

_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Support:
    """What a person would look at. All but `score` lie in 0..1; `score` is the cross-encoder's best logit, 0 without one."""

    covered: float  # share of the content words that the evidence holds
    nearest: float  # share that the nearest sentence holds
    pairs: float  # share of neighbouring content words that neighbour in the evidence too
    score: float
    length: float  # logarithm of the number of content words


def sentences(evidence: Sequence[str]) -> list[str]:
    """The sentences of all passages."""
    return [s.strip() for text in evidence for s in sentencex.segment("en", text) if s.strip()]


def content(text: str) -> list[str]:
    """Keys of the words that carry meaning, in order, repeated where they are; Han characters as they are."""
    return [w.key for w in words(text) if w.text.lower() not in STOPWORDS and len(w.text) + bool(_HAN.match(w.text)) > 1]


def nearest(claim: str, said: Sequence[str], within: float = 0.7) -> list[str]:
    """The sentences that hold most of the claim's words, and those that hold nearly as many."""
    wanted = set(content(claim))
    held = [len(wanted & set(content(s))) for s in said]
    best = max(held, default=0)
    return [s for s, n in zip(said, held, strict=True) if n >= max(1.0, within * best)]


def support(claim: str, evidence: Sequence[str], scorer: Reranker | None) -> Support:
    """The features of one sentence over its evidence."""
    if chinese(claim):
        return _chinese(claim, " ".join(evidence))
    said = sentences(evidence)
    wanted = content(claim)
    held = [content(s) for s in said]
    all_held = {k for h in held for k in h}
    unique = list(dict.fromkeys(wanted))
    size = max(len(unique), 1)
    best = max((sum(k in set(h) for k in unique) for h in held), default=0)
    neighbours = {pair for h in held for pair in zip(h, h[1:], strict=False)}
    ours = list(zip(wanted, wanted[1:], strict=False))
    scores = scorer.scores(claim, list(evidence)) if scorer and evidence else [0.0]
    return Support(
        sum(k in all_held for k in unique) / size,
        best / size,
        sum(p in neighbours for p in ours) / max(len(ours), 1),
        max(scores),
        math.log(size),
    )


def _chinese(claim: str, evidence: str) -> Support:
    """For a Chinese sentence; the cross-encoder reads English only and has no say."""
    found = list(terms(claim, evidence))
    size = max(len(found), 1)
    held = sum(t.held for t in found) / size
    return Support(held, held, sum(t.text in evidence for t in found) / size, 0.0, math.log(size))
