"""Is what was parsed of bearable size? A small file can unfold into a text, or into passages, of any size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ingest.documents import Chunk, Document
from ingest.limits import Limits, beyond
from ingest.split import Block, document_blocks, split


def check_bounds(document: Document, path: Path, limits: Limits) -> None:
    """Refuse a document that is larger than the limits, or becomes so when it is split; `path` is for the message.

    Raises:
        LoadError: it says what is too large, the limit, and the setting.
    """
    if len(document.text) > limits.characters:
        raise beyond(path, f"holds {len(document.text):,} characters", limits, "characters")
    if len(document.title) > limits.title:
        raise beyond(path, f"has a title of {len(document.title):,} characters", limits, "title", "Give it a shorter one")
    if (stated := _stated(document)) > limits.characters:
        raise beyond(path, f"states {stated:,} characters of its sources", limits, "characters")
    blocks = document_blocks(document)
    _check_headings(blocks, path, limits)
    chunks = split(document, blocks)
    passages = sum(len(c.passages) for c in chunks)
    if passages > limits.passages:
        raise beyond(path, f"has {passages:,} passages", limits, "passages")
    read = sum(_read(c, document) for c in chunks)
    if read > limits.passage_characters:
        has = f"has {read:,} characters in its passages, each read with title and headings"
        raise beyond(path, has, limits, "passage_characters", "Shorten its headings or split it")


def _stated(document: Document) -> int:
    """Characters of what stands beside the text; YAML can name one long value many times."""
    fields = [document.title_zh, document.publisher, document.date, document.url, document.language]
    for s in document.sources:
        fields += [s.id, s.title, s.title_zh, s.publisher, s.date, s.url, s.where, s.language]
    return sum(map(len, fields))


def _check_headings(blocks: Sequence[Block], path: Path, limits: Limits) -> None:
    """Before splitting, which writes the headings above a block down for each of its passages."""
    for block in blocks:
        if len(block.heading) > limits.heading:
            has = f"has headings of {len(block.heading):,} characters above one passage"
            raise beyond(path, has, limits, "heading", "Shorten them")


def _read(chunk: Chunk, document: Document) -> int:
    """About how many characters `ingest.reading.contextualised_texts` makes of a chunk, without making them."""
    where = len(document.title) + len(chunk.heading)
    around = [span for p in chunk.passages for span in (p.header, p.lead, p.section, p.unit, p.above) if span]
    own = sum(where + p.end - p.start for p in chunk.passages)
    return own + sum(end - start for start, end in around)
