"""What a language model reads: paragraphs, lists and tables under their keys, with their place and origin."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from app.answering.verify import sources_of
from app.answers import Evidence
from app.llm.untrusted import for_prompt
from ingest.columns import column_names
from ingest.documents import Document, Passage, plain
from ingest.reading import POINTS_BACK
from ingest.words import CHARACTERS

NAMED = 2  # sources that are named above a block
_HAN = re.compile(f"[{CHARACTERS}]")


@dataclass(frozen=True)
class EvidenceBlock:
    """A paragraph, list or table, or what is shown of a long one, under a key: `items` are its passages, without a gap."""

    key: str
    items: tuple[Evidence, ...]

    @property
    def document(self) -> Document:
        """Where it stands."""
        return self.items[0].document

    @cached_property
    def breadcrumb(self) -> str:
        """What stands above it: title and heading."""
        return breadcrumb(self.document, self.items[-1].passage)

    @cached_property
    def text(self) -> str:
        """What a model reads of it: a paragraph on one line, the items of a list and the rows of a table on one each."""
        lines: list[str] = []
        header = section = None
        for item in self.items:
            passage, said = item.passage, line(item)
            if passage.header and passage.header != header:
                header = passage.header
                lines += table_head(item)
            if passage.section and passage.section != section:
                section = passage.section
                lines += section_lines(item)
            if passage.kind == "sentence" and lines and self.items[0].passage.kind == "sentence":
                lines[-1] = f"{lines[-1]} {said}"
            else:
                lines.append(f"- {said}" if passage.kind == "item" else said)
        return "\n".join(lines)

    @cached_property
    def above(self) -> str:
        """Its place and origin."""
        sources = sources_of(self.document, dict.fromkeys(i for e in self.items for i in e.passage.sources))
        origins = dict.fromkeys(", ".join(filter(None, (s.publisher, s.date))) for s in sources)
        facts = [o for o in origins if o][:NAMED] + ["official"] * all(s.official for s in sources)
        return for_prompt(" — ".join(filter(None, (self.breadcrumb, "; ".join(facts)))))

    @cached_property
    def shown(self) -> str:
        """The block as it stands in a prompt: key, place and origin above its text."""
        return f"[{self.key}] {self.above}\n{self.text}"


def table_head(item: Evidence) -> list[str]:
    """A row -> the lines above its table: what its figures are in, where that is said apart, and its columns' names."""
    passage, text = item.passage, item.document.text
    if passage.header is None:
        return []
    names = " | ".join(plain(n) for n in column_names(text[slice(*passage.header)]))
    return [*(_lines(text[slice(*passage.unit)]) if passage.unit else []), for_prompt(f"| {names} |")]


def section_lines(item: Evidence) -> list[str]:
    """A row -> the lines of the section of its table that it stands in."""
    section = item.passage.section
    return _lines(item.document.text[slice(*section)]) if section else []


def _lines(text: str) -> list[str]:
    return [for_prompt(plain(said)) for said in text.split("\n") if said.strip()]


def line(item: Evidence) -> str:
    """A passage -> the line that a model reads of it."""
    return for_prompt(plain(item.passage.quote(item.document.text)))


def breadcrumb(document: Document, passage: Passage) -> str:
    """A passage -> what stands above it: title and heading."""
    return f"{document.title} › {passage.heading}" if passage.heading else document.title


def passage_text(document: Document, passage: Passage) -> str:
    """A passage -> what it says: an item behind the sentence that introduces its list."""
    lead = f"{document.text[slice(*passage.lead)]} " if passage.lead else ""
    return lead + passage.read(document.text)


def tokens_of(text: str) -> int:
    """A text -> its tokens, an estimate on the safe side: one for each Chinese character and for every three others."""
    han = len(_HAN.findall(text))
    return han + (len(text) - han + 2) // 3


def with_context(run: tuple[Evidence, ...], block: EvidenceBlock) -> tuple[Evidence, ...]:
    """A run of a block's passages -> the same behind the sentence before it, where it begins with what points back."""
    first = run[0]
    at = block.items.index(first)
    if at and first.passage.kind == "sentence" and POINTS_BACK.match(first.text):
        return (block.items[at - 1], *run)
    return run
