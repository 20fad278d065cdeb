"""Selects the blocks that a language model reads from the evidence found for a question.

These are whole paragraphs, lists and tables, each once and a dozen at most, and whole documents that a reader chose.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from app.answers import Answer, Evidence
from app.llm.evidence import EvidenceBlock, Run, breadcrumb, gives_orders, line, tokens_of
from app.query.values import Query, Turn
from ingest.documents import Document, Passage
from ingest.words import STOPWORDS, tokens

if TYPE_CHECKING:
    from ingest.index import Index

MOST = 12  # blocks that a question is given at first: an answer rests on one to five
MOST_CARRIED = 5  # of them that the last answers cite, so that a new turn finds room for what is new
MOST_MORE = 8  # blocks that come with each further look
NEW = 0.2  # share of its words that a block must have to itself to be no near-duplicate of another
LONG_TABLE = 40  # rows from which only those that were found are shown, with their neighbours
LONG_BLOCK = 1_200  # tokens, the same for a paragraph: a plain text may be one as a whole
BESIDE = 2  # passages on either side of one that was found
CHOSEN = 2  # documents at most that are given whole if a reader chose them
LONGEST_WHOLE = 200_000  # characters of one: a longer one fits no prompt, and is not read for it
LONGEST_READ = 12_000  # characters of a passage with what is read with it: a row of a wide table may have megabytes
AROUND = 60  # passages on either side of one that was found which are looked at
LONGEST_AROUND = 20_000  # characters of these: five times what is shown of them


@dataclass(frozen=True, slots=True)
class Material:
    """All that the program has found for a question.

    Attributes:
        question: The query.
        quoted: The program's own answer in quotes.
        evidence: All evidence, best first.
        index: The index from which whole documents are read.
        history: The turns before the question.
        gap: What the documents are known not to hold.
        carried: The passages that the last answers cite.
        form: The form that is wished for.
        whole: The ids of documents that are given as a whole if there is room.
        written: An answer that was written beforehand to a question that may be the same.
        titles: The titles of the documents that may be opened.
        look: Finds or opens what a model names; None if the model may not look again.
    """

    question: Query
    quoted: Answer
    evidence: Sequence[Evidence]
    index: Index
    history: Sequence[Turn] = ()
    gap: str = ""
    carried: Sequence[Evidence] = ()
    form: str = ""
    whole: Sequence[str] = ()
    written: str = ""
    titles: Sequence[str] = ()
    look: Callable[[Sequence[str]], Sequence[Evidence]] | None = None


def select_blocks(material: Material, budget: int, most: int = MOST) -> tuple[EvidenceBlock, ...]:
    """Select the blocks that a model is shown.

    Documents that a reader chose are given as a whole. Otherwise the blocks are those that the last answers cite, then
    those that the program itself would quote, then the best of the rest. A block that gives orders to a model is left
    out, and so is one that adds little to another.

    Args:
        material: What was found.
        budget: The most tokens of all blocks.
        most: The most blocks, unless documents are given as a whole.
    """
    shelf = _Shelf(material)
    if len(material.whole) <= CHOSEN and (chosen := shelf.whole_documents()):
        whole = [run for document in chosen for run in shelf.blocks_of(document)]
        return _keyed(sorted(_fitting(shelf.by_section(whole), budget), key=shelf.place))
    carried = _distinct(_fitting(shelf.found_blocks(material.carried), budget), MOST_CARRIED)
    budget -= sum(_cost(run) for run in carried)
    return _keyed(_distinct(_fitting(shelf.found_blocks(shelf.first()), budget), most, carried))


def whole_folder(material: Material, budget: int) -> tuple[EvidenceBlock, ...]:
    """Return the blocks of all documents, in the same order for every question.

    The result is () if they have more than `budget` tokens, or if only what was found is to be read.
    """
    if len(material.whole) <= CHOSEN:
        return ()
    shelf = _Shelf(material)
    documents = shelf.whole_documents()
    blocks = _keyed([run for document in documents for run in shelf.blocks_of(document)])
    fits = len(documents) == len(material.whole) and sum(tokens_of(block.shown) for block in blocks) <= budget
    return blocks if fits else ()


def more_blocks(material: Material, shown: Sequence[EvidenceBlock], budget: int) -> tuple[EvidenceBlock, ...]:
    """Return the blocks that were shown, followed by those of further evidence."""
    shelf = _Shelf(material, shown)
    had = [block.items for block in shown]
    new = _fitting(shelf.found_blocks(material.evidence), budget - sum(map(_cost, had)))
    return _keyed(_distinct(new, len(had) + MOST_MORE, had))


def _fitting(wanted: Iterator[tuple[Run, Run]], budget: int) -> Iterator[Run]:
    """Of each block all of it, or the least of it, for which there is room."""
    for run, least in wanted:
        if fitting := next((r for r in (run, least) if r and _cost(r) <= budget), ()):
            budget -= _cost(fitting)
            yield fitting


def _distinct(runs: Iterator[Run], most: int, had: Sequence[Run] = ()) -> list[Run]:
    """Return the blocks of `had`, then those of `runs` that say something new, at most `most` in all."""
    found = list(had)
    said = [_words_of(run) for run in found]
    while len(found) < most and (run := next(runs, ())):
        words = _words_of(run)
        if not any(_repeats(words, other) for other in said):
            found.append(run)
            said.append(words)
    return found


def _words_of(run: Run) -> frozenset[str]:
    return frozenset(w for e in run for w in tokens(e.text) if w not in STOPWORDS)


def _repeats(words: frozenset[str], other: frozenset[str]) -> bool:
    """Return True if a block has hardly a word, and no figure, that another has not."""
    new = words - other
    return len(new) < NEW * len(words) and not any(w[0].isdigit() for w in new)


def _cost(run: Run) -> int:
    return tokens_of(EvidenceBlock("S99", run).shown) + 1


def _keyed(runs: Sequence[Run]) -> tuple[EvidenceBlock, ...]:
    return tuple(EvidenceBlock(f"S{n}", run) for n, run in enumerate(runs, 1))


class _Shelf:
    """The documents behind the evidence, block by block; what is taken once is not there again."""

    def __init__(self, material: Material, shown: Sequence[EvidenceBlock] = ()) -> None:
        self._material = material
        self._documents = {e.passage.document_id: e.document for e in material.evidence}  # `Document.id` reads its text
        self._blocks: dict[int, dict[int, list[Passage]]] = {}
        self._taken = {(e.passage.document_id, e.passage.start) for block in shown for e in block.items}
        self._order: dict[tuple[str, int], int] = {}
        self._judged: dict[tuple[str, int], bool] = {}

    def whole_documents(self) -> list[Document]:
        """Return the documents that are given as a whole."""
        found = (self._documents.get(key) or self._material.index.document(key) for key in self._material.whole)
        return [d for d in found if d is not None and len(d.text) <= LONGEST_WHOLE]

    def blocks_of(self, document: Document) -> list[Run]:
        """All of a document, in its order, but what gives orders."""
        blocks = {id(block): block for block in self._of(document).values()}.values()
        found = [self._take(document, run) for block in blocks for run in self._runs(document, block)]
        return [piece for run in found if run for piece in _pieces(run)]

    def by_section(self, whole: Sequence[Run]) -> Iterator[tuple[Run, Run]]:
        """Blocks of chosen documents, those below the heading that answers best first, then as the documents have them."""
        sections: dict[tuple[str, str], list[Run]] = {}
        for run in whole:
            self._order[_start(run)] = len(self._order)
            sections.setdefault((run[0].passage.document_id, run[-1].passage.heading), []).append(run)
        found = [(e.passage.document_id, e.passage.heading) for e in self.first()]
        for section in dict.fromkeys([*(s for s in found if s in sections), *sections]):
            yield from ((run, ()) for run in sections[section])

    def place(self, run: Run) -> int:
        """Return the position of a block of a chosen document among all such blocks."""
        return self._order[_start(run)]

    def found_blocks(self, evidence: Sequence[Evidence]) -> Iterator[tuple[Run, Run]]:
        """Yield the block of each piece of evidence, best first, with the least that may replace it.

        That is the passage with its neighbours, for use if there is little room. Of a long block no more than that is
        given at all.
        """
        for item in evidence:
            document, passage = item.document, item.passage
            if (passage.document_id, passage.start) in self._taken:
                continue
            every = self._of(document).get(passage.block, [])
            looked_at = _stretch(every, passage)
            block = next((run for run in self._runs(document, looked_at) if passage in run), [])
            least = self._around(block, passage)
            if len(looked_at) == len(every) and not _long(block, document):
                run = self._take(document, block)
                yield run, tuple(e for e in run if e.passage in least)
            else:
                yield self._take(document, least), ()

    def first(self) -> list[Evidence]:
        """Return the evidence that the program itself quotes, then all evidence."""
        cited, evidence = self._material.quoted.citations, self._material.evidence
        return [*(e for e in evidence if any(c.covers(e.passage) for c in cited)), *evidence]

    # --- parts

    def _of(self, document: Document) -> dict[int, list[Passage]]:
        if (found := self._blocks.get(id(document))) is None:
            found = self._blocks[id(document)] = {}
            for passage in self._material.index.passages(document.id):
                found.setdefault(passage.block, []).append(passage)
            _join_introductions(found, document)
        return found

    def _runs(self, document: Document, passages: Sequence[Passage]) -> list[list[Passage]]:
        """Return the runs of passages of a block that may be shown to a model.

        A list comes behind the sentence that introduces it. A block with a passage that gives orders has no runs. A long
        block may be a whole plain text, so it keeps the runs before and after such a passage and its neighbours.
        """
        lead = passages[0].lead if passages else None
        leads = [p for b in self._of(document).values() for p in b if (p.start, p.end) == lead] if lead else []
        leads = [] if not passages or passages[0] in leads else leads[:1]
        whole = [*leads, *passages]
        hostile = [n for n, p in enumerate(whole) if self._hostile(p, document)]
        if not hostile:
            return [whole]
        if not _long(whole, document):
            return []
        edges = [0, *(e for n in hostile for e in (max(0, n - BESIDE), n + BESIDE + 1)), len(whole)]
        return [run for at in range(0, len(edges), 2) if (run := whole[edges[at] : edges[at + 1]])]

    def _hostile(self, passage: Passage, document: Document) -> bool:
        """Return True if a passage, or the text above it, gives orders to a model or is too long to check."""
        place = passage.document_id, passage.start
        if place not in self._judged:
            self._judged[place] = _reach(passage) > LONGEST_READ or any(
                map(gives_orders, (passage.quote(document.text), passage.read(document.text), breadcrumb(document, passage)))
            )
        return self._judged[place]

    def _around(self, block: Sequence[Passage], passage: Passage) -> list[Passage]:
        """Return a passage with its neighbours in a block; [] if the block does not have it."""
        at = next((n for n, p in enumerate(block) if p.start == passage.start), None)
        return [] if at is None else list(block[max(0, at - BESIDE) : at + BESIDE + 1])

    def _take(self, document: Document, passages: Sequence[Passage]) -> Run:
        """Take the passages that were not taken before, as evidence: none is shown twice."""
        run: list[Evidence] = []
        for passage in passages:
            if (passage.document_id, passage.start) not in self._taken:
                self._taken.add((passage.document_id, passage.start))
                run.append(Evidence("", document, passage, passage.read(document.text)))
        return tuple(run)


def _join_introductions(blocks: dict[int, list[Passage]], document: Document) -> None:
    """Put a list or table into the paragraph that introduces it: neither says much without the other."""
    for before, number in pairwise(sorted(blocks)):
        above, below = blocks[before], blocks[number]
        introduces = document.text[above[-1].start : above[-1].end].rstrip().endswith((":", "："))
        whole = [*above, *below]
        if introduces and above[-1].heading == below[0].heading and not _long(whole, document):
            blocks[before] = blocks[number] = whole


def _pieces(run: Run) -> Iterator[Run]:
    """Yield a block as it is, or a long one in parts."""
    part: list[Evidence] = []
    size = 0
    for item in run:
        cost = tokens_of(line(item))
        if part and size + cost > LONG_BLOCK:
            yield tuple(part)
            part, size = [], 0
        part.append(item)
        size += cost
    yield tuple(part)


def _start(run: Run) -> tuple[str, int]:
    return run[0].passage.document_id, run[0].passage.start


def _long(block: Sequence[Passage], document: Document) -> bool:
    rows = sum(p.kind == "row" for p in block)
    return rows > LONG_TABLE or tokens_of(" ".join(p.quote(document.text) for p in block)) > LONG_BLOCK


def _stretch(block: Sequence[Passage], passage: Passage) -> Sequence[Passage]:
    """Of a block what stands around a passage, as far as it is looked at."""
    at = bisect_left(block, passage.start, key=lambda p: p.start)
    if at == len(block):
        return ()
    low, high = _reached(block[:at][::-1]), _reached(block[at + 1 :])
    return block[at - low : at + 1 + high]


def _reached(passages: Sequence[Passage]) -> int:
    """Return how many of these are looked at, the first ones first."""
    lengths = accumulate(_reach(p) for p in passages[:AROUND])
    return sum(length <= LONGEST_AROUND for length in lengths)


def _reach(passage: Passage) -> int:
    """Characters of a passage, and of all that is read with it."""
    spans = ((passage.start, passage.end), passage.header, passage.lead, passage.section, passage.unit)
    return sum(span[1] - span[0] for span in spans if span)
