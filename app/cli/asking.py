"""Answers on the command line, from a page that already runs on the same index, else from models loaded here.

All texts of documents and of others are printed by this module. Characters that a terminal would obey, or that reverse the
order of a line, are shown as a mark, and nothing is read as rich's markup. Nothing heavy is imported at the top, as in
`app.cli.main`.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click
import httpx

from app.errors import AskError, QuestionError
from app.progress import sync_bar
from app.settings import comparable, read_settings
from app.store.export import attribution, disclosure, language_of, original_part, quote_line, source_line
from app.store.records import public, read_answer
from app.text.messages import message
from app.web.record import read_records
from app.web.token import proof

if TYPE_CHECKING:
    from app.sentences import Citation, Sentence
    from app.settings import Settings
    from ingest.index import Index
    from ingest.sync import SyncReport

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
Answerer = Callable[[str], dict[str, Any]]


def settings_of(ctx: click.Context, **overrides: Any) -> Settings:
    """Read the settings with the flags of a command's context and `overrides`."""
    return read_settings(**ctx.find_root().obj, **overrides)


def printable(text: str) -> str:
    """Replace each character that a terminal would obey or cannot show with a mark.

    The text keeps its length; line breaks and tabs stay.
    """
    return _CONTROLS.sub("\ufffd", text)


def say(text: str) -> None:
    """Print a text on standard output, made safe for a terminal."""
    click.echo(printable(text))


def announce(text: str) -> None:
    """Print a text on standard error, made safe for a terminal."""
    click.echo(printable(text), err=True)


def say_json(value: Any) -> None:
    """One JSON object on a line: the same value, with escapes for what a terminal would obey."""
    click.echo(_CONTROLS.sub(lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(value, ensure_ascii=False)))


def say_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on standard output.

    Markup in its cells is printed as it is.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for head in heads:
        table.add_column(head, overflow="fold")  # a path is never cut
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console().print(table)


def console() -> Any:
    """Return a console that prints tables on standard output.

    It is as wide as the terminal, or 160 columns if the output is a file or a pipe.
    """
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 160)


def as_text(value: dict[str, Any]) -> str:
    """Render the public object for people: sentences, then the sources of each number.

    The figure that was asked for is in bold; `click.echo` leaves that out if the output is no terminal.
    """
    answer = read_answer(_printable(value))  # before anything is set in bold
    lines = [f"(searched for: {answer.read_as})\n"] if answer.read_as else []
    lines += [answer.note] if answer.note else []
    lines += [_bold(s) + " " + "".join(f"[{n}]" for n in s.citations) for s in answer.sentences]
    if worded := disclosure(answer, language_of(answer)):
        lines.append(f"({worded})")
    if answer.suggestions:
        lines += ["\nDid you mean:", *(f"- {question}" for question in answer.suggestions)]
    for citation in answer.citations:
        lines += _citation_lines(citation, language_of(answer))
    return "\n".join(lines)


def _citation_lines(citation: Citation, language: str) -> Iterator[str]:
    """Yield the lines of a quote: its document, the sources of that, and the originals."""
    where = f" › {citation.heading}" if citation.heading else ""
    where += message("exports.page", language, n=citation.page) if citation.page else ""
    yield f"\n[{citation.number}] “{quote_line(citation)}”"
    yield "    " + "".join(attribution(citation, language)) + where
    document = citation.document
    if place := document.url or document.where:
        yield f"    {place}"
    for source in citation.based_on:
        yield "    " + message("exports.based_on", language, sources=source_line(source, language))
    for original in citation.originals:
        yield "    " + "".join(original_part(original, language)).strip()


def _printable(value: Any) -> Any:
    """Return a JSON value with all its texts made safe for a terminal."""
    if isinstance(value, dict):
        return {key: _printable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_printable(item) for item in value]
    return printable(value) if isinstance(value, str) else value


