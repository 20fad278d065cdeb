"""Answers as HTML. Every text that comes from a document or a user goes through `literal` first."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from app.answers import Answer, Citation, Sentence
from app.ui.about import About
from app.ui.service import Reading
from ingest.documents import Source, cells, plain

AROUND = 420  # characters of a paragraph shown before and after a quote
_PUNCTUATION = {ord(c): f"&#{ord(c)};" for c in r"""!"#$&'()*+-.:<=>@[\]^_`{|}~"""}

Read = Callable[[str], "Reading | None"]
"""Document id -> its text and passages."""


def literal(text: str) -> str:
    """The text as itself: each sign that HTML, Markdown or a template could act on becomes a character reference."""
    return text.translate(_PUNCTUATION)


# --- the conversation


def answer_html(answer: Answer, group: int) -> str:
    """The message of an answer; its numbers link to the cards of `group`. One HTML block without an empty line."""
    if answer.status == "not_found":
        items = "".join(f"<li>{_link(group, c.number)} {_place(c)}</li>" for c in answer.nearest)
        nearest = f"<ul>{items}</ul>" if items else ""
        verdict = f'<p class="verdict">{literal(answer.note)}</p>'
        return f'<div class="reply notfound">{verdict}{nearest}{_aside(answer)}</div>'
    note = f'<p class="note">{literal(answer.note)}</p>' if answer.note else ""
    shown = sentences_html(answer.sentences, _kinds(answer), group)
    return f'<div class="reply">{shown}{note}{_aside(answer)}</div>'


def sentences_html(sentences: Sequence[Sentence], kinds: dict[int, str], group: int) -> str:
    """Sentences with their numbers; what was a list item looks like one. `kinds` is by citation number."""
    parts = []
    for sentence in sentences:
        kind = kinds.get(sentence.citations[0], "sentence")
        links = "".join(_link(group, n) for n in sentence.citations)
        parts.append(f'<p class="{kind}">{literal(one_line(sentence.text))} {links}</p>')
    return "".join(parts)


def partial_html(answer: Answer, group: int, shown: int) -> str:
    """The first `shown` sentences of an answer, while it appears."""
    return f'<div class="reply">{sentences_html(answer.sentences[:shown], _kinds(answer), group)}</div>'


def busy_html(message: str) -> str:
    """What is being done."""
    return f'<div class="busy"><span class="dots"></span>{literal(message)}…</div>'


def error_html(sentence: str) -> str:
    """A problem, with the next step."""
    return f'<div class="reply error"><p>{literal(sentence)}</p></div>'


def question_html(text: str) -> str:
    """What the user typed, as it was typed."""
    return literal(re.sub(r"\s*\n\s*", "\n", text.strip()))


def one_line(text: str) -> str:
    """White space run together, so that no empty line ends an HTML block."""
    return re.sub(r"\s+", " ", text).strip()


def _link(group: int, number: int) -> str:
    return f'<a class="cite" href="#s{group}-{number}" aria-label="Source {number}">{number}</a>'


def _place(citation: Citation) -> str:
    where = where_html(citation)
    heading = f' <span class="heading">› {where}</span>' if where else ""
    return f"{literal(one_line(citation.title))}{heading}"


def where_html(citation: Citation) -> str:
    """Where in its document a quote stands: heading and page, '' where it has neither."""
    page = "" if citation.page is None else f"p. {citation.page}"
    return ", ".join(literal(one_line(t)) for t in (citation.heading, page) if t)


def _aside(answer: Answer) -> str:
    asked = one_line(answer.question) != answer.read_as
    read_as = f"Read as: {literal(one_line(answer.read_as))} · " if asked else ""
    return f'<p class="aside">{read_as}{answer.seconds:.1f} s</p>'


def _kinds(answer: Answer) -> dict[int, str]:
    by_place = {(h.passage.document_id, h.passage.start): h.passage.kind for h in answer.hits}
    return {c.number: by_place.get((c.document_id, c.start), "sentence") for c in answer.citations}


# --- the sources


def panel_html(groups: Sequence[str]) -> str:
    """The sources of the newest answer, those of earlier ones folded up below."""
    if not groups:
        return _panel(0, '<p class="empty">The quoted words, their document and the original source appear here.</p>')
    newest, *earlier = reversed(groups)
    folded = "".join(f"<details>{g}</details>" for g in earlier)
    before = f'<h3 class="earlier">Earlier answers</h3>{folded}' if folded else ""
    shown = newest.replace("<summary>", '<p class="asked">', 1).replace("</summary>", "</p>", 1)
    return _panel(len(groups), shown + before)


def _panel(number: int, content: str) -> str:
    # Each answer has an element name of its own: Gradio patches equal ones in place, and the card that was last jumped to
    # would stay marked, the panel scrolled.
    name = f"sources-{number}"
    return f'<{name} class="sources" role="region" aria-label="Sources"><h2>Sources</h2>{content}</{name}>'


