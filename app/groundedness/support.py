"""A sentence and its evidence -> how far the evidence covers it: what of its words is there, and what the cross-encoder
makes of both."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sentencex

from app.groundedness.dates import dates
from app.groundedness.entities import names, unsupported_names
from app.groundedness.figures import NUMBER_WORDS
from app.groundedness.hanzi import chinese, terms
from app.groundedness.lemmas import words
from app.groundedness.quantities import same_size, undated
from ingest.models import Reranker
from ingest.sentences import AT_ONCE
from ingest.words import STOPWORDS

NEW = 3  # words of the claim that a further sentence must hold
LONGEST = 1_500  # characters that the cross-encoder is given; it reads 512 tokens
_SPELLED = frozenset([*NUMBER_WORDS, *"thousand million billion trillion per cent percent".split()])
"""Figures in words, which are compared as figures."""
_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Support:
    """What a person would look at. All but `score` are shares, 0..1, 1 where a sentence has nothing of the kind."""

    covered: float  # of the content words, those that the evidence has
    nearest: float  # of the content words, those of the sentences that it seems to be made from
    names: float  # of the names, those that the evidence has
    figures: float  # of the figures and dates, those that the evidence has
    score: float  # the cross-encoder's logit for the sentence over those sentences; 0 without one


def sentences(evidence: Sequence[str]) -> list[str]:
    """Passages -> the sentences of all of them."""
    pieces = (text[at : at + AT_ONCE] for text in evidence for at in range(0, len(text), AT_ONCE))
    return [s.strip() for piece in pieces for s in sentencex.segment("en", piece) if s.strip()]


def content(text: str) -> list[str]:
    """A text -> keys of its words that carry meaning, in order, repeated where they are; Han characters as they are."""
    left_out = STOPWORDS | _SPELLED
    return [w.key for w in words(text) if w.text.lower() not in left_out and len(w.text) + bool(_HAN.match(w.text)) > 1]


def nearest(claim: str, said: Sequence[str]) -> list[str]:
    """A claim and sentences -> those that the claim seems to be made from, in their order: each holds words of it that the
    others lack."""
    wanted = set(content(claim))
    held = [wanted & set(content(s)) for s in said]
    chosen: list[int] = []
    while held:
        best = max(range(len(said)), key=lambda n: (len(held[n]), n))
        if len(held[best]) < (NEW if chosen else 1):
            break
        chosen.append(best)
        held = [h - held[best] for h in held]
    return [said[n] for n in sorted(chosen)]


def support(claim: str, evidence: Sequence[str], scorer: Reranker | None, breadcrumb: str = "") -> Support:
    """One sentence and its evidence -> its features. The cross-encoder reads English only, a Chinese one has no score.

    `breadcrumb` (titles and headings) may hold its names, figures and dates; all other words must stand in the evidence.
    """
    said = " ".join([*evidence, breadcrumb])
    counts, days = undated(said), dates(said)
    figures = _share([any(same_size(f, k) for k in counts) for f in undated(claim)] + [
        any(k.says(d) for k in days) for d in dates(claim)
    ])  # fmt: skip
    named = list(names(claim))
    held_names = 1 - len(unsupported_names(claim, said)) / len(named) if named else 1.0
    if chinese(claim):
        covered = _share([t.covered for t in terms(claim, " ".join(evidence))])
        return Support(covered, covered, held_names, figures, 0.0)
    made_from = " ".join(nearest(claim, sentences(evidence)))
    named_there = set(content(" ".join(named))) & set(content(breadcrumb))
    wanted, held, near = set(content(claim)) - named_there, set(content(" ".join(evidence))), set(content(made_from))
    score = scorer.scores(claim, [made_from[:LONGEST]])[0] if scorer and made_from else 0.0
    return Support(_share([w in held for w in wanted]), _share([w in near for w in wanted]), held_names, figures, score)


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else 1.0
