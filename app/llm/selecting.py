"""Selects the blocks that a language model reads from the evidence found for a question.

These are whole paragraphs, lists and tables, each once and a dozen at most, and whole documents that a reader chose.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from app.answering.draft import Draft, location
from app.answers import Evidence
from app.llm.evidence import EvidenceBlock, PassageRun, WrittenEvidence, breadcrumb, gives_orders, prompt_line, tokens_of
from app.query.values import Query, Turn
from ingest.documents import Document, Passage
from ingest.words import STOPWORDS, tokens

if TYPE_CHECKING:
    from ingest.index import Index

MAX_BLOCKS = 12  # blocks that a question is given at first: an answer rests on one to five
LONG_BLOCK = 1_200  # tokens from which only the passages that were found are shown: a plain text may be one as a whole
NEIGHBOURS = 2  # passages on either side of one that was found
MAX_CHOSEN = 2  # documents at most that are given whole if a reader chose them


@dataclass(frozen=True, slots=True)
class Material:
    """All that the program has found for a question.

    Attributes:
        question: The query.
        quoted: The program's own draft in quotes.
        evidence: All evidence, best first.
        index: The index from which whole documents are read.
        history: The turns before the question.
        gap: What the documents are known not to hold.
        carried: The passages that the last answers cite.
        form: The form that is wished for.
        whole: The ids of documents that are given as a whole if there is room.
        written: Statements that were written beforehand and may fit.
        titles: The titles of the documents that may be opened.
        look: Finds or opens what a model names; None if the model may not look again.
    """

    question: Query
    quoted: Draft
    evidence: Sequence[Evidence]
    index: Index
    history: Sequence[Turn] = ()
    gap: str = ""
    carried: Sequence[Evidence] = ()
    form: str = ""
    whole: Sequence[str] = ()
    written: Sequence[WrittenEvidence] = ()
    titles: Sequence[str] = ()
    look: Callable[[Sequence[str]], Sequence[Evidence]] | None = None


def select_blocks(material: Material, budget: int, most: int = MAX_BLOCKS) -> tuple[EvidenceBlock, ...]:
    """Select the blocks that a model is shown.

    Documents that a reader chose are given as a whole. Otherwise the blocks are those that the last answers cite, then
    those that the program itself would quote, then the best of the rest. A block that gives orders to a model is left
    out, and so is one that adds little to another.

    Args:
        material: What was found.
        budget: The most tokens of all blocks.
        most: The most blocks, unless documents are given as a whole.
    """
    picker = _BlockPicker(material)
    if len(material.whole) <= MAX_CHOSEN and (chosen := picker.whole_documents()):
        runs = [run for document in chosen for run in picker.blocks_of(document)]
        return _keyed(sorted(_fitting(picker.by_section(runs), budget), key=picker.place))
    # at most five that the last answers cite, so that a new turn finds room for what is new
    carried = _distinct(_fitting(picker.evidence_blocks(material.carried), budget), 5)
    budget -= sum(_cost(run) for run in carried)
    return _keyed(_distinct(_fitting(picker.evidence_blocks(picker.quoted_first()), budget), most, carried))


def more_blocks(material: Material, shown: Sequence[EvidenceBlock], budget: int) -> tuple[EvidenceBlock, ...]:
    """Return the blocks that were shown, followed by at most eight of further evidence."""
    picker = _BlockPicker(material, shown)
    shown_runs = [block.items for block in shown]
    new = _fitting(picker.evidence_blocks(material.evidence), budget - sum(map(_cost, shown_runs)))
    return _keyed(_distinct(new, len(shown_runs) + 8, shown_runs))


def _fitting(choices: Iterator[tuple[PassageRun, PassageRun]], budget: int) -> Iterator[PassageRun]:
    """Of each block all of it, or the least of it, for which there is room."""
    for run, least in choices:
        if fitting := next((r for r in (run, least) if r and _cost(r) <= budget), ()):
            budget -= _cost(fitting)
            yield fitting


def _distinct(runs: Iterator[PassageRun], most: int, first: Sequence[PassageRun] = ()) -> list[PassageRun]:
    """Return the blocks of `first`, then those of `runs` that say something new, at most `most` in all."""
    chosen = list(first)
    chosen_words = [_words_of(run) for run in chosen]
    while len(chosen) < most and (run := next(runs, ())):
        words = _words_of(run)
        if not any(_repeats(words, other) for other in chosen_words):
            chosen.append(run)
            chosen_words.append(words)
    return chosen


def _words_of(run: PassageRun) -> frozenset[str]:
    return frozenset(w for e in run for w in tokens(e.text) if w not in STOPWORDS)


def _repeats(words: frozenset[str], other: frozenset[str]) -> bool:
    """Return True if fewer than a fifth of a block's words, and no figure, are new beside another block."""
    new = words - other
    return len(new) < 0.2 * len(words) and not any(w[0].isdigit() for w in new)


