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
from ingest.folders import WORDS, document_files, read_thesaurus
from ingest.form import Node, Problem, check_front_matter, is_order, read_front_matter
from ingest.load import load, split_front_matter
from ingest.loaders.files import read_utf8
from ingest.models.bundles import BUNDLES, E5
from ingest.models.e5 import HIDDEN as DIMENSION
from ingest.questions.known import Held, contradictions, passage_of, read_questions
from ingest.questions.written import FOLDER as QUESTIONS
from ingest.split import split
from ingest.vectors.shipped import FOLDER as VECTORS
from ingest.vectors.shipped import outdated

DOCUMENT_WORDS = (150, 1_200)
DIFFER = "where the sources differ"

_BACKWARD = re.compile(r"(?:It|They|This|These|That|Those|He|She|Its|Their|His|Her)\b")
_LINK = re.compile(r"\[[^\[\]\n]*\]\(<?([^)\s>\[]++)>?[^)\n\[]*+\)")
_HEADING = re.compile(r"^#{1,6}[ \t]++(.+)$", re.MULTILINE)
_WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_YEAR = re.compile(r"(?:19|20)\d\d")
_NUMBERED = frozenset({"article", "articles", "chapter", "group", "level", "no", "number", "phase", "section", "step"})


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


def words(text: str) -> int:
    """Count the words of a text; table bars and heading marks are not words."""
    return sum(any(map(str.isalnum, part)) for part in text.replace("|", " ").split())


def order_of(digest: Digest) -> tuple[int, str]:
    """Return a document's place in the reading order and its file name, to sort by.

    The place is 0 if the front matter has none. The file name decides if a place is shared or missing.
    """
    order = digest.front.get("order")
    return (int(order) if is_order(order) else 0, digest.file)


# --- in one document


def _keyed(digest: Digest) -> Iterator[Problem]:
    """Yield each sentence, item and row without a source id."""
    for passage in digest.passages:
        if not passage.sources:
            where = "in its last cell, under `Source`" if passage.kind == "row" else "right after it, as in `….[^id]`"
            yield digest.problem(passage.end, f"No source id at {_opening(digest, passage)}.", f"Put one {where}.")


def _defined_and_used(digest: Digest) -> Iterator[Problem]:
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
    for found in re.finditer(r"\[\^[^\]\n]{0,20}\]?", digest.document.text):
        yield digest.problem(found.start(), f"`{found[0]}` is no source id.", "Write ids as [^id], a-z and 0-9 only.")


def _alone(digest: Digest) -> Iterator[Problem]:
    """Yield each sentence that begins with a pronoun pointing back, since sentences are quoted alone."""
    for passage in digest.passages:
        found = _BACKWARD.match(passage.quote(digest.document.text)) if passage.kind != "row" else None
        if found:
            problem = f"{_opening(digest, passage)} begins with '{found[0]}', which nobody understands in a quote."
            yield digest.problem(passage.start, problem, "Name the subject in full.")


def _links(digest: Digest) -> Iterator[Problem]:
    """Yield each link to a document or a heading that does not exist."""
    anchors = lru_cache(_anchors)  # for this document alone: files change
    for found in _LINK.finditer(digest.document.text):
        if re.match(r"[a-z]+:", found[1]):
            continue
        name, _, anchor = found[1].partition("#")
        target = (digest.path.parent / name) if name else digest.path
        if not target.is_file():
            yield digest.problem(found.start(), f"The link to {found[1]} leads nowhere.", "Name a file beside this one.")
        elif anchor and anchor not in anchors(target):
            yield digest.problem(found.start(), f"{target.name} has no heading #{anchor}.", "Name one of its headings.")


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
    taken: dict[int, str] = {}
    for digest in digests:
        order, _ = order_of(digest)
        if order in taken and digest.front.get("order"):
            line = digest.front.children["order"].line
            yield Problem(digest.file, line, f"{taken[order]} has the order {order} too.", "Give another number.")
        taken.setdefault(order, digest.file)


def _same_sources(digests: Sequence[Digest]) -> Iterator[Problem]:
    """Yield each source whose title, publisher or date differs from those that its address has most often.

    A document may list an address twice, for a text and for what its editor says of it.
    """
    listed: dict[str, dict[str, list[Source]]] = defaultdict(lambda: defaultdict(list))
    by_file = {d.file: d for d in digests}
    for digest in digests:
        for source in digest.document.sources:
            if source.url:
                listed[source.url][digest.file].append(source)
    for places in listed.values():
        (usual, _), *_ = Counter(_described(s) for sources in places.values() for s in sources).most_common(1)
        first = next(file for file, sources in places.items() if usual in map(_described, sources))
        for file, sources in places.items():
            if usual in map(_described, sources):
                continue
            listing = by_file[file].front.children["sources"]
            line = listing.children.get(sources[0].id, listing).line
            for name, here, there in zip(
                ("title", "title_zh", "publisher", "date"), _described(sources[0]), usual, strict=True
            ):
                if here != there:
                    problem = f"Source `{sources[0].id}` has the {name} '{here}'; {first} gives '{there}' for its url."
                    yield Problem(file, line, problem, "Make them equal.")


