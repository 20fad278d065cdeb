"""Is every statement of the corpus keyed to a source that a reader can look up, and can each be quoted alone?

What a reader of the corpus may rely on, and what `corpus check` therefore refuses. A user's own folder needs none of
it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ingest.documents import Document, Passage, Source, plain
from ingest.errors import CorpusError, LoadError
from ingest.folders import document_files
from ingest.form import Node, Problem, check_front_matter, order_of, read_front_matter
from ingest.load import load, split_front_matter
from ingest.loaders.files import read_utf8
from ingest.models.bundles import BUNDLES, E5
from ingest.models.e5 import HIDDEN as DIMENSION
from ingest.questions.known import DocumentPassages, contradictions, passage_of, read_questions
from ingest.questions.written import FOLDER as QUESTIONS
from ingest.split import split
from ingest.thesaurus import WORDS, read_thesaurus
from ingest.vectors.shipped import FOLDER as VECTORS
from ingest.vectors.shipped import outdated_files

DOCUMENT_WORDS = (150, 1_200)
DIFFERENCE_HEADING = "where the sources differ"

_POINTING_BACK = re.compile(r"(?:It|They|This|These|That|Those|He|She|Its|Their|His|Her)\b")
_LINK = re.compile(r"\[[^\[\]\n]*\]\(<?([^)\s>\[]++)>?[^)\n\[]*+\)")
_HEADING = re.compile(r"^#{1,6}[ \t]++(.+)$", re.MULTILINE)
_WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_YEAR = re.compile(r"(?:19|20)\d\d")
_NUMBERED_WORDS = frozenset({"article", "articles", "chapter", "group", "level", "no", "number", "phase", "section", "step"})
CORPUS_WORDS = (14_000, 30_000)
QUOTE_ADVICE = "Write it as the documents do, or remove it."


@dataclass(frozen=True, slots=True)
class Digest:
    """A corpus document as read: `first_line` is the line of the file in which its text begins."""

    file: str
    path: Path
    front: Node
    document: Document
    passages: tuple[Passage, ...]
    first_line: int

    def line(self, position: int) -> int:
        """Return the line of the file that contains a position of the text."""
        return self.first_line + self.document.text.count("\n", 0, position)

    def problem(self, position: int, text: str, next_step: str) -> Problem:
        """Make a problem at a position of the text."""
        return Problem(self.file, self.line(position), text, next_step)


Check = Callable[[Digest], Iterator[Problem]]


def words(text: str) -> int:
    """Count the words of a text; table bars and heading marks are not words."""
    return sum(any(map(str.isalnum, part)) for part in text.replace("|", " ").split())


# --- in one document


def _missing_sources(digest: Digest) -> Iterator[Problem]:
    """Yield each sentence, item and row without a source id."""
    for passage in digest.passages:
        if not passage.sources:
            where = "in its last cell, under `Source`" if passage.kind == "row" else "right after it, as in `….[^id]`"
            yield digest.problem(passage.end, f"No source id at {_opening(digest, passage)}.", f"Put one {where}.")


def _source_ids(digest: Digest) -> Iterator[Problem]:
    """Yield each source id that the text cites and the front matter does not list, and each that is listed and not cited."""
    listed = {s.id for s in digest.document.sources}
    used: set[str] = set()
    for mark in digest.document.marks:
        for name in mark.ids:
            if name not in listed:
                problem = f"The source id [^{name}] is not defined."
                yield digest.problem(mark.position, problem, "List it under `sources:` in the front matter.")
        used.update(mark.ids)
    for name, node in digest.front.children["sources"].children.items():
        if name not in used:
            yield Problem(digest.file, node.line, f"Source `{name}` is not used.", f"Cite it as [^{name}] or remove it.")


def _footnotes(digest: Digest) -> Iterator[Problem]:
    """Yield what still looks like a source id once the ids are taken out of the text."""
    for match in re.finditer(r"\[\^[^\]\n]{0,20}\]?", digest.document.text):
        yield digest.problem(match.start(), f"`{match[0]}` is no source id.", "Write ids as [^id], a-z and 0-9 only.")


def _pronouns(digest: Digest) -> Iterator[Problem]:
    """Yield each sentence that begins with a pronoun pointing back, since sentences are quoted alone."""
    for passage in digest.passages:
        match = _POINTING_BACK.match(passage.quote(digest.document.text)) if passage.kind != "row" else None
        if match:
            problem = f"{_opening(digest, passage)} begins with '{match[0]}', which nobody understands in a quote."
            yield digest.problem(passage.start, problem, "Name the subject in full.")


def _links(digest: Digest) -> Iterator[Problem]:
    """Yield each link to a document or a heading that does not exist."""
    anchors = lru_cache(_anchors)  # for this document alone: files change
    for match in _LINK.finditer(digest.document.text):
        if re.match(r"[a-z]+:", match[1]):
            continue
        name, _, anchor = match[1].partition("#")
        target = (digest.path.parent / name) if name else digest.path
        if not target.is_file():
            yield digest.problem(match.start(), f"The link to {match[1]} leads nowhere.", "Name a file beside this one.")
        elif anchor and anchor not in anchors(target):
            yield digest.problem(match.start(), f"{target.name} has no heading #{anchor}.", "Name one of its headings.")


def _anchors(path: Path) -> set[str]:
    """Return the anchors of a file's headings, as GitHub makes them."""
    headings = (h.rstrip(" \t#") for h in _HEADING.findall(read_utf8(path)))
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def _length(digest: Digest) -> Iterator[Problem]:
    """Yield a problem if a document is too short to be one or too long to be read."""
    count, (low, high) = words(digest.document.text), DOCUMENT_WORDS
    if not low <= count <= high:
        step = "Add facts or merge it with another." if count < low else "Cut it or split it in two."
        yield digest.problem(0, f"The document has {count:,} words; {low:,} to {high:,} are allowed.", step)


