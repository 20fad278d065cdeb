"""The questions that the reader is trained on, each with texts that answer it and texts that only look like it.

The texts are single passages or whole paragraphs, since the chain has it read both.

`evals/training/questions.jsonl` holds questions that were written for this on the documents of the tuning half,
`several.jsonl` those whose answer needs several sentences.

`visitors.jsonl` holds questions as visitors type them, with passages that were judged one by one. They were written by
someone who knew the titles and headings of the documents of the tuning half but not their texts, in conversations. The chain
was asked them; each of the twelve passages that it ranked best was then read and judged: it answers, it states a part of the
answer, or it does not. If that stayed open, or if it shows that the question takes something false for granted, the passage
is left out. A line names passages by document and by the SHA-256 of their text; the question is the one that the reader
read, a follow-up with its topic in brackets.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.cases import Line, read_lines
from ingest.documents import Document, contextualised_texts
from ingest.folders import document_files
from ingest.load import load
from ingest.models.load import Embedder
from ingest.split import split

FOLDER = Path(__file__).resolve().parent
TRAINING, SEVERAL, VISITORS = (FOLDER / f"{n}.jsonl" for n in ("questions", "several", "visitors"))
HARD_NEGATIVES = 2  # passages for each question that look most like an answer and are none
PARAGRAPH_POOL = 20  # paragraphs that look most like an answer; the first wrong one and a random other are negatives
PARAGRAPH_SHARE = 0.5  # of the questions, which come with paragraphs in place of passages
NEAR_PARAGRAPHS = 7  # paragraphs that look most like an answer: of their other passages,
NEAR_NEGATIVES = 3  # so many are drawn by chance
RANK_CONSTANT = 60  # of reciprocal rank fusion
TOP_JUDGED = 4  # wrong passages of a judged list that the chain ranked best
SAMPLED_JUDGED = 2  # and by chance of the rest


@dataclass(frozen=True, slots=True)
class Example:
    """A question with candidate texts, which are passages or paragraphs.

    Each of the texts at `answers` gives an answer or a part of it, the others do not. `answers` may be empty.
    """

    question: str
    texts: tuple[str, ...]
    answers: frozenset[int]


@dataclass(frozen=True, slots=True)
class ReadPassage:
    """A passage as it is quoted and as the reader reads it, and its paragraph as the reader reads that."""

    quote: str
    text: str
    paragraph: str


def lines_for(share: float = 1.0, seed: int = 0) -> list[Line]:
    """Return this share of the questions of `questions.jsonl` and of `several.jsonl`, drawn by chance."""
    rng = random.Random(seed)
    files = (read_lines(TRAINING), read_lines(SEVERAL))
    return [line for lines in files for line in rng.sample(lines, round(share * len(lines)))]


def own_examples(corpus: Path, embedder: Embedder, lines: Sequence[Line]) -> list[Example]:
    """Make an example of each line of our own set.

    Raises:
        ValueError: No passage of the document answers the question any more.
    """
    names = {line["document"] for line in lines if line["quotes"]}
    passages = [p for path in document_files(corpus) if path.name in names for p in _passages(load(path, corpus))]
    orders = _by_similarity([line["question"] for line in lines], [p.text for p in passages], embedder)
    examples = []
    for line, order in zip(lines, orders, strict=True):
        quoted = [p for p in passages if p.quote in line["quotes"]]
        # an item is read behind the sentence that introduces its list, which does not answer alone
        right = [p for p in quoted if not p.quote.endswith(":")] or quoted
        if line["kind"] == "answerable" and not right:
            raise ValueError(f"no passage of {line['document']} answers {line['question']!r} any more")
        answers, hard = (right, []) if line["kind"] == "answerable" else ([], right)
        similar = [passages[n] for n in order if passages[n].quote not in line["quotes"]]
        examples.append(_example(line["question"], answers, hard, similar))
    return examples


def judged_examples(docs: Path, lines: Sequence[Line]) -> list[Example]:
    """Make an example of each line, with passages from documents in the folder `docs`.

    Raises:
        ValueError: A document does not have a passage any more.
    """
    names = {name for line in lines for name, _ in [*line["right"], *line["wrong"]]}
    texts: dict[tuple[str, str], str] = {}
    for path in document_files(docs):
        if path.name in names:
            texts |= {(path.name, passage_hash(p.quote)): p.text for p in _passages(load(path, docs))}
    examples = []
    for line in lines:
        top, rest = line["wrong"][:TOP_JUDGED], line["wrong"][TOP_JUDGED:]
        sampled = random.Random(line["question"]).sample(rest, min(SAMPLED_JUDGED, len(rest)))
        keys = [(name, digest) for name, digest in [*line["right"], *top, *sampled]]
        if gone := [key for key in keys if key not in texts]:
            raise ValueError(f"{gone[0][0]} has no passage {gone[0][1]}, which {line['question']!r} is about")
        right = frozenset(range(len(line["right"])))
        examples.append(Example(line["question"], tuple(texts[key] for key in keys), right))
    return examples


def passage_hash(quote: str) -> str:
    """Return what `visitors.jsonl` names a passage by: the first 12 digits of its SHA-256."""
    return hashlib.sha256(quote.encode()).hexdigest()[:12]


def _example(
    question: str, answers: Sequence[ReadPassage], hard: Sequence[ReadPassage], similar: Sequence[ReadPassage]
) -> Example:
    """Make an example of a question with either passages or whole paragraphs.

    Args:
        question: The question, whose text seeds the random choices.
        answers: The passages that answer it.
        hard: The passages that look most like an answer and are none.
        similar: Other passages, the most similar first.
    """
    quotes = {p.quote for p in answers}
    # a sentence that points back is read behind the one before it, which may be the answer
    others = [p for p in dict.fromkeys([*hard, *similar]) if not any(quote in p.text for quote in quotes)]
    paragraphs = list(dict.fromkeys(p.paragraph for p in others))
    rng = random.Random(question)
    if rng.random() < PARAGRAPH_SHARE:
        right = list(dict.fromkeys(p.paragraph for p in answers))
        wrong = [text for text in paragraphs if not any(quote in text for quote in quotes)]
        wrong = wrong[:1] + rng.sample(wrong[1:PARAGRAPH_POOL], min(1, len(wrong[1:PARAGRAPH_POOL])))
    else:
        number = HARD_NEGATIVES + len(hard)
        near = [p.text for p in others[number:] if p.paragraph in paragraphs[:NEAR_PARAGRAPHS]]
        right = [p.text for p in answers]
        wrong = [p.text for p in others[:number]] + rng.sample(near, min(NEAR_NEGATIVES, len(near)))
    return Example(question, (*right, *wrong), frozenset(range(len(right))))


def _by_similarity(questions: Sequence[str], texts: Sequence[str], embedder: Embedder) -> NDArray[np.int64]:
    """Return the order of all texts for each question, most similar first: reciprocal ranks of meaning and of words."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]

    vectoriser = TfidfVectorizer(sublinear_tf=True, stop_words="english")
    words = vectoriser.fit_transform(texts)
    scores = (
        embedder.queries(questions) @ embedder.passages(texts).T,
        (vectoriser.transform(questions) @ words.T).toarray(),
    )
    by_meaning, by_words = (np.argsort(np.argsort(-column)) for column in scores)
    return np.argsort(-(1 / (RANK_CONSTANT + by_meaning) + 1 / (RANK_CONSTANT + by_words)))


def _passages(document: Document) -> Iterator[ReadPassage]:
    """Yield the passages of a document in order."""
    for chunk in split(document):
        paragraph = chunk.embedded(document.text, document.title)
        for passage, text in zip(chunk.passages, contextualised_texts(chunk, document), strict=True):
            yield ReadPassage(passage.read(document.text), text, paragraph)
