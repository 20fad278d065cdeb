"""What the reader is trained on: questions, each with texts that answer it and texts that look like it and do not. The
texts are single passages or whole paragraphs, since the chain has it read both.

`evals/training/questions.jsonl` holds our own, written for this on the documents of the tuning half; `heldout.jsonl` those
on documents of the reported half, never trained on; `public.jsonl` ours on documents of public sets that no question of
their reported halves is about. It names sentences by the SHA-256 of their text, which stays in the sets. `several.jsonl`
holds those on both whose answer needs several sentences. Each set is also asked questions that were written for others.
A folder in the form of `eval run FOLDER` may be added: of its own questions those of the half `tune` are taken.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.query.translate import gloss
from evals.cases import Case, read_cases
from evals.folder import same_sentence
from evals.matching import holds
from ingest.documents import Chunk, Document
from ingest.folders import document_files
from ingest.load import load
from ingest.models.load import Embedder
from ingest.reading import contextualised_texts
from ingest.split import split

FOLDER = Path(__file__).resolve().parent
TRAINING, HELD_OUT, PUBLIC, SEVERAL = (FOLDER / f"{n}.jsonl" for n in ("questions", "heldout", "public", "several"))
WRONG = 2  # passages for each question that look most like an answer and are none
BESIDE = 3  # and by chance of those that stand in the paragraphs of such passages
OPENED = 7  # of the paragraphs that hold what looks most like an answer
READ = 20  # paragraphs that look most like an answer: the first wrong one of them and one by chance are wrong ones to read
WHOLE = 0.5  # of the questions, which come with paragraphs in place of passages
STRANGE = 500  # questions written for other sets that each set is asked
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """A question with candidate texts, passages or paragraphs; those at `answers` each give an answer or a part of it, the
    others do not. None may."""

    question: str
    texts: tuple[str, ...]
    answers: frozenset[int]


@dataclass(frozen=True, slots=True)
class PassageIndex:
    """The passages of some documents: as they are quoted, as the reader reads them, by document, by number of the paragraph,
    and embedded. `whole` holds the paragraphs as the reader reads them.
    """

    quotes: tuple[str, ...]
    texts: tuple[str, ...]
    documents: tuple[str, ...]
    paragraphs: tuple[int, ...]
    whole: tuple[str, ...]
    vectors: NDArray[np.float32]
    words: Any  # a tf-idf matrix
    vectoriser: Any


def read_lines(file: Path) -> list[Line]:
    """One of the four files -> its questions, in order."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def lines_for(name: str = "", share: float = 1.0, seed: int = 0) -> list[Line]:
    """The name of a set -> the questions of ours that are put to it, our own for '': this `share` of those that were written
    for it and of some that were written for other sets."""
    draw = random.Random(seed)
    single, several = [*read_lines(TRAINING), *read_lines(PUBLIC)], read_lines(SEVERAL)
    own, other = ([line for line in single if (line.get("set", "") == name) is here] for here in (True, False))
    strange = [
        {"set": name, "kind": "strange", "question": line["question"], "quotes": [], "sentences": []}
        for line in draw.sample(other, round(share * STRANGE))
    ]
    together = [line for line in several if line.get("set", "") == name]
    return draw.sample(own, round(share * len(own))) + draw.sample(together, round(share * len(together))) + strange


def own_examples(corpus: Path, embedder: Embedder, lines: Sequence[Line]) -> list[Example]:
    """Lines of our own set -> an example for each."""
    names = {line["document"] for line in lines if line["quotes"]}
    index = _passage_index([load(p, corpus) for p in document_files(corpus) if p.name in names], embedder)
    queries = embedder.queries([line["question"] for line in lines])
    found = []
    for line, query in zip(lines, queries, strict=True):
        named = [n for n, quote in enumerate(index.quotes) if quote in line["quotes"]]
        # an item is read behind the sentence that introduces its list, which does not answer alone
        right = [n for n in named if not index.quotes[n].endswith(":")] or named
        if line["kind"] == "answerable" and not right:
            raise ValueError(f"no passage of {line['document']} answers {line['question']!r} any more")
        found.append(_of_line(line, query, named, right, index))
    return found


def folder_examples(folder: Path, embedder: Embedder) -> list[Example]:
    """A folder -> an example for each question of its half `tune` that names the document that it is about."""
    cases = [c for c in read_cases(folder / "questions.jsonl") if c.split == "tune"]
    groups = {c.group for c in cases}
    docs = folder / "docs"
    index = _passage_index([load(p, docs) for p in document_files(docs) if p.stem in groups], embedder)
    queries = embedder.queries([c.question for c in cases])
    return list(filter(None, (_of_case(c, q, index) for c, q in zip(cases, queries, strict=True))))


