"""An answer whose provider cites the evidence, as it grows -> the same statements as `app.llm.parse` reads from a text.

It comes in blocks of text, each with the citations that all of it rests on: a block may hold several sentences, and a
sentence may be spread over several blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from app.llm.citable import Citable
from app.llm.parse import ENDS, ITEM, NUMBERED, Form, declines, not_stated, row, ruled, says_none, undecided
from app.sentences import Quoted, Statement
from ingest.languages import sentences

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

_CUT = ("max_tokens", "model_context_window_exceeded")  # why a model stops in the midst of a sentence


@dataclass(frozen=True, slots=True)
class _Cited:
    """A piece of an answer, and what it rests on."""

    start: int
    end: int
    quotes: tuple[Quoted, ...]


class CitedStream:
    """A cited answer as it grows -> each statement once it is whole: its block is, as citations may stand before its words
    or behind them, and the next statement has begun."""

    def __init__(self, documents: Sequence[Citable]) -> None:
        self._keys = [d.key for d in documents]
        self._said = ""  # by blocks that are whole
        self._cited: list[_Cited] = []
        self._block: object = None
        self._growing, self._quotes = "", list[Quoted]()
        self._form, self._at, self._given = Form(), 0, 0  # the line that is read, and how many of its statements are given
        self._cut = False

    def feed(self, piece: BaseMessage) -> Iterator[Statement]:
        """The statements that are whole now."""
        if self.take(piece):
            yield from self._further(whole=False)

    def close(self) -> Iterator[Statement]:
        """What is left at the end; the last words may be half a sentence, and then they are not given."""
        self._settle()
        yield from self._further(whole=True)

    @property
    def declined(self) -> bool:
        """Whether it says that the evidence holds no answer."""
        return declines(self._said + self._growing)

    @property
    def not_stated(self) -> str:
        """What it says that the evidence does not state of what was asked; '' where it says nothing of the kind."""
        return not_stated(self._said + self._growing)

    def take(self, piece: BaseMessage) -> bool:
        """A piece of a message, and whether a block is whole therefore."""
        settled = False
        for block in piece.content_blocks:
            if block["type"] != "text":
                continue
            if block.get("index") != self._block:
                self._settle()
                self._block, settled = block.get("index"), True
            self._growing += block.get("text", "")
            self._quotes += [q for a in block.get("annotations", ()) if (q := self._quoted(a))]
        self._cut = self._cut or piece.response_metadata.get("stop_reason") in _CUT
        return settled

    def again(self) -> dict[int, Statement]:
        """A reply about statements that failed -> those that are said again, by number; see `app.llm.parse.read_again`."""
        self._settle()
        found: dict[int, Statement] = {}
        for start, end in self._lines():
            numbered = NUMBERED.match(self._said, start, end)
            if numbered and (said := list(self._line(numbered.end(), end, Form()))):
                found[int(numbered[1])] = said[0]
        return found

    # --- parts

    def _quoted(self, annotation: Mapping[str, Any]) -> Quoted | None:
        words = " ".join(str(annotation.get("cited_text") or "").split())
        if annotation.get("type") != "citation" or not words:
            return None
        index = annotation.get("extras", {}).get("document_index")
        known = isinstance(index, int) and 0 <= index < len(self._keys)
        return Quoted(self._keys[index] if known else "", words)  # without a key it is looked for everywhere

    def _settle(self) -> None:
        """The block that grew is whole."""
        start, self._said = len(self._said), self._said + self._growing
        if self._quotes:
            self._cited.append(_Cited(start, len(self._said), tuple(dict.fromkeys(self._quotes))))
        self._growing, self._quotes = "", []

    def _further(self, whole: bool) -> Iterator[Statement]:
        """The statements that were not given yet; of an answer that is not `whole` those that can no longer change."""
        if self.declined:
            return
        lines = self._lines(self._at)
        *_, last = lines
        for line, below in pairwise(lines):
            if below == last and not whole and self._may_be_headings(*line):
                return  # what stands below it will tell
            yield from self._new(list(self._line(*line, self._form, below)))
            self._at, self._given = below[0], 0
        if whole:
            found = list(self._line(*last, self._form))
            half = found and not ENDS.search(self._said) and (self._cut or not found[-1].supports)
            yield from self._new(found[:-1] if half else found)
        elif not undecided(self._said[slice(*last)]):
            yield from self._new(list(self._line(*last, self._form))[:-1])

    def _new(self, found: Sequence[Statement]) -> Sequence[Statement]:
        """Of the statements of a line those that were not given yet."""
        new = found[self._given :]
        self._given += len(new)
        return new

    def _lines(self, at: int = 0) -> list[tuple[int, int]]:
        """Where the lines stand from a place on."""
        spans = []
        for line in self._said[at:].split("\n"):
            spans.append((at, at + len(line)))
            at += len(line) + 1
        return spans

    def _may_be_headings(self, start: int, end: int) -> bool:
        begins = self._form.kind != "table" or not self._form.rows
        return begins and self._said[start:end].lstrip().startswith("|")

    def _line(self, start: int, end: int, form: Form, below: tuple[int, int] | None = None) -> Iterator[Statement]:
        """A line -> its statements, each with the citations of all blocks that it has words of."""
        line, supports = self._said[start:end], self._supports(start, end)
        if says_none(line):
            form.begin(None)
        elif line.lstrip().startswith("|"):
            headings = not supports or bool(below and below[0] < below[1] and ruled(self._said[slice(*below)]))
            yield from row(line.strip(), supports, form, headings)
        else:
            item = ITEM.match(line)
            form.begin("list" if item else "paragraph")
            for begins, ends in sentences(self._said, start + (item.end() if item else 0), end):
                said = self._said[begins:ends].strip()
                yield Statement(said, self._supports(begins, ends), form.kind or "paragraph", form.block)

    def _supports(self, start: int, end: int) -> tuple[Quoted, ...]:
        """What words from `start` to `end` rest on."""
        inside = [c for c in self._cited if _speaks(self._said[max(c.start, start) : min(c.end, end)])]
        return tuple(dict.fromkeys(q for c in inside for q in c.quotes))


def _speaks(piece: str) -> bool:
    """Whether a piece of a sentence is more than the mark at its end."""
    return any(c.isalnum() for c in piece)
