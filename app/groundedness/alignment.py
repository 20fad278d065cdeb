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

from app.groundedness.quantities import figures_of, same_size, units_agree
from app.groundedness.support import NO_CONTENT
from app.query.translate import NO_QUOTES, definitions
from app.text.figures import Figure, han_number
from app.text.names import Date, dates
from app.text.words import words
from ingest.database.alignments import AlignedPassage
from ingest.documents import Document, Passage, plain
from ingest.models.load import Vectors

METHOD = "1"
"""Changes with whatever changes the certainties: what an index holds of another method is found again."""
_HAN = re.compile(r"[\u4e00-\u9fff]{2,}")
_CHINESE_ASIDE = re.compile(r" ?\([^()]*[\u4e00-\u9fff][^()]*\)")
_ARTICLE_HEAD = re.compile(r"(?:第([零一二三四五六七八九十百千\d]+)条|(?:Article|Section|§) ?(\d+)\b)")
_ARTICLE_REFERENCE = re.compile(r"\b(?:Articles?|Sections?|§) ?(\d+)")
Vector = NDArray[np.float64]


INTERCEPT = -3.3
COEFFICIENTS = np.array([0.6, 3.75, 2.1, 1.9, 4.7])
"""A logistic regression: what closeness in meaning, the share of words, the share of figures, the article and the lead over
other passages weigh."""
MIN_CERTAINTY = 0.55
"""The certainty from which the best passage is shown."""


class Original:
    """An original made ready: its passages with their vectors, words, figures, dates and the article that each is in."""

    def __init__(self, document: Document, passages: Sequence[Passage], vectors: Vectors) -> None:
        self.document, self.passages, self.vectors = document, passages, _centred(vectors)
        self.texts = [p.read(document.text) for p in passages]
        self._bare = [t.translate(NO_QUOTES) for t in self.texts]
        self.passages_by_key: dict[str, list[int]] = {}
        for n, text in enumerate(self.texts):
            for key in keys_of(text):
                self.passages_by_key.setdefault(key, []).append(n)
        self.figures = [figures_of(t) for t in self.texts]
        self.dates = [_full_dates(t) for t in self.texts]
        self.articles = np.array(list(_articles(self.texts)))

    def passages_with(self, key: str) -> list[int]:
        """Return the numbers of the passages that have a word.

        A Chinese term may be any stretch of a passage.
        """
        if _HAN.fullmatch(key):
            return [n for n, text in enumerate(self._bare) if key in text]
        return self.passages_by_key.get(key, [])

    def weight(self, key: str) -> float:
        """Return the weight of a word: the rarer it is in the original, the more it weighs.

        A word that the original lacks weighs half as much as the rarest word, since the original may use other words.
        """
        count = len(self.passages_with(key))
        return min(math.log((len(self.texts) + 1) / (count + 1)), 3.5) * (1.0 if count else 0.5)

    def article_scores(self, sentence: str) -> Vector:
        """For each passage 1 if it stands in an article that a sentence names, -1 in another, 0 if none is named."""
        articles = [int(n) for n in _ARTICLE_REFERENCE.findall(sentence)]
        if not articles:
            return np.zeros(len(self.articles))
        return np.where(self.articles == 0, 0.0, np.where(np.isin(self.articles, articles), 1.0, -1.0))


def align(
    summary: Document, passages: Sequence[Passage], vectors: Vectors, sources: frozenset[str], original: Original
) -> tuple[AlignedPassage, ...]:
    """Find the passages of an original that carry the sentences of a summary which rest on it.

    A sentence that only introduces a list is left out, and so is one whose best passage is not `MIN_CERTAINTY`.

    Args:
        summary: The summary.
        passages: All its passages.
        vectors: The vectors of the passages, in the same order.
        sources: The ids that the original has as a source of the summary.
        original: The original.
    """
    similarity = _centred(vectors) @ original.vectors.T
    key_weights = [_weighted_keys(p, summary.text) for p in passages]
    frequency = Counter(key for keys in key_weights for key in keys)
    title_keys = keys_of(" ".join(f"{s.title} {s.title_zh}" for s in summary.sources if s.id in sources))
    supported = []
    for n, passage in enumerate(passages):
        introduces = passage.quote(summary.text).rstrip().endswith((":", "："))  # a list, and says nothing yet
        if introduces or sources.isdisjoint(passage.sources):
            continue
        weights = {
            key: weight * math.log((len(passages) + 1) / frequency[key]) * original.weight(key)
            for key, weight in key_weights[n].items()
            if key not in title_keys
        }
        best, certainty = _best_passage(passage, summary.text, similarity[n], weights, original)
        if certainty >= MIN_CERTAINTY:
            supported.append(AlignedPassage(passage.start, best.start, best.end, certainty))
    return tuple(supported)


