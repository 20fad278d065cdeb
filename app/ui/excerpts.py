"""Quotes in their place in a document: a paragraph, a list or a table once, with all its quotes marked."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.sentences import Citation
from app.ui.escape import literal, shown
from app.ui.forms.pieces import badge, heading, of_columns, of_quote
from app.ui.words import Words
from app.web.shelf import Reading
from ingest.documents import Passage, plain

AROUND = 420  # characters of a paragraph shown before and after a quote


@dataclass(frozen=True, slots=True)
class Marker:
    """Marks the quotes of an answer's cards; those of `group` None stand alone, without the number that leads back."""

    words: Words
    group: int | None = None

    def about(self, citation: Citation) -> str:
        """Return the attributes of the element that a number of the answer leads to; '' without a group."""
        if self.group is None:
            return ""
        return f' class="quote" id="s{self.group}-{citation.number}" tabindex="-1"'

    def number(self, citation: Citation) -> str:
        """Render the number that leads back to the answer; '' without a group."""
        if self.group is None:
            return ""
        number, label = citation.number, literal(self.words("back", n=citation.number))
        return (
            f'<a class="number" href="#chat" id="back-{self.group}-{number}" aria-label="{label}">{number}</a> '
            f"{badge(of_quote(citation), self.words)}"
        )

    def quote(self, citation: Citation) -> str:
        """Render a quote within its text, with its number."""
        return f"<span{self.about(citation)}>{self.number(citation)}{mark(citation.quote)}</span>"


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


def excerpt_html(cited: Sequence[Citation], reading: Reading | None, marker: Marker, beside: Sequence[Citation] = ()) -> str:
    """Return an excerpt with the quotes of its citations marked; what `beside` quotes on the same card is not said again."""
    first = cited[0]
    if first.row:
        return _upright(first, marker) if len(cited) == 1 else _grid(cited, marker)
    inside = _inside(first, reading)
    if reading is None or not inside:
        return "".join(f"<p>{marker.quote(c)}</p>" for c in cited)
    if inside[0].kind == "item":
        return _items(cited, reading, marker, {(c.start, c.end) for c in beside if c.number < min(x.number for x in cited)})
    return _paragraph(cited, reading, inside[0], marker)


def _paragraph(cited: Sequence[Citation], reading: Reading, here: Passage, marker: Marker) -> str:
    text, block = reading.text, [p for p in reading.passages if p.block == here.block and p.kind == here.kind]
    parts = [tail(text[block[0].start : cited[0].start])]
    for citation, following in pairwise(cited):
        parts += [marker.quote(citation), _between(text[citation.end : following.start])]
    last = cited[-1]
    parts += [marker.quote(last), head(text[last.end : max(block[-1].end, last.end)])]
    return f"<p>{''.join(parts)}</p>"


def _items(cited: Sequence[Citation], reading: Reading, marker: Marker, beside: set[tuple[int, int]]) -> str:
    """Return the items between their neighbours, below the sentence that introduces the list unless it is quoted itself."""
    text, here = reading.text, _inside(cited[0], reading)[0]
    quoted = {p.start: citation for citation in cited for p in _inside(citation, reading)}
    block = [p for p in reading.passages if p.kind == "item" and p.block == here.block]
    lines = ""
    above: Citation | None = None
    for n, passage in enumerate(block):
        citation, said = quoted.get(passage.start), passage.quote(text)
        if citation is None:
            near = any(p.start in quoted for p in block[max(0, n - 1) : n + 2])
            lines += f"<li>{literal(plain(said))}</li>" if near else ""
        elif citation is above:
            lines += f"<li>{mark(said)}</li>"
        else:
            lines += f"<li{marker.about(citation)}>{marker.number(citation)}{mark(said)}</li>"
        above = citation
    lead = f"<p>{literal(plain(text[slice(*here.lead)]))}</p>" if here.lead and here.lead not in beside else ""
    return f"{lead}<ul>{lines}</ul>"


def _upright(citation: Citation, marker: Marker) -> str:
    """Render a table row with one line for each column, so that it fits a narrow panel.

    Targets and results are marked.
    """
    words, statuses = marker.words, of_columns(citation.row)
    pairs = zip(citation.row, statuses, strict=True)
    lines = "".join(
        f'<tr><th scope="row">{heading(name, status, words)}</th><td>{mark(value)}</td></tr>'
        for (name, value), status in pairs
        if value
    )
    table = f"<table>{_unit(citation, words)}<tbody>{lines}</tbody></table>"
    return f"<div{marker.about(citation)}>{marker.number(citation)}{table}</div>"


def _grid(cited: Sequence[Citation], marker: Marker) -> str:
    """Rows of one table below their headings, a number in front of each."""
    first, words = cited[0], marker.words
    statuses = of_columns(first.row)
    heads = "".join(
        f'<th scope="col">{heading(name, status, words)}</th>' for (name, _), status in zip(first.row, statuses, strict=True)
    )
    lines = []
    for citation in cited:
        subject, *others = (mark(value) if value else "" for _, value in citation.row)
        cells = f'<th scope="row">{marker.number(citation)}{subject}</th>' + "".join(f"<td>{cell}</td>" for cell in others)
        lines.append(f"<tr{marker.about(citation)}>{cells}</tr>")
    head = f"{_unit(first, words)}<thead><tr>{heads}</tr></thead>"
    return f'<div class="wide" tabindex="0"><table class="grid">{head}<tbody>{"".join(lines)}</tbody></table></div>'


def _unit(citation: Citation, words: Words) -> str:
    return f"<caption>{shown(words.term(citation.unit))}</caption>" if citation.unit else ""


def mark(text: str) -> str:
    """Words of a document, marked as quoted."""
    return f"<mark>{literal(plain(text))}</mark>"


def _between(text: str) -> str:
    """Render the words between two quotes, with the space on either side if there is one."""
    before, after = (" " if blank.isspace() else "" for blank in (text[:1], text[-1:]))
    return before + (literal(plain(text)) + after if text.strip() else "")


def tail(text: str) -> str:
    """Render the words before a quote; if they are many, the last ones from the beginning of a word."""
    short = text if len(text) <= AROUND else "… " + re.sub(r"^\w*\W", "", text[-AROUND:])
    return literal(plain(short)) + (" " if text[-1:].isspace() else "")


def head(text: str) -> str:
    """Render the words after a quote; if they are many, the first ones up to the end of a word."""
    short = text if len(text) <= AROUND else re.sub(r"\W\w*$", "", text[:AROUND]) + " …"
    return (" " if text[:1].isspace() else "") + literal(plain(short))
