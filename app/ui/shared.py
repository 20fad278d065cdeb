"""An answer, or a whole conversation, under an address of its own, `/a/ID`.

There it can be read without the chat, printed, and downloaded in other forms. Who may see it follows the page's login;
without one, whoever reaches the page and knows the address.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from app.sentences import Citation
from app.store.conversations import Conversations, NotSaved, Shared
from app.store.export import answer_markdown, bibtex, conversation_json, conversation_markdown, file_name, with_footnotes
from app.store.records import Record, RecordError, sha256
from app.store.revalidate import removed
from app.store.word import conversation_word, word_file
from app.text.messages import LANGUAGES
from app.text.words import is_different_question
from app.ui.cards import place_html, sources_html, stale_html, summary_html
from app.ui.escape import literal, shown
from app.ui.excerpts import Marker, excerpt_html
from app.ui.forms.pieces import Read
from app.ui.in_original import originals_html
from app.ui.render import facts, partial_html, with_note
from app.ui.titles import title_html
from app.ui.words import Words, words_for
from app.web.service import Service
from app.web.shelf import Reading

STYLE = Path(__file__).with_name("shared.css")
KEPT = {"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}
MEDIA = {
    "md": "text/markdown",
    "txt": "text/plain",
    "bib": "application/x-bibtex",
    "json": "application/json",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
SCRIPT = """
document.documentElement.classList.add('scripted');
const said = document.querySelector('.said');
const address = location.href.split(/[?#]/)[0];
document.addEventListener('click', async (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.id === 'print') return window.print();
  try {
    const given = button.dataset.copy;
    const text = given ? await (await fetch(`${address}.${given}`)).text() : address;
    await navigator.clipboard.writeText(text);
    said.textContent = said.dataset.copied;
  } catch { said.textContent = said.dataset.cannot; }
});
"""

Seen = Callable[[Request], Awaitable[bool]]
Kept = Callable[[Record, str], "Reading | None"]
"""Returns the text and passages of a record's document by its id, None if it is not as it was then."""
Gone = Callable[[Record], frozenset[str]]
"""Returns the ids of a record's documents that were removed since."""


def add_shared(app: FastAPI, service: Service, saved: Conversations, title: str, seen: Seen) -> None:
    """Add the routes of shared answers, before the page takes all other addresses.

    `seen` says if a request may see answers.
    """

    @app.get("/a/{name}", include_in_schema=False)
    async def answer(name: str, request: Request, lang: str = "") -> Response:
        words = words_for(lang, request.headers.get("accept-language", ""))
        if not await seen(request):
            return problem_html(words("shared_login"), 401, words)
        shared_id, _, form = name.partition(".")
        try:
            shared = await asyncio.to_thread(_shared, service, saved, shared_id)
        except (NotSaved, RecordError) as error:
            return problem_html(words.sentence(error.sentence()), 503, words)
        if shared is None or (form and form not in _makes(shared, "")):
            return problem_html(words("shared_gone"), 404, words)
        link = f"{request.base_url}a/{shared.id}"
        if form:
            content = await asyncio.to_thread(_makes(shared, link)[form])
            name = quote(file_name(shared.title, form))
            named = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
            return Response(content, media_type=MEDIA[form], headers=KEPT | named)
        page = await asyncio.to_thread(
            page_html, shared, link, partial(_kept, service), words, title, partial(_gone, service)
        )
        return HTMLResponse(page, headers=KEPT)


def _shared(service: Service, saved: Conversations, shared_id: str) -> Shared | None:
    """Return the answers that a link opens, with today's stored originals; None if there are none."""
    shared = saved.shared(shared_id)
    if shared is None:
        return None
    return replace(shared, records=tuple(map(service.shelf.with_originals, shared.records)))


def _makes(shared: Shared, link: str) -> dict[str, Callable[[], str | bytes]]:
    """Return functions that make the other forms of what is shared, by file ending."""
    title, records = shared.title, shared.records
    if shared.whole:
        return {
            "md": lambda: f"{conversation_markdown(title, records)}\n<{link}>\n",
            "json": lambda: conversation_json(title, records),
            "docx": lambda: conversation_word(title, records),
        }
    (record,) = records
    return {
        "md": lambda: answer_markdown(record, link),
        "txt": lambda: f"{title}\n\n{with_footnotes(record.answer)}\n",
        "bib": lambda: bibtex(record.answer) + "\n",
        "json": lambda: json.dumps(record.to_dict(), ensure_ascii=False, indent=1),
        "docx": lambda: word_file(record, link),
    }


def _kept(service: Service, record: Record, document_id: str) -> Reading | None:
    chain = service.chain
    if chain is None or chain.index.catalogue.document(document_id) is None:  # the shelf gives one that has just gone
        return None
    reading = service.shelf.reading(document_id)
    was = next((d.sha256 for d in record.documents if d.id == document_id), "")
    return reading if reading and was == sha256(reading.text) else None


def _gone(service: Service, record: Record) -> frozenset[str]:
    """Return the ids of an answer's documents that were removed."""
    chain = service.chain
    return frozenset(c.document_id for c in removed(record, chain.index)) if chain else frozenset()


def page_html(shared: Shared, link: str, read: Kept, words: Words, title: str, gone: Gone = lambda _: frozenset()) -> str:
    """Render the whole page of a shared answer or conversation, which has the address `link`.

    If the first question is the title, it is not repeated. `gone` gives the ids of the documents that were removed.
    """
    said = about = ""
    for group, record in enumerate(shared.records, 1):
        asked, told, below = record.answer.question, _about(record, words), "h3"
        if group == 1 and asked == shared.title:
            about, below = told, "h2"
        else:
            said += f'<h2 class="question">{shown(asked)}</h2>{told}'
        said += _answer(record, group, partial(read, record), words, below, gone(record))
    body = (
        f'<header><p class="site"><a href="/">{shown(title)}</a></p><h1>{shown(shared.title)}</h1>{about}</header>'
        f"{_tools(shared, words)}<main>{said}</main>{_foot(shared, link, words)}"
    )
    return document_html(f"{shared.title} – {title}", body, words, link)


def _about(record: Record, words: Words) -> str:
    """Render a line with the question's day and reading, the dates of the sources, and the writer."""
    answer = record.answer
    told = [words("shared_asked", date=words.day(record.asked[:10])), *facts(answer, words)]
    if answer.read_as and is_different_question(answer.question, answer.read_as):
        told.append(f"{words('read_as')} {answer.read_as}")
    return f'<p class="about">{"".join(f"<span>{shown(fact)}</span>" for fact in told)}</p>'


def _answer(record: Record, group: int, read: Read, words: Words, head: str, gone: frozenset[str]) -> str:
    """Render an answer, and below it its sources under a heading of level `head`."""
    notes = "".join(_note(c, group, read, words) for c in record.answer.citations)
    sources = f'<{head}>{literal(words("sources"))}</{head}><ol class="notes">{notes}</ol>' if notes else ""
    stale = [c for c in record.answer.citations if read(c.document_id) is None]
    warning = stale_html([c for c in stale if c.document_id not in gone], [c for c in stale if c.document_id in gone], words)
    return f'{warning}<section class="answer">{_said(record, group, read, words)}</section>{sources}'


def _said(record: Record, group: int, read: Read, words: Words) -> str:
    answer = record.answer
    if not answer.sentences:
        meant = "".join(f"<li>{shown(question)}</li>" for question in answer.suggestions)
        meant = f"<p>{literal(words('meant'))}</p><ul>{meant}</ul>" if meant else ""
        return f'<p class="verdict">{literal(answer.note)}</p>{meant}'
    return with_note(answer, partial_html(answer, group, read, words, len(answer.sentences)), answer.remark)


def _note(citation: Citation, group: int, read: Read, words: Words) -> str:
    number, reading = citation.number, read(citation.document_id)
    return (
        f'<li id="s{group}-{number}"><span class="number">{number}</span>'
        f'<h3 class="title">{title_html(citation, words)}</h3>{summary_html(citation, words)}{place_html(citation, words)}'
        f'<blockquote lang="{literal(citation.language)}">{excerpt_html([citation], reading, Marker(words))}</blockquote>'
        f"{originals_html([citation], read, words, opens=False)}{sources_html([citation], words)}</li>"
    )


def _tools(shared: Shared, words: Words) -> str:
    here = f"/a/{shared.id}"
    copies = [("", "link"), ("md", "shared_markdown"), *([] if shared.whole else [("txt", "copy"), ("bib", "bibtex")])]
    buttons = "".join(f'<button type="button" data-copy="{form}">{literal(words(key))}</button>' for form, key in copies)
    saves = [("docx", "shared_word"), ("md", "shared_file"), ("json", "json" if shared.whole else "evidence")]
    links = "".join(f'<a href="{here}.{form}" download>{literal(words(key))}</a>' for form, key in saves)
    said = f'data-copied="{literal(words("copied"))}" data-cannot="{literal(words("cannot_copy"))}"'
    printing = f'<button type="button" id="print">{literal(words("shared_print"))}</button>'
    label = literal(words("shared_tools"))
    status = f'<span class="said" role="status" {said}></span>'
    return f'<nav class="tools" aria-label="{label}">{printing}{buttons}{links}{status}</nav>'


def _foot(shared: Shared, link: str, words: Words) -> str:
    others = " ".join(
        f'<a href="/a/{shared.id}?lang={code}" lang="{code}" hreflang="{code}">{literal(Words(code)("own_name"))}</a>'
        for code in LANGUAGES
        if code != words.language
    )
    return (
        f'<footer class="foot"><p>{literal(words("shared_promise"))}</p>'
        f'<p class="screen">{others}</p><p class="paper">{literal(link)}</p></footer>'
    )


def document_html(title: str, body: str, words: Words, link: str = "") -> str:
    """Render a whole HTML document; `link` stands at the foot of each printed page."""
    escaped = "".join(f"\\{ord(c):x} " for c in link)
    foot = f"@page {{ @bottom-left {{ content: '{escaped}'; font: 8pt sans-serif; color: #333; }} }}" if link else ""
    return (
        f'<!doctype html><html lang="{words.language}"><head><meta charset="utf-8"><title>{shown(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<style>{STYLE.read_text(encoding='utf-8')}{foot}</style></head><body>{body}<script>{SCRIPT}</script></body></html>"
    )


def problem_html(sentence: str, status: int, words: Words, title: str = "shared_none") -> HTMLResponse:
    """Make a page that states a problem; `title` is the key of the words above it."""
    back = f'<p><a href="/">{literal(words("shared_back"))}</a></p>'
    body = f"<main><h1>{literal(words(title))}</h1><p>{literal(sentence)}</p>{back}</main>"
    return HTMLResponse(document_html(words(title), body, words), status, KEPT)
