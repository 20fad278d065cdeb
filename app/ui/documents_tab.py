"""The Documents tab: what the answers are quoted from, and adding to it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr

from app.errors import AskError
from app.store.documents import AddReport
from app.ui.choosing import Filter, fitting, languages, narrow_html, sources, still_there, years
from app.ui.common import I18N, PLAIN, QUIET, told
from app.ui.document_actions import DocumentActions
from app.ui.listing import document_html, listing_html
from app.ui.render import literal
from app.ui.words import Words, words_for
from ingest.documents import Document
from ingest.load import LOADERS

log = logging.getLogger(__name__)

LOOK = 4.0  # seconds until the list shows what another process added
Update = tuple[Any, ...]
Labels = list[tuple[Any, str, str]]
"""(component, property, key of its words)."""


class DocumentsTab:
    """The tab's components and what they do. `only`, made by the Ask tab, chooses the documents that are asked; `narrow` is
    where that tab says so."""

    def __init__(self, actions: DocumentActions, only: gr.Dropdown, narrow: gr.HTML, language: gr.Radio) -> None:
        self.actions, self.only, self.narrow, self.language = actions, only, narrow, language
        changes = actions.open_for_changes
        with gr.Row(elem_id="adding", visible=changes):
            self.files = gr.File(
                label=I18N("files"), file_count="multiple", file_types=[*LOADERS, ".zip"], height=132, elem_id="files"
            )
            with gr.Column():
                self.address = gr.Textbox(
                    label=I18N("address"), info=I18N("tongues"), placeholder="https://…", max_lines=1, elem_id="address"
                )
                self.press = gr.Button(I18N("add"), variant="primary", elem_id="add")
                self.halt = gr.Button(I18N("stop_adding"), variant="stop", visible=False, elem_id="halt")
        self.said = gr.HTML("", elem_id="said", **PLAIN)
        with gr.Row(elem_id="finding"):
            self.find = gr.Textbox(label=I18N("find"), placeholder=I18N("find_help"), max_lines=1, scale=2, elem_id="find")
            self.source, self.year, self.tongue = (
                gr.Dropdown([], value=None, label=I18N(f"by_{name}"), elem_id=f"by-{name}", min_width=120)
                for name in ("source", "year", "language")
            )
        self.table = gr.HTML(listing_html([], 0, Words()), elem_id="listing", **PLAIN)
        with gr.Row(elem_id="narrowing"):
            only.render()  # type: ignore[no-untyped-call]
            self.take = gr.Button(I18N("only_shown"), elem_id="take", scale=0, min_width=160)
        with gr.Row(elem_id="choosing"):
            self.chosen = gr.Dropdown([], value=None, label=I18N("one_document"), elem_id="document", scale=4)
            self.look = gr.Button(I18N("open_it"), elem_id="open", scale=0, min_width=88)
            self.drop = gr.Button(I18N("remove"), variant="stop", elem_id="remove", scale=0, min_width=88, visible=changes)
        self.opened = gr.HTML("", elem_id="opened", **PLAIN)
        self.known = gr.State("")
        self.timer = gr.Timer(LOOK, active=False)
        self.adding: dict[str, threading.Event] = {}
        """What stops the adding of a page, by its session."""

    @property
    def labels(self) -> Labels:
        """What the page's language changes."""
        return [
            (self.files, "label", "files"), (self.address, "label", "address"),
            (self.address, "info", "tongues"), (self.press, "value", "add"),
            (self.halt, "value", "stop_adding"),
            (self.find, "label", "find"), (self.find, "placeholder", "find_help"), (self.source, "label", "by_source"),
            (self.year, "label", "by_year"), (self.tongue, "label", "by_language"), (self.only, "label", "only"),
            (self.only, "info", "only_help"), (self.take, "value", "only_shown"), (self.chosen, "label", "one_document"),
            (self.look, "value", "open_it"), (self.drop, "value", "remove"),
        ]  # fmt: skip

    def wire(self, tab: gr.Tab, others: Sequence[gr.Tab]) -> None:
        """Connect everything. The list is renewed while the tab is looked at."""
        filters = [self.source, self.year, self.tongue]
        given = [self.language, self.only, self.find, *filters]
        listed = [self.table, self.chosen, self.only, self.narrow]
        offer: dict[str, Any] = {
            "fn": self.offered, "inputs": [self.language, self.known, *filters], "outputs": [self.known, *filters], **QUIET
        }  # fmt: skip
        changed = [self.said, self.files, self.address, self.halt]
        one = {"concurrency_limit": 1, "concurrency_id": "documents", "trigger_mode": "once", **QUIET}
        added = gr.on([self.press.click, self.address.submit], self.add, [self.files, self.address], changed, **one)
        self.halt.click(self.stop, None, None, **QUIET)
        dropped = self.drop.click(self.remove, [self.chosen], [self.said, self.chosen], **one)
        for done in (added, dropped):
            done.then(self.renewed, given, listed, **QUIET).then(**offer)
        self.look.click(self.open, [self.chosen], [self.opened], **QUIET)
        tab.select(self.renewed, given, listed, **QUIET).then(**offer)
        tab.select(lambda: gr.Timer(active=True), None, self.timer, **QUIET)
        gr.on([t.select for t in others], lambda: gr.Timer(active=False), None, [self.timer], **QUIET)
        renewing = [self.timer.tick, self.find.input, *(f.input for f in filters), self.only.input, self.language.change]
        gr.on(renewing, self.renewed, given, listed, trigger_mode="always_last", **QUIET).then(**offer)
        self.take.click(self.narrowed, [self.language, self.find, *filters], [self.only, self.narrow], **QUIET)

    # --- what they do

    def renewed(self, language: str, request: gr.Request, only: list[str] | None, *wanted: str | None) -> Update:
        """The list as the filters have it, the choices, and which documents are asked of those that are still there."""
        rows, words = self.actions.listing(), words_for(language, request.headers.get("accept-language", ""))
        left = still_there(only or [], rows)
        named = [(f"{d.title} ({d.origin})", d.id) for d in rows]
        table = listing_html(fitting(rows, Filter(*(w or "" for w in wanted))), len(rows), words)
        chosen, asked = gr.Dropdown(choices=named), gr.Dropdown(choices=[(d.title, d.id) for d in rows], value=left)
        return table, chosen, asked, narrow_html(rows, left, words)

    def narrowed(self, language: str, request: gr.Request, *wanted: str | None) -> Update:
        """The documents that are listed are asked, and no others."""
        rows, words = self.actions.listing(), words_for(language, request.headers.get("accept-language", ""))
        found = [row.id for row in fitting(rows, Filter(*(w or "" for w in wanted)))]
        found = found if len(found) < len(rows) else []
        return gr.Dropdown(value=found), narrow_html(rows, found, words)

    def offered(self, language: str, request: gr.Request, known: str, *chosen: str | None) -> Update:
        """What there is to filter by, where that is not `known` already; what was chosen stays."""
        rows, words = self.actions.listing(), words_for(language, request.headers.get("accept-language", ""))
        values = [of(rows) for of in (sources, years, languages)]
        now = f"{words.language} {values}"
        if now == known:
            return (gr.skip(),) * 4
        every = (words("any"), "")
        choices = ([every, *((v, v) for v in of)] for of in values)
        return now, *(gr.Dropdown(choices=c, value=v or None) for c, v in zip(choices, chosen, strict=True))

    def add(self, uploads: list[str] | None, typed: str, request: gr.Request) -> Iterator[Update]:
        """Files and an address; the boxes are emptied once they are taken. Meanwhile it can be stopped."""
        session, stop = str(request.session_hash), threading.Event()
        self.adding[session] = stop
        line = ""
        try:
            for line, done in _each_told(self.actions.add(uploads or [], typed or "", stop)):
                yield (line, None, "", gr.skip()) if done else (line, gr.skip(), gr.skip(), gr.Button(visible=True))
        finally:
            self.adding.pop(session, None)
        yield line, gr.skip(), gr.skip(), gr.Button(visible=False)

    def stop(self, request: gr.Request) -> None:
        """What this page adds is added no further."""
        if stop := self.adding.get(str(request.session_hash)):
            stop.set()

    def remove(self, document_id: str | None) -> Iterator[Update]:
        """The chosen document."""

        def work() -> Iterator[str | Document]:
            yield from self.actions.remove(document_id or _nothing_chosen())

        for line, done in _each_told(work()):
            yield line, gr.Dropdown(value=None) if done else gr.skip()

    def open(self, document_id: str | None) -> str:
        """The chosen document's text."""
        try:
            return document_html(*self.actions.read(document_id or _nothing_chosen()))
        except AskError as error:
            return told("error", error.sentence())


