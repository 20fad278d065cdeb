"""What a sentence denies, and whether it says that something rises or falls, compared with the sentences of the evidence
that are nearest to it.

Other contraries are for a judge: rules for these refused more that was true than they caught (docs/decisions/051).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.groundedness.cues import CONTRASTS, DENIES, DOWN, NOT, UP, ZH_DOWN, ZH_NOT, ZH_UP
from app.groundedness.hanzi import chinese
from app.groundedness.lemmas import Word, words
from ingest.words import STOPWORDS

NEAR = 4  # content words behind a denial that say what it is about
FAR = 12  # words among which these are looked for
MOST = 0.6  # share of the words that the evidence denies which a sentence must have to say them
_CLAUSE = frozenset("but while whereas which who although though".split())
_SHORT = re.compile(r"(?<=can)not\b|n['’]t\b")


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence as words, and where in them something is denied."""

    text: str
    words: tuple[Word, ...]
    denials: tuple[int, ...]

    @classmethod
    def of(cls, sentence: str) -> _Said:
        sentence = _SHORT.sub(" not", sentence)
        found = tuple(words(sentence))
        return cls(sentence, found, tuple(n for n, w in enumerate(found) if w.text.lower() in NOT))

    @property
    def softly(self) -> bool:
        """Whether another word than a plain `not` may deny."""
        return any(w.key in DENIES for w in self.words)

    def denied(self, at: int) -> list[str]:
        """Keys of the content words that the denial governs: the next ones of its clause, the nearest first."""
        found: list[str] = []
        for n in range(at + 1, min(len(self.words), at + 1 + FAR)):
            word, before = self.words[n], self.words[n - 1]
            gap = self.text[before.start + len(before.text) : word.start]
            if re.search("[;:。；]", gap) or word.text.lower() in _CLAUSE or len(found) == NEAR:
                break
            if word.text.lower() not in STOPWORDS | NOT and not word.text[0].isdigit():
                found.append(word.key)
        return found


def denial(claim: str, sentences: Sequence[str]) -> str:
    """A claim and the nearest sentences -> what one denies and the other does not, '' where nothing."""
    return _chinese(claim, " ".join(sentences)) if chinese(claim) else _english(claim, sentences)


def turned(claim: str, sentences: Sequence[str]) -> str:
    """A claim and the nearest sentences -> where it rises and they fall, or the other way; '' where not."""
    evidence = " ".join(sentences)
    ours, theirs = {w.key: w.text for w in words(claim)}, {w.key: w.text for w in words(evidence)}
    for side, other, han, han_other in ((UP, DOWN, ZH_UP, ZH_DOWN), (DOWN, UP, ZH_DOWN, ZH_UP)):
        said = next((ours[k] for k in ours if k in side), "") or _first(han, claim)
        held = next((theirs[k] for k in theirs if k in other), "") or _first(han_other, evidence)
        both = (
            any(k in side for k in theirs)
            or han.search(evidence)
            or any(k in other for k in ours)
            or han_other.search(claim)
        )
        if said and held and not both:
            return f"The sentence says “{said}” where the evidence says “{held}”."
    return ""


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[0] if found else ""


def _english(claim: str, sentences: Sequence[str]) -> str:
    said, held = _Said.of(claim), [_Said.of(s) for s in sentences]
    if not any(h.denials or h.softly for h in held):
        for at in said.denials:
            start = said.words[at].start
            if not said.text.endswith(", ", 0, start) and not CONTRASTS.match(said.text, start):
                return "The sentence denies what the evidence does not deny."
    if said.softly or any(w.text == "only" for w in said.words):
        return ""
    keys, denied = {w.key for w in said.words}, {k for n in said.denials for k in said.denied(n)}
    for governed in (h.denied(n) for h in held for n in h.denials):
        wanted = set(governed)
        if wanted and governed[0] in keys and not denied & wanted and len(keys & wanted) >= MOST * len(wanted):
            return "The evidence denies what the sentence says."
    return ""


def _chinese(claim: str, evidence: str) -> str:
    """The same for a Chinese sentence, over Chinese or English evidence; coarser, over the whole sentence."""
    held, denies = _Said.of(evidence), ZH_NOT.search(claim) is not None
    clauses = [c for c in re.split("[，。；]", evidence) if ZH_NOT.search(c)]
    if denies and not (held.denials or held.softly or clauses):
        return "The sentence denies what the evidence does not deny."
    if not denies and (held.denials or any(_echoed(c, claim) for c in clauses)):
        return "The evidence denies what the sentence says."
    return ""


def _echoed(clause: str, claim: str) -> bool:
    """Whether the claim says most of a Chinese clause."""
    pairs = [clause[n : n + 2] for n in range(len(clause) - 1)]
    return sum(pair in claim for pair in pairs) * 2 >= len(pairs) > 0
