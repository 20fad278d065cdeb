"""A structured answer (JSON) as it grows -> the same statements as `app.llm.parse` reads from a text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.llm.brackets import held, without_held
from app.llm.parse import declines, table_row
from app.sentences import BlockKind, Quoted, Statement
from ingest.columns import cells

_KINDS: dict[str, BlockKind] = {"paragraph": "paragraph", "list": "list", "table": "table"}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _list(items: dict[str, Any], description: str) -> dict[str, Any]:
    return {"type": "array", "items": items, "description": description}


_SUPPORT = _object(key=_text("Such as S1."), words=_text("The exact words of that evidence that say it."))
_STATEMENT = _object(
    supports=_list(_SUPPORT, "What it rests on."), text=_text("One statement of plain text; of a table one row: a | b | c.")
)
_BLOCK = _object(
    kind={"type": "string", "enum": [*_KINDS]},
    headings=_list({"type": "string"}, "Of a table its columns; else none."),
    statements=_list(_STATEMENT, "Sentences, items or rows, each with what it rests on."),
)
SCHEMA: dict[str, Any] = {
    "title": "answer",
    "description": "An answer of statements, each with the exact words of the evidence that it rests on.",
    **_object(
        blocks=_list(_BLOCK, "The answer; none where the evidence holds no answer."),
        not_stated=_text("What was asked and the evidence does not state; else an empty string."),
    ),
}


class StructuredStream:
    """A structured answer as it grows -> each statement once the next one has begun."""

    def __init__(self) -> None:
        self._given = 0
        self._grown: object = None
        self._last: list[Statement] = []

    def feed(self, grown: object) -> Iterator[Statement]:
        """The statements that are whole now."""
        self._grown = grown
        self._last = list(_statements(_blocks(grown)))
        yield from self._further(self._last[:-1])

    def close(self) -> Iterator[Statement]:
        """The last one."""
        yield from self._further(self._last)

    @property
    def declined(self) -> bool:
        """Whether it gave no statement, or says that there is no answer."""
        answered = isinstance(self._grown, Mapping) and isinstance(self._grown.get("blocks"), list)
        return answered and (not self._last or declines(self._last[0].text))

    @property
    def not_stated(self) -> str:
        """What it says that the evidence does not state of what was asked."""
        said = self._grown.get("not_stated") if isinstance(self._grown, Mapping) else None
        return said.strip() if isinstance(said, str) else ""

    def _further(self, found: Sequence[Statement]) -> Iterator[Statement]:
        new = found[self._given :]
        self._given += len(new)
        yield from new


def _blocks(grown: object) -> list[Mapping[str, Any]]:
    items = grown.get("blocks") if isinstance(grown, Mapping) else None
    return [i for i in items if isinstance(i, Mapping)] if isinstance(items, list) else []


def _statements(blocks: Sequence[Mapping[str, Any]]) -> Iterator[Statement]:
    for number, block in enumerate(blocks, 1):
        kind = _KINDS.get(str(block.get("kind")), "paragraph")
        headings = [str(h) for h in _items(block.get("headings"))]
        for item in _items(block.get("statements")):
            if isinstance(item, Mapping):
                yield _statement(item, kind, headings, number)


def _statement(item: Mapping[str, Any], kind: BlockKind, headings: Sequence[str], block: int) -> Statement:
    said, groups = held(str(item.get("text", "")), whole=True)  # some say the keys in the text as well
    named = [q for s in _items(item.get("supports")) if isinstance(s, Mapping) and (q := _quoted(s))]
    named += [q for group in groups for q in group]
    text = without_held(said)
    if kind == "table":
        return table_row([c.strip() for c in cells(text)], headings, named, block)
    return Statement(text, tuple(dict.fromkeys(named)), kind, block)


def _quoted(item: Mapping[str, Any]) -> Quoted | None:
    key = str(item.get("key", "")).strip("[]() ").upper()
    return Quoted(key, str(item.get("words", "")).strip()) if key else None


def _items(given: object) -> list[Any]:
    return given if isinstance(given, list) else []