def _nothing_chosen() -> str:
    raise AskError("No document is chosen.", "Choose one from the list.")


def _each_told(work: Iterator[Any]) -> Iterator[tuple[str, bool]]:
    """The line of what is going on, then the outcome; whether it is done."""
    try:
        for event in work:
            done = not isinstance(event, str)
            yield (outcome_html(event), True) if done else (told("busy", event), False)
    except AskError as error:
        yield told("error", error.sentence()), False
    except Exception:
        log.exception("the documents could not be changed")
        said = "Something went wrong inside the program; its log says more."
        yield told("error", said), False


def outcome_html(event: AddReport | Document) -> str:
    """An event -> what became of each file, or that a document is gone."""
    if isinstance(event, Document):
        return told("done", f"Removed: {event.title}.")
    failed = [o for o in event.outcomes if o.status == "failed"]
    counts = (
        f"{n} {status}"
        for status in ("added", "updated", "unchanged", "failed")
        if (n := sum(o.status == status for o in event.outcomes))
    )
    reasons = "".join(f"<li>{literal(o.reason or o.name)}</li>" for o in failed)
    also = " What is new is found by its words already, and by its meaning in a while." if event.lacking else ""
    head = told("error" if failed else "done", ", ".join(counts) + "." + also)
    return head + (f'<ul class="reasons">{reasons}</ul>' if reasons else "")
