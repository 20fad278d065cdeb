"""The sentences of an answer as the blocks in which the page and files show them: paragraphs, lists and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest

from app.answers import Answer
from app.sentences import BlockKind, Citation, Sentence
from app.text.messages import message
from app.text.words import one_line
from ingest.documents import Kind, guess_language, plain

EMPTY = Sentence("", ())
_KINDS: dict[Kind, BlockKind] = {"item": "list", "row": "table", "sentence": "paragraph"}


@dataclass(frozen=True, slots=True)
class Part:
    """A sentence, the citation that it is a quote of, and what kind of passage that is."""

    sentence: Sentence
    citation: Citation
    kind: Kind

    @property
    def table(self) -> object:
        """A key that rows of the same table have in common."""
        return self.citation.document_id, tuple(name for name, _ in self.citation.row)

    @property
    def subject(self) -> str:
        """The first cell of a row."""
        return self.citation.row[0][1] if self.citation.row else ""

    def marked(self) -> tuple[int, int, int] | None:
        """Find the cell of a row that contains what was asked for.

        Returns:
            The number of the column, and the start (inclusive) and end (exclusive) within its cell; None if the sentence
                is not a row, or no cell contains it.
        """
        if self.kind != "row" or self.sentence.highlight is None:
            return None
        start, end = self.sentence.highlight
        at = 0
        for number, (name, value) in enumerate(self.citation.row):
            if value:
                cell_start = at + (len(name) + 2 if name else 0)
                at = cell_start + len(value) + 2
                if cell_start <= start and end <= cell_start + len(value):
                    return number, start - cell_start, end - cell_start
        return None


def kind_of(sentence: Sentence, cited: Citation) -> Kind:
    """Return the kind of passage that a sentence quotes; `sentence` if it uses other words.

    `cited` is the first citation of the sentence. A single item comes after the words that introduce its list, and a
    language model may reword an item: neither counts as an item.
    """
    if not cited.kind or (cited.kind == "row" and not cited.row):
        return "sentence"
    quote = cited.read if cited.kind == "row" else plain(cited.quote)
    return cited.kind if one_line(sentence.text) == one_line(quote) else "sentence"


def are_sides(rows: Sequence[Part], sides: Sequence[str]) -> bool:
    """Return True if two sides or more are compared and each row of a table is about one of them."""
    return len(sides) >= 2 and all(any(side in row.subject for side in sides) for row in rows)


def on_sides(sides: Sequence[str], parts: Sequence[Part]) -> list[list[str]]:
    """Return the sides of a comparison that each sentence names.

    Returns:
        A list for each sentence; [] if there are fewer than two sides, if a sentence names no side, if none names
            exactly one, or if a part is an item or a row.
    """
    if len(sides) < 2 or any(part.kind != "sentence" for part in parts):
        return []
    named_sides = [[s for s in sides if _names(part.sentence.text, s)] for part in parts]
    return named_sides if all(named_sides) and any(len(names) == 1 for names in named_sides) else []


def _names(text: str, side: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(side)}(?!\w)", text, re.IGNORECASE))


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (one row of sentences), a list (a row for each item), or a table, whose first row is its head.

    A cell is a sentence as well, without citations unless the numbers of its row stand in it.
    """

    kind: BlockKind
    rows: tuple[tuple[Sentence, ...], ...]
    caption: str = ""


def blocks(answer: Answer) -> Iterator[Block]:
    """Yield the blocks of an answer.

    Written sentences are in the blocks in which they were written. Of quotes, the rows of a table come together at the
    first of them, items that follow each other form a list, and any other sentence is a paragraph. The sides of a
    comparison are side by side in a table.
    """
    citations = {c.number: c for c in answer.citations}
    parts = [Part(s, (c := citations[s.citations[0]]), kind_of(s, c)) for s in answer.sentences]
    if not any(s.place for s in answer.sentences) and (named_sides := on_sides(answer.sides, parts)):
        yield from _compared(answer, parts, named_sides)
        return
    shown: set[object] = set()
    for (number, kind), group in groupby(parts, key=_block):
        group_parts = list(group)
        sentences = [part.sentence for part in group_parts]
        if number and kind == "table":
            yield _table(sentences)
        elif number and kind == "paragraph":
            yield Block(kind, (tuple(sentences),))
        elif kind == "table":
            for table in dict.fromkeys(p.table for p in group_parts if p.table not in shown):
                shown.add(table)
                yield _rows([p for p in parts if _block(p) == (0, "table") and p.table == table], answer.sides)
        elif kind == "list":
            yield Block("list", _lines(sentences))
        else:
            yield from (Block("paragraph", (line,)) for line in _lines(sentences))


def _block(part: Part) -> tuple[int, BlockKind]:
    place = part.sentence.place
    return (place.block, place.kind) if place else (0, _KINDS[part.kind])


def _lines(sentences: Sequence[Sentence]) -> tuple[tuple[Sentence, ...], ...]:
    return tuple((sentence,) for sentence in sentences)


def _table(sentences: Sequence[Sentence]) -> Block:
    """Make a table of written rows, below the headings of the first row; the numbers are in the last cell."""
    rows = [[*_cells([value for _, value in s.place.cells] if s.place and s.place.cells else [s.text])] for s in sentences]
    for row, sentence in zip(rows, sentences, strict=True):
        row[-1] = Sentence(row[-1].text, sentence.citations)
    first = sentences[0].place
    head = _cells([name for name, _ in first.cells] if first else [])
    return Block("table", _padded([head, *rows]))


def _rows(rows: Sequence[Part], sides: Sequence[str]) -> Block:
    """Make a table of quoted rows, each with its citations in its first cell.

    Empty columns are left out. A single row becomes a column, and so do the rows of a comparison, which are then side by
    side.
    """
    names = [name for name, _ in rows[0].citation.row]
    first, *rest = (n for n in range(len(names)) if any(row.citation.row[n][1] for row in rows))
    grid = [_cells([names[n] for n in (first, *rest)])]
    grid += [[_cell(row, first, row.sentence.citations), *(_cell(row, n) for n in rest)] for row in rows]
    if len(rows) == 1 or are_sides(rows, sides):
        grid = [list(column) for column in zip(*grid, strict=True)]
    return Block("table", _padded(grid), rows[0].citation.unit)


def _cell(row: Part, column: int, numbers: tuple[int, ...] = ()) -> Sentence:
    mark = row.marked()
    return Sentence(row.citation.row[column][1], numbers, mark[1:] if mark and mark[0] == column else None)


def _compared(answer: Answer, parts: Sequence[Part], named_sides: Sequence[list[str]]) -> Iterator[Block]:
    """Yield a table of the sentences on one side alone, then the sentences on several sides.

    Each side is a column below its name; a side without sentences says so.
    """
    pairs = list(zip((part.sentence for part in parts), named_sides, strict=True))
    empty = Sentence(message("exports.empty_side", guess_language(answer.question)), ())
    columns = [[sentence for sentence, names in pairs if names == [side]] or [empty] for side in answer.sides]
    yield Block("table", (tuple(_cells(answer.sides)), *zip_longest(*columns, fillvalue=EMPTY)))
    yield from (Block("paragraph", ((sentence,),)) for sentence, names in pairs if len(names) > 1)


def _cells(texts: Sequence[str]) -> list[Sentence]:
    return [Sentence(text, ()) for text in texts]


def _padded(rows: Sequence[Sequence[Sentence]]) -> tuple[tuple[Sentence, ...], ...]:
    """Rows, each filled up to the length of the longest."""
    return tuple(zip(*zip_longest(*rows, fillvalue=EMPTY), strict=True))