def _described(source: Source) -> tuple[str, ...]:
    return source.title, source.title_zh, source.publisher, source.date


def _contradictions(digests: Sequence[Digest]) -> Iterator[Problem]:
    """Yield a problem for each passage with the same words as an earlier one, but other figures.

    Passages below a heading that says that the sources differ are left out. Years belong to the words, since the figure
    of another year is another statement. The rows of one table are not compared with each other.
    """
    seen: dict[tuple[str, ...], tuple[tuple[str, ...], Digest, Passage]] = {}
    for digest in digests:
        for passage in digest.passages:
            if DIFFER in passage.heading.lower():
                continue
            statement, figures = _statement(digest.document.text, passage)
            figures_before, other, earlier = seen.setdefault(statement, (figures, digest, passage))
            same_table = passage.kind == "row" and other is digest and earlier.block == passage.block
            if figures != figures_before and not same_table:
                place = f"{other.file}:{other.line(earlier.start)}"
                problem = f"{_opening(digest, passage)} has other figures ({', '.join(figures)}) than {place}"
                step = f"Mend one, name what differs, or put both under `## {DIFFER.capitalize()}`."
                yield digest.problem(passage.start, f"{problem} ({', '.join(figures_before)}).", step)


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
        named = bool(statement) and statement[-1] in _NUMBERED
        if _FIGURE.fullmatch(word) and not _YEAR.fullmatch(word) and not named:
            figures.append(word)
            word = "#"
        statement.append(word)
    return tuple(statement), tuple(figures)


Check = Callable[[Digest], Iterator[Problem]]
IN_ONE: tuple[Check, ...] = (_keyed, _defined_and_used, _footnotes, _alone, _links, _length)


def _chinese_titles(digests: Sequence[Digest]) -> Iterator[Problem]:
    """Yield the documents without a Chinese title, if any document has one."""
    lacking = [d for d in digests if not d.document.title_zh and d.document.language != "zh"]
    if len(lacking) < len(digests):
        for digest in lacking:
            step = "Add what it is called in Chinese, as others do."
            yield Problem(digest.file, 1, "The document has no `title_zh`.", step)


BETWEEN: tuple[Callable[[Sequence[Digest]], Iterator[Problem]], ...] = (
    _orders, _same_sources, _contradictions, _chinese_titles
)  # fmt: skip


CORPUS_WORDS = (14_000, 30_000)
MEND = "Write it as the documents do, or remove it."


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
        found, digest = _read(path, folder)
        problems += found
        if digest is not None:
            digests.append(digest)
            # Without sources the ids stay in the text and every sentence would be a problem of its own.
            if digest.document.sources:
                problems += [p for test in IN_ONE for p in test(digest)]
    problems += [*(p for between in BETWEEN for p in between(digests)), *_check_words(folder, digests)]
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


def _check_words(folder: Path, digests: Sequence[Digest]) -> Iterator[Problem]:
    """Yield the words of `_words.yaml` that no document has, since they find nothing."""
    texts = "\n".join(d.document.text for d in digests)
    try:
        gone = [term for term in read_thesaurus(folder).words if term not in texts]
    except CorpusError as error:
        yield Problem(WORDS, 1, str(error), error.next_step)
        return
    for term in gone:
        text = (folder / WORDS).read_text(encoding="utf-8")
        line = 1 + text.count("\n", 0, max(text.find(term), 0))
        yield Problem(WORDS, line, f"`{term}` stands in no document.", MEND)


def _check_questions(folder: Path, digests: Sequence[Digest]) -> tuple[list[Problem], str]:
    """Check the known questions of a corpus and the vectors that come with it.

    Problems are quotes that no document contains, wordings with two meanings, a missing `gap_zh` if another question has
    one, and vectors that were made of other texts.

    Returns:
        The problems, and a sentence with the number of passages that no question leads to. The sentence is '' if there
            are no questions or no such passages.
    """
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
    for q in questions if any(other.gap_zh for other in questions) else ():
        if q.gap and not q.gap_zh:
            said = f"“{q.question}” has no `gap_zh`."
            problems.append(Problem(file.format(q.origin), 1, said, "Say in Chinese what is not held, as others do."))
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
    problems: list[Problem] = []
    try:
        text = read_utf8(path)
        front, problems = read_front_matter(text, file)
        if problems and not front.children:
            return problems, None
        problems += check_front_matter(front, file)
        document = load(path, folder)
    except LoadError as error:  # the rules of the form name the line, if they see what is wrong
        return problems or [Problem(file, 1, str(error), error.next_step)], None
    passages = tuple(p for chunk in split(document) for p in chunk.passages)
    body = split_front_matter(text, path)[1]
    first_line = 1 + text.count("\n", 0, len(text) - len(body))
    return problems, Digest(file, path, front, document, passages, first_line)
