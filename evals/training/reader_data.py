"""The questions that the reader is trained on, each with texts that answer it and texts that only look like it.

The texts are single passages or whole paragraphs, since the chain has it read both.

`evals/training/questions.jsonl` holds questions that were written for this on the documents of the tuning half,
`several.jsonl` those whose answer needs several sentences; `heldout.jsonl` those on documents of the reported half, never
trained on.

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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.cases import Line, read_lines
from ingest.documents import Chunk, Document, contextualised_texts
from ingest.folders import document_files
from ingest.load import load
from ingest.models.load import Embedder
from ingest.split import split

FOLDER = Path(__file__).resolve().parent
TRAINING, HELD_OUT, SEVERAL, VISITORS = (FOLDER / f"{n}.jsonl" for n in ("questions", "heldout", "several", "visitors"))
HARD_NEGATIVES = 2  # passages for each question that look most like an answer and are none
PARAGRAPH_POOL = 20  # paragraphs that look most like an answer; the first wrong one and a random other are negatives
PARAGRAPH_SHARE = 0.5  # of the questions, which come with paragraphs in place of passages
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
class PassageIndex:
    """The passages of some documents.

    Attributes:
        quotes: The passages as they are quoted.
        texts: The passages as the reader reads them.
        paragraphs: The number of each passage's paragraph.
        whole: The paragraphs as the reader reads them.
        vectors: The embeddings of `texts`.
        words: The tf-idf matrix of `texts`.
        vectoriser: The transformer that made `words`.
    """

    quotes: tuple[str, ...]
    texts: tuple[str, ...]
    paragraphs: tuple[int, ...]
    whole: tuple[str, ...]
    vectors: NDArray[np.float32]
    words: Any  # a tf-idf matrix
    vectoriser: Any


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
    index = _passage_index([load(p, corpus) for p in document_files(corpus) if p.name in names], embedder)
    queries = embedder.queries([line["question"] for line in lines])
    examples = []
    for line, query in zip(lines, queries, strict=True):
        quoted = [n for n, quote in enumerate(index.quotes) if quote in line["quotes"]]
        # an item is read behind the sentence that introduces its list, which does not answer alone
        right = [n for n in quoted if not index.quotes[n].endswith(":")] or quoted
        if line["kind"] == "answerable" and not right:
            raise ValueError(f"no passage of {line['document']} answers {line['question']!r} any more")
        answers = right if line["kind"] == "answerable" else []
        similar = [n for n in _by_similarity(line["question"], query, index) if n not in quoted]
        examples.append(_example(line["question"], answers, [] if answers else right, similar, index))
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
            document = load(path, docs)
            passages = _passage_texts((document, chunk) for chunk in split(document))
            texts |= {(path.name, passage_hash(quote)): text for quote, text, _ in passages}
    return [_judged(line, texts) for line in lines]


def _judged(line: Line, texts: dict[tuple[str, str], str]) -> Example:
    rng = random.Random(line["question"])
    top, rest = line["wrong"][:TOP_JUDGED], line["wrong"][TOP_JUDGED:]
    wrong = top + rng.sample(rest, min(SAMPLED_JUDGED, len(rest)))
    passages = []
    for name, digest in [*line["right"], *wrong]:
        if (name, digest) not in texts:
            raise ValueError(f"{name} has no passage {digest}, which {line['question']!r} is about")
        passages.append(texts[name, digest])
    return Example(line["question"], tuple(passages), frozenset(range(len(line["right"]))))


def passage_hash(quote: str) -> str:
    """Return what `visitors.jsonl` names a passage by: the first 12 digits of its SHA-256."""
    return hashlib.sha256(quote.encode()).hexdigest()[:12]


def _example(
    question: str,
    answers: Sequence[int],
    hard: Sequence[int],
    similar: Sequence[int],
    index: PassageIndex,
) -> Example:
    """Make an example of a question with either passages or whole paragraphs.

    Args:
        question: The question, whose text seeds the random choices.
        answers: The numbers of the passages that answer it.
        hard: The numbers of the passages that look most like an answer and are none.
        similar: The numbers of other passages, the most similar first.
        index: The passages.
    """
    right = {index.quotes[n] for n in answers}
    # a sentence that points back is read behind the one before it, which may be the answer
    others = [n for n in dict.fromkeys([*hard, *similar]) if not any(quote in index.texts[n] for quote in right)]
    paragraphs = list(dict.fromkeys(index.paragraphs[n] for n in others))
    rng = random.Random(question)
    if rng.random() < PARAGRAPH_SHARE:
        right_paragraphs = list(dict.fromkeys(index.paragraphs[n] for n in answers))
        wrong = [n for n in paragraphs if not any(quote in index.whole[n] for quote in right)]
        wrong = wrong[:1] + rng.sample(wrong[1:PARAGRAPH_POOL], min(1, len(wrong[1:PARAGRAPH_POOL])))
        texts = tuple(index.whole[n] for n in [*right_paragraphs, *wrong])
        return Example(question, texts, frozenset(range(len(right_paragraphs))))
    negatives, remaining = others[: HARD_NEGATIVES + len(hard)], others[HARD_NEGATIVES + len(hard) :]
    # also three by chance from the seven paragraphs that look most like an answer
    sampled = [n for n in remaining if index.paragraphs[n] in paragraphs[:7]]
    sampled = rng.sample(sampled, min(3, len(sampled)))
    texts = tuple(index.texts[n] for n in [*answers, *negatives, *sampled])
    return Example(question, texts, frozenset(range(len(answers))))


def _by_similarity(question: str, query: NDArray[np.float32], index: PassageIndex) -> list[int]:
    """All passages, those that look most like the question first: reciprocal ranks of meaning and of words."""
    by_meaning = np.argsort(np.argsort(-(index.vectors @ query)))
    by_words = np.argsort(np.argsort(-(index.words @ index.vectoriser.transform([question]).T).toarray()[:, 0]))
    return [int(n) for n in np.argsort(-(1 / (60 + by_meaning) + 1 / (60 + by_words)))]


def _passage_index(documents: Sequence[Document], embedder: Embedder) -> PassageIndex:
    from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]

    chunks = [(document, chunk) for document in documents for chunk in split(document)]
    quotes, texts, paragraphs = zip(*_passage_texts(chunks), strict=True)
    whole = tuple(chunk.embedded(document.text, document.title) for document, chunk in chunks)
    vectoriser = TfidfVectorizer(sublinear_tf=True, stop_words="english")
    words = vectoriser.fit_transform(texts)
    return PassageIndex(quotes, texts, paragraphs, whole, embedder.passages(texts), words, vectoriser)


def _passage_texts(chunks: Iterable[tuple[Document, Chunk]]) -> Iterator[tuple[str, str, int]]:
    """Yield the quote of each passage, the text that the reader reads, and its chunk's number, from 0."""
    for number, (document, chunk) in enumerate(chunks):
        for passage, text in zip(chunk.passages, contextualised_texts(chunk, document), strict=True):
            yield passage.read(document.text), text, number
