"""The sources panel as HTML: a card a citation, with the quoted words marked where they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from urllib.parse import urlsplit

from app.sentences import Citation
from app.store.export import bibtex, footnote, language_of, with_footnotes
from app.store.records import Record
from app.ui.escape import button, exact, literal, shown
from app.ui.forms.pieces import Read, described
from app.ui.forms.status import badge, heading, of_columns, of_quote
from app.ui.session import SoFar
from app.ui.titles import by_whom, name_of, title_html
from app.ui.words import Words
from app.web.shelf import InOriginal, Reading
from ingest.documents import Source, guess_language, plain

AROUND = 420  # characters of a paragraph shown before and after a quote


def panel_html(groups: Sequence[str], words: Words) -> str:
    """Groups of cards -> the panel: the sources of the newest answer, those of earlier ones folded up below."""
    if not groups:
        return _panel(0, f'<p class="empty">{literal(words("no_sources"))}</p>', words)
    newest, *earlier = reversed(groups)
    folded = "".join(f"<details>{g}</details>" for g in earlier)
    before = f'<h3 class="earlier">{literal(words("earlier"))}</h3>{folded}' if folded else ""
    top = newest.replace("<summary>", '<p class="asked">', 1).replace("</summary>", "</p>", 1)
    return _panel(len(groups), top + before, words)


def _panel(number: int, content: str, words: Words) -> str:
    # Each answer has an element name of its own: Gradio patches equal ones in place, and the card that was last jumped to
    # would stay marked, the panel scrolled.
    name, title = f"sources-{number}", literal(words("sources"))
    return f'<{name} class="sources" role="region" aria-label="{title}" tabindex="0"><h2>{title}</h2>{content}</{name}>'


def group_html(record: Record, group: int, read: Read, words: Words, changed: Sequence[Citation] = ()) -> str:
    """A record -> the cards of its answer behind its question, with what its copy buttons copy; `changed` cite
    documents that are not as they were."""
    answer = record.answer
    warning = "" if answer.citations else f'<p class="empty">{literal(words("no_quotes"))}</p>'
    if changed and answer.citations:
        said = words("changed", titles=words("apart").join(name_of(c, words) for c in changed))
        warning = f'<p class="warning changed">{literal(said)}</p>'
    today = date.today()
    notes = f'<pre hidden id="notes-{group}">{exact(with_footnotes(answer, today))}</pre>'
    notes += f'<pre hidden id="bibtex-{group}">{exact(bibtex(answer, today))}</pre>'
    cards = _cards(answer.citations, group, read, words, language_of(answer))
    return _group(answer.question, f"{warning}{cards}{notes}")


def so_far_html(said: SoFar, group: int, read: Read, words: Words) -> str:
    """What a language model has said so far -> its cards: as a whole nothing to copy yet."""
    return _group(said.question, _cards(said.citations, group, read, words, guess_language(said.question)))


def _group(question: str, content: str) -> str:
    return f"<summary>{shown(question)}</summary><div>{content}</div>"


def _cards(citations: Sequence[Citation], group: int, read: Read, words: Words, language: str) -> str:
    return "".join(card_html(c, group, read(c.document_id), words, language) for c in citations)


def card_html(citation: Citation, group: int, reading: Reading | None, words: Words, language: str = "en") -> str:
    """A citation -> its card: number, document, heading, the quote in its surroundings, the sources behind it, and what is
    copied of it, in the language of the question."""
    number = citation.number
    note = f'<pre hidden id="note-{group}-{number}">{exact(footnote(citation, date.today(), language))}</pre>'
    page = citation.page
    places = [shown(citation.heading)] if citation.heading else []
    places += [literal(words("page", n=page))] if page else []
    above = summary_html(citation, words)
    above += f'<p class="heading">{" · ".join(places)}</p>' if places else ""
    above += badge(of_quote(citation), words)
    originals, ours = originals_html(citation, reading, words), f'<p class="label">{literal(words("our_summary"))}</p>'
    citation = described(citation, lambda _: reading)
    label = literal(words("back", n=number))
    back = f'<a class="number" href="#chat" id="back-{group}-{number}" aria-label="{label}">{number}</a>'
    return (
        f'<article class="card" id="s{group}-{number}" aria-label="{literal(words("source"))} {number}" tabindex="-1">'
        f"<header>{back}<div><h3>{title_html(citation, words)}</h3>{above}</div></header>"
        f"{ours if originals else ''}"
        f'<blockquote lang="{literal(citation.language)}">{quote_html(citation, reading, words)}</blockquote>'
        f"{originals}{sources_html(citation, words)}"
        f"{button('open', f'{group}-{number}', words('open'), 'text')}"
        f"{button('cite', f'{group}-{number}', words('cite'), 'text')}{note}</article>"
    )


ORIGINALS = 3
"""Passages of originals that a card shows at most: a list or a table may rest on many."""


def originals_html(citation: Citation, reading: Reading | None, words: Words) -> str:
    """A citation of a summary -> what the originals that are held say there in their own words; '' if none carries it."""
    inside = [o for o in reading.carried if citation.start <= o.at < citation.end] if reading else []
    places: dict[tuple[str, int], InOriginal] = {}
    for one in sorted(inside, key=lambda o: -o.certainty):
        places.setdefault((one.document.id, one.start), one)
    return "".join(_in_original(one, words) for one in [*places.values()][:ORIGINALS])


def _in_original(one: InOriginal, words: Words) -> str:
    """A passage of an original, marked within its surroundings, with where it stands and the way there."""
    document, text = one.document, one.document.text
    before, after = text[max(0, one.start - AROUND) : one.start], text[one.end : one.end + AROUND]
    before, after = before.rpartition("\n\n")[2], after.partition("\n\n")[0]
    page = document.page(one.start)
    place = words("page", n=page) if page else words("paragraph", n=one.paragraph)
    where = " · ".join((name_of(document, words), place, words.tongue(document.language)))
    there = button("place", f"{document.id}-{one.start}-{one.end}", words("in_its_place"), "text")
    quote = f"<p>{_tail(before)}{_mark(one.quote)}{_head(after)}</p>"
    return (
        f'<section class="in-original"><p class="label">{literal(words("in_original"))}</p>'
        f'<blockquote lang="{literal(document.language)}">{quote}</blockquote>'
        f'<p class="by">{literal(where)}</p>{there}</section>'
    )


def summary_html(citation: Citation, words: Words) -> str:
    """A citation of a summary -> whose words it quotes; '' for an original, which stands below the quote."""
    return f'<p class="by">{literal(by_whom(citation, words))}</p>' if citation.authorship == "summary" else ""


def sources_html(citation: Citation, words: Words) -> str:
    """A citation -> the sources that its document is based on, or where this was published itself."""
    label = words("based_on" if citation.based_on else "published_as")
    sources = "".join(f"<li>{source_html(s, words)}</li>" for s in citation.sources)
    return f'<p class="label">{literal(label)}</p><ul class="source-list">{sources}</ul>' if sources else ""


def source_html(source: Source, words: Words) -> str:
    """A source -> its title with its link (or where it is to be found), publisher, date, and how much it weighs."""
    title = title_html(source, words)
    if is_web_address(source.url):
        title = f'<a href="{literal(source.url)}" target="_blank" rel="noopener noreferrer">{title}</a>'
    lines = [shown(t) for t in (source.publisher, words.day(source.date)) if t]
    if source.where and not is_web_address(source.url):
        lines.append(f'<span class="where">{shown(source.where)}</span>')
    by = f'<span class="by">{" · ".join(lines)}</span>' if lines else ""
    return f'<span class="source-title">{title}</span>{by}{standing_html(source, words)}'


def standing_html(source: Source, words: Words) -> str:
    """A source -> how much it weighs, at a glance: official or not, what kind of thing it is, in which language."""
    standing = "official" if source.official else "not_official"
    signs = [f'<span class="{standing}">{literal(words(standing))}</span>']
    signs += [f'<span class="kind">{literal(words(f"kind_{source.kind}"))}</span>'] if source.kind else []
    signs += [f'<span class="tongue">{literal(words.tongue(source.language))}</span>'] if source.language else []
    return f'<span class="standing">{" ".join(signs)}</span>'


def is_web_address(url: str) -> bool:
    """A link -> whether it may lead there: http or https with a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def quote_html(citation: Citation, reading: Reading | None, words: Words) -> str:
    """A citation -> its quote marked within its paragraph or list, or as a table with the column headings."""
    if citation.row:
        return _row(citation, words)
    if reading is None:
        return f"<p>{_mark(citation.quote)}</p>"
    inside = [n for n, p in enumerate(reading.passages) if citation.start <= p.start and p.end <= citation.end]
    if not inside:
        return f"<p>{_mark(citation.quote)}</p>"
    first, last = inside[0], inside[-1]
    passage = reading.passages[first]
    if passage.kind == "item":
        return _items(reading, first, last)
    block = [p for p in reading.passages if p.block == passage.block and p.kind == passage.kind]
    before = reading.text[block[0].start : citation.start]
    after = reading.text[citation.end : max(block[-1].end, citation.end)]
    return f"<p>{_tail(before)}{_mark(citation.quote)}{_head(after)}</p>"


