"""Finds the passage of an original that carries a sentence of ours.

It compares nearness in meaning, shared words (across English and Chinese, by a dictionary), figures, and the article that is
named. docs/decisions/061 measures how certain a pair is.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app.groundedness.quantities import figures_of, same_size, unit_fits
from app.groundedness.support import LEFT_OUT
from app.query.translate import QUOTES, definitions
from app.text.figures import Figure, han_number
from app.text.names import Date, dates
from app.text.words import words
from ingest.database.alignments import AlignedPassage
from ingest.documents import Document, Passage, plain
from ingest.models.load import Vectors

METHOD = "1"
"""Changes with whatever changes the certainties: what an index holds of another method is found again."""
AHEAD = 2  # passages that may carry a sentence: the next one says how near any passage comes to it
LOOKED_AT = 12  # passages of an original whose figures are compared for one sentence
ABSENT = 0.5  # weight of a word that an original does not have anywhere, beside the rarest that it has
LEAD = 0.3  # weight of the words that introduce a list, beside those of its item
ROUNDED = 0.05  # share of a figure by which one that rounds to it may differ
RARE = 3.5  # logarithm of rarity above which a word weighs no more
TERM = 8  # characters of a Chinese word that are looked up at most
_HAN = re.compile(r"[\u4e00-\u9fff]{2,}")
_IN_CHINESE = re.compile(r" ?\([^()]*[\u4e00-\u9fff][^()]*\)")
_PART = re.compile(r"(?:第([零一二三四五六七八九十百千\d]+)条|(?:Article|Section|§) ?(\d+)\b)")
_NAMED_PART = re.compile(r"\b(?:Articles?|Sections?|§) ?(\d+)")
Row = NDArray[np.float64]


BIAS = -3.3
CERTAINTY = np.array([0.6, 3.75, 2.1, 1.9, 4.7])
"""A logistic regression: what closeness in meaning, the share of words, the share of figures, the article and the lead over
other passages weigh."""
CERTAIN = 0.55
"""The certainty from which the best passage is shown."""


class Original:
    """An original made ready: its passages with their vectors, words, figures, dates and the article that each is in."""

    def __init__(self, document: Document, passages: Sequence[Passage], vectors: Vectors) -> None:
        self.document, self.passages, self.vectors = document, passages, _centred(vectors)
        self.texts = [p.read(document.text) for p in passages]
        self._bare = [QUOTES.sub("", t) for t in self.texts]
        self.holds: dict[str, list[int]] = {}
        for n, text in enumerate(self.texts):
            for key in keys_of(text):
                self.holds.setdefault(key, []).append(n)
        self.figures = [figures_of(t) for t in self.texts]
        self.dates = [_days(t) for t in self.texts]
        self.parts = np.array(list(_parts(self.texts)))

    def places(self, key: str) -> list[int]:
        """Return the numbers of the passages that have a word.

        A Chinese term may be any stretch of a passage.
        """
        if _HAN.fullmatch(key):
            return [n for n, text in enumerate(self._bare) if key in text]
        return self.holds.get(key, [])

    def weight(self, key: str) -> float:
        """Return the weight of a word: the rarer it is in the original, the more it weighs.

        A word that the original lacks weighs half as much as the rarest word, since the original may use other words.
        """
        often = len(self.places(key))
        return min(math.log((len(self.texts) + 1) / (often + 1)), RARE) * (1.0 if often else ABSENT)

    def in_part(self, sentence: str) -> Row:
        """For each passage 1 if it stands in an article that a sentence names, -1 in another, 0 if none is named."""
        named = [int(n) for n in _NAMED_PART.findall(sentence)]
        if not named:
            return np.zeros(len(self.parts))
        return np.where(self.parts == 0, 0.0, np.where(np.isin(self.parts, named), 1.0, -1.0))


def align(
    summary: Document, passages: Sequence[Passage], vectors: Vectors, sources: frozenset[str], original: Original
) -> tuple[AlignedPassage, ...]:
    """Find the passages of an original that carry the sentences of a summary which rest on it.

    A sentence that only introduces a list is left out, and so is one whose best passage is not `CERTAIN`.

    Args:
        summary: The summary.
        passages: All its passages.
        vectors: The vectors of the passages, in the same order.
        sources: The ids that the original has as a source of the summary.
        original: The original.
    """
    closeness = _centred(vectors) @ original.vectors.T
    own = [_weighted_keys(p, summary.text) for p in passages]
    often = Counter(key for keys in own for key in keys)
    named = keys_of(_titles(summary, sources))
    found = []
    for n, passage in enumerate(passages):
        introduces = passage.quote(summary.text).rstrip().endswith((":", "："))  # a list, and says nothing yet
        if introduces or sources.isdisjoint(passage.sources):
            continue
        weights = {
            key: weight * math.log((len(own) + 1) / often[key]) * original.weight(key)
            for key, weight in own[n].items()
            if key not in named
        }
        best, certainty = _best(passage, summary.text, closeness[n], weights, original)
        if certainty >= CERTAIN:
            found.append(AlignedPassage(passage.start, best.start, best.end, certainty))
    return tuple(found)


def _best(
    passage: Passage, text: str, closeness: Vectors, weights: dict[str, float], original: Original
) -> tuple[Passage, float]:
    """Find the passage of the original that most certainly carries a sentence.

    Returns:
        The passage, and the probability that it carries the sentence.
    """
    shared, part = _shared(weights, original), original.in_part(passage.introduced(text))
    near = closeness + shared
    ahead = near - np.sort(near)[-AHEAD - 1 :][0]
    best = np.argsort(-(near + part / 2), kind="stable")[:LOOKED_AT]
    figures = _figures_held(_said(passage, text), original, best.tolist())
    measures = [closeness[best], shared[best], figures, part[best], ahead[best]]
    logits = BIAS + CERTAINTY @ np.array(measures)
    first = int(np.argmax(logits))
    return original.passages[best[first]], 1 / (1 + math.exp(-logits[first]))


def _centred(vectors: Vectors) -> Vectors:
    """Vectors without what all of a document have in common: its language, title and subject."""
    moved = vectors - vectors.mean(axis=0)
    return moved / (np.linalg.norm(moved, axis=1, keepdims=True) + 1e-9)  # type: ignore[no-any-return]


def _shared(weights: dict[str, float], original: Original) -> Row:
    """Return the weighted share of a sentence's words that each passage of the original has."""
    found, whole = np.zeros(len(original.passages)), sum(weights.values())
    for key, weight in weights.items():
        found[original.places(key)] += weight
    return found / whole if whole > 0 else found


