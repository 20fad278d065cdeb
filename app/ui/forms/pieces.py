"""Splits an answer into the pieces that the forms render: each sentence with what was quoted for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from app.sentences import Citation, Sentence
from app.store.blocks import Part, kind_of
from app.text.words import one_line
from app.ui.escape import hidden, literal, shown
from app.ui.titles import cited_as
from app.ui.words import Words

if TYPE_CHECKING:
    from app.web.shelf import Reading


Read = Callable[[str], "Reading | None"]
"""Returns the text and passages of a document by its id."""
LONGEST_TIP = 300  # characters of a quote that a number shows
STATUSES = {"planned": "a_target", "done": "a_result"}
"""The page's word for each status, by the name that the checks give it."""
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Piece(Part):
    """A part of an answer with the links of its numbers."""

    links: str

    def cell(self, column: int) -> str:
        """Render a cell, with what was asked for in bold."""
        value, at = self.citation.row[column][1], self.marked()
        return set_bold(value, at[1:] if at and at[0] == column else None)

    def html(self) -> str:
        """Render the sentence on one line, with what was asked for in bold, and its numbers."""
        return f"{set_bold(self.sentence.text, self.sentence.highlight)} {self.links}"


def set_bold(text: str, span: tuple[int, ...] | None) -> str:
    """Render a text on one line, with a part of it in bold."""
    if span is None:
        return shown(text)
    start, end = span
    before, bold, after = (literal(re.sub(r"\s+", " ", t)) for t in (text[:start], text[start:end], text[end:]))
    return f"{before}<strong>{bold}</strong>{after}"


def pieces(
    sentences: Sequence[Sentence], citations: Sequence[Citation], group: int, read: Read, words: Words
) -> list[Piece]:
    """Make the pieces of an answer from its sentences and citations.

    Their numbers link to the cards of `group`.
    """
    known = {c.number: described(c, read) for c in citations}
    return [_piece(s, _own(s, sentences), known, group, words) for s in sentences]


def _piece(sentence: Sentence, own: list[int], known: Mapping[int, Citation], group: int, words: Words) -> Piece:
    cited = known[sentence.citations[0]]
    links = "".join(link(group, known[n], words, own[0] < n < own[-1] and {n - 1, n + 1} <= set(own)) for n in own)
    return Piece(sentence, cited, kind_of(sentence, cited), f'<span class="cites">{links}</span>')


def _own(sentence: Sentence, sentences: Sequence[Sentence]) -> list[int]:
    """Return the citations of a sentence; of a written row but the first, those that not all rows of its table have."""
    cited, place = set(sentence.citations), sentence.place
    rows = [s for s in sentences if place and place.kind == "table" and s.place and s.place.block == place.block]
    common = cited.intersection(*(row.citations for row in rows)) if rows and sentence is not rows[0] else set()
    return sorted(cited - common or cited)


def described(citation: Citation, read: Read) -> Citation:
    """Add to a citation what kind of passage it quotes, if it does not say so.

    A citation of an older record does not; its passage is looked up in the document.
    """
    if citation.kind:
        return citation
    reading = read(citation.document_id)
    for passage in reading.passages if reading else ():
        if passage.start == citation.start and passage.end == citation.end:
            text = reading.text if reading else ""
            return replace(citation, kind=passage.kind, row=passage.cells(text), unit=passage.units(text))
    return citation


def link(group: int, citation: Citation, words: Words, between: bool = False) -> str:
    """Render the number of a citation as a link to its card.

    Pointing at the number, or reaching it by the keyboard, shows the quote. A number `between` its neighbours is seen only
    when it is reached by the keyboard.
    """
    number, said = citation.number, one_line(citation.read)
    if len(said) > LONGEST_TIP:
        said = said[:LONGEST_TIP].rsplit(" ", 1)[0] + " …"
    tip = f'<span class="tip" hidden><q>{shown(said)}</q> <cite>{literal(cited_as(citation, words))}</cite></span>'
    kind, said = " mid" if between else "", hidden(words("source") + " ")
    return f'<a class="cite{kind}" href="#s{group}-{number}">{said}{number}</a>{tip}'


# --- Tells a target from a result by the heading of its column, or by the clause that it stands in.


@lru_cache(maxsize=1_024)
def of_heading(name: str) -> str:
    """Return the status that the name of a column gives: `planned`, `done` or ''."""
    from app.groundedness.quantities import status_of  # reads a dictionary, which only tables and figures need

    return status_of(name)


def of_span(text: str, span: tuple[int, int]) -> str:
    """Return the status of the figure at a place in a sentence: `planned`, `done` or ''."""
    from app.groundedness.quantities import statuses

    return next((status for figure, status in statuses(text) if figure.start < span[1] and span[0] < figure.end), "")


def of_piece(piece: Piece) -> str:
    """Return `planned` if the figure in bold is a target, else ''."""
    if at := piece.marked():
        found = of_columns(piece.citation.row)[at[0]]
    else:
        found = of_span(piece.sentence.text, piece.sentence.highlight) if piece.sentence.highlight else ""
    return found if found == "planned" else ""


def of_quote(citation: Citation) -> str:
    """Return `planned` if all figures of a quoted sentence or item are targets, else ''.

    The result for a row is '', since its columns have the statuses.
    """
    from app.groundedness.quantities import statuses

    if citation.row:
        return ""
    found = {status for figure, status in statuses(citation.read) if figure.unit != "ordinal"}
    return "planned" if found == {"planned"} else ""


def of_columns(*rows: Sequence[tuple[str, str]]) -> list[str]:
    """Return the status of each column of one table's rows, which are pairs of column and value.

    The first column says what a row is about. A column of years is neither target nor result. A result has a status only
    if there is a target.
    """
    found = [of_heading(name) for name, _ in rows[0]]
    years = [all(_YEAR.fullmatch(row[n][1] or "2000") for row in rows) for n in range(len(found))]
    found = ["" if n == 0 or years[n] else status for n, status in enumerate(found)]
    return found if "planned" in found else [""] * len(found)


def badge(status: str, words: Words) -> str:
    """Render the mark of a status with its word; '' if there is no status."""
    return f'<span class="status {status}">{literal(words(STATUSES[status]))}</span>' if status else ""


def heading(name: str, status: str, words: Words) -> str:
    """Render the name of a column with the mark of its status.

    The word for the status is for screen readers, unless the name contains it already.
    """
    word, name = words(STATUSES[status]) if status else "", words.term(name)
    said = "" if word.lower() in name.lower() else hidden(words("marks.brackets", said=word))
    return f'<span class="status alone {status}"></span>{literal(name)}{said}' if status else literal(name)
