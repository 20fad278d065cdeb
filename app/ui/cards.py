"""The sources panel as HTML: a card a document, with the quoted words marked where they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from app.sentences import Citation
from app.store.export import bibtex, footnote, language_of, with_footnotes
from app.store.records import Record
from app.ui.escape import button, exact, literal, shown
from app.ui.excerpts import Marker, by_document, excerpt_html, excerpts
from app.ui.forms.pieces import Read, described
from app.ui.in_original import Missing, none_missing, originals_html
from app.ui.session import SoFar
from app.ui.titles import by_whom, name_of, title_html
from app.ui.words import Words
from app.web.shelf import Reading
from ingest.documents import Source, guess_language


def panel_html(groups: Sequence[str], words: Words, conversation: str | None = None) -> str:
    """Render the sources panel: the cards of the newest answer, those of earlier ones folded below.

    `conversation` is the id that the page's address is to name, '' for none; None leaves the address as it is.
    """
    address = "" if conversation is None else f' data-conversation="{literal(conversation)}"'
    if not groups:
        return _panel(0, f'<p class="empty">{literal(words("no_sources"))}</p>', words, address)
    newest, *earlier = reversed(groups)
    folded = "".join(f"<details>{g}</details>" for g in earlier)
    before = f'<h3 class="earlier">{literal(words("earlier"))}</h3>{folded}' if folded else ""
    top = newest.replace("<summary>", '<p class="asked">', 1).replace("</summary>", "</p>", 1)
    return _panel(len(groups), top + before, words, address)


def _panel(number: int, content: str, words: Words, address: str) -> str:
    # Each answer has an element name of its own: Gradio patches equal ones in place, and the card that was last jumped to
    # would stay marked, the panel scrolled.
    name, title = f"sources-{number}", literal(words("sources"))
    about = f'class="sources" role="region" aria-label="{title}" tabindex="0"{address}'
    return f"<{name} {about}><h2>{title}</h2>{content}</{name}>"


def group_html(
    record: Record,
    group: int,
    read: Read,
    words: Words,
    changed: Sequence[Citation] = (),
    removed: Sequence[Citation] = (),
    missing: Missing = none_missing,
) -> str:
    """Render the cards of an answer below its question, with the texts that the copy buttons copy.

    `changed` cites documents that now have another text, and `removed` those that are gone. For each source for which
    `missing` is True, a button offers to fetch the original.
    """
    answer = record.answer
    warning = f'<p class="empty">{literal(words("no_quotes"))}</p>'
    if answer.citations:
        warning = stale_html(changed, removed, words)
    stale = {c.document_id for c in (*changed, *removed)}

    def as_it_was(document_id: str) -> Reading | None:  # the index still gives one that has just gone
        return None if document_id in stale else read(document_id)

    notes = f'<pre hidden id="notes-{group}">{exact(with_footnotes(answer))}</pre>'
    notes += f'<pre hidden id="bibtex-{group}">{exact(bibtex(answer))}</pre>'
    cards = _cards(answer.citations, group, as_it_was, words, language_of(answer), missing)
    return _group(answer.question, f"{warning}{cards}{notes}")


def stale_html(changed: Sequence[Citation], removed: Sequence[Citation], words: Words) -> str:
    """Render a warning for documents that have changed since they were cited, and one for removed ones.

    The result is '' if there are neither.
    """
    said = ""
    for key, cited in (("changed", changed), ("removed_since", removed)):
        titles = words("marks.semicolon").join(dict.fromkeys(name_of(c, words) for c in cited))
        said += f'<p class="warning changed">{literal(words(key, titles=titles))}</p>' if cited else ""
    return said


def so_far_html(said: SoFar, group: int, read: Read, words: Words) -> str:
    """Render the cards of the sentences that a language model has written so far.

    There is nothing yet to copy for the answer as a whole.
    """
    return _group(said.question, _cards(said.citations, group, read, words, guess_language(said.question)))


def _group(question: str, content: str) -> str:
    return f"<summary>{shown(question)}</summary><div>{content}</div>"


def _cards(
    citations: Sequence[Citation], group: int, read: Read, words: Words, language: str, missing: Missing = none_missing
) -> str:
    documents = by_document(citations)
    return "".join(card_html(cited, group, read, words, language, missing) for cited in documents)


def card_html(
    citations: Sequence[Citation],
    group: int,
    read: Read,
    words: Words,
    language: str = "en",
    missing: Missing = none_missing,
) -> str:
    """Render the card of one document: what it is, its excerpts, and the sources behind it.

    Each excerpt appears once with all its quotes marked. The text that the card's button copies is in `language`, the
    language of the question.
    """
    first, numbers = citations[0], ", ".join(str(c.number) for c in citations)
    reading = read(first.document_id)
    notes = "\n".join(footnote(c, language) for c in citations)
    note = f'<pre hidden id="note-{group}-{first.number}">{exact(notes)}</pre>'
    cited = [described(c, lambda _: reading) for c in citations]
    quotes, above = "", ""
    for excerpt in excerpts(cited, reading):
        place = place_html(excerpt[0], words)
        quotes += place if place != above else ""
        above = place
        quoted = excerpt_html(excerpt, reading, Marker(words, group), cited)
        quotes += f'<blockquote lang="{literal(first.language)}">{quoted}</blockquote>'

    def offer(source: Source) -> str:
        offered = first.authorship == "summary" and missing(source)
        return button("get", f"{group}-{source.key}", words("get_original"), "text") if offered else ""

    carried = originals_html(citations, read, words)
    whole = button("open", f"{group}-{first.number}", words("open"), "text") if reading else ""
    only = button("only", f"{first.document_id}-{group}", words("asked_only"), "text") if reading else ""
    quotes = f'<p class="label">{literal(words("our_summary"))}</p>{quotes}{carried}' if carried else quotes
    return (
        f'<article class="card" aria-label="{literal(words("source"))} {numbers}">'
        f"<h3>{title_html(first, words)}</h3>{summary_html(first, words)}{quotes}"
        f"{sources_html(cited, words, offer)}{whole}"
        f"{button('cite', f'{group}-{first.number}', words('cite'), 'text')}{only}{note}</article>"
    )


def place_html(citation: Citation, words: Words) -> str:
    """Render the place of a quote in its document; '' if that has neither headings nor pages."""
    places = [citation.heading] if citation.heading else []
    places += [words("page", n=citation.page)] if citation.page else []
    return f'<p class="heading">{" · ".join(map(shown, places))}</p>' if places else ""


def summary_html(citation: Citation, words: Words) -> str:
    """Render a line on whose words a summary's citation quotes; '' for an original.

    An original is named below the quote instead.
    """
    return f'<p class="by">{literal(by_whom(citation, words))}</p>' if citation.authorship == "summary" else ""


def sources_html(citations: Sequence[Citation], words: Words, more: Callable[[Source], str] = lambda _: "") -> str:
    """Render the sources that one document is based on, each once, or how it was published itself.

    A source that only some of the citations rest on has their numbers before it. `more` gives HTML that follows each
    source.
    """
    resting: dict[Source, list[int]] = {}
    for citation in citations:
        for source in citation.sources:
            resting.setdefault(source, []).append(citation.number)
    label = words("based_on" if any(c.based_on for c in citations) else "published_as")
    items = ""
    for source, numbers in resting.items():
        some = f'<span class="for">[{", ".join(map(str, numbers))}]</span> ' if len(numbers) < len(citations) else ""
        items += f"<li>{some}{source_html(source, words)}{more(source)}</li>"
    return f'<p class="label">{literal(label)}</p><ul class="source-list">{items}</ul>' if items else ""


def source_html(source: Source, words: Words) -> str:
    """Render a source: its title with its link, its publisher, its date, and what kind of text it is.

    A source without a web address has the place to find it instead.
    """
    title = title_html(source, words)
    if is_web_address(source.url):
        title = f'<a href="{literal(source.url)}" target="_blank" rel="noopener noreferrer">{title}</a>'
    lines = [shown(t) for t in (source.publisher, words.day(source.date)) if t]
    lines += [f'<span class="standing">{literal(said)}</span>'] if (said := standing(source, words)) else []
    if source.where and not is_web_address(source.url):
        lines.append(f'<span class="where">{shown(source.where)}</span>')
    by = f'<span class="by">{" · ".join(lines)}</span>' if lines else ""
    return f'<span class="source-title">{title}</span>{by}'


def standing(source: Source, words: Words) -> str:
    """Say what kind of text a source is, if it is official, and in which language it is."""
    kind = words(f"kind_{source.kind}") if source.kind else ""
    if source.official:
        kind = words("official_kind", kind=kind) if kind else words("official")
    return " · ".join(filter(None, (kind, words.tongue(source.language) if source.language else "")))


def is_web_address(url: str) -> bool:
    """Return True if a link is a web address: http or https with a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