def written_examples(folder: Path, embedder: Embedder, lines: Sequence[Line]) -> list[Example]:
    """Lines of ours on a folder's documents -> an example for each, and behind them one more for each with an answer that
    stands there in Chinese too, word for word in English as the program reads it."""
    names, docs = {line["document"] for line in lines if line["sentences"]}, folder / "docs"
    index = _passage_index([_titled(load(p, docs)) for p in document_files(docs) if p.stem in names], embedder)
    places: dict[tuple[str, str], list[int]] = {}
    for n, (document, quote) in enumerate(zip(index.documents, index.quotes, strict=True)):
        places.setdefault((document, mark_of(quote)), []).append(n)
    found, chinese = [], []
    for line, query in zip(lines, embedder.queries([line["question"] for line in lines]), strict=True):
        marks = [(line["document"], mark) for mark in line["sentences"]]
        if missing := [mark for mark in marks if mark not in places]:
            document, mark = missing[0]
            raise ValueError(f"{folder.name}/{document} has no sentence {mark}, which {line['question']!r} is about")
        named = [n for mark in marks for n in places[mark]]
        found.append(_of_line(line, query, named, named, index))
        if found[-1].answers and (word_for_word := gloss(line.get("chinese", ""), {})):
            chinese.append(replace(found[-1], question=word_for_word))
    return found + chinese


def _of_line(
    line: Line, query: NDArray[np.float32], named: Sequence[int], right: Sequence[int], index: PassageIndex
) -> Example:
    """A question of ours. It names the passages `named`; `right` are those that answer it or look most like it."""
    answers = right if line["kind"] == "answerable" else []
    like = [n for n in _like(line["question"], query, index) if n not in named]
    return _example(line["question"], answers, [] if answers else right, like, index)


def mark_of(quote: str) -> str:
    """A quote -> what `public.jsonl` calls a sentence by."""
    return hashlib.sha256(quote.encode()).hexdigest()[:12]


def _titled(document: Document) -> Document:
    """With a title of words: in these sets the name of a file is a number, and its first line says what it is about."""
    if document.markdown:
        return replace(document, title="Report")
    first = next((line.strip() for line in document.text.split("\n") if line.strip()), "")
    short = len(first) < 80 and not first.endswith(".")
    return replace(document, title=first if short else first[:60].rsplit(" ", 1)[0])


def _of_case(case: Case, query: NDArray[np.float32], index: PassageIndex) -> Example | None:
    own = {n for n, d in enumerate(index.documents) if d == case.group}
    answers = [n for n in own if any(same_sentence(index.quotes[n], g.quote) for g in case.evidence)]
    if case.answerable and not answers:
        return None
    doubtful = {
        n for n in own - set(answers) for group in case.answer_groups if any(holds(index.quotes[n], a) for a in group)
    }
    like = [n for n in _like(case.question, query, index) if n in own - doubtful]
    return _example(case.question, answers, [], like, index, {index.paragraphs[n] for n in doubtful})


def _example(
    question: str,
    answers: Sequence[int],
    near: Sequence[int],
    like: Sequence[int],
    index: PassageIndex,
    doubtful: AbstractSet[int] = frozenset(),
) -> Example:
    """A question with passages or with paragraphs, drawn by its words. Of these none is `doubtful`."""
    right = {index.quotes[n] for n in answers}
    # a sentence that points back is read behind the one before it, which may be the answer
    others = [n for n in dict.fromkeys([*near, *like]) if not any(quote in index.texts[n] for quote in right)]
    opened = list(dict.fromkeys(index.paragraphs[n] for n in others))
    draw = random.Random(question)
    if draw.random() < WHOLE:
        answering = list(dict.fromkeys(index.paragraphs[n] for n in answers))
        wrong = [n for n in opened if n not in doubtful and not any(quote in index.whole[n] for quote in right)]
        wrong = wrong[:1] + draw.sample(wrong[1:READ], min(1, len(wrong[1:READ])))
        return Example(question, tuple(index.whole[n] for n in [*answering, *wrong]), frozenset(range(len(answering))))
    alike, rest = others[: WRONG + len(near)], others[WRONG + len(near) :]
    beside = [n for n in rest if index.paragraphs[n] in opened[:OPENED]]
    beside = draw.sample(beside, min(BESIDE, len(beside)))
    texts = tuple(index.texts[n] for n in [*answers, *alike, *beside])
    return Example(question, texts, frozenset(range(len(answers))))


def _like(question: str, query: NDArray[np.float32], index: PassageIndex) -> list[int]:
    """All passages, those that look most like the question first: reciprocal ranks of meaning and of words."""
    by_meaning = np.argsort(np.argsort(-(index.vectors @ query)))
    by_words = np.argsort(np.argsort(-(index.words @ index.vectoriser.transform([question]).T).toarray()[:, 0]))
    return [int(n) for n in np.argsort(-(1 / (60 + by_meaning) + 1 / (60 + by_words)))]


def _passage_index(documents: Sequence[Document], embedder: Embedder) -> PassageIndex:
    from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]

    chunks = [(document, chunk) for document in documents for chunk in split(document)]
    quotes, texts, names, paragraphs = zip(*rows(chunks), strict=True)
    whole = tuple(chunk.embedded(document.text, document.title) for document, chunk in chunks)
    vectoriser = TfidfVectorizer(sublinear_tf=True, stop_words="english")
    words = vectoriser.fit_transform(texts)
    return PassageIndex(quotes, texts, names, paragraphs, whole, embedder.passages(texts), words, vectoriser)


def rows(chunks: Iterable[tuple[Document, Chunk]]) -> Iterator[tuple[str, str, str, int]]:
    """Chunks -> each passage: its quote, the text that the reader reads, its document's file name without suffix, the number
    of its chunk, from 0."""
    for number, (document, chunk) in enumerate(chunks):
        for passage, text in zip(chunk.passages, contextualised_texts(chunk, document), strict=True):
            yield passage.read(document.text), text, Path(document.origin).stem, number