def _cost(run: PassageRun) -> int:
    return tokens_of(EvidenceBlock("S99", run).prompt_text) + 1


def _keyed(runs: Sequence[PassageRun]) -> tuple[EvidenceBlock, ...]:
    return tuple(EvidenceBlock(f"S{n}", run) for n, run in enumerate(runs, 1))


class _BlockPicker:
    """Takes blocks from the documents of the evidence, each passage once."""

    def __init__(self, material: Material, shown: Sequence[EvidenceBlock] = ()) -> None:
        self._material = material
        self._documents = {e.passage.document_id: e.document for e in material.evidence}  # `Document.id` reads its text
        self._blocks: dict[int, dict[int, list[Passage]]] = {}
        self._taken = {(e.passage.document_id, e.passage.start) for block in shown for e in block.items}
        self._order: dict[tuple[str, int], int] = {}
        self._hostile_by_place: dict[tuple[str, int], bool] = {}

    def whole_documents(self) -> list[Document]:
        """Return the documents that are given as a whole; one with over 200,000 characters fits no prompt."""
        documents = (self._documents.get(key) or self._material.index.document(key) for key in self._material.whole)
        return [d for d in documents if d is not None and len(d.text) <= 200_000]

    def blocks_of(self, document: Document) -> list[PassageRun]:
        """All of a document, in its order, but what gives orders."""
        blocks = {id(block): block for block in self._blocks_in(document).values()}.values()
        runs = [self._take(document, run) for block in blocks for run in self._runs(document, block)]
        return [piece for run in runs if run for piece in _pieces(run)]

    def by_section(self, runs: Sequence[PassageRun]) -> Iterator[tuple[PassageRun, PassageRun]]:
        """Blocks of chosen documents, those below the heading that answers best first, then as the documents have them."""
        sections: dict[tuple[str, str], list[PassageRun]] = {}
        for run in runs:
            self._order[_start(run)] = len(self._order)
            sections.setdefault((run[0].passage.document_id, run[-1].passage.heading), []).append(run)
        best_sections = [(e.passage.document_id, e.passage.heading) for e in self.quoted_first()]
        for section in dict.fromkeys([*(s for s in best_sections if s in sections), *sections]):
            yield from ((run, ()) for run in sections[section])

    def place(self, run: PassageRun) -> int:
        """Return the position of a block of a chosen document among all such blocks."""
        return self._order[_start(run)]

    def evidence_blocks(self, evidence: Sequence[Evidence]) -> Iterator[tuple[PassageRun, PassageRun]]:
        """Yield the block of each piece of evidence, best first, with the least that may replace it.

        That is the passage with its neighbours, for use if there is little room. Of a long block no more than that is
        given at all.
        """
        for item in evidence:
            document, passage = item.document, item.passage
            if (passage.document_id, passage.start) in self._taken:
                continue
            block_passages = self._blocks_in(document).get(passage.block, [])
            nearby = _surroundings(block_passages, passage)
            block = next((run for run in self._runs(document, nearby) if passage in run), [])
            least = self._around(block, passage)
            if len(nearby) == len(block_passages) and not _long(block, document):
                run = self._take(document, block)
                yield run, tuple(e for e in run if e.passage in least)
            else:
                yield self._take(document, least), ()

    def quoted_first(self) -> list[Evidence]:
        """Return the evidence that the program itself quotes, then all evidence."""
        evidence = self._material.evidence
        quoted = {place for s in self._material.quoted.statements for run in s.rests_on for place in run}
        return [*(e for e in evidence if location(e) in quoted), *evidence]

    # --- parts

    def _blocks_in(self, document: Document) -> dict[int, list[Passage]]:
        if (blocks := self._blocks.get(id(document))) is None:
            blocks = self._blocks[id(document)] = {}
            for passage in self._material.index.passages(document.id):
                blocks.setdefault(passage.block, []).append(passage)
            _join_introductions(blocks, document)
        return blocks

    def _runs(self, document: Document, passages: Sequence[Passage]) -> list[list[Passage]]:
        """Return the runs of passages of a block that may be shown to a model.

        A list comes behind the sentence that introduces it. A block with a passage that gives orders has no runs. A long
        block may be a whole plain text, so it keeps the runs before and after such a passage and its neighbours.
        """
        lead = passages[0].lead if passages else None
        leads = [p for b in self._blocks_in(document).values() for p in b if (p.start, p.end) == lead] if lead else []
        leads = [] if not passages or passages[0] in leads else leads[:1]
        with_lead = [*leads, *passages]
        hostile = [n for n, p in enumerate(with_lead) if self._hostile(p, document)]
        if not hostile:
            return [with_lead]
        if not _long(with_lead, document):
            return []
        edges = [0, *(e for n in hostile for e in (max(0, n - NEIGHBOURS), n + NEIGHBOURS + 1)), len(with_lead)]
        return [run for at in range(0, len(edges), 2) if (run := with_lead[edges[at] : edges[at + 1]])]

    def _hostile(self, passage: Passage, document: Document) -> bool:
        """Return True if a passage, or the text above it, gives orders to a model or is too long to check.

        A row of a wide table may have megabytes with all that is read with it.
        """
        key = passage.document_id, passage.start
        if key not in self._hostile_by_place:
            self._hostile_by_place[key] = _length_read(passage) > 12_000 or any(
                map(gives_orders, (passage.quote(document.text), passage.read(document.text), breadcrumb(document, passage)))
            )
        return self._hostile_by_place[key]

    def _around(self, block: Sequence[Passage], passage: Passage) -> list[Passage]:
        """Return a passage with its neighbours in a block; [] if the block does not have it."""
        at = next((n for n, p in enumerate(block) if p.start == passage.start), None)
        return [] if at is None else list(block[max(0, at - NEIGHBOURS) : at + NEIGHBOURS + 1])

    def _take(self, document: Document, passages: Sequence[Passage]) -> PassageRun:
        """Take the passages that were not taken before, as evidence: none is shown twice."""
        run: list[Evidence] = []
        for passage in passages:
            if (passage.document_id, passage.start) not in self._taken:
                self._taken.add((passage.document_id, passage.start))
                run.append(Evidence("", document, passage, passage.read(document.text)))
        return tuple(run)


