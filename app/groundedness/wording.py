"""A sentence -> what its negation, direction or scope contradicts, compared with the sentence of the evidence that is
nearest to it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from app.groundedness.cues import (
    CAN,
    CONTRASTS,
    DENIES,
    MAY,
    MUST,
    NOT,
    PAIRS,
    PHRASES,
    POLES,
    ZH_NOT,
    ZH_PAIRS,
)
from app.groundedness.lemmas import Word, words
from app.groundedness.quantities import undated
from ingest.words import STOPWORDS

_TO_DIGIT = r"(?:[^,;\d]|,(?=\d))*+\d"
_FROM_TO = re.compile(
    rf"\b(?P<verb>\w+(?: \w+){{0,2}}) from {_TO_DIGIT}(?:[^,;]|,(?=\d)){{0,200}}? to {_TO_DIGIT}[\d.,]*\S*(?: \w+)?"
)
_CLAUSE = frozenset("but while whereas which who although though".split())
MARGIN = 1  # words by which the contrary must lie nearer where the evidence has both
NEAR = 4  # content words on each side that say what a cue is about


@dataclass(frozen=True, slots=True)
class TokenisedSentence:
    """A sentence as words, and which of them carry meaning."""

    text: str
    words: tuple[Word, ...]
    content: tuple[int, ...]

    def around(self, at: int) -> frozenset[str]:
        """Keys of the content words near the word at `at`."""
        low, high = bisect_left(self.content, at), bisect_right(self.content, at)
        before, after = self.content[max(0, low - NEAR) : low], self.content[high : high + NEAR]
        return frozenset(self.words[n].key for n in before + after)

    def following(self, at: int) -> list[str]:
        """Keys of the content words that the word at `at` governs: the next ones of its clause, the nearest first."""
        found: list[str] = []
        for n in range(at + 1, len(self.words)):
            gap = self.text[self.words[n - 1].start + len(self.words[n - 1].text) : self.words[n].start]
            if re.search("[;:。；]", gap) or self.words[n].text.lower() in _CLAUSE or len(found) == NEAR:
                break
            if self.content[(here := bisect_left(self.content, n)) : here + 1] == (n,):
                found.append(self.words[n].key)
        return found


def tokenise(sentence: str) -> TokenisedSentence:
    """A sentence -> its words, phrases that read as one word joined."""
    for pattern, other in PHRASES:
        sentence = re.sub(pattern, other, sentence, flags=re.IGNORECASE)
    found = tuple(words(sentence))
    content = tuple(
        n
        for n, w in enumerate(found)
        if w.text.lower() not in STOPWORDS and w.text.lower() not in NOT and not w.text[0].isdigit()
    )
    return TokenisedSentence(sentence, found, content)


def contradiction(claim: str, sentences: Sequence[str]) -> str:
    """A claim and the nearest sentences -> what it turns round or widens against them, '' where nothing."""
    said, held = tokenise(claim), [tokenise(s) for s in sentences]
    return (
        _runs_backwards(claim)
        or _negated(said, held)
        or _direction_mismatch(said, held)
        or _scope_mismatch(said, held)
        or _chinese(claim, " ".join(sentences))
    )


def _runs_backwards(claim: str) -> str:
    """A rise to less or a fall to more, which no evidence can say."""
    for match in _FROM_TO.finditer(claim):
        found = [f for f in undated(match[0]) if f.unit != "ordinal"]
        poles = {pole for w in words(match["verb"]) for pair, pole in POLES.get(w.key, ()) if pair == 0}
        alike = len(found) >= 2 and found[0].unit == found[-1].unit and poles in ({1}, {-1})
        if alike and (found[-1].value - found[0].value) * poles.pop() < 0:
            return f"The sentence says “{match['verb']}” of figures that go the other way."
    return ""


def _negated(said: TokenisedSentence, held: Sequence[TokenisedSentence]) -> str:
    ours = [n for n, w in enumerate(said.words) if w.text.lower() in NOT]
    theirs = [(r, n) for r in held for n, w in enumerate(r.words) if w.text.lower() in NOT]
    denying = theirs + [(r, n) for r in held for n, w in enumerate(r.words) if w.key in DENIES]
    for at in ours:
        start = said.words[at].start
        if not denying and not said.text.endswith(", ", 0, start) and not CONTRASTS.match(said.text, start):
            return "The sentence denies what the evidence does not deny."
    keys = {w.key for w in said.words}
    if not any(w.key in DENIES or w.text == "only" for w in said.words):
        denied = {k for n in ours for k in said.following(n)}
        for r, n in theirs:
            governed = set(r.following(n))
            if (
                governed
                and r.following(n)[0] in keys
                and not denied & governed
                and len(keys & governed) >= 0.6 * len(governed)
            ):
                return "The evidence denies what the sentence says."
    return ""


def _direction_mismatch(said: TokenisedSentence, held: Sequence[TokenisedSentence]) -> str:
    for at, word in enumerate(said.words):
        for pair, pole in POLES.get(word.key, ()):
            same, other = _cues(held, pair, pole), _cues(held, pair, -pole)
            if not other or (same and _cues([said], pair, -pole)) or any(r.words[n].key == word.key for r, n in same):
                continue
            near = said.around(at)
            best = max((len(near & r.around(n)) for r, n in same), default=-1)
            if max(len(near & r.around(n)) for r, n in other) > best + (MARGIN if same else 0):
                r, n = other[0]
                return f"The sentence says “{word.text}” where the evidence says “{r.words[n].text}”."
    return ""


def _cues(held: Sequence[TokenisedSentence], pair: int, pole: int) -> list[tuple[TokenisedSentence, int]]:
    return [(r, n) for r in held for n, w in enumerate(r.words) if (pair, pole) in POLES.get(w.key, ())]


def _scope_mismatch(said: TokenisedSentence, held: Sequence[TokenisedSentence]) -> str:
    ours = {w.text.lower() for w in said.words}
    theirs = {w.text.lower() for r in held for w in r.words}
    if ours & MUST and not theirs & MUST and theirs & MAY:
        return "The evidence allows what the sentence demands."
    if ours & CAN and not theirs & MAY and theirs & MUST:
        return "The evidence demands what the sentence allows."
    return ""


def _echoed(clause: str, claim: str) -> bool:
    """Whether the claim says most of a Chinese clause."""
    pairs = [clause[n : n + 2] for n in range(len(clause) - 1)]
    return sum(pair in claim for pair in pairs) * 2 >= len(pairs) > 0


def _chinese(claim: str, evidence: str) -> str:
    """The same for a Chinese sentence, over Chinese or English evidence; coarser, over the whole sentence."""
    if not re.search(r"[\u4e00-\u9fff]{4}", claim):
        return ""
    held = tokenise(evidence)
    small = {w.text.lower() for w in held.words}
    denied = bool(small & NOT) or any(
        _echoed(clause, claim) for clause in re.split("[，。；]", evidence) if ZH_NOT.search(clause)
    )
    denies = bool(ZH_NOT.search(claim))
    if denies and not denied and not ZH_NOT.search(evidence) and not any(w.key in DENIES for w in held.words):
        return "The sentence denies what the evidence does not deny."
    if denied and not denies:
        return "The evidence denies what the sentence says."
    for name, sides in ZH_PAIRS.items():
        number = next(n for n, pair in enumerate(PAIRS) if pair[0].split()[0] == name)
        for pole, side in zip((1, -1), sides, strict=True):
            other = sides[1] if pole > 0 else sides[0]
            turned = re.search(side, claim)
            contrary = re.search(other, evidence) or _cues([held], number, -pole)
            if turned and contrary and not re.search(side, evidence) and not _cues([held], number, pole):
                return f"The evidence says the contrary of “{turned[0]}”."
    return ""