def _bold(sentence: Sentence) -> str:
    """Return the sentence with the part that was asked for in bold."""
    (start, end), text = sentence.highlight or (0, 0), sentence.text
    return text[:start] + click.style(text[start:end], bold=True) + text[end:] if end else text


def answerer(settings: Settings, local: bool) -> Answerer:
    """Return a function that answers a question with the public answer object.

    A running page answers, unless `local` is true or none fits; else the models are loaded here, and the index is built
    or updated first if needed. A page does not look at the folder again.
    """
    page = None if local else running_page(settings)
    if page is not None:
        from app.store.documents import has_changed, index_of

        if has_changed(settings, index_of(settings, exact=True)):
            step = f"`ask-the-plan --corpus {settings.corpus} sync` updates the page."
            announce(f"{settings.corpus} has changed since it was indexed, and the page answers as before. {step}")
        return page
    from app.pipeline.load import load_chain
    from ingest.models.load import load_in_background

    reranker = load_in_background(settings.reranker)
    index = open_index(settings)
    if index.lacking:  # a page embeds in the background, and was stopped
        announce(f"{index.lacking} passages of the index in {index.folder} are still to be embedded.")
        resync(settings, index)
    chain = load_chain(settings, index, reranker=reranker())

    return lambda question: public(chain.ask(question))


def running_page(settings: Settings) -> Answerer | None:
    """Return a function that asks a page that runs on the same index, the latest of several; None if there is none."""
    return next((found for _, record in read_records(settings.data) if (found := _page_of(record, settings))), None)


def _page_of(record: dict[str, Any], settings: Settings) -> Answerer | None:
    """Return a function that asks the page of a record.

    It is None unless the page is ready, has the same settings, and proves that it has the token of the record.
    """
    try:
        url, token = record["url"], record["token"]
        nonce = secrets.token_hex(16)
        health = httpx.get(f"{url}/health", params={"nonce": nonce}, timeout=0.3, trust_env=False).json()
        is_proved = hmac.compare_digest(str(health["proof"]), proof(token, nonce))
    except (OSError, ValueError, KeyError, TypeError, httpx.HTTPError):
        return None
    if not is_proved:  # the record is old, and another program listens there now
        return None
    is_ready = health.get("status") == "ready" and health.get("fingerprint") == record.get("fingerprint")
    if not is_ready or record.get("settings") != comparable(settings):
        return None

    def answer(question: str) -> dict[str, Any]:
        headers, timeout = {"Authorization": f"Bearer {token}"}, 120 + settings.llm_seconds
        response = httpx.post(
            f"{url}/v1/ask", json={"question": question}, headers=headers, timeout=timeout, trust_env=False
        )
        if response.status_code in (400, 503):
            problem = QuestionError if response.status_code == 400 else AskError
            raise problem(str(response.json()["error"]))
        result: dict[str, Any] = response.raise_for_status().json()
        return result

    return answer


def open_index(settings: Settings) -> Index:
    """Open the index of the settings; build it if it is missing, and update it if it is outdated.

    It is opened for a process that soon ends. It is outdated if a former version of the program built it, or if the folders
    have changed since.
    """
    from app.store.documents import has_changed, index_of, rebuild_reason

    index = index_of(settings, exact=True)
    reason = rebuild_reason(settings, index)
    if not index.exists:
        reason = f"No index in {settings.index_folder} yet: building it from {settings.corpus}."
    elif not reason and has_changed(settings, index):
        reason = f"{settings.corpus} has changed since it was indexed: the index is updated."
    if reason:
        announce(reason)
        resync(settings, index)
    return index


def resync(settings: Settings, index: Index, rebuild: bool = False) -> SyncReport:
    """Make the index match the corpus folder and what was added; the folder is looked at before any model is loaded."""
    from app.store.documents import match
    from ingest.folders import document_files
    from ingest.models.load import load_embedder

    document_files(settings.corpus)
    embedder = load_embedder(settings.embedding_model)
    with sync_bar() as progress:
        return match(settings, index, embedder, progress, rebuild)