def _best_passage(
    passage: Passage, text: str, similarity: Vectors, weights: dict[str, float], original: Original
) -> tuple[Passage, float]:
    """Find the passage of the original that most certainly carries a sentence.

    Returns:
        The passage, and the probability that it carries the sentence.
    """
    shared, articles = _shared_weights(weights, original), original.article_scores(passage.introduced(text))
    scores = similarity + shared
    lead = scores - np.sort(scores)[-3:][0]  # two passages may carry a sentence: the third shows how near any other comes
    candidates = np.argsort(-(scores + articles / 2), kind="stable")[:12]
    figures = _figure_shares(_own_text(passage, text), original, candidates.tolist())
    features = [similarity[candidates], shared[candidates], figures, articles[candidates], lead[candidates]]
    logits = INTERCEPT + COEFFICIENTS @ np.array(features)
    best = int(np.argmax(logits))
    return original.passages[candidates[best]], 1 / (1 + math.exp(-logits[best]))


def _centred(vectors: Vectors) -> Vectors:
    """Subtract the mean of a document's vectors (its language, title and subject), and return unit vectors."""
    centred = vectors - vectors.mean(axis=0)
    return centred / (np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9)  # type: ignore[no-any-return]


def _shared_weights(weights: dict[str, float], original: Original) -> Vector:
    """Return the weighted share of a sentence's words that each passage of the original has."""
    shares, total = np.zeros(len(original.passages)), sum(weights.values())
    for key, weight in weights.items():
        shares[original.passages_with(key)] += weight
    return shares / total if total > 0 else shares


def _own_text(passage: Passage, text: str) -> str:
    """Return the words of a passage itself.

    For a row these are its cells, without a number at its beginning.
    """
    values = [value for _, value in passage.cells(text) if value]
    if passage.kind != "row":
        return plain(passage.quote(text))
    return ", ".join(values[1:] if values and values[0].isdigit() else values)


def _weighted_keys(passage: Passage, text: str) -> dict[str, float]:
    """Return the words of a passage with their weights.

    Words that introduce its list weigh 0.3 of the others.
    """
    lead = _keys(plain(text[slice(*passage.lead)])) if passage.kind == "item" and passage.lead else set()
    return dict.fromkeys(lead, 0.3) | dict.fromkeys(_keys(_own_text(passage, text)), 1.0)


def _keys(text: str) -> set[str]:
    """Return the keys of the English words of a summary's text, and the Chinese terms in it."""
    english = _CHINESE_ASIDE.sub("", text)
    return {w.key for w in words(english) if _is_content(w.text) and w.text.isascii()} | set(_HAN.findall(text))


def _is_content(word: str) -> bool:
    return len(word) > 1 and word.lower() not in NO_CONTENT


def keys_of(text: str) -> frozenset[str]:
    """Return the keys of the words of a text.

    A Chinese term of up to eight characters has the keys of all its English meanings in the dictionary.
    """
    keys = {w.key for w in words(text) if _is_content(w.text)}
    for run in _HAN.findall(text):
        for start in range(len(run)):
            for end in range(start + 2, min(start + 8, len(run)) + 1):
                keys |= _meaning_keys(run[start:end])
    return frozenset(keys)


@lru_cache(maxsize=100_000)
def _meaning_keys(term: str) -> frozenset[str]:
    return frozenset(w.key for meaning in definitions(term) for w in words(meaning) if _is_content(w.text))


def _articles(texts: Sequence[str]) -> Iterator[int]:
    """Yield the number of the article in which each passage stands, 0 before the first article."""
    number = 0
    for text in texts:
        if opening := _ARTICLE_HEAD.match(text):
            number = int(han_number(opening[1] or opening[2]))
        yield number


def _full_dates(text: str) -> list[Date]:
    return [d for d in dates(text) if d.day and d.month]


def _figure_shares(text: str, original: Original, numbers: Sequence[int]) -> list[float]:
    """Return the share of a sentence's figures and days that each passage has, less a half.

    A figure that only matches when rounded counts half. If the sentence has neither figures nor days, each value is 0.
    """
    figures = [f for f in figures_of(text) if f.unit != "ordinal"]
    days = _full_dates(text)
    if not (total := len(figures) + len(days)):
        return [0.0] * len(numbers)
    shares = []
    for n in numbers:
        matched = sum(_figure_match(f, original.figures[n]) for f in figures)
        matched += sum(any(other.includes(d) for other in original.dates[n]) for d in days)
        shares.append(matched / total - 0.5)
    return shares


def _figure_match(figure: Figure, others: Sequence[Figure]) -> float:
    """Return 1 if the figure is among the others, a half if only one within 5 percent that rounds to it is, else 0."""
    matches = [o for o in others if same_size(figure, o) and (units_agree(figure, o) or not (figure.unit and o.unit))]
    difference = min((abs(figure.value - o.value) for o in matches), default=math.inf)
    return 1.0 if difference <= 1e-9 * abs(figure.value) else 0.5 if difference <= 0.05 * abs(figure.value) else 0.0
