"""What was found for a question -> what a language model is given to read: whole paragraphs, lists and tables, each once, as
far as its context reaches, and documents whole that a reader chose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.answers import Answer, Evidence
from app.llm.evidence import EvidenceBlock, breadcrumb, line, tokens_of
from app.llm.untrusted import gives_orders
from app.query.values import Query, Turn
from ingest.documents import Document, Passage

LONG_TABLE = 40  # rows from which only those that were found are shown, with their neighbours
LONG_BLOCK = 1_200  # tokens, the same for a paragraph: a plain text may be one as a whole
BESIDE = 2  # passages on either side of one that was found
CHOSEN = 2  # documents at most that are given whole where a reader chose them


class Library(Protocol):
    """Where documents are read; see `ingest.index.Index`."""

    def document(self, document_id: str) -> Document | None:
        """A document by its id, None where it is gone."""
        ...

    def passages(self, document_id: str) -> tuple[Passage, ...]:
        """All passages of a document, in its order."""
        ...


@dataclass(frozen=True, slots=True)
class Material:
    """What the program has found for a question: its own answer, `quoted`, all evidence, best first, where whole documents
    are read, what was said before; `gap` is what the documents are known not to hold."""

    question: Query
    quoted: Answer
    evidence: Sequence[Evidence]
    library: Library
    history: Sequence[Turn] = ()
    gap: str = ""


def select_blocks(material: Material, budget: int) -> tuple[EvidenceBlock, ...]:
    """The blocks that are shown, as far as `budget` tokens reach: documents that a reader chose as a whole, else what the
    program itself would quote, then the best of the rest. A paragraph, list or table that gives orders is left out whole."""
    shelf = _Shelf(material)
    chosen = shelf.chosen_documents()
    whole = [run for document in chosen for run in shelf.blocks_of(document)]
    if chosen and sum(tokens_of(_as_block(run).shown) for run in whole) <= budget:
        return _keyed(whole)
    wanted = shelf.by_section(whole) if chosen else shelf.found_blocks()
    found: list[tuple[Evidence, ...]] = []
    for run, least in wanted:
        for shown in (run, least):
            cost = tokens_of(_as_block(shown).shown) + 1 if shown else 0
            if shown and cost <= budget:
                budget -= cost
                found.append(shown)
                break
    return _keyed(sorted(found, key=shelf.place) if chosen else found)


def _keyed(runs: Sequence[tuple[Evidence, ...]]) -> tuple[EvidenceBlock, ...]:
    return tuple(EvidenceBlock(f"S{n}", run) for n, run in enumerate(runs, 1))


def _as_block(run: tuple[Evidence, ...]) -> EvidenceBlock:
    return EvidenceBlock("S99", run)


class _Shelf:
    """The documents behind the evidence, block by block; what is taken once is not there again."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._documents = {e.document.id: e.document for e in material.evidence}
        self._blocks: dict[str, dict[int, list[Passage]]] = {}
        self._taken: set[tuple[str, int]] = set()
        self._order: dict[tuple[str, int], int] = {}

    def chosen_documents(self) -> list[Document]:
        """Those that the question is limited to, where they are few."""
        within = self._material.question.within or ()
        if not 0 < len(within) <= CHOSEN:
            return []
        found = (self._documents.get(key) or self._material.library.document(key) for key in within)
        return [d for d in found if d is not None]

    def blocks_of(self, document: Document) -> list[tuple[Evidence, ...]]:
        """All of a document, in its order, but what gives orders."""
        found = [self._take(document, run) for number in self._of(document) for run in self._runs(document, number)]
        return [piece for run in found if run for piece in _pieces(run)]

    def by_section(
        self, whole: Sequence[tuple[Evidence, ...]]
    ) -> Iterator[tuple[tuple[Evidence, ...], tuple[Evidence, ...]]]:
        """Blocks of chosen documents, those below the heading that answers best first, then as the documents have them."""
        sections: dict[tuple[str, str], list[tuple[Evidence, ...]]] = {}
        for run in whole:
            self._order[_start(run)] = len(self._order)
            sections.setdefault((run[0].document.id, run[-1].passage.heading), []).append(run)
        found = [(e.document.id, e.passage.heading) for e in self._first()]
        for section in dict.fromkeys([*(s for s in found if s in sections), *sections]):
            yield from ((run, ()) for run in sections[section])

    def place(self, run: tuple[Evidence, ...]) -> int:
        """Where a block of a chosen document stands among all of them."""
        return self._order[_start(run)]

    def found_blocks(self) -> Iterator[tuple[tuple[Evidence, ...], tuple[Evidence, ...]]]:
        """The block of each piece of evidence, best first, and the least that may stand for it where there is little room:
        what was found with its neighbours. Of a long block no more than that is shown at all."""
        for item in self._first():
            document, passage = item.document, item.passage
            if (document.id, passage.start) in self._taken:
                continue
            runs = self._runs(document, passage.block)
            block = next((run for run in runs if passage in run), [])
            least = self._around(block, passage)
            if not _long(block, document):
                run = self._take(document, block)
                yield run, tuple(e for e in run if e.passage in least)
            else:
                yield self._take(document, least), ()

    # --- parts

    def _first(self) -> list[Evidence]:
        """What the program itself quotes, then the rest."""
        cited = [(c.document_id, c.start, c.end) for c in self._material.quoted.citations]
        evidence = self._material.evidence
        return [*(e for e in evidence if any(_within(e, *span) for span in cited)), *evidence]

    def _of(self, document: Document) -> dict[int, list[Passage]]:
        if document.id not in self._blocks:
            blocks: dict[int, list[Passage]] = {}
            for passage in self._material.library.passages(document.id):
                blocks.setdefault(passage.block, []).append(passage)
            self._blocks[document.id] = blocks
        return self._blocks[document.id]

    def _runs(self, document: Document, number: int) -> list[list[Passage]]:
        """The passages of a block, a list's behind the sentence that introduces it. Of one in which something gives orders
        nothing; of a long one, which may be all of a plain text, the stretches before and after that and its neighbours."""
        passages = self._of(document).get(number, [])
        lead = passages[0].lead if passages else None
        leads = [p for b in self._of(document).values() for p in b if (p.start, p.end) == lead] if lead else []
        whole = [*leads, *passages]
        hostile = [n for n, p in enumerate(whole) if _hostile([p], document)]
        if not hostile:
            return [whole]
        if not _long(whole, document):
            return []
        edges = [0, *(e for n in hostile for e in (max(0, n - BESIDE), n + BESIDE + 1)), len(whole)]
        return [run for at in range(0, len(edges), 2) if (run := whole[edges[at] : edges[at + 1]])]

    def _around(self, block: Sequence[Passage], passage: Passage) -> list[Passage]:
        """The passage and its neighbours, up to another that was found, which has its own."""
        at = next((n for n, p in enumerate(block) if p.start == passage.start), None)
        return [] if at is None else list(block[max(0, at - BESIDE) : at + BESIDE + 1])

    def _take(self, document: Document, passages: Sequence[Passage]) -> tuple[Evidence, ...]:
        """The passages that were not taken before, without a gap; one that stands shown already is not shown again."""
        run: list[Evidence] = []
        for passage in passages:
            if (document.id, passage.start) not in self._taken:
                self._taken.add((document.id, passage.start))
                run.append(Evidence("", document, passage, passage.read(document.text)))
        return tuple(run)


def _pieces(run: tuple[Evidence, ...]) -> Iterator[tuple[Evidence, ...]]:
    """A block -> the same, or parts of bearable length of a long one."""
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


def _start(run: tuple[Evidence, ...]) -> tuple[str, int]:
    return run[0].document.id, run[0].passage.start


def _long(block: Sequence[Passage], document: Document) -> bool:
    rows = sum(p.kind == "row" for p in block)
    return rows > LONG_TABLE or tokens_of(" ".join(p.quote(document.text) for p in block)) > LONG_BLOCK


def _hostile(passages: Sequence[Passage], document: Document) -> bool:
    """Whether any of it, or what stands above it, speaks to the program rather than to a reader."""
    said = [p.quote(document.text) for p in passages] + [p.read(document.text) for p in passages]
    return any(map(gives_orders, [*said, *{breadcrumb(document, p) for p in passages}]))


def _within(evidence: Evidence, document_id: str, start: int, end: int) -> bool:
    passage = evidence.passage
    return passage.document_id == document_id and start <= passage.start and passage.end <= end
