"""An answer with what kind of thing each of its sources is, for whoever judges by that: a plan, a law, statistics …"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.answers import Answer
from app.sentences import Citation, VerifiedSentence
from ingest.publishers import kind_of


def with_kinds(answer: Answer, publishers: Mapping[str, str]) -> Answer:
    """An answer and the kinds by publisher -> the same, its sources with their kinds."""
    quotes = with_kinds(answer.quotes, publishers) if answer.quotes else None
    citations, closest = _cited(answer.citations, publishers), _cited(answer.closest, publishers)
    return replace(answer, citations=citations, closest=closest, quotes=quotes)


def said_with_kinds(said: VerifiedSentence, publishers: Mapping[str, str]) -> VerifiedSentence:
    """The same of one sentence that stands."""
    return replace(said, citations=_cited(said.citations, publishers))


def _cited(citations: Sequence[Citation], publishers: Mapping[str, str]) -> tuple[Citation, ...]:
    return tuple(replace(c, sources=tuple(replace(s, kind=kind_of(s, publishers)) for s in c.sources)) for c in citations)
