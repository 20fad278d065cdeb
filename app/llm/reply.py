"""Parses a model's answer, one JSON object, while it streams, and yields its statements.

Each statement has the keys that it names and the words that it quotes. The parser reads the reply once, character by
character, and ignores any text around the object. Models without structured output put it between fences, think aloud before
it, or forget a comma. Thoughts are removed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.llm.claims import Claim, Quoted
from app.llm.evidence import items_of, sound
from app.sentences import BlockKind
from ingest.columns import cells

_THOUGHT = re.compile(r"(?<!\s)\s*+<think(?:ing)?>.*?(</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)

MAX_STATEMENTS = 100
"""Statements that are read of an answer: no reader wants more, and each costs searches of its quotes."""
_KINDS: dict[str, BlockKind] = {"paragraph": "paragraph", "list": "list", "table": "table"}
_BARE = {"true": True, "false": False}
_OUTSIDE = re.compile(r'["{}\[\],:]')
_SPACE = re.compile(r"\s*")
_INSIDE = re.compile(r'["\\]')
_THOUGHT_START, _THOUGHT_END = "<think", "</think"
_KEYS = re.compile(r"\s{0,9}[\[【［(（]\s?(S\d{1,4}(?:[,，;；、&和 ]{1,5}S\d{1,4}){0,20})\s?[\]】］)）]", re.IGNORECASE)


def without_thoughts(text: str) -> str:
    """Remove the thoughts that a model writes before its reply."""
    return _THOUGHT.sub("", text)


def table_row(values: Sequence[str], headings: Sequence[str], supports: Sequence[Quoted], block: int) -> Claim:
    """Make the statement of a table row, each cell after its heading."""
    names = [*headings, *[""] * (len(values) - len(headings))]
    pairs = tuple(zip(names, values, strict=False))
    return Claim(row_text(pairs), tuple(dict.fromkeys(supports)), "table", block, pairs)


def row_text(pairs: Iterable[tuple[str, str]]) -> str:
    """Return a table row on one line, in the form in which rows of documents are read."""
    return "; ".join(f"{name}: {value}" if name else value for name, value in pairs if value)


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _list(items: dict[str, Any], description: str) -> dict[str, Any]:
    return {"type": "array", "items": items, "description": description}


_SUPPORT = _object(key=_text("Such as S1."), words=_text("The exact words of that evidence that say it."))
_STATEMENT: dict[str, Any] = {
    "supports": _list(_SUPPORT, "What it rests on."),
    "text": _text("One statement of plain text; of a table one row: a | b | c."),
}
_BLOCK = _object(
    kind={"type": "string", "enum": [*_KINDS]},
    headings=_list({"type": "string"}, "Of a table its columns; else none."),
    statements=_list(_object(**_STATEMENT), "Sentences, items or rows, each with what it rests on."),
)
SCHEMA: dict[str, Any] = {
    "title": "answer",
    "description": "An answer of statements, each with the exact words of the evidence that it rests on.",
    **_object(
        look=_list({"type": "string"}, "What to look for before an answer; else none."),
        unanswered=_text("What was asked first, if the evidence does not state it; else an empty string."),
        blocks=_list(_BLOCK, "The answer; none where the evidence holds no answer."),
        not_stated=_text("What else was asked and the evidence does not state; else an empty string."),
    ),
}
READ_SCHEMA: dict[str, Any] = {
    "title": "reading",
    "description": "What a turn of a conversation asks.",
    **_object(
        last_answer={"type": "boolean"},
        questions=_list({"type": "string"}, "What it asks, each to be understood alone."),
        form=_text("The form that is wished for; else an empty string."),
        searches=_list({"type": "string"}, "What else is to be searched for; else none."),
    ),
}
AGAIN_SCHEMA: dict[str, Any] = {
    "title": "again",
    "description": "Statements that could not be verified, written once more.",
    **_object(
        statements=_list(
            _object(number={"type": "integer"}, **_STATEMENT), "Each by its number; what is left out is not here."
        ),
        not_stated=_text("What was asked and the evidence does not state; else an empty string."),
    ),
}


class ReplyStream:
    """Reads a reply piece by piece, and yields each statement once its object is closed.

    Attributes:
        count: The number of statements so far.
        unanswered: What was asked first, if the evidence does not state it; else ''.
        not_stated: What else the evidence does not state.
        look: What the model wants to look for before it answers.
        numbers: The statements by the numbers that the model gave them.
    """

    def __init__(self) -> None:
        self._open: list[_Container] = []
        self._string: list[str] | None = None  # pieces of the string that is open
        self._escaped = False
        self._space_after_quote: list[str] | None = None  # white space behind a mark that may end the string
        self._bare = ""
        self._pending: str | None = ""  # what came last while a reply may hold thoughts before it, None once that is settled
        self._thinks = False
        self._block: Mapping[str, Any] | None = None
        self._blocks = 0
        self._answered = False
        self.count = 0
        self.unanswered = self.not_stated = ""
        self.look: list[Any] = []
        self.numbers: dict[int, Claim] = {}
        self.last_object: Mapping[str, Any] = {}
        """The last object that was closed."""

    @property
    def full(self) -> bool:
        """True if no further statement is read."""
        return self.count >= MAX_STATEMENTS

    @property
    def declined(self) -> bool:
        """True if the model says that the evidence holds no answer: it has no other statement, and looks no further."""
        return not (self.count or self.look) and self._answered

    def feed(self, piece: str) -> Iterator[Claim]:
        """Yield the statements that the piece completes."""
        for value in self._objects(self._without_thoughts(piece)):
            self.last_object = value
            if isinstance(value.get("blocks"), list):
                self._answered = True
            if isinstance(text := value.get("not_stated"), str):
                self.not_stated = text.strip()
            if isinstance(text := value.get("unanswered"), str):
                self.unanswered = text.strip()
            self.look = items_of(value.get("look")) or self.look
            if isinstance(value.get("text"), str) and not self.full:
                yield from self._statement(value)

    # --- parts

    def _statement(self, value: Mapping[str, Any]) -> Iterator[Claim]:
        block = next((c.value for c in reversed(self._open) if isinstance(c.value, dict)), {})
        if block is not self._block:
            self._block, self._blocks = block, self._blocks + 1
        headings = [h for h in items_of(block.get("headings")) if isinstance(h, str)]
        statement = read_statement(value, _KINDS.get(str(block.get("kind")), "paragraph"), headings, self._blocks)
        statement = replace(statement, answers=self._open[0].value.get("unanswered") == "") if self._open else statement
        self.count += 1
        if type(number := value.get("number")) is int:
            self.numbers.setdefault(number, statement)
        yield statement

    def _without_thoughts(self, piece: str) -> str:
        """Return a piece without the thoughts that a model writes before it answers."""
        if self._pending is None:
            return piece
        text = self._pending + piece
        if not self._thinks:
            text = text.lstrip()
            start = text[: len(_THOUGHT_START)].lower()
            if not _THOUGHT_START.startswith(start):
                self._pending = None
                return text
            self._pending, self._thinks = text, start == _THOUGHT_START
        if not self._thinks:
            return ""
        end = text.lower().find(_THOUGHT_END)
        self._pending = text[-len(_THOUGHT_END) :] if end < 0 else None
        return "" if end < 0 else text[end + len(_THOUGHT_END) :]

    def _objects(self, piece: str) -> Iterator[dict[str, Any]]:
        """Yield the objects that a piece closes, inner ones first."""
        at = 0
        while at < len(piece):
            if self._string is not None:
                at = self._read_string(piece, at)
                continue
            mark = _OUTSIDE.search(piece, at)
            self._bare = (self._bare + piece[at : mark.start() if mark else len(piece)][:20])[:20]
            if mark is None:
                return
            at = mark.end()
            yield from self._take_mark(mark[0])

    def _take_mark(self, mark: str) -> Iterator[dict[str, Any]]:
        """Process a mark outside of strings, and yield the object that it closes, if any."""
        bare, self._bare = self._bare.strip(), ""
        if not self._open and mark != "{":
            return  # words around the answer
        if self._open and mark != ":" and (bare.isdecimal() or bare in _BARE):
            self._open[-1].take(_BARE[bare] if bare in _BARE else int(bare[:9]))
        if mark == '"':
            self._string = []
        elif mark == ":":
            self._open[-1].name()
        elif mark in "{[" and len(self._open) < 8:  # an answer has six containers within each other
            self._open.append(_Container({} if mark == "{" else []))
        elif mark in "{[":
            self._open = []
        elif mark in "}]":
            closed = self._open.pop().value
            if isinstance(closed, dict):
                yield closed
            if self._open:
                self._open[-1].take(closed)

    def _read_string(self, piece: str, at: int) -> int:
        """Read on inside a string, and return the position at which to continue.

        A quotation mark belongs to the string if what follows it could not follow a string, since quoted words often
        contain some.
        """
        assert self._string is not None
        if self._space_after_quote is not None:
            end = _SPACE.match(piece, at).end()  # type: ignore[union-attr]
            self._space_after_quote.append(piece[at:end])
            if end == len(piece):
                return end
            if piece[end] in ",:}]":
                self._open[-1].take(_decoded("".join(self._string)))
                self._string = None
            else:
                self._string += ['\\"', *self._space_after_quote]
            self._space_after_quote = None
            return end
        if self._escaped:
            self._string.append(piece[at])
            self._escaped = False
            return at + 1
        mark = _INSIDE.search(piece, at)
        self._string.append(piece[at : mark.start() if mark else len(piece)])
        if mark is None:
            return len(piece)
        if mark[0] == "\\":
            self._string.append("\\")
            self._escaped = True
        else:
            self._space_after_quote = []
        return mark.end()


@dataclass
class _Container:
    """An open object or list; `key` is the key of the next value of an object."""

    value: Any
    key: str | None = None
    last: Any = None

    def name(self) -> None:
        """Take the string before a colon as the key of the next value."""
        self.key = self.last if isinstance(self.last, str) else None
        self.last = None

    def take(self, value: Any) -> None:
        """One more value."""
        if isinstance(self.value, list):
            self.value.append(value)
        elif self.key is not None:
            self.value[self.key] = value
            self.key = None
        else:
            self.last = value


def read_statement(item: Mapping[str, Any], kind: BlockKind, headings: list[str], block: int) -> Claim:
    """Read a statement from its object.

    Args:
        item: The object.
        kind: The kind of its block.
        headings: The headings of a table.
        block: The number of its block.
    """
    raw = str(item["text"])
    supports = [q for s in items_of(item.get("supports")) if isinstance(s, Mapping) and (q := _quoted(s))]
    supports += [Quoted(key.upper()) for keys in _KEYS.findall(raw) for key in re.findall(r"S\d+", keys, re.IGNORECASE)]
    text = _KEYS.sub("", raw).strip()  # some say the keys in the text as well
    if kind == "table":
        return table_row([c.strip() for c in cells(text)], headings, supports, block)
    return Claim(text, tuple(dict.fromkeys(supports)), kind, block)


def _quoted(item: Mapping[str, Any]) -> Quoted | None:
    key, words = (str(item.get(name, "")).strip() for name in ("key", "words"))
    return Quoted(key.strip("[]() ").upper(), words) if key else None


def _decoded(string: str) -> str:
    try:
        return sound(str(json.loads(f'"{string}"', strict=False)))
    except ValueError:  # an escape that JSON does not know
        return sound(string)
