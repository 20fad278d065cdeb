"""A document to read: what it is and rests on, what is asked of it, its outline and its text, in which one can search.

Everything in it is shown as text. Long ones come in parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup

from app.ui.template import macros
from app.ui.titles import read_sources
from app.ui.words import Words
from app.web.shelf import Reading
from ingest.columns import cells, column_names
from ingest.documents import Passage

LONGEST = 1_500  # passages of one part
ASKED = 4  # questions that are offered


def reader_html(reading: Reading, questions: Sequence[str], part: int, removable: bool, words: Words) -> Markup:
    """Render the reader with one part of a document, and questions to begin with."""
    document, parts = reading.document, max(1, -(-len(reading.passages) // LONGEST))
    part = min(max(part, 0), parts - 1)
    here = reading.passages[part * LONGEST : (part + 1) * LONGEST]
    outline = list(dict.fromkeys(p.heading for p in here if p.heading))
    text = sections_html(reading, here, (-1, -1), words, numbered=True)
    values = {"part": part, "parts": parts, "removable": removable, "passages": len(reading.passages)}
    return macros("reader", words).reader(document, read_sources(document), questions[:ASKED], outline, text, **values)


def sections_html(
    reading: Reading, passages: Sequence[Passage], marked: tuple[int, int], words: Words, numbered: bool = False
) -> Markup:
    """Render passages with their headings, pages and blocks in order, those within `marked` marked.

    If `numbered`, the headings have ids that a link can lead to.
    """
    blocks = []
    heading = ""
    page: int | None = None
    for _, group in groupby(passages, key=lambda p: (p.block, p.kind, p.heading)):
        block = list(group)
        above, heading = heading, block[0].heading
        before, page = page, reading.document.page(block[0].start)
        blocks.append((block, heading if heading != above else "", page if page != before else None))
    return macros("reader", words, cells, column_names).sections(reading.text, blocks, marked, numbered)