def group_html(answer: Answer, group: int, read: Read) -> str:
    """The cards of one answer, behind its question."""
    found = answer.status != "not_found"
    cards = [card_html(c, f"s{group}-{c.number}", read(c.document_id)) for c in (answer.citations or answer.nearest)]
    warning = "" if found else '<p class="warning">Not an answer: the nearest passages that the documents hold.</p>'
    kind = "found" if found else "nearest"
    asked = literal(one_line(answer.question))
    return f'<summary>{asked}</summary><div class="{kind}">{warning}{"".join(cards)}</div>'


def card_html(citation: Citation, anchor: str, reading: Reading | None) -> str:
    """One citation: number, document, heading, the quote in its surroundings, and the originals behind it."""
    where = where_html(citation)
    heading = f'<p class="heading">{where}</p>' if where else ""
    originals = "".join(f"<li>{source_html(s)}</li>" for s in citation.sources)
    return (
        f'<article class="card" id="{anchor}" aria-label="Source {citation.number}">'
        f'<header><span class="number">{citation.number}</span>'
        f"<div><h3>{literal(one_line(citation.title))}</h3>{heading}</div></header>"
        f'<blockquote lang="{literal(citation.language)}">{quote_html(citation, reading)}</blockquote>'
        f'<p class="label">Original source</p><ul class="originals">{originals}</ul></article>'
    )


def source_html(source: Source) -> str:
    """An original: title with its link (or where it is to be found), publisher, date, and whether it is official."""
    title = literal(one_line(source.title)) or "Untitled"
    if is_web_address(source.url):
        title = f'<a href="{literal(source.url)}" target="_blank" rel="noopener noreferrer">{title}</a>'
    lines = [literal(one_line(t)) for t in (source.publisher, source.date) if t]
    if source.where and not is_web_address(source.url):
        lines.append(f'<span class="where">{literal(one_line(source.where))}</span>')
    lines.append(f'<span class="{"official" if source.official else "other"}">{_standing(source)}</span>')
    return f'<span class="original">{title}</span><span class="by">{" · ".join(lines)}</span>'


def _standing(source: Source) -> str:
    return "official" if source.official else "not official"


def is_web_address(url: str) -> bool:
    """Whether a link may lead there: http or https with a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def quote_html(citation: Citation, reading: Reading | None) -> str:
    """The quote marked within its paragraph or list, or as a table with the column headings."""
    if reading is None:
        return f"<p>{_mark(citation.quote)}</p>"
    inside = [n for n, p in enumerate(reading.passages) if citation.start <= p.start and p.end <= citation.end]
    if not inside:
        return f"<p>{_mark(citation.quote)}</p>"
    first, last = inside[0], inside[-1]
    passage = reading.passages[first]
    if passage.header is not None:
        return _row(reading.text[slice(*passage.header)], citation.quote)
    if passage.kind == "item":
        return _items(reading, first, last)
    block = [p for p in reading.passages if p.block == passage.block and p.kind == passage.kind]
    before = reading.text[block[0].start : citation.start]
    after = reading.text[citation.end : max(block[-1].end, citation.end)]
    return f"<p>{_tail(before)}{_mark(citation.quote)}{_head(after)}</p>"


def _items(reading: Reading, first: int, last: int) -> str:
    """The item between its neighbours, below the sentence that introduces the list."""
    text, here = reading.text, reading.passages[first]
    shown = []
    for number in range(max(0, first - 1), min(len(reading.passages), last + 2)):
        passage = reading.passages[number]
        if passage.block == here.block and passage.kind == "item":
            words = passage.quote(text)
            shown.append(f"<li>{_mark(words) if first <= number <= last else literal(plain(words))}</li>")
    lead = f"<p>{literal(plain(text[slice(*here.lead)]))}</p>" if here.lead else ""
    return f"{lead}<ul>{''.join(shown)}</ul>"


def _row(header: str, row: str) -> str:
    """A table row turned upright, one line a column, so that it fits a narrow panel."""
    names, values = cells(header), cells(row)
    names += [""] * (len(values) - len(names))
    lines = "".join(
        f'<tr><th scope="row">{literal(plain(n))}</th><td>{_mark(v)}</td></tr>'
        for n, v in zip(names, values, strict=False)
        if v
    )
    return f"<table><tbody>{lines}</tbody></table>"


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


# --- around them


def header_html(about: About) -> str:
    """Title and introduction."""
    return f"<header><h1>{literal(about.title)}</h1><p>{literal(about.intro)}</p></header>"


def state_html(status: str, message: str, documents: int, newest: str, unread: Sequence[str]) -> str:
    """How far loading is; once ready, what the documents are as of, and which files could not be read."""
    if status == "loading":
        return f'<div class="state" role="status"><span class="dots"></span>{literal(message)}…</div>'
    if status == "failed":
        return f'<div class="state error" role="alert">{literal(message)}</div>'
    dated = f", as of {literal(newest)}" if newest else ""
    held = f"{documents} document{'' if documents == 1 else 's'}{dated}"
    missing = ""
    if unread:
        reasons = "".join(f"<li>{literal(r)}</li>" for r in unread)
        missing = f"<details><summary>{len(unread)} not read</summary><ul>{reasons}</ul></details>"
    return f'<div class="state" role="status">{held}{missing}</div>'
