"""Is every statement of the corpus keyed to a source that a reader can look up, and can each be quoted alone?

What a reader of the corpus may rely on, and what `corpus check` therefore refuses. A user's own folder needs none of
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.beside import FOLDER as QUESTIONS
from ingest.bundles import BUNDLES, E5
from ingest.e5 import HIDDEN as DIMENSION
from ingest.errors import CorpusError, DateError, LoadError
from ingest.folders import document_files
from ingest.form import Problem, check_front_matter, read_front_matter
from ingest.load import load, split_front_matter
from ingest.loaders.text import read_utf8
from ingest.questions import Held, contradictions, passage_of, read_questions
from ingest.rules import BETWEEN, IN_ONE, Digest, order_of, words
from ingest.shipped import FOLDER as VECTORS
from ingest.shipped import outdated
from ingest.split import split
from ingest.thesaurus import WORDS, read_thesaurus

CORPUS_WORDS = (14_000, 30_000)
MEND = "Write it as the documents do, or remove it."


@dataclass(frozen=True, slots=True)
class Row:
    """What one document holds; `official` counts the passages that rest on at least one official source."""

    name: str
    words: int
    passages: int
    sources: int
    official: int

    @property
    def share(self) -> float:
        """Share of the passages that rest on an official source."""
        return self.official / self.passages if self.passages else 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """What is wrong, what is worth knowing, and a row for each document."""

    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Row

    def table(self) -> str:
        """The rows and their total as a Markdown table."""
        lines = [
            f"| {r.name} | {r.words:,} | {r.passages:,} | {r.sources:,} | {r.share:.0%} |" for r in [*self.rows, self.total]
        ]
        head = "| Document | Words | Sentences, items, rows | Sources | On an official text |\n|---|--:|--:|--:|--:|"
        return "\n".join([head, *lines])


def check(folder: Path) -> Report:
    """A corpus folder -> what is wrong with each document and between them.

    Raises:
        CorpusError: the folder is missing, empty or unreadable.
    """
    problems: list[Problem] = []
    digests: list[Digest] = []
    for path in document_files(folder):
        found, digest = _read(path, folder)
        problems += found
        if digest is not None:
            digests.append(digest)
            # Without sources the ids stay in the text and every sentence would be a problem of its own.
            if digest.document.sources:
                problems += [p for test in IN_ONE for p in test(digest)]
    problems += [p for between in BETWEEN for p in between(digests)] + _check_words(folder, digests)
    of_questions, unasked = _check_questions(folder, digests)
    problems += of_questions
    rows = tuple(_row(d) for d in sorted(digests, key=order_of))
    distinct = {s.url or (s.title, s.publisher, s.where) for d in digests for s in d.document.sources}
    sums = (sum(r.words for r in rows), sum(r.passages for r in rows), len(distinct), sum(r.official for r in rows))
    total = Row(f"All {len(rows)}", *sums)
    low, high = CORPUS_WORDS
    note = f"The corpus has {total.words:,} words; {low:,} to {high:,} are meant."
    ordered = tuple(sorted(problems, key=lambda p: (p.file, p.line)))
    notes = [*([] if low <= total.words <= high else [note]), *([unasked] if unasked else [])]
    return Report(ordered, tuple(notes), rows, total)


def _check_words(folder: Path, digests: Sequence[Digest]) -> list[Problem]:
    """Words of `_words.yaml` that no document has; nothing is found by those."""
    try:
        terms = list(read_thesaurus(folder).words)
    except CorpusError as error:
        return [Problem(WORDS, 1, str(error), error.next_step)]
    texts = "\n".join(d.document.text for d in digests)
    lines = (folder / WORDS).read_text(encoding="utf-8").split("\n") if terms else []
    return [
        Problem(
            WORDS, next((n for n, line in enumerate(lines, 1) if term in line), 1), f"`{term}` stands in no document.", MEND
        )
        for term in terms
        if term not in texts
    ]


def _check_questions(folder: Path, digests: Sequence[Digest]) -> tuple[list[Problem], str]:
    """Known questions whose answers stand in no document, wordings with two meanings, vectors of other texts; and which
    passages no question leads to, in a sentence, where there are questions at all."""
    try:
        questions = read_questions(folder)
    except CorpusError as error:
        return [Problem(QUESTIONS, 1, str(error), error.next_step)], ""
    held = {d.file: Held(d.file, d.document, d.passages) for d in digests}
    file = f"{QUESTIONS}/{{}}.yaml"
    problems = [
        Problem(file.format(q.origin), 1, f"“{q.question}”: {quote.file} does not hold “{quote.text[:60]}”.", MEND)
        for q in questions
        for quote in q.quotes
        if passage_of(quote, held) is None
    ]
    for wording, one, other in contradictions(questions):
        said = f"“{wording}” stands under “{one.question}” and “{other.question}”, which are answered otherwise."
        problems.append(Problem(file.format(other.origin), 1, said, "Leave it under one of them."))
    problems += [
        Problem(
            file.format(q.origin), 1, f"“{q.question}” has no `gap_zh`.", "Say in Chinese what is not held, as others do."
        )
        for q in questions
        if q.gap and not q.gap_zh and any(other.gap_zh for other in questions)
    ]
    embedder = BUNDLES[E5]
    for stem in outdated(folder, embedder.fingerprint(E5), DIMENSION):
        said = f"The vectors of {stem} are not those of its texts."
        problems.append(Problem(f"{VECTORS}/{stem}.bin", 1, said, "Run `ask-the-plan corpus vectors`."))
    led = {(q.file, q.text) for k in questions if not k.gap for q in k.quotes}
    alone = sum((h.file, p.quote(h.document.text)) not in led for h in held.values() for p in h.passages)
    return problems, f"No known question leads to {alone:,} passages." if questions and alone else ""


def _row(digest: Digest) -> Row:
    official = {s.id for s in digest.document.sources if s.official}
    resting = sum(not official.isdisjoint(p.sources) for p in digest.passages)
    return Row(digest.file, words(digest.document.text), len(digest.passages), len(digest.document.sources), resting)


def _read(path: Path, folder: Path) -> tuple[list[Problem], Digest | None]:
    file = path.relative_to(folder).as_posix()
    try:
        text = read_utf8(path)
        front, problems = read_front_matter(text, file)
        if problems and not front.children:
            return problems, None
        problems += check_front_matter(front, file)
        document = load(path, folder)
    except DateError as error:  # the rules of the form name the line, where they see it
        return problems or [Problem(file, 1, f"The front matter has a wrong date: {error}", "Mend it.")], None
    except LoadError as error:
        return [Problem(file, 1, str(error), error.next_step)], None
    passages = tuple(p for chunk in split(document) for p in chunk.passages)
    body = split_front_matter(text, path)[1]
    first_line = 1 + text.count("\n", 0, len(text) - len(body))
    return problems, Digest(file, path, front, document, passages, first_line)