def _items(reading: Reading, first: int, last: int) -> str:
    """The item between its neighbours, below the sentence that introduces the list."""
    text, here = reading.text, reading.passages[first]
    found = []
    for number in range(max(0, first - 1), min(len(reading.passages), last + 2)):
        passage = reading.passages[number]
        if passage.block == here.block and passage.kind == "item":
            words = passage.quote(text)
            found.append(f"<li>{_mark(words) if first <= number <= last else literal(plain(words))}</li>")
    lead = f"<p>{literal(plain(text[slice(*here.lead)]))}</p>" if here.lead else ""
    return f"{lead}<ul>{''.join(found)}</ul>"


def _row(citation: Citation, words: Words) -> str:
    """A table row turned upright, one line a column, so that it fits a narrow panel; targets and results are marked."""
    statuses = of_columns(citation.row)
    pairs = zip(citation.row, statuses, strict=True)
    lines = "".join(
        f'<tr><th scope="row">{heading(name, status, words)}</th><td>{_mark(value)}</td></tr>'
        for (name, value), status in pairs
        if value
    )
    caption = f"<caption>{shown(words.term(citation.unit))}</caption>" if citation.unit else ""
    return f"<table>{caption}<tbody>{lines}</tbody></table>"


def _mark(text: str) -> str:
    return f"<mark>{literal(plain(text))}</mark>"


def _tail(text: str) -> str:
    """The words before a quote, from a word's beginning where they are many."""
    short = text if len(text) <= AROUND else "… " + re.sub(r"^\w*\W", "", text[-AROUND:])
    return literal(plain(short)) + (" " if text[-1:].isspace() else "")


def _head(text: str) -> str:
    """The words after a quote, up to a word's end where they are many."""
    short = text if len(text) <= AROUND else re.sub(r"\W\w*$", "", text[:AROUND]) + " …"
    return (" " if text[:1].isspace() else "") + literal(plain(short))