def _join_introductions(blocks: dict[int, list[Passage]], document: Document) -> None:
    """Join a list or table to the paragraph that introduces it, because neither says much without the other."""
    for previous, number in pairwise(sorted(blocks)):
        above, below = blocks[previous], blocks[number]
        introduces = document.text[above[-1].start : above[-1].end].rstrip().endswith((":", "："))
        combined = [*above, *below]
        if introduces and above[-1].heading == below[0].heading and not _long(combined, document):
            blocks[previous] = blocks[number] = combined


def _pieces(run: PassageRun) -> Iterator[PassageRun]:
    """Yield a block as it is, or a long one in parts."""
    part: list[Evidence] = []
    size = 0
    for item in run:
        cost = tokens_of(prompt_line(item))
        if part and size + cost > LONG_BLOCK:
            yield tuple(part)
            part, size = [], 0
        part.append(item)
        size += cost
    yield tuple(part)


def _start(run: PassageRun) -> tuple[str, int]:
    return run[0].passage.document_id, run[0].passage.start


def _long(block: Sequence[Passage], document: Document) -> bool:
    """Return True if only the passages of a block that were found are shown, with their neighbours."""
    rows = sum(p.kind == "row" for p in block)
    return rows > 40 or tokens_of(" ".join(p.quote(document.text) for p in block)) > LONG_BLOCK


def _surroundings(block: Sequence[Passage], passage: Passage) -> Sequence[Passage]:
    """Return the part of a block around a passage, as far as it is examined."""
    at = bisect_left(block, passage.start, key=lambda p: p.start)
    if at == len(block):
        return ()
    low, high = _count_within_limit(block[:at][::-1]), _count_within_limit(block[at + 1 :])
    return block[at - low : at + 1 + high]


def _count_within_limit(passages: Sequence[Passage]) -> int:
    """Return how many of these, from the first, are looked at: 60, or five times the characters that are shown of them."""
    lengths = accumulate(_length_read(p) for p in passages[:60])
    return sum(length <= 20_000 for length in lengths)


def _length_read(passage: Passage) -> int:
    """Characters of a passage, and of all that is read with it."""
    spans = ((passage.start, passage.end), passage.header, passage.lead, passage.section, passage.unit)
    return sum(span[1] - span[0] for span in spans if span)