def _said(passage: Passage, text: str) -> str:
    """Return the words of a passage itself.

    For a row these are its cells, without a number at its beginning.
    """
    values = [value for _, value in passage.cells(text) if value]
    if passage.kind != "row":
        return plain(passage.quote(text))
    return ", ".join(values[1:] if values and values[0].isdigit() else values)


def _weighted_keys(passage: Passage, text: str) -> dict[str, float]:
    """Return the words of a passage with their weights.

    Words that introduce its list weigh less.
    """
    lead = _keys(plain(text[slice(*passage.lead)])) if passage.kind == "item" and passage.lead else set()
    return dict.fromkeys(lead, LEAD) | dict.fromkeys(_keys(_said(passage, text)), 1.0)


def _keys(said: str) -> set[str]:
    """Return the keys of the English words of a text of ours, and the Chinese terms in it."""
    english = _IN_CHINESE.sub("", said)
    return {w.key for w in words(english) if _carries(w.text) and w.text.isascii()} | set(_HAN.findall(said))


def _carries(word: str) -> bool:
    return len(word) > 1 and word.lower() not in LEFT_OUT


def keys_of(text: str) -> frozenset[str]:
    """Return the keys of the words of a text.

    A Chinese term has the keys of all its English meanings in the dictionary.
    """
    found = {w.key for w in words(text) if _carries(w.text)}
    for run in _HAN.findall(text):
        for at in range(len(run)):
            for end in range(at + 2, min(at + TERM, len(run)) + 1):
                found |= _translated(run[at:end])
    return frozenset(found)


@lru_cache(maxsize=100_000)
def _translated(term: str) -> frozenset[str]:
    return frozenset(w.key for meaning in definitions(term) for w in words(meaning) if _carries(w.text))


def _titles(summary: Document, sources: frozenset[str]) -> str:
    return " ".join(f"{s.title} {s.title_zh}" for s in summary.sources if s.id in sources)


def _parts(texts: Sequence[str]) -> Iterator[int]:
    """Yield the number of the article in which each passage stands, 0 before the first article."""
    number = 0
    for text in texts:
        if opening := _PART.match(text):
            number = int(han_number(opening[1] or opening[2]))
        yield number


def _days(text: str) -> list[Date]:
    return [d for d in dates(text) if d.day and d.month]


def _figures_held(said: str, original: Original, numbers: Sequence[int]) -> list[float]:
    """Return the share of a sentence's figures and days that each passage has, less a half.

    A figure that only matches when rounded counts half. If the sentence has neither figures nor days, each value is 0.
    """
    figures = [f for f in figures_of(said) if f.unit != "ordinal"]
    days = _days(said)
    if not (many := len(figures) + len(days)):
        return [0.0] * len(numbers)
    found = []
    for n in numbers:
        held = sum(_held(f, original.figures[n]) for f in figures)
        held += sum(any(other.says(d) for other in original.dates[n]) for d in days)
        found.append(held / many - 0.5)
    return found


def _held(figure: Figure, others: Sequence[Figure]) -> float:
    """1 if the figure stands there, a half if only one that rounds to it does."""
    same = [o for o in others if same_size(figure, o) and (unit_fits(figure, o) or not (figure.unit and o.unit))]
    apart = min((abs(figure.value - o.value) for o in same), default=math.inf)
    return 1.0 if apart <= 1e-9 * abs(figure.value) else 0.5 if apart <= ROUNDED * abs(figure.value) else 0.0
