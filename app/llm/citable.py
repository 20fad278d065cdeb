"""Evidence as documents that a provider cites: the least that it can cite is a passage, so that cited text is one's text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from app.answers import Evidence
from app.llm.evidence import EvidenceBlock, line, section_lines, table_head

LONGEST_TITLE = 500  # characters that Anthropic takes


@dataclass(frozen=True, slots=True)
class Citable:
    """The passages of a block below one heading of its table, a line each, under the block's key. `context` is read and not
    cited: the names of the table's columns."""

    key: str
    title: str
    context: str
    lines: tuple[str, ...]

    @property
    def whole(self) -> str:
        """All that is said in it."""
        return "\n".join(filter(None, (self.title, self.context, *self.lines)))

    @property
    def content(self) -> dict[str, Any]:
        """The same as Anthropic takes it: a document of custom content."""
        lines = [{"type": "text", "text": said} for said in self.lines]
        document = {"type": "document", "source": {"type": "content", "content": lines}, "citations": {"enabled": True}}
        beside = {"title": self.title[:LONGEST_TITLE], "context": self.context}  # an empty one is refused
        return document | {name: said for name, said in beside.items() if said}


def citable(block: EvidenceBlock) -> Iterator[Citable]:
    """A block -> its documents: one, but for tables with headings in their midst."""
    for above, items in groupby(block.items, _above):
        if lines := tuple(said for e in items if (said := line(e))):
            yield Citable(block.key, block.above, above, lines)


def _above(item: Evidence) -> str:
    return "\n".join([*table_head(item), *section_lines(item)])
