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
from markupsafe import Markup

from app.answers import Answer
from app.sentences import Citation
from app.store import revalidate
from app.store.conversations import Conversations, NotSaved, Shared
from app.store.export import answer_markdown, bibtex, conversation_json, conversation_markdown, file_name, with_footnotes
from app.store.records import Record, RecordError, sha256
from app.store.word import conversation_word, word_file
from app.text.messages import LANGUAGES
from app.text.words import other_question
from app.ui.cards import originals_html, sources_html, stale_html
from app.ui.excerpts import excerpt_html
from app.ui.forms.pieces import Read
from app.ui.render import facts, partial_html, with_note
from app.ui.template import macros
from app.ui.words import Words, words_for
from app.web.service import Service
from app.web.shelf import Reading

TOKENS, STYLE, SCRIPT = (Path(__file__).with_name(name) for name in ("tokens.css", "shared.css", "shared.js"))
HEADERS = {"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}
MEDIA = {
    "md": "text/markdown",
    "txt": "text/plain",
    "bib": "application/x-bibtex",
    "json": "application/json",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
MaySee = Callable[[Request], Awaitable[bool]]
ReadThen = Callable[[Record, str], "Reading | None"]
"""Returns the text and passages of a record's document by its id, None if it is not as it was then."""
RemovedIds = Callable[[Record], frozenset[str]]
"""Returns the ids of a record's documents that were removed since."""


def add_shared(app: FastAPI, service: Service, saved: Conversations, title: str, may_see: MaySee) -> None:
    """Add the routes of shared answers, before the page takes all other addresses.

    `may_see` says if a request may see answers.
    """

    @app.get("/a/{name}", include_in_schema=False)
    async def answer(name: str, request: Request, lang: str = "") -> Response:
        words = words_for(lang, request.headers.get("accept-language", ""))
        if not await may_see(request):
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
            disposition = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
            return Response(content, media_type=MEDIA[form], headers=HEADERS | disposition)
        page = await asyncio.to_thread(
            page_html, shared, link, partial(_reading_then, service), words, title, partial(_removed_ids, service)
        )
        return HTMLResponse(page, headers=HEADERS)


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


def _reading_then(service: Service, record: Record, document_id: str) -> Reading | None:
    chain = service.chain
    if chain is None or chain.index.catalogue.document(document_id) is None:  # the shelf gives one that has just gone
        return None
    reading = service.shelf.reading(document_id)
    was = next((d.sha256 for d in record.documents if d.id == document_id), "")
    return reading if reading and was == sha256(reading.text) else None


def _removed_ids(service: Service, record: Record) -> frozenset[str]:
    """Return the ids of an answer's documents that were removed."""
    chain = service.chain
    return frozenset(c.document_id for c in revalidate.removed(record, chain.index)) if chain else frozenset()


def page_html(
    shared: Shared, link: str, read: ReadThen, words: Words, title: str, removed_ids: RemovedIds = lambda _: frozenset()
) -> Markup:
    """Render the whole page of a shared answer or conversation, which has the address `link`.

    If the first question is the title, it is not repeated. `removed_ids` gives the ids of the documents that were removed.
    """
    answers = []
    for group, record in enumerate(shared.records, 1):
        is_title = group == 1 and record.answer.question == shared.title
        answers.append((record, group, is_title, partial(read, record), removed_ids(record)))
    languages = [(code, Words(code)("own_name")) for code in LANGUAGES if code != words.language]
    html = macros("shared", words, facts_on, warning, sentences, excerpt, originals, sources_html)
    body = html.page(shared, link, title, answers, languages)
    return document_html(f"{shared.title} – {title}", body, words, link)


def facts_on(record: Record, words: Words) -> list[str]:
    """Return the question's day and reading, the dates of the sources, and the writer."""
    answer = record.answer
    listed = [words("shared_asked", date=words.day(record.asked[:10])), *facts(answer, words)]
    if searched := other_question(answer.question, answer.read_as, answer.confidence):
        listed.append(f"{words('read_as')} {searched}")
    return listed


def warning(record: Record, read: Read, removed_ids: frozenset[str], words: Words) -> Markup:
    """Render the warning of the documents that have changed or were removed; '' if there are none."""
    stale = [c for c in record.answer.citations if read(c.document_id) is None]
    removed = [c for c in stale if c.document_id in removed_ids]
    return stale_html([c for c in stale if c not in removed], removed, words)


def sentences(answer: Answer, group: int, read: Read, words: Words) -> Markup:
    """Render the sentences of an answer with its lead and its remark."""
    return with_note(answer, partial_html(answer, group, read, words, len(answer.sentences)), answer.remark, words)


def excerpt(citation: Citation, read: Read, words: Words) -> Markup:
    """Render a quote in its place."""
    return excerpt_html([citation], read(citation.document_id), words)


def originals(citation: Citation, read: Read, words: Words) -> Markup:
    """Render the passages of originals that support a quote."""
    return originals_html([citation], read, words, opens=False)


def document_html(title: str, body: Markup, words: Words, link: str = "") -> Markup:
    """Render a whole HTML document; `link` stands at the foot of each printed page."""
    tokens, style, script = (Markup(file.read_text(encoding="utf-8")) for file in (TOKENS, STYLE, SCRIPT))
    foot = Markup("".join(f"\\{ord(c):x} " for c in link))
    return macros("shared", words).document(title, body, tokens + style, script, foot)


def problem_html(sentence: str, status: int, words: Words, title: str = "shared_none") -> HTMLResponse:
    """Make a page that states a problem; `title` is the key of the words above it."""
    body = macros("shared", words).problem(words(title), sentence)
    return HTMLResponse(document_html(words(title), body, words), status, HEADERS)