def _opening(digest: Digest, passage: Passage) -> str:
    start = plain(passage.quote(digest.document.text))
    return f"'{start[:40].rstrip()}…'" if len(start) > 40 else f"'{start}'"


# --- between documents


def _orders(digests: Sequence[Digest]) -> Iterator[Problem]:
    """Yield each document whose place in the reading order another one has."""
    files: dict[int, str] = {}
    for digest in digests:
        order = order_of(digest.front)
        if order in files and digest.front.get("order"):
            line = digest.front.children["order"].line
            yield Problem(digest.file, line, f"{files[order]} has the order {order} too.", "Give another number.")
        files.setdefault(order, digest.file)


def _same_sources(digests: Sequence[Digest]) -> Iterator[Problem]:
    """Yield each source whose title, publisher or date differs from those that its address has most often.

    A document may list an address twice, for a text and for what its editor says of it.
    """
    by_url: dict[str, dict[str, list[Source]]] = defaultdict(lambda: defaultdict(list))
    by_file = {d.file: d for d in digests}
    for digest in digests:
        for source in digest.document.sources:
            if source.url:
                by_url[source.url][digest.file].append(source)
    for by_document in by_url.values():
        (usual, _), *_ = Counter(_source_details(s) for sources in by_document.values() for s in sources).most_common(1)
        first = next(file for file, sources in by_document.items() if usual in map(_source_details, sources))
        for file, sources in by_document.items():
            if usual in map(_source_details, sources):
                continue
            listing = by_file[file].front.children["sources"]
            line = listing.children.get(sources[0].id, listing).line
            for name, value, expected in zip(
                ("title", "title_zh", "publisher", "date"), _source_details(sources[0]), usual, strict=True
            ):
                if value != expected:
                    problem = f"Source `{sources[0].id}` has the {name} '{value}'; {first} gives '{expected}' for its url."
                    yield Problem(file, line, problem, "Make them equal.")


def _source_details(source: Source) -> tuple[str, ...]:
    return source.title, source.title_zh, source.publisher, source.date


