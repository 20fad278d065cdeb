"""The Documents tab: what the answers are quoted from, and adding to it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr

from app.documents import AddReport
from app.errors import AskError
from app.ui.cards import is_web_address
from app.ui.render import literal, one_line
from app.ui.shelf import Shelf
from ingest.catalogue import Listed
from ingest.documents import Document, Passage
from ingest.load import LOADERS

log = logging.getLogger(__name__)

LOOK = 4.0  # seconds until the list shows what another process added
LONGEST = 1_500  # passages of an opened document that are shown
Update = tuple[Any, ...]


def build_tab(shelf: Shelf, tab: gr.Tab, others: Sequence[gr.Tab]) -> None:
    """Fill the tab. The list is renewed while the tab is looked at."""
    shown: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    changes = shelf.open_for_changes
    with gr.Row(elem_id="adding", visible=changes):
        files = gr.File(label="Files", file_count="multiple", file_types=[*LOADERS, ".zip"], height=132, elem_id="files")
        with gr.Column():
            address = gr.Textbox(label="Or an address", placeholder="https://…", max_lines=1, elem_id="address")
            press = gr.Button("Add", variant="primary", elem_id="add")
    said = gr.HTML("", elem_id="said", apply_default_css=False)
    table = gr.HTML(listing_html(shelf.listing()), elem_id="listing", apply_default_css=False)
    with gr.Row(elem_id="choosing"):
        chosen = gr.Dropdown([], value=None, label="Document", elem_id="document", scale=4)
        look = gr.Button("Open", elem_id="open", scale=0, min_width=88)
        drop = gr.Button("Remove", variant="stop", elem_id="remove", scale=0, min_width=88, visible=changes)
    opened = gr.HTML("", elem_id="opened", apply_default_css=False)
    timer = gr.Timer(LOOK, active=False)

    def renewed() -> Update:
        rows = shelf.listing()
        return listing_html(rows), gr.Dropdown(choices=[(f"{d.title} ({d.origin})", d.id) for d in rows])

    def add(uploads: list[str] | None, typed: str) -> Iterator[Update]:
        yield from _told(shelf.add(uploads or [], typed or ""), lambda: (*renewed(), None, ""))

    def remove(document_id: str | None) -> Iterator[Update]:
        def work() -> Iterator[str | Document]:
            yield from shelf.remove(document_id or _nothing_chosen())

        def after() -> Update:
            listed, choices = renewed()
            return listed, gr.Dropdown(choices=choices.choices, value=None), None, ""

        yield from _told(work(), after)

    def open_(document_id: str | None) -> str:
        try:
            return document_html(*shelf.read(document_id or _nothing_chosen()))
        except AskError as error:
            return _message("error", error.sentence())

    one = {"concurrency_limit": 1, "concurrency_id": "documents", "trigger_mode": "once", **shown}
    gr.on([press.click, address.submit], add, [files, address], [said, table, chosen, files, address], **one)
    drop.click(remove, [chosen], [said, table, chosen, files, address], **one)
    look.click(open_, [chosen], [opened], **shown)
    tab.select(lambda: (*renewed(), gr.Timer(active=True)), None, [table, chosen, timer], **shown)
    gr.on([t.select for t in others], lambda: gr.Timer(active=False), None, [timer], **shown)
    timer.tick(renewed, None, [table, chosen], **shown)


def _nothing_chosen() -> str:
    raise AskError("No document is chosen.", "Choose one from the list.")


def _told(work: Iterator[Any], after: Any) -> Iterator[Update]:
    """The line of what is going on, then the outcome with the renewed list."""
    same = gr.skip()
    try:
        for event in work:
            if isinstance(event, str):
                yield _message("busy", event), same, same, same, same
            else:
                yield outcome_html(event), *after()
    except AskError as error:
        yield _message("error", error.sentence()), same, same, same, same
    except Exception:
        log.exception("the documents could not be changed")
        said = "Something went wrong inside the program; its log says more."
        yield _message("error", said), same, same, same, same


def _message(kind: str, sentence: str) -> str:
    dots = '<span class="dots"></span>' if kind == "busy" else ""
    role = "alert" if kind == "error" else "status"
    return f'<div class="told {kind}" role="{role}">{dots}{literal(sentence)}</div>'


def outcome_html(event: AddReport | Document) -> str:
    """What became of each file, or that a document is gone."""
    if isinstance(event, Document):
        return _message("done", f"Removed: {event.title}.")
    failed = [o for o in event.outcomes if o.status == "failed"]
    counts = (
        f"{n} {status}"
        for status in ("added", "updated", "unchanged", "failed")
        if (n := sum(o.status == status for o in event.outcomes))
    )
    reasons = "".join(f"<li>{literal(o.reason or o.name)}</li>" for o in failed)
    head = _message("error" if failed else "done", ", ".join(counts) + ".")
    return head + (f'<ul class="reasons">{reasons}</ul>' if reasons else "")


def listing_html(rows: Sequence[Listed]) -> str:
    """The documents as a table."""
    if not rows:
        return '<p class="empty">The documents appear here once the page has loaded them.</p>'
    heads = ("Title", "Source", "Date", "Language", "Characters", "Passages")
    head = "".join(f'<th scope="col">{h}</th>' for h in heads)
    return (
        f'<table class="documents"><caption>{len(rows)} document{"" if len(rows) == 1 else "s"}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, rows))}</tbody></table>"
    )


def _row(row: Listed) -> str:
    title = literal(one_line(row.title)) or "Untitled"
    if is_web_address(row.url):
        title = f'<a href="{literal(row.url)}" target="_blank" rel="noopener noreferrer">{title}</a>'
    source = ", ".join(literal(t) for t in (row.publisher, row.origin) if t)
    cells = (title, source, literal(row.date), literal(row.language), f"{row.characters:,}", f"{row.passages:,}")
    return f"<tr>{''.join(f'<td>{c}</td>' for c in cells)}</tr>"


def document_html(document: Document, passages: Sequence[Passage]) -> str:
    """A document's passages in order, under their headings and pages. Everything in it is shown as text."""
    parts, heading, page = [], "", None
    for passage in passages[:LONGEST]:
        if (number := document.page(passage.start)) != page:
            page = number
            parts.append(f'<p class="page">p. {page}</p>')
        if passage.heading != heading:
            heading = passage.heading
            parts.append(f"<h4>{literal(one_line(heading))}</h4>" if heading else "")
        parts.append(f'<p class="{passage.kind}">{literal(passage.read(document.text))}</p>')
    if len(passages) > LONGEST:
        parts.append(f'<p class="empty">{len(passages) - LONGEST:,} further passages are not shown.</p>')
    title = literal(one_line(document.title))
    return f'<article class="opened" lang="{literal(document.language)}"><h3>{title}</h3>{"".join(parts)}</article>'
