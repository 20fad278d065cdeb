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
from app.text.spans import content_stems, years_of
from ingest.database.catalogue import Vector
from ingest.documents import Chunk, Document, contextualised_texts
from ingest.index import ChunkHit, Index
from ingest.models.load import Embedder, Reranker

WEIGHTS = {
    "words": 1.5,  # all words of the question that any of the passages has
    "year": 1.2,  # a year that the question names
    "subject": 1.9,  # a row of a table whose first cell stands in the question
}
_HOW_MUCH = re.compile(
    r"\bhow (?:large|big|small|long|high|tall|far|deep|wide|old|fast|strong|common|close)\b", re.IGNORECASE
)
_BRACKETS = re.compile(r"\([^()]*\)|（[^（）]*）")
_BACKGROUND = tomllib.loads(resources.files(__package__).joinpath("background.toml").read_text(encoding="utf-8"))
BACKGROUND_QUESTIONS: Mapping[str, Sequence[str]] = _BACKGROUND["questions"]
BACKGROUND_TEXTS: Mapping[str, Sequence[str]] = _BACKGROUND["texts"]
UNREAD_LANGUAGES = frozenset(BACKGROUND_TEXTS) - {"en"}
"""Languages in which a reader of English can make nothing of a text."""
Numbers = NDArray[np.float64]
REGRESSIONS = {"same": (-7.01, 80.7, 7.2), "across": (-7.72, 96.7, -94.6), "others": (-8.01, 80.7, 7.2)}
"""Logistic regressions in logits of the reranker: a bias, and what the two measures of `CosineScale.measures` weigh. By
whether question and text are in one language, and whether that is Chinese (docs/decisions/044). In other languages foreign
questions come nearer by one logit (docs/decisions/050)."""
ANSWERS_CHINESE = (-1.4, 0.71, 4.64)
"""A logistic regression in logits of the reranker: whether a Chinese passage answers a Chinese question. A bias, what the
score of the passage weighs, and what the share of the question's words that its chunk has (docs/decisions/044)."""
POOL = 40  # chunks that each search brings
MAX_RERANKED = 40  # passages that the reranker reads: those that look best before
UNREAD_SCORE = -12.0  # what counts for the others, about as low as it scores any
COSINE_WEIGHT = 0.65  # logits for a standard deviation of similarity
RANK_PENALTY = 1 / 9  # standard deviations that a chunk's passages lose for each chunk that the searches found before it
MATCH_BOOST = 2.0  # logits that an answer of a known question gains which surely asks the same
Boosts = Mapping[tuple[str, int], float]
"""The probability that a known question which a passage answers first asks the same, by the passage's document and start."""
NO_BOOSTS: Boosts = {}


def feature_scores(
    question: str, years: Sequence[str], passages: Sequence[str], in_place: Sequence[str], subjects: Sequence[str]
) -> NDArray[np.float64]:
    """Return what each passage has of the question, in logits, 0 for nothing; see `passage_features`."""
    return np.asarray(passage_features(question, years, passages, in_place, subjects) @ np.array(list(WEIGHTS.values())))


def passage_features(
    question: str, years: Sequence[str], passages: Sequence[str], in_place: Sequence[str], subjects: Sequence[str]
) -> NDArray[np.float64]:
    """Return one row a passage, one column a weight, each 0 to 1.

    `years` are those that the question names; `passages` as they read alone, `in_place` behind their title and heading;
    `subjects` are the first cells of rows of a table, '' for other passages.
    """
    years_named = set(years)
    question_stems = content_stems(_HOW_MUCH.sub(" ", question))  # "how large" asks for a figure, not for "the largest"
    shares = _word_shares(question_stems, [content_stems(text) for text in in_place])
    rows = [
        (share, not years_named.isdisjoint(years_of(text)), _subject_overlap(subject, question_stems))
        for share, text, subject in zip(shares, passages, subjects, strict=True)
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, len(WEIGHTS))


def _subject_overlap(subject: str, question_stems: set[str]) -> float:
    """Return the share of a subject's words that the question has.

    Words in brackets do not count.
    """
    stems = content_stems(_BRACKETS.sub(" ", subject))
    return len(stems & question_stems) / len(stems) if stems else 0.0


def _word_shares(stems: set[str], texts: Sequence[set[str]]) -> list[float]:
    """Return the weighted share of the wanted words that each text has.

    Only words that at least one of the texts has count. A word that n of N texts have weighs log((N + 1) / (n + 1/2)).
    """
    frequency = Counter(word for text in texts for word in text & stems)
    weights = {word: math.log((len(texts) + 1) / (number + 0.5)) for word, number in frequency.items()}
    total = sum(weights.values())
    return [sum(weights[word] for word in text & stems) / total if total else 0.0 for text in texts]


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


