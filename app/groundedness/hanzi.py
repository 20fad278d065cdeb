"""A Chinese sentence -> its words, and whether evidence in Chinese or English covers them (dictionary: CC-CEDICT)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from app.groundedness.lemmas import common, words
from app.query.translate import LONGEST, definitions
from ingest.words import STOPWORDS

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_SMALL = (
    "的了在是和与及为由于以被对将从到并也都等其之而或这那有个家项年月日中上下第各所把向一两三四五六七八九十百千万亿不没未已还又再更最约近超"
    "称指说让使给做作用要会能可应共无来去出起后前内外间时地得着过们它他她我你该此每某同另本多少几较很仅只均占达至自名次座条位种类届期首尚属"
)
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]|\S*\|\S*|^ *(?:to|a|the|an) ")
_NOT_MEANT = ("CL:", "surname", "variant", "old variant", "see ", "abbr", "used ", "classifier")


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a Chinese text. `covered`: the evidence has it or what it means; `name`: English writes it with a
    capital."""

    text: str
    covered: bool
    name: bool


def chinese(text: str) -> bool:
    """A sentence -> whether it is to be read as Chinese."""
    return sum(map(len, _HAN.findall(text))) > len(text) / 4


def terms(text: str, evidence: str) -> Iterator[Term]:
    """A Chinese text and its evidence -> its words of two or more characters, those that the evidence has taken whole; small
    words are left out."""
    held = frozenset(w.key for w in words(evidence))
    for run in _HAN.findall(text):
        at = 0
        unknown = ""
        while at < len(run):
            size = _size(run, at, evidence)
            word = run[at : at + size]
            at += size
            if size == 1:
                unknown += word
            elif unknown:
                yield from _unknown(unknown, evidence)
                unknown = ""
            if size > 1:
                yield _term(word, evidence, held)
        yield from _unknown(unknown, evidence)


def _unknown(run: str, evidence: str) -> Iterator[Term]:
    """Characters that make no word together: small words, or a name that no dictionary has."""
    bare = run.strip(_SMALL)
    if len(bare) > 1 and sum(c not in _SMALL for c in bare) > 1:
        yield Term(bare, bare in evidence, len(bare) < 5 and _HAN.search(evidence) is not None)


def _size(run: str, at: int, evidence: str) -> int:
    """Characters of the longest word that begins here and that the evidence or the dictionary has."""
    for size in range(min(LONGEST, len(run) - at), 1, -1):
        word = run[at : at + size]
        if word in evidence or definitions(word):
            return size
    return 1


def _term(word: str, evidence: str, held: frozenset[str]) -> Term:
    if word in evidence or (len(word) > 3 and re.search(".{0,2}".join(word), evidence)):  # or as a short form
        return Term(word, True, False)
    senses = _senses(word)
    name = bool(senses) and all(capital for _, capital in senses)
    return Term(word, any(_held(keys, held) if capital else keys & held for keys, capital in senses), name)


def _held(name: frozenset[str], held: frozenset[str]) -> bool:
    """Whether a text has a name: half of its words, or one that is no common word."""
    return 2 * len(name & held) >= len(name) or any(not common(k) for k in name & held)


@lru_cache(maxsize=10_000)
def _senses(word: str) -> tuple[tuple[frozenset[str], bool], ...]:
    """For each meaning its keys, and whether it is a name, of which the leading capitals alone count."""
    found = []
    for meaning in definitions(word):
        if elsewhere := re.match(r"see (?:\S*\|)?([\u4e00-\u9fff]+)\[[A-Z]", meaning):  # a short form: its first word counts
            full = [re.match(r"[A-Z][\w'’-]*", m) for m in definitions(elsewhere[1])]
            found += [(frozenset(w.key for w in words(m[0])), True) for m in full if m]
        bare = _ASIDE.sub("", meaning).strip()
        if not bare or bare.startswith(_NOT_MEANT):
            continue
        capital = re.match(r"(?:[A-Z][\w'’-]*(?: |$))+", re.split("[,;]", bare)[0] + " ")
        meant = capital[0] if capital else bare
        keys = frozenset(w.key for w in words(meant) if w.text.lower() not in STOPWORDS)
        if keys:
            found.append((keys, capital is not None))
    return tuple(found)
