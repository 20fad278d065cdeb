"""Retrieves and ranks passages: vectors and words, fused by reciprocal rank, then read by the reranker.

The reranker's score is combined with those of the searches and with what a passage visibly shares with the question.

Reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009; k = 60 as there.
"""

from __future__ import annotations

import math
import re
import statistics
import threading
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from app.answers import Evidence, Hit
from app.query.values import Query
from app.text.spans import content, years_of
from ingest.database.catalogue import Vector
from ingest.documents import Chunk, Document, Passage, contextualised_texts
from ingest.index import ChunkHit, Index
from ingest.models.load import Embedder, Reranker

WEIGHTS = {
    "words": 1.5,  # all words of the question that any of the passages has
    "year": 1.2,  # a year that the question names
    "subject": 1.9,  # a row of a table whose first cell stands in the question
}
_HOW = re.compile(r"\bhow (?:large|big|small|long|high|tall|far|deep|wide|old|fast|strong|common|close)\b", re.IGNORECASE)
_BRACKETS = re.compile(r"\([^()]*\)|（[^（）]*）")


def feature_scores(
    question: str, years: Sequence[str], passages: Sequence[str], in_place: Sequence[str], subjects: Sequence[str]
) -> NDArray[np.float64]:
    """Return what each passage has of the question, in logits, 0 for nothing; see `features`."""
    return np.asarray(features(question, years, passages, in_place, subjects) @ np.array(list(WEIGHTS.values())))


def features(
    question: str, years: Sequence[str], passages: Sequence[str], in_place: Sequence[str], subjects: Sequence[str]
) -> NDArray[np.float64]:
    """One row a passage, one column a weight, each 0 to 1.

    `years` are those that the question names; `passages` as they read alone, `in_place` behind their title and heading;
    `subjects` are the first cells of rows of a table, '' for other passages.
    """
    named = set(years)
    asking = content(_HOW.sub(" ", question))  # "how large" asks for a figure, not for "the largest"
    words = _shares(asking, [content(text) for text in in_place])
    found = [
        (share, not named.isdisjoint(years_of(text)), _named(subject, asking))
        for share, text, subject in zip(words, passages, subjects, strict=True)
    ]
    return np.array(found, dtype=np.float64).reshape(-1, len(WEIGHTS))


def _named(subject: str, asking: set[str]) -> float:
    """Return the share of a subject's words that the question has.

    Words in brackets do not count.
    """
    words = content(_BRACKETS.sub(" ", subject))
    return len(words & asking) / len(words) if words else 0.0


def _shares(wanted: set[str], texts: Sequence[set[str]]) -> list[float]:
    """Return the weighted share of the wanted words that each text has.

    Only words that at least one of the texts has count. A word that n of N texts have weighs log((N + 1) / (n + 1/2)).
    """
    among = Counter(word for text in texts for word in text & wanted)
    tells = {word: math.log((len(texts) + 1) / (number + 0.5)) for word, number in among.items()}
    total = sum(tells.values())
    return [sum(tells[word] for word in text & wanted) / total if total else 0.0 for text in texts]


# --- What the embedding model makes of a text that the reranker cannot read -> a logit on the reranker's scale.
#
# The reranker reads English. Its logit for an English text and the cosine of a Chinese one are ranked side by side and told
# as one confidence, so that a number has to mean the same chance of an answer whichever it came from. A cosine alone does
# not tell: e5's lie between 0.7 and 0.9 whatever two texts say, a short question is near every text, and a greeting is near
# every question. So what each has in common with texts and with questions about anything is taken off (as Conneau et al.,
# ICLR 2018, do with nearest neighbours), and a logistic regression says what is left means.
#
# `background.toml` has questions and texts about anything: they show what a cosine is before two texts have to do with each
# other.


