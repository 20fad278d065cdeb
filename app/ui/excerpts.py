"""Quotes in their place in a document: a paragraph, a list or a table once, with all its quotes marked."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from itertools import pairwise

from markupsafe import Markup

from app.sentences import Citation
from app.ui.forms.pieces import badge, heading, of_columns, of_quote
from app.ui.template import macros
from app.ui.words import Words
from app.web.shelf import Reading
from ingest.documents import Passage, plain

AROUND = 420  # characters of a paragraph shown before and after a quote


def by_document(citations: Sequence[Citation]) -> list[list[Citation]]:
    """Group citations by document, in the order of each document's first citation."""
    together: dict[str, list[Citation]] = {}
    for citation in citations:
        together.setdefault(citation.document_id, []).append(citation)
    return list(together.values())


def excerpts(citations: Sequence[Citation], reading: Reading | None) -> list[list[Citation]]:
    """Group one document's citations by paragraph, list or table, each group in the order of the text."""
    together: dict[Hashable, list[Citation]] = {}
    for citation in citations:
        together.setdefault(_place(citation, reading), []).append(citation)
    return [sorted(cited, key=lambda c: c.start) for cited in together.values()]


def _place(citation: Citation, reading: Reading | None) -> Hashable:
    if citation.row:
        return citation.heading, tuple(name for name, _ in citation.row)
    inside = _inside(citation, reading)
    return (inside[0].kind == "item", inside[0].block) if inside else citation.number


def _inside(citation: Citation, reading: Reading | None) -> list[Passage]:
    """Return the passages that a citation quotes; [] if the document is gone."""
    return [p for p in reading.passages if citation.start <= p.start and p.end <= citation.end] if reading else []


def excerpt_html(
    cited: Sequence[Citation],
    reading: Reading | None,
    words: Words,
    group: int | None = None,
    beside: Sequence[Citation] = (),
) -> Markup:
    """Render an excerpt with the quotes of its citations marked.

    What `beside` quotes on the same card is not repeated. The quotes of an answer's cards have the numbers that lead back to
    the answer of the `group`; those of no group stand alone.
    """
    first, html = cited[0], macros("excerpts", words, status_badge, headings)
    if first.row:
        return html.upright(first, group) if len(cited) == 1 else html.grid(cited, group)
    inside = _inside(first, reading)
    if reading is None or not inside:
        return html.alone(cited, group)
    if inside[0].kind == "item":
        before = {(c.start, c.end) for c in beside if c.number < min(x.number for x in cited)}
        lead = inside[0].lead if inside[0].lead not in before else None
        return html.items(reading.text[slice(*lead)] if lead else "", _items(cited, reading), group)
    return html.paragraph(cited, _around(cited, reading, inside[0]), group)


def _around(cited: Sequence[Citation], reading: Reading, here: Passage) -> list[str]:
    """Return the words of a paragraph before its first quote, between two quotes each, and after the last."""
    text, block = reading.text, [p for p in reading.passages if p.block == here.block and p.kind == here.kind]
    between = [_between(text[one.end : following.start]) for one, following in pairwise(cited)]
    last = cited[-1].end
    return [tail(text[block[0].start : cited[0].start]), *between, head(text[last : max(block[-1].end, last)])]


def _items(cited: Sequence[Citation], reading: Reading) -> list[tuple[str, Citation | None, bool]]:
    """Return the quoted items of a list and their neighbours.

    Each has its text, the citation that quotes it if there is one, and whether the quote begins with it.
    """
    here = _inside(cited[0], reading)[0]
    quoted = {p.start: citation for citation in cited for p in _inside(citation, reading)}
    block = [p for p in reading.passages if p.kind == "item" and p.block == here.block]
    items = []
    above: Citation | None = None
    for n, passage in enumerate(block):
        citation = quoted.get(passage.start)
        if citation or any(p.start in quoted for p in block[max(0, n - 1) : n + 2]):
            items.append((passage.quote(reading.text), citation, citation is not above))
        above = citation
    return items


def status_badge(citation: Citation, words: Words) -> Markup:
    """Render the mark of a quote whose figures are all targets; '' for others."""
    return Markup(badge(of_quote(citation), words))


def headings(citation: Citation, words: Words) -> list[Markup]:
    """Render the names of the columns of a quoted row, those of targets and results marked."""
    statuses = of_columns(citation.row)
    return [Markup(heading(name, status, words)) for (name, _), status in zip(citation.row, statuses, strict=True)]


def _between(text: str) -> str:
    """Return the words between two quotes, with the space on either side if there is one."""
    before, after = (" " if blank.isspace() else "" for blank in (text[:1], text[-1:]))
    return before + (plain(text) + after if text.strip() else "")


def tail(text: str) -> str:
    """Return the words before a quote; if they are many, the last ones from the beginning of a word."""
    short = text if len(text) <= AROUND else "… " + re.sub(r"^\w*\W", "", text[-AROUND:])
    return plain(short) + (" " if text[-1:].isspace() else "")


def head(text: str) -> str:
    """Return the words after a quote; if they are many, the first ones up to the end of a word."""
    short = text if len(text) <= AROUND else re.sub(r"\W\w*$", "", text[:AROUND]) + " …"
    return (" " if text[:1].isspace() else "") + plain(short)