class CosineScale:
    """Reads cosines of one embedding model. Safe to share between threads.

    The mean vector of texts, or of questions, about anything is made when it is first asked for (half a second).
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._means: dict[tuple[bool, str], Vector] = {}
        self._lock = threading.Lock()

    def mean_question(self, question: Query) -> Vector:
        """Return the usual vector of a question in this language."""
        return self._mean(question.tongue, asks=True)

    def _mean(self, language: str, asks: bool) -> Vector:
        """Return the mean of texts in a language, of questions if it `asks`; the English one for an unknown language."""
        background = BACKGROUND_QUESTIONS if asks else BACKGROUND_TEXTS
        embed = self._embedder.queries if asks else self._embedder.passages
        language = language if language in background else "en"
        with self._lock:
            if (asks, language) not in self._means:
                self._means[asks, language] = embed(list(background[language])).mean(axis=0)
            return self._means[asks, language]

    def measures(self, question: Query, language: str, cosines: Sequence[float], common: Sequence[float]) -> Numbers:
        """Measure how near passages are to the question, and to questions in general.

        Args:
            question: The question.
            language: The language of the passages.
            cosines: The cosine of each passage to the question.
            common: The cosine of each passage to `mean_question`, the mean vector of questions.

        Returns:
            A row for each passage: its cosine to the question and its cosine to questions in general, each less the
                cosine that texts about anything have.
        """
        mean_text = self._mean(language[:2], asks=False)
        vector = self._embedder.queries([question.searched])[0]
        usual = float(self.mean_question(question) @ mean_text)
        return np.column_stack([np.array(cosines) - float(vector @ mean_text), np.array(common) - usual])

    def logits(self, question: Query, language: str, cosines: Sequence[float], common: Sequence[float]) -> Numbers:
        """Above 0 a passage answers rather than not."""
        bias, *weights = REGRESSIONS[language_pair(question.tongue, language)]
        return np.asarray(bias + self.measures(question, language, cosines, common) @ np.array(weights))


def language_pair(question: str, text: str) -> str:
    """Choose the line that serves a question and a text in these languages."""
    if question != text[:2]:
        return "across"
    return "same" if question == "zh" else "others"


# --- the retriever


@dataclass(frozen=True, slots=True)
class ChunkCandidate:
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

    def search(self, question: Query) -> tuple[ChunkCandidate, ...]:
        """Search with vectors and words, and return the best chunks of the fused rankings, best first.

        A Chinese question is also searched for in English. At most `candidates` chunks come back, and none for a text
        that asks nothing.
        """
        if not question.asks:
            return ()
        self.index.open(self.embedder)
        texts = [question.searched]
        if question.is_chinese and question.english:
            texts.append(question.english)
        vectors = [self.embedder.queries([text])[0] for text in texts]
        rankings = []
        for text, vector in zip(texts, vectors, strict=True):
            rankings.append(self.index.dense(vector, POOL, question.within))
            rankings.append(self.index.words(text, POOL, question.within))
        return self._with_cosines(question, fuse(rankings)[: self.candidates], vectors[0])

    def hits(self, question: Query) -> tuple[Hit, ...]:
        """Search for a question and rank the passages that were found, best first."""
        return self.rank(question, self.search(question))

    def _with_cosines(self, question: Query, results: Sequence[ChunkHit], vector: Vector) -> tuple[ChunkCandidate, ...]:
        documents = {key: self.index.document(key) for key in {item.chunk.document_id for item in results}}
        unread = {k for k, d in documents.items() if d and not (question.english and d.language[:2] not in UNREAD_LANGUAGES)}
        mean_question = self.scale.mean_question(question) if unread else vector
        cosines = self.index.cosines([item.id for item in results], vector)
        unread_ids = [item.id for item in results if item.chunk.document_id in unread]
        mean_cosines = self.index.cosines(unread_ids, mean_question) if unread else {}
        candidates = []
        for item in results:
            if (document := documents[item.chunk.document_id]) is not None:
                own = cosines.get(item.id) or self._cosines(item.chunk, document, vector)
                common: tuple[float, ...] = ()
                if document.id in unread:
                    common = mean_cosines.get(item.id) or self._cosines(item.chunk, document, mean_question)
                candidates.append(ChunkCandidate(item.chunk, document, own, common))
        return tuple(candidates)

    def rank(
        self, question: Query, candidates: Sequence[ChunkCandidate], part_count: int = 1, boosts: Boosts = NO_BOOSTS
    ) -> tuple[Hit, ...]:
        """Rank the passages of the best candidates, best first.

        The reranker reads the passages that the searches ranked highest and that have most in common with the question.
        It knows English only: it reads a Chinese question in a word-for-word translation. Chinese texts are left to the
        embedding model, whose cosines are converted to the reranker's scale.

        Args:
            question: The query.
            candidates: The chunks that the searches found, best first.
            part_count: The number of parts of the question, of which this query is one; with several, fewer chunks are
                ranked, ten or more.
            boosts: Passages that answer a known question which may ask the same; they rank higher.

        Returns:
            A hit for each passage; () if there are no candidates. The first hit has its `answerability`.
        """
        chosen = candidates[: self.candidates if part_count == 1 else max(self.candidates // part_count, 10)]
        if not chosen:
            return ()
        passages = [(p, c) for c in chosen for p in c.chunk.passages]
        texts = [text for c in chosen for text in contextualised_texts(c.chunk, c.document)]
        cosines = np.array([cosine for c in chosen for cosine in c.cosines])
        places = np.array([place for place, c in enumerate(chosen) for _ in c.cosines])
        texts_alone = [p.read(c.document.text) for p, c in passages]
        spread = max(float(cosines.std()), 0.005)  # those of a few sentences that say the same differ by chance
        retrieval = COSINE_WEIGHT * ((cosines - cosines.mean()) / spread - RANK_PENALTY * places)
        subjects = [p.subject(c.document.text) for p, c in passages]
        features = feature_scores(question.search_words, question.years, texts_alone, texts, subjects)
        match = [MATCH_BOOST * boosts.get((p.document_id, p.start), 0.0) for p, _ in passages]
        rerank = self._rerank(question, chosen, texts, retrieval + features + np.array(match))
        hits = [
            Hit(p, 0, rerank_score=read, retrieval_score=search, feature_score=shared, match_score=boost)
            for (p, _), read, search, shared, boost in zip(
                passages, rerank, retrieval.tolist(), features.tolist(), match, strict=True
            )
        ]
        order = sorted(range(len(hits)), key=lambda n: -hits[n].score)
        hits = [replace(hits[n], rank=rank) for rank, n in enumerate(order, 1)]
        candidate = passages[order[0]][1]
        hits[0] = replace(hits[0], answerability=self._answerability(question, hits[0], texts[order[0]], candidate))
        return tuple(hits)

    def _cosines(self, chunk: Chunk, document: Document, vector: Vector) -> tuple[float, ...]:
        """Compute the cosines of a chunk that was replaced since it was found."""
        return tuple((self.embedder.passages(contextualised_texts(chunk, document)) @ vector).tolist())

    def _rerank(
        self, question: Query, candidates: Sequence[ChunkCandidate], texts: Sequence[str], priority: NDArray[np.float64]
    ) -> list[float]:
        """Score each text on the reranker's scale.

        Only the texts that the reranker can read and that score highest in `priority` are read by it. The other readable
        texts get `UNREAD_SCORE`. Texts that it cannot read are scored from their cosines.
        """
        scores: list[float] = []
        readable: list[int] = []
        for c in candidates:
            if c.common:
                scores += self.scale.logits(question, c.document.language, c.cosines, c.common).tolist()
            else:
                readable += range(len(scores), len(scores) + len(c.cosines))
                scores += [UNREAD_SCORE] * len(c.cosines)
        readable = sorted(readable, key=lambda n: -priority[n])[:MAX_RERANKED]
        model_scores = self.reranker.scores(question.english, [texts[n] for n in readable])
        for n, score in zip(readable, model_scores, strict=True):
            scores[n] = score
        return scores

    def _answerability(self, question: Query, hit: Hit, text: str, candidate: ChunkCandidate) -> float | None:
        """Score how well the best passage and its chunk answer the question.

        Returns:
            The mean of the reranker's scores of both. For a list item it is the higher score, since an item alone may
                answer as well as the whole list. For Chinese, which it cannot read, the score of the passage and the
                words of the question that its chunk has; None for other languages.
        """
        chunk, document = candidate.chunk, candidate.document
        if not candidate.common:
            scores = self.reranker.judged(question.english, [text, chunk.embedded(document.text, document.title)])
            return max(scores) if hit.passage.kind == "item" else statistics.fmean(scores)
        if language_pair(question.tongue, document.language) != "same":
            return None
        bias, nearness, words = ANSWERS_CHINESE
        stems = content_stems(question.searched)
        share = len(stems & content_stems(chunk.read(document.text))) / max(len(stems), 1)
        return bias + nearness * hit.rerank_score + words * share

    def evidence(self, hits: Sequence[Hit]) -> tuple[Evidence, ...]:
        """Return the evidence that an engine is shown, one entry a hit, in their order."""
        documents = {key: self.index.document(key) for key in {hit.passage.document_id for hit in hits}}
        return tuple(
            Evidence(f"S{hit.rank}", document, hit.passage, hit.passage.read(document.text))
            for hit in hits
            if (document := documents[hit.passage.document_id])
        )


def fuse(rankings: Sequence[Sequence[ChunkHit]]) -> list[ChunkHit]:
    """Fuse rankings by reciprocal rank, best first; ties keep the order of appearance.

    The score of a chunk is the sum over rankings of 1 / (60 + rank).
    """
    scores: dict[int, float] = {}
    items: dict[int, ChunkHit] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, 1):
            scores[item.id] = scores.get(item.id, 0.0) + 1.0 / (60 + rank)
            items.setdefault(item.id, item)
    return [items[i] for i in sorted(scores, key=lambda i: -scores[i])]


def merge(rankings: Sequence[Sequence[Hit]]) -> tuple[Hit, ...]:
    """Merge rankings by taking a hit from each in turn, best first.

    Each passage appears once, and the hits get new ranks.
    """
    hits: dict[tuple[str, int], Hit] = {}
    for tier in zip_longest(*rankings):
        for hit in tier:
            if hit is not None:
                hits.setdefault((hit.passage.document_id, hit.passage.start), hit)
    return tuple(replace(hit, rank=n) for n, hit in enumerate(hits.values(), 1))