_SAID = tomllib.loads(resources.files(__package__).joinpath("background.toml").read_text(encoding="utf-8"))
QUESTIONS: Mapping[str, Sequence[str]] = _SAID["questions"]
TEXTS: Mapping[str, Sequence[str]] = _SAID["texts"]
UNREAD_LANGUAGES = frozenset(TEXTS) - {"en"}
"""Languages in which a reader of English can make nothing of a text."""


Numbers = NDArray[np.float64]
LINES = {"same": (-7.01, 80.7, 7.2), "across": (-7.72, 96.7, -94.6), "others": (-8.01, 80.7, 7.2)}
"""Logistic regressions in logits of the reranker: a bias, and what the two measures of `CosineScale.measures` weigh. By
whether question and text are in one language, and whether that is Chinese (docs/decisions/044). In other languages foreign
questions come nearer by one logit (docs/decisions/050)."""


class CosineScale:
    """Reads cosines of one embedding model. Safe to share between threads.

    The mean vector of texts, or of questions, about anything is made when it is first asked for (half a second).
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._means: dict[tuple[bool, str], Vector] = {}
        self._lock = threading.Lock()

    def usual(self, question: Query) -> Vector:
        """Return the usual vector of a question in this language."""
        return self._mean(question.tongue, asks=True)

    def _mean(self, language: str, asks: bool) -> Vector:
        """Return the mean of texts in a language, of questions if it `asks`; the English one for an unknown language."""
        said, embedded = (QUESTIONS, self._embedder.queries) if asks else (TEXTS, self._embedder.passages)
        language = language if language in said else "en"
        with self._lock:
            if (asks, language) not in self._means:
                self._means[asks, language] = embedded(list(said[language])).mean(axis=0)
            return self._means[asks, language]

    def measures(self, question: Query, language: str, cosines: Sequence[float], common: Sequence[float]) -> Numbers:
        """Measure how near passages are to the question, and to questions in general.

        Args:
            question: The question.
            language: The language of the passages.
            cosines: The cosine of each passage to the question.
            common: The cosine of each passage to `usual`, the mean vector of questions.

        Returns:
            A row for each passage: its cosine to the question and its cosine to questions in general, each less the
                cosine that texts about anything have.
        """
        texts = self._mean(language[:2], asks=False)
        asked = self._embedder.queries([question.searched])[0]
        return np.column_stack(
            [np.array(cosines) - float(asked @ texts), np.array(common) - float(self.usual(question) @ texts)]
        )

    def logits(self, question: Query, language: str, cosines: Sequence[float], common: Sequence[float]) -> Numbers:
        """Above 0 a passage answers rather than not."""
        bias, *weights = LINES[pair(question.tongue, language)]
        return np.asarray(bias + self.measures(question, language, cosines, common) @ np.array(weights))


def pair(question: str, text: str) -> str:
    """Choose the line that serves a question and a text in these languages."""
    if question != text[:2]:
        return "across"
    return "same" if question == "zh" else "others"


# --- the retriever


POOL = 40  # chunks that each search brings
FUSION_K = 60
FEWEST = 10  # chunks looked at for each part of a question
READ = 40  # passages that the reranker reads: those that look best before
UNREAD = -12.0  # what counts for the others, about as low as it scores any
LEAST_SPREAD = 0.005  # of cosines: those of a few sentences that say the same differ by chance
NEAR = 0.65  # logits for a standard deviation of similarity
PLACE = 1 / 9  # standard deviations that a chunk's passages lose for each chunk that the searches found before it
LIFT = 2.0  # logits that an answer of a known question gains which surely asks the same
Near = Mapping[tuple[str, int], float]
"""The probability that a known question which a passage answers first asks the same, by the passage's document and start."""
NOTHING_NEAR: Near = {}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that the searches found, with its document.

    Attributes:
        chunk: The chunk.
        document: Its document.
        cosines: The cosine of each of its passages to the question as it was asked.
        common: The cosine of each of its passages to questions about anything; () if the reranker reads the passages.
    """

    chunk: Chunk
    document: Document
    cosines: tuple[float, ...]
    common: tuple[float, ...] = ()


class Retriever:
    """Searches one index. Safe to share between threads."""

    def __init__(self, index: Index, embedder: Embedder, reranker: Reranker, candidates: int) -> None:
        self.index, self.embedder, self.reranker, self.candidates = index, embedder, reranker, candidates
        self.scale = CosineScale(embedder)

    def search(self, question: Query) -> tuple[Candidate, ...]:
        """Search with vectors and words, and return the best chunks of the fused rankings, best first.

        A Chinese question is also searched for in English. At most `candidates` chunks come back, and none for a text
        that asks nothing.
        """
        if not question.asks:
            return ()
        self.index.open(self.embedder)
        vector = self.embedder.queries([question.searched])[0]
        rankings = [
            self.index.dense(vector, POOL, question.within),
            self.index.words(question.searched, POOL, question.within),
        ]
        if question.language == "zh" and question.english:
            rankings.append(self.index.dense(self.embedder.queries([question.english])[0], POOL, question.within))
            rankings.append(self.index.words(question.english, POOL, question.within))
        return self._looked_at(question, [item for item, _ in fuse(rankings)[: self.candidates]], vector)

    def _looked_at(self, question: Query, best: Sequence[ChunkHit], vector: Vector) -> tuple[Candidate, ...]:
        documents = {key: self.index.document(key) for key in {item.chunk.document_id for item in best}}
        unread = {k for k, d in documents.items() if d and not (question.english and d.language[:2] not in UNREAD_LANGUAGES)}
        usual = self.scale.usual(question) if unread else vector
        known = self.index.cosines([item.id for item in best], vector)
        common = self.index.cosines([item.id for item in best if item.chunk.document_id in unread], usual) if unread else {}
        found = []
        for item in best:
            if (document := documents[item.chunk.document_id]) is not None:
                near = known.get(item.id) or self._cosines(item.chunk, document, vector)
                usually = common.get(item.id) or self._cosines(item.chunk, document, usual) if document.id in unread else ()
                found.append(Candidate(item.chunk, document, near, usually))
        return tuple(found)

    def rank(
        self, question: Query, candidates: Sequence[Candidate], one_of: int = 1, near: Near = NOTHING_NEAR
    ) -> tuple[Hit, ...]:
        """Rank the passages of the best candidates, best first.

        The reranker reads the passages that the searches ranked highest and that have most in common with the question.
        It knows English only: it reads a Chinese question in a word-for-word translation. Chinese texts are left to the
        embedding model, whose cosines are converted to the reranker's scale.

        Args:
            question: The query.
            candidates: The chunks that the searches found, best first.
            one_of: The number of parts of the question, of which this query is one; with several, fewer chunks are
                ranked.
            near: Passages that answer a known question which may ask the same; they rank higher.

        Returns:
            A hit for each passage; () if there are no candidates. The first hit has its `answerability`.
        """
        kept = candidates[: self.candidates if one_of == 1 else max(self.candidates // one_of, FEWEST)]
        if not kept:
            return ()
        looked_at = [(p, c) for c in kept for p in c.chunk.passages]
        texts = [text for c in kept for text in contextualised_texts(c.chunk, c.document)]
        cosines = np.array([cosine for c in kept for cosine in c.cosines])
        places = np.array([place for place, c in enumerate(kept) for _ in c.cosines])
        alone = [p.read(c.document.text) for p, c in looked_at]
        searched = NEAR * ((cosines - cosines.mean()) / max(float(cosines.std()), LEAST_SPREAD) - PLACE * places)
        subjects = [p.subject(c.document.text) for p, c in looked_at]
        common = feature_scores(question.worded, question.years, alone, texts, subjects)
        lifts = [LIFT * near.get((p.document_id, p.start), 0.0) for p, _ in looked_at]
        read = self._read(question, kept, texts, searched + common + np.array(lifts))
        found = [
            Hit(p, 0, rerank_score=model, retrieval_score=search, feature_score=features, match_score=lift)
            for (p, _), model, search, features, lift in zip(
                looked_at, read, searched.tolist(), common.tolist(), lifts, strict=True
            )
        ]
        order = sorted(range(len(found)), key=lambda n: -found[n].score)
        hits = [replace(found[n], rank=rank) for rank, n in enumerate(order, 1)]
        passage, around = looked_at[order[0]]
        hits[0] = replace(hits[0], answerability=self._judged(question, passage, texts[order[0]], around))
        return tuple(hits)

    def _cosines(self, chunk: Chunk, document: Document, vector: Vector) -> tuple[float, ...]:
        """Worked out anew, for a chunk that was replaced since it was found."""
        return tuple((self.embedder.passages(contextualised_texts(chunk, document)) @ vector).tolist())

    def _read(
        self, question: Query, kept: Sequence[Candidate], texts: Sequence[str], before: NDArray[np.float64]
    ) -> list[float]:
        """Score each text on the reranker's scale.

        Only the texts that the reranker can read and that score highest in `before` are read by it. The other readable
        texts get `UNREAD`. Texts that it cannot read are scored from their cosines.
        """
        scores: list[float] = []
        by_model: list[int] = []
        for c in kept:
            if c.common:
                scores += self.scale.logits(question, c.document.language, c.cosines, c.common).tolist()
            else:
                by_model += range(len(scores), len(scores) + len(c.cosines))
                scores += [UNREAD] * len(c.cosines)
        by_model = sorted(by_model, key=lambda n: -before[n])[:READ]
        read = self.reranker.scores(question.english, [texts[n] for n in by_model])
        for n, score in zip(by_model, read, strict=True):
            scores[n] = score
        return scores

    def _judged(self, question: Query, passage: Passage, text: str, around: Candidate) -> float | None:
        """Score how well the best passage and its chunk answer the question.

        Returns:
            The mean of the reranker's scores of both. For a list item it is the higher score, since an item alone may
                answer as well as the whole list. None if the reranker can read neither.
        """
        if around.common:
            return None
        chunk = around.chunk.embedded(around.document.text, around.document.title)
        judged = self.reranker.judged(question.english, [text, chunk])
        return max(judged) if passage.kind == "item" else statistics.fmean(judged)

    def evidence(self, hits: Sequence[Hit]) -> tuple[Evidence, ...]:
        """Return the evidence that an engine is shown, one entry a hit, in their order."""
        documents = {key: self.index.document(key) for key in {hit.passage.document_id for hit in hits}}
        return tuple(
            Evidence(f"S{hit.rank}", document, hit.passage, hit.passage.read(document.text))
            for hit in hits
            if (document := documents[hit.passage.document_id])
        )


def fuse(rankings: Sequence[Sequence[ChunkHit]]) -> list[tuple[ChunkHit, float]]:
    """Reciprocal rank fusion: the sum over rankings of 1 / (60 + rank), best first; ties keep the order of appearance."""
    scores: dict[int, float] = {}
    items: dict[int, ChunkHit] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, 1):
            scores[item.id] = scores.get(item.id, 0.0) + 1.0 / (FUSION_K + rank)
            items.setdefault(item.id, item)
    return sorted(((items[i], s) for i, s in scores.items()), key=lambda pair: -pair[1])


def merge(rankings: Sequence[Sequence[Hit]]) -> tuple[Hit, ...]:
    """Merge rankings by taking a hit from each in turn, best first.

    Each passage appears once, and the hits get new ranks.
    """
    found: dict[tuple[str, int], Hit] = {}
    for row in zip_longest(*rankings):
        for hit in row:
            if hit is not None:
                found.setdefault((hit.passage.document_id, hit.passage.start), hit)
    return tuple(replace(hit, rank=n) for n, hit in enumerate(found.values(), 1))
