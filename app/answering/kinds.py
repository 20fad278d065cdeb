"""An answer with what kind of thing each of its sources is, for whoever judges by that: a plan, a law, statistics …"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from app.answers import Answer
from app.sentences import Citation, VerifiedSentence
from ingest.publishers import kind_of

_Told = TypeVar("_Told", Answer, VerifiedSentence)


def with_kinds(told: _Told, publishers: Mapping[str, str]) -> _Told:
    """An answer, or one sentence of it, and the kinds by publisher -> the same, its sources with their kinds."""
    if isinstance(told, VerifiedSentence):
        return replace(told, citations=_cited(told.citations, publishers))
    quotes = with_kinds(told.quotes, publishers) if told.quotes else None
    citations, closest = _cited(told.citations, publishers), _cited(told.closest, publishers)
    return replace(told, citations=citations, closest=closest, quotes=quotes)


def _cited(citations: Sequence[Citation], publishers: Mapping[str, str]) -> tuple[Citation, ...]:
    return tuple(replace(c, sources=tuple(replace(s, kind=kind_of(s, publishers)) for s in c.sources)) for c in citations)
