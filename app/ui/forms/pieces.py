"""An answer -> its pieces: each sentence with what was quoted for it, as the forms look at it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from app.sentences import Citation, Sentence
from app.store.blocks import Part, kind_of
from app.ui.escape import hidden, literal, one_line, shown
from app.ui.titles import cited_as
from app.ui.words import Words

if TYPE_CHECKING:
    from app.web.shelf import Reading


Read = Callable[[str], "Reading | None"]
"""Document id -> its text and passages."""
LONGEST_TIP = 300  # characters of a quote that a number shows


@dataclass(frozen=True, slots=True)
class Piece(Part):
    """A part of an answer with the links of its numbers."""

    links: str

    def cell(self, column: int) -> str:
        """A cell as HTML, what was asked for in bold."""
        value, at = self.citation.row[column][1], self.marked()
        return set_bold(value, at[1:] if at and at[0] == column else None)

    def html(self) -> str:
        """The sentence on one line, what was asked for in bold, and its numbers."""
        return f"{set_bold(self.sentence.text, self.sentence.highlight)} {self.links}"


def set_bold(text: str, span: tuple[int, ...] | None) -> str:
    """A text on one line, a part of it in bold."""
    if span is None:
        return shown(text)
    start, end = span
    before, bold, after = (literal(re.sub(r"\s+", " ", t)) for t in (text[:start], text[start:end], text[end:]))
    return f"{before}<strong>{bold}</strong>{after}"


def pieces(
    sentences: Sequence[Sentence], citations: Sequence[Citation], group: int, read: Read, words: Words
) -> list[Piece]:
    """Sentences and citations of an answer -> its pieces; the numbers link to the cards of `group`."""
    known = {c.number: described(c, read) for c in citations}
    return [_piece(s, known, group, words) for s in sentences]


def _piece(sentence: Sentence, known: Mapping[int, Citation], group: int, words: Words) -> Piece:
    cited = known[sentence.citations[0]]
    links = "".join(link(group, known[n], words) for n in sentence.citations)
    return Piece(sentence, cited, kind_of(sentence, cited), links)


def described(citation: Citation, read: Read) -> Citation:
    """A citation with what it quotes; of an older record that is looked up in the document."""
    if citation.kind:
        return citation
    reading = read(citation.document_id)
    for passage in reading.passages if reading else ():
        if passage.start == citation.start and passage.end == citation.end:
            text = reading.text if reading else ""
            return replace(citation, kind=passage.kind, row=passage.cells(text), unit=passage.units(text))
    return citation


def link(group: int, citation: Citation, words: Words) -> str:
    """A citation -> its number, which leads to its card; what it quotes is shown to whoever points at it or comes to it by
    the keyboard."""
    number, said = citation.number, one_line(citation.read)
    if len(said) > LONGEST_TIP:
        said = said[:LONGEST_TIP].rsplit(" ", 1)[0] + " …"
    tip = f'<span class="tip" hidden><q>{shown(said)}</q> <cite>{literal(cited_as(citation, words))}</cite></span>'
    return f'<a class="cite" href="#s{group}-{number}">{hidden(words("source") + " ")}{number}</a>{tip}'


# --- Tells a target from a result by the heading of its column, or by the clause that it stands in.


STATUSES = {"planned": "a_target", "done": "a_result"}
"""The checks' name of a status -> the page's word for it."""
_YEAR = re.compile(r"(?:19|20)\d\d")


@lru_cache(maxsize=1_024)
def of_heading(name: str) -> str:
    """A column's name -> `planned`, `done` or ''."""
    from app.groundedness.quantities import status_of  # reads a dictionary, which only tables and figures need

    return status_of(name)


def of_span(text: str, span: tuple[int, int]) -> str:
    """A sentence and the place of a figure in it -> `planned`, `done` or ''."""
    from app.groundedness.quantities import statuses

    return next((status for figure, status in statuses(text) if figure.start < span[1] and span[0] < figure.end), "")


def of_piece(piece: Piece) -> str:
    """A piece with a figure in bold -> `planned` if that is a target, else ''."""
    if at := piece.marked():
        found = of_columns(piece.citation.row)[at[0]]
    else:
        found = of_span(piece.sentence.text, piece.sentence.highlight) if piece.sentence.highlight else ""
    return found if found == "planned" else ""


def of_quote(citation: Citation) -> str:
    """A sentence or item that is quoted -> `planned` if all its figures are targets, else ''; those of a row stand at its
    columns."""
    from app.groundedness.quantities import statuses

    if citation.row:
        return ""
    found = {status for figure, status in statuses(citation.read) if figure.unit != "ordinal"}
    return "planned" if found == {"planned"} else ""


def of_columns(*rows: Sequence[tuple[str, str]]) -> list[str]:
    """Rows of one table, as named cells -> the status of each column: the first holds what a row is about, a year alone is
    neither target nor result, and a result is told apart only if there is a target."""
    found = [of_heading(name) for name, _ in rows[0]]
    years = [all(_YEAR.fullmatch(row[n][1] or "2000") for row in rows) for n in range(len(found))]
    found = ["" if n == 0 or years[n] else status for n, status in enumerate(found)]
    return found if "planned" in found else [""] * len(found)


def badge(status: str, words: Words) -> str:
    """A status -> its mark, with its word."""
    return f'<span class="status {status}">{literal(words(STATUSES[status]))}</span>' if status else ""


def heading(name: str, status: str, words: Words) -> str:
    """A column's name with its mark; the word is for screen readers, unless the name says it already."""
    word, name = words(STATUSES[status]) if status else "", words.term(name)
    said = "" if word.lower() in name.lower() else hidden(words("marks.brackets", said=word))
    return f'<span class="status alone {status}"></span>{literal(name)}{said}' if status else literal(name)
