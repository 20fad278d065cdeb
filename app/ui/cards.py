"""The sources panel as HTML: a card a document, with the quoted words marked where they stand.

Below our summary stand the passages of the originals that are stored, in their own words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from app.answering.originals import surest
from app.sentences import Citation, OriginalQuote
from app.store.export import footnote, language_of, with_footnotes
from app.store.records import Record
from app.ui.excerpts import by_document, excerpt_html, excerpts, head, tail
from app.ui.forms.pieces import Read, described
from app.ui.session import SoFar, Visitor
from app.ui.template import macros
from app.ui.titles import name_of
from app.ui.words import Words
from app.web.auth import may_change
from app.web.service import Service
from app.web.shelf import Reading
from ingest.documents import Source, guess_language, is_address

Missing = Callable[[Source], bool]
"""True for a source whose original is not stored, if the visitor may have it fetched."""


def none_missing(_: Source) -> bool:
    """Offer nothing."""
    return False


def missing_for(visitor: Visitor, service: Service) -> Missing:
    """Return a function that is True for sources whose originals the visitor may have fetched."""
    if not may_change(service.settings, visitor.elsewhere):
        return none_missing
    stored = set(service.index.catalogue.originals().values())
    return lambda source: is_address(source.url) and source.key not in stored


def panel_html(groups: Sequence[str], words: Words, conversation: str | None = None) -> Markup:
    """Render the sources panel: the cards of the newest answer, those of earlier ones folded below.

    `conversation` is the id that the page's address is to name, '' for none; None leaves the address as it is.
    """
    newest, *earlier = map(Markup, reversed(groups)) if groups else [Markup()]
    top = str(newest).replace("<summary>", '<p class="asked">', 1).replace("</summary>", "</p>", 1)
    return macros("cards", words).panel(Markup(top), earlier, conversation)


def group_html(
    record: Record,
    group: int,
    read: Read,
    words: Words,
    changed: Sequence[Citation] = (),
    removed: Sequence[Citation] = (),
    missing: Missing = none_missing,
) -> Markup:
    """Render the cards of an answer below its question, with the texts that the copy buttons copy.

    `changed` cites documents that now have another text, and `removed` those that are gone. For each source for which
    `missing` is True, a button offers to fetch the original.
    """
    answer, html = record.answer, macros("cards", words)
    stale = {c.document_id for c in (*changed, *removed)}

    def as_it_was(document_id: str) -> Reading | None:  # the index still gives one that has just gone
        return None if document_id in stale else read(document_id)

    cards = _cards(answer.citations, group, as_it_was, words, language_of(answer), missing)
    warning = stale_html(changed, removed, words)
    return html.group(answer.question, html.answer(group, cards, warning, with_footnotes(answer)))


def stale_html(changed: Sequence[Citation], removed: Sequence[Citation], words: Words) -> Markup:
    """Render a warning for documents that have changed since they were cited, and one for removed ones.

    The result is '' if there are neither.
    """
    titles = (words("marks.semicolon").join(dict.fromkeys(name_of(c, words) for c in cited)) for cited in (changed, removed))
    return macros("parts", words).stale(*titles)


def so_far_html(partial: SoFar, group: int, read: Read, words: Words) -> Markup:
    """Render the cards of the sentences that a language model has written so far.

    There is nothing yet to copy for the answer as a whole.
    """
    cards = _cards(partial.citations, group, read, words, guess_language(partial.question))
    return macros("cards", words).group(partial.question, cards)


def _cards(
    citations: Sequence[Citation], group: int, read: Read, words: Words, language: str, missing: Missing = none_missing
) -> Markup:
    documents = by_document(citations)
    return Markup().join(card_html(cited, group, read, words, language, missing) for cited in documents)


def card_html(
    citations: Sequence[Citation],
    group: int,
    read: Read,
    words: Words,
    language: str = "en",
    missing: Missing = none_missing,
) -> Markup:
    """Render the card of one document: what it is, its excerpts, and the sources behind it.

    Each excerpt appears once with all its quotes marked. The text that the card's button copies is in `language`, the
    language of the question.
    """
    reading = read(citations[0].document_id)
    cited = [described(c, lambda _: reading) for c in citations]
    quotes = [(e[0], excerpt_html(e, reading, words, group, cited)) for e in excerpts(cited, reading)]
    originals = originals_html(citations, read, words)
    note = "\n".join(footnote(c, language) for c in citations)
    return macros("cards", words).card(
        cited, group, quotes, originals, _by_source(cited), note, missing, reading is not None
    )


def sources_html(citations: Sequence[Citation], words: Words) -> Markup:
    """Render the sources that one document is based on, each once, or how it was published itself.

    A source that only some of the citations rest on has their numbers before it.
    """
    return macros("parts", words).sources(_by_source(citations), citations)


def _by_source(citations: Sequence[Citation]) -> dict[Source, list[int]]:
    """Return the numbers of the citations that rest on each source."""
    numbers: dict[Source, list[int]] = {}
    for citation in citations:
        for source in citation.sources:
            numbers.setdefault(source, []).append(citation.number)
    return numbers


def originals_html(citations: Sequence[Citation], read: Read, words: Words, opens: bool = True) -> Markup:
    """Show the passages of stored originals that support what an answer cites of a summary.

    Args:
        citations: The citations of the summary.
        read: Gives the text of an original by its id, None if it is gone.
        words: The labels, in the language of the page.
        opens: True to add a button that opens the original at the passage, if the original is still stored.

    Returns:
        HTML of the surest passages; '' if there are none.
    """
    quotes = surest(quote for citation in citations for quote in citation.originals)
    return Markup().join(_passage(quote, read(quote.document_id), words, opens) for quote in quotes)


def _passage(quote: OriginalQuote, reading: Reading | None, words: Words, opens: bool) -> Markup:
    """Render a passage of an original, marked in its surroundings, with its place and a button to it.

    If the original is gone, its words stand alone.
    """
    text = reading.text if reading else ""
    before, after = text[: quote.start].rpartition("\n\n")[2], text[quote.end :].partition("\n\n")[0]
    return macros("in_original", words).passage(quote, tail(before), head(after), opens and reading is not None)