def _contradictions(digests: Sequence[Digest]) -> Iterator[Problem]:
    """Yield a problem for each passage with the same words as an earlier one, but other figures.

    Passages below a heading that says that the sources differ are left out. Years belong to the words, since the figure
    of another year is another statement. The rows of one table are not compared with each other.
    """
    statements: dict[tuple[str, ...], tuple[tuple[str, ...], Digest, Passage]] = {}
    for digest in digests:
        for passage in digest.passages:
            if DIFFERENCE_HEADING in passage.heading.lower():
                continue
            statement, figures = _statement(digest.document.text, passage)
            earlier_figures, earlier_digest, earlier = statements.setdefault(statement, (figures, digest, passage))
            same_table = passage.kind == "row" and earlier_digest is digest and earlier.block == passage.block
            if figures != earlier_figures and not same_table:
                where = f"{earlier_digest.file}:{earlier_digest.line(earlier.start)}"
                problem = f"{_opening(digest, passage)} has other figures ({', '.join(figures)}) than {where}"
                step = f"Mend one, name what differs, or put both under `## {DIFFERENCE_HEADING.capitalize()}`."
                yield digest.problem(passage.start, f"{problem} ({', '.join(earlier_figures)}).", step)


def _statement(text: str, passage: Passage) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a passage's words, with `#` in the place of each figure, and the figures.

    A list item is read with the sentence that introduces its list, or else with its heading. Years are words, and so are
    numbers that name something ("Article 5").
    """
    read = passage.read(text)
    if passage.kind == "item":
        read = f"{text[slice(*passage.lead)] if passage.lead else passage.heading} {read}"
    statement: list[str] = []
    figures: list[str] = []
    for word in _WORD.findall(read.lower()):
        is_name = bool(statement) and statement[-1] in _NUMBERED_WORDS
        if _FIGURE.fullmatch(word) and not _YEAR.fullmatch(word) and not is_name:
            figures.append(word)
            word = "#"
        statement.append(word)
    return tuple(statement), tuple(figures)


DOCUMENT_CHECKS: tuple[Check, ...] = (_missing_sources, _source_ids, _footnotes, _pronouns, _links, _length)


def _chinese_titles(digests: Sequence[Digest]) -> Iterator[Problem]:
    """Yield the documents without a Chinese title, if any document has one."""
    lacking = [d for d in digests if not d.document.title_zh and d.document.language != "zh"]
    if len(lacking) < len(digests):
        for digest in lacking:
            step = "Add what it is called in Chinese, as others do."
            yield Problem(digest.file, 1, "The document has no `title_zh`.", step)


CORPUS_CHECKS: tuple[Callable[[Sequence[Digest]], Iterator[Problem]], ...] = (
    _orders, _same_sources, _contradictions, _chinese_titles
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """The counts of one document; `official` counts the passages that rest on at least one official source."""

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
    """The problems, the notes, and a row for each document."""

    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Row

    def table(self) -> str:
        """Return the rows and their total as a Markdown table."""
        lines = [
            f"| {r.name} | {r.words:,} | {r.passages:,} | {r.sources:,} | {r.share:.0%} |" for r in [*self.rows, self.total]
        ]
        head = "| Document | Words | Sentences, items, rows | Sources | On an official text |\n|---|--:|--:|--:|--:|"
        return "\n".join([head, *lines])


def check(folder: Path) -> Report:
    """Check each document of a corpus folder by itself and all of them together.

    Raises:
        CorpusError: the folder is missing, empty or unreadable.
    """
    problems: list[Problem] = []
    digests: list[Digest] = []
    for path in document_files(folder):
        own_problems, digest = _read(path, folder)
        problems += own_problems
        if digest is not None:
            digests.append(digest)
            # Without sources the ids stay in the text and every sentence would be a problem of its own.
            if digest.document.sources:
                problems += [p for check_document in DOCUMENT_CHECKS for p in check_document(digest)]
    problems += [*(p for check_corpus in CORPUS_CHECKS for p in check_corpus(digests)), *_check_words(folder, digests)]
    question_problems, counts = _check_questions(folder, digests)
    problems += question_problems
    rows = tuple(_row(d) for d in sorted(digests, key=lambda d: (order_of(d.front), d.file)))
    distinct_sources = {s.url or (s.title, s.publisher, s.where) for d in digests for s in d.document.sources}
    sums = (sum(r.words for r in rows), sum(r.passages for r in rows), len(distinct_sources), sum(r.official for r in rows))
    total = Row(f"All {len(rows)}", *sums)
    low, high = CORPUS_WORDS
    note = f"The corpus has {total.words:,} words; {low:,} to {high:,} are meant."
    ordered = tuple(sorted(problems, key=lambda p: (p.file, p.line)))
    notes = [*([] if low <= total.words <= high else [note]), *([counts] if counts else [])]
    return Report(ordered, tuple(notes), rows, total)


def _check_words(folder: Path, digests: Sequence[Digest]) -> Iterator[Problem]:
    """Yield the words of `_words.yaml` that no document has, since they find nothing."""
    texts = "\n".join(d.document.text for d in digests)
    try:
        missing = [term for term in read_thesaurus(folder).words if term not in texts]
    except CorpusError as error:
        yield Problem(WORDS, 1, str(error), error.next_step)
        return
    for term in missing:
        text = (folder / WORDS).read_text(encoding="utf-8")
        line = 1 + text.count("\n", 0, max(text.find(term), 0))
        yield Problem(WORDS, line, f"`{term}` stands in no document.", QUOTE_ADVICE)


def _check_questions(folder: Path, digests: Sequence[Digest]) -> tuple[list[Problem], str]:
    """Check the known questions of a corpus and the vectors that come with it.

    Problems are quotes that no document contains, wordings with two meanings, a missing `gap_zh` if another question has
    one, and vectors that were made of other texts.

    Returns:
        The problems, and sentences with the numbers of known questions and of the passages that none leads to; '' if there
            are no questions.
    """
    try:
        questions = read_questions(folder)
    except CorpusError as error:
        return [Problem(QUESTIONS, 1, str(error), error.next_step)], ""
    documents = {d.file: DocumentPassages(d.file, d.document, d.passages) for d in digests}
    file = f"{QUESTIONS}/{{}}.yaml"
    problems = [
        Problem(file.format(q.origin), 1, f"“{q.question}”: {quote.file} does not hold “{quote.text[:60]}”.", QUOTE_ADVICE)
        for q in questions
        for quote in q.quotes
        if passage_of(quote, documents) is None
    ]
    for wording, first, second in contradictions(questions):
        message = f"“{wording}” stands under “{first.question}” and “{second.question}”, which are answered otherwise."
        problems.append(Problem(file.format(second.origin), 1, message, "Leave it under one of them."))
    for q in questions if any(second.gap_zh for second in questions) else ():
        if q.gap and not q.gap_zh:
            message = f"“{q.question}” has no `gap_zh`."
            problems.append(Problem(file.format(q.origin), 1, message, "Say in Chinese what is not held, as others do."))
    embedder = BUNDLES[E5]
    for stem in outdated_files(folder, embedder.fingerprint(E5), DIMENSION):
        message = f"The vectors of {stem} are not those of its texts."
        problems.append(Problem(f"{VECTORS}/{stem}.bin", 1, message, "Run `ask-the-plan corpus vectors`."))
    quoted = {(q.file, q.text) for k in questions if not k.gap for q in k.quotes}
    uncovered = sum((h.file, p.quote(h.document.text)) not in quoted for h in documents.values() for p in h.passages)
    absent = [q for q in questions if q.gap and not q.partial]
    named, written = (sum(bool(q.written) for q in part) for part in (absent, questions))
    counts = f"{written - named:,} known questions have a written answer. The documents do not hold the answer of "
    counts += f"{len(absent):,} more; for {named:,} of these what is near is named."
    return problems, f"{counts} No known question leads to {uncovered:,} passages." if questions else ""


def _row(digest: Digest) -> Row:
    official = {s.id for s in digest.document.sources if s.official}
    supported = sum(not official.isdisjoint(p.sources) for p in digest.passages)
    return Row(digest.file, words(digest.document.text), len(digest.passages), len(digest.document.sources), supported)


def _read(path: Path, folder: Path) -> tuple[list[Problem], Digest | None]:
    name = path.relative_to(folder).as_posix()
    problems: list[Problem] = []
    try:
        text = read_utf8(path)
        front, problems = read_front_matter(text, name)
        if problems and not front.children:
            return problems, None
        problems += check_front_matter(front, name)
        document = load(path, folder)
    except LoadError as error:  # the rules of the form name the line, if they see what is wrong
        return problems or [Problem(name, 1, str(error), error.next_step)], None
    passages = tuple(p for chunk in split(document) for p in chunk.passages)
    body = split_front_matter(text, path)[1]
    first_line = 1 + text.count("\n", 0, len(text) - len(body))
    return problems, Digest(name, path, front, document, passages, first_line)
