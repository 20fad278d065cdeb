"""An answer -> its pieces: each sentence with what was quoted for it, as the forms look at it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.sentences import Citation, Sentence
from app.ui.escape import hidden, literal, one_line, shown
from app.ui.titles import cited_as
from app.ui.words import Words
from ingest.documents import Kind, plain

if TYPE_CHECKING:
    from app.web.shelf import Reading


Read = Callable[[str], "Reading | None"]
"""Document id -> its text and passages."""
LONGEST_TIP = 300  # characters of a quote that a number shows


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence, the citation that it is a quote of, what kind of passage that is, and the links of its numbers."""

    sentence: Sentence
    citation: Citation
    kind: Kind
    links: str

    @property
    def table(self) -> object:
        """A key that rows of the same table have in common."""
        return self.citation.document_id, tuple(name for name, _ in self.citation.row)

    @property
    def subject(self) -> str:
        """The first cell of a row."""
        return self.citation.row[0][1] if self.citation.row else ""

    def marked(self) -> tuple[int, int, int] | None:
        """The column of a row that holds what was asked for, and where in its cell that stands."""
        if self.kind != "row" or self.sentence.highlight is None:
            return None
        start, end = self.sentence.highlight
        at = 0
        for number, (name, value) in enumerate(self.citation.row):
            if value:
                begins = at + (len(name) + 2 if name else 0)
                at = begins + len(value) + 2
                if begins <= start and end <= begins + len(value):
                    return number, start - begins, end - begins
        return None

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
    said = one_line(sentence.text)
    # an item alone is said behind what introduces its list, and what a language model says of one is none
    alike = said == one_line(cited.read if cited.kind == "row" else plain(cited.quote))
    return Piece(sentence, cited, cited.kind if alike and cited.kind else "sentence", links)


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
