"""The Documents tab: what the answers are quoted from, reading it, choosing what is asked, and adding to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.errors import AskError
from app.store.documents import AddReport
from app.ui.common import I18N, PLAIN, QUIET, status_line
from app.ui.document_actions import DocumentActions, each_told, outcome_html
from app.ui.listing import ROWS, Leaf, languages, listing_html, narrow_html, sources, still_there, years
from app.ui.reader import reader_html
from app.ui.session import act_of, asker_of, elsewhere, number_of, words_of
from app.ui.words import Words
from app.web.replies import visible
from app.web.shelf import Filter, fitting
from ingest.database.catalogue import Listed
from ingest.documents import Document
from ingest.load import LOADERS

NO_FILTERS = ("", "", "", "")
LOOK = 4.0  # seconds until the list shows what another process added
Update = tuple[Any, ...]
Labels = list[tuple[Any, str, str]]
"""(component, property, key of its words)."""


class DocumentsTab:
    """The components of the Documents tab, and what they do.

    `only` holds the ids of the documents that are searched; `narrow` says in the Ask tab which these are.
    """

    def __init__(self, actions: DocumentActions, only: gr.State, narrow: gr.HTML, language: gr.Radio) -> None:
        self.actions, self.only, self.narrow, self.language = actions, only, narrow, language
        with (
            gr.Accordion(I18N("add_documents"), open=False, visible=actions.open_for_changes, elem_id="adding") as self.fold,
            gr.Row(),
        ):
            self.files = gr.File(
                label=I18N("files"), file_count="multiple", file_types=[*LOADERS, ".zip"], height=132, elem_id="files"
            )
            with gr.Column():
                self.address = gr.Textbox(
                    label=I18N("address"), info=I18N("tongues"), placeholder="https://…", max_lines=1, elem_id="address"
                )
                self.pasted = gr.Textbox(label=I18N("pasted"), lines=2, max_lines=8, elem_id="pasted")
                self.called = gr.Textbox(label=I18N("pasted_title"), max_lines=1, elem_id="called")
                self.press = gr.Button(I18N("add"), variant="primary", elem_id="add")
                self.halt = gr.Button(I18N("stop_adding"), variant="stop", visible=False, elem_id="halt")
        self.said = gr.HTML("", elem_id="said", **PLAIN)
        self.opened = gr.HTML("", elem_id="opened", **PLAIN)
        self.place = gr.State("")
        """The document that is read, with its part behind a dot; '' while the list is shown."""
        with gr.Row(elem_id="finding"):
            self.find = gr.Textbox(label=I18N("find"), placeholder=I18N("find_help"), max_lines=1, scale=2, elem_id="find")
            self.source, self.year, self.tongue = (
                gr.Dropdown([], value=None, label=I18N(f"by_{name}"), elem_id=f"by-{name}", min_width=120)
                for name in ("source", "year", "language")
            )
        self.chosen = gr.HTML("", elem_id="chosen", **PLAIN)
        self.table = gr.HTML(listing_html(Leaf((), 0, 0, 0), frozenset(), Words()), elem_id="listing", **PLAIN)
        self.known, self.number = gr.State(""), gr.State(0)
        self.new = gr.State([])
        """The documents that were added last, by id."""
        self.timer = gr.Timer(LOOK, active=False)
        self.adding: dict[str, threading.Event] = {}
        """The events that stop the adding of a page, by its session."""

    @property
    def labels(self) -> Labels:
        """The components whose labels follow the page's language."""
        return [
            (self.fold, "label", "add_documents"), (self.files, "label", "files"), (self.address, "label", "address"),
            (self.pasted, "label", "pasted"), (self.called, "label", "pasted_title"),
            (self.address, "info", "tongues"), (self.press, "value", "add"), (self.halt, "value", "stop_adding"),
            (self.find, "label", "find"), (self.find, "placeholder", "find_help"), (self.source, "label", "by_source"),
            (self.year, "label", "by_year"), (self.tongue, "label", "by_language"),
        ]  # fmt: skip

    def wire(self, tab: gr.Tab, others: Sequence[gr.Tab], acts: gr.HTML) -> list[Any]:
        """Connect the components of the tab to what they do, and return the events after which other documents are held.

        Args:
            tab: This tab; while it is shown a timer renews the list.
            others: The other tabs; the timer stops when one of them is selected.
            acts: Reports clicks on the buttons of the list and the reader, as events (page.js).
        """
        filters: list[Any] = [self.find, self.source, self.year, self.tongue]
        given = [self.language, self.only, self.number, *filters]
        first = [self.language, self.only, gr.State(0), *filters]  # other filters begin at the first page
        listed = [self.table, self.chosen, self.narrow, self.only, self.number]
        offer: dict[str, Any] = {
            "fn": self.offered, "inputs": [self.language, self.known, *filters[1:]], "outputs": [self.known, *filters[1:]],
            **QUIET,
        }  # fmt: skip
        typed = [self.address, self.pasted, self.called]
        changed = [self.said, self.files, *typed, self.halt, self.new]
        one = {"concurrency_limit": 1, "concurrency_id": "documents", "trigger_mode": "once", **QUIET}
        put = [self.files, *typed, self.language]
        added = gr.on([self.press.click, self.address.submit, self.called.submit], self.add, put, changed, **one)
        more = one | {"trigger_mode": "multiple"}
        chosen = self.files.upload(self.add_files, [self.files, self.language], changed, **more)
        self.halt.click(self.stop, None, None, **QUIET)
        reader = [self.opened, self.place]
        dropped = acts.undo(self.remove, self.language, [self.said, *reader], **one)
        for done in (added, chosen):
            shown = done.then(self.show_new, [*given, self.new], [*listed, *filters], **QUIET)
            shown.then(**offer)
            shown.then(None, js="() => { document.dispatchEvent(new Event('added')); }", **QUIET)
            done.then(self.questioned, [self.language, self.new], self.said, **QUIET)
        dropped.then(self.renewed, given, listed, trigger_mode="always_last", **QUIET).then(**offer)
        # With `always_last` Gradio would send the first event twice.
        each: dict[str, Any] = {"trigger_mode": "multiple", **QUIET}
        acts.expand(self.open, self.language, reader, **each)
        acts.collapse(self.show_all, [self.language, self.only], [*reader, *listed, *filters], **each)
        self.language.input(self.read, [self.language, self.place], self.opened, **QUIET)
        narrowed = gr.on([acts.tick, acts.clear], self.choose, given, listed, **each)
        narrowed.then(self.in_hand, [self.language, self.only], self.narrow, concurrency_limit=None, **QUIET)
        narrowed.then(None, js="() => { document.dispatchEvent(new Event('chosen')); }", **QUIET)
        tab.select(self.renewed, given, listed, **QUIET).then(**offer)
        tab.select(lambda: gr.Timer(active=True), None, self.timer, **QUIET)
        gr.on([t.select for t in others], lambda: gr.Timer(active=False), None, [self.timer], **QUIET)
        gr.on(
            [self.timer.tick, self.language.change], self.renewed, given, listed, trigger_mode="always_last", **QUIET
        ).then(**offer)
        gr.on([f.input for f in filters], self.renewed, first, listed, trigger_mode="always_last", **QUIET).then(**offer)
        self.language.change(lambda: "", None, self.said, **QUIET)  # what is said there is in the language of before
        return [added, chosen, dropped]

    # --- the list

    def renewed(
        self, language: str, request: gr.Request, only: list[str] | None, number: int, *wanted: str | None
    ) -> Update:
        """List anew without writing the choice, unless it holds documents that are gone.

        On a busy machine an update may run after a choice that was made later: the last choice counts.
        """
        session = str(request.session_hash)
        hand = self.actions.hands.get(session, tuple(only or ()))
        table, above, narrow, left, page = self._listed(words_of(request, language), hand, number, wanted)
        if tuple(left) != hand:
            self.actions.take_in_hand(session, left)
            return table, above, narrow, left, page
        return table, above, narrow if left else gr.skip(), gr.skip(), page

    def show_all(self, language: str, request: gr.Request, event: gr.EventData, only: list[str] | None) -> Update:
        """Replace the reader by the list of all documents, at the document that was read."""
        listed = self._at([act_of(event).what], words_of(request, language), only or [])
        return "", "", *listed, *NO_FILTERS

    def show_new(self, language: str, request: gr.Request, only: list[str] | None, number: int, *given: Any) -> Update:
        """Show the list at the documents added last, without filters that would hide any of them."""
        *wanted, new = given
        if not new:
            return *self.renewed(language, request, only, number, *wanted), *(gr.skip() for _ in NO_FILTERS)
        clear = not set(new) <= {row.id for row in self._fitting(wanted)}
        listed = self._at(new, words_of(request, language), only or [], NO_FILTERS if clear else wanted)
        return *listed, *(NO_FILTERS if clear else (gr.skip() for _ in NO_FILTERS))

    def _at(
        self, ids: Sequence[str], words: Words, only: Sequence[str], wanted: Sequence[str | None] = NO_FILTERS
    ) -> Update:
        """Show the page of the list with the first of some documents; the first page if none is there."""
        places = [place for place, row in enumerate(self._fitting(wanted)) if row.id in ids]
        return self._listed(words, only, min(places, default=0) // ROWS, wanted)

    def choose(
        self,
        language: str,
        request: gr.Request,
        event: gr.EventData,
        only: list[str] | None,
        number: int,
        *wanted: str | None,
    ) -> Update:
        """Show another page of the list, or change which documents are searched.

        The change is one document more or less, one alone, all that are listed, or all.
        """
        words, act = words_of(request, language), act_of(event)
        name, what = act.name, act.what
        chosen = dict.fromkeys(only or [])
        if name == "leaf":
            number = number_of(what)
        elif name == "toggle":
            chosen = {k: None for k in chosen if k != what} if what in chosen else {**chosen, what: None}
        else:
            fit = (row.id for row in self._fitting(wanted)) if name == "shown" else ()
            chosen = dict.fromkeys([what.partition("-")[0]] if name == "only" else fit)
        if len(chosen) == len(self.actions.listing()):
            chosen = {}
        self.actions.take_in_hand(str(request.session_hash), chosen)
        return self._listed(words, list(chosen), number, wanted)

    def _fitting(self, wanted: Sequence[str | None]) -> list[Listed]:
        return fitting(self.actions.listing(), Filter(*(w or "" for w in wanted)))

    def _listed(self, words: Words, only: Sequence[str], number: int, wanted: Sequence[str | None]) -> Update:
        rows = self.actions.listing()
        left = still_there(only, rows)
        leaf = self.actions.leaf(self._fitting(wanted), int(number or 0))
        table, questions = listing_html(leaf, frozenset(left), words), self.actions.found(left)
        narrow = narrow_html(rows, left, words, questions=questions)
        return table, narrow_html(rows, left, words, "list"), narrow, left, leaf.number

    def offered(self, language: str, request: gr.Request, known: str, *chosen: str | None) -> Update:
        """Update the choices of the filters if they differ from `known`; the chosen ones stay."""
        rows, words = self.actions.listing(), words_of(request, language)
        values = [of(rows) for of in (sources, years, languages)]
        now = f"{words.language} {values}"
        if now == known:
            return (gr.skip(),) * 4
        every = (words("any"), "")
        labels: tuple[Callable[[str], str], ...] = (str, str, words.tongue)
        choices = ([every, *((label(v), v) for v in of)] for of, label in zip(values, labels, strict=True))
        return now, *(gr.Dropdown(choices=c, value=v or "") for c, v in zip(choices, chosen, strict=True))

    # --- one document

    def open(self, language: str, event: gr.EventData, request: gr.Request) -> tuple[str, str]:
        """Render a document in the reader, or the part of it whose number follows a dot."""
        place = act_of(event).what
        return self.read(language, place, request), place

    def read(self, language: str, place: str, request: gr.Request) -> Any:
        """Return the reader at a place in a language; nothing changes if no document is read."""
        words, (document_id, _, part) = words_of(request, language), place.partition(".")
        if not place:
            return gr.skip()
        try:
            reading = self.actions.read(document_id)
        except AskError as error:
            return status_line("error", words.sentence(visible(error)))
        questions = self.actions.asked_of(reading, words.language)
        removable = self.actions.removable(document_id, elsewhere(request))
        return reader_html(reading, questions, number_of(part), removable, words)

    def remove(self, language: str, event: gr.EventData, request: gr.Request) -> Iterator[Update]:
        """Remove the document that is being read, and yield each step."""
        words = words_of(request, language)
        work = self.actions.remove(act_of(event).what, words, elsewhere(request))
        for line, done in each_told(work, partial(self._outcome, words), words):
            yield line, *(("", "") if done else (gr.skip(), gr.skip()))

    # --- adding

    def add(
        self, uploads: list[str] | None, typed: str, pasted: str, called: str, language: str, request: gr.Request
    ) -> Iterator[Update]:
        """Add files, an address and a pasted text under the title that it is `called` by, and yield each step.

        The file box is emptied at once, so that more files can be chosen. If the work is stopped or fails, the files
        appear there again. The button that stops the work is visible meanwhile. The last update has the ids of the
        documents.
        """
        session, stop, words = str(request.session_hash), threading.Event(), words_of(request, language)
        self.adding[session] = stop
        line, done, files = Markup(), False, None
        new: list[str] = []

        def outcome(report: AddReport) -> Markup:
            new.extend(o.document_id for o in report.outcomes if o.document_id)
            self.actions.reports[session] = report
            return self._outcome(words, report)

        try:
            who, text = (elsewhere(request), asker_of(request)), (pasted or "", called or "")
            work = self.actions.add(uploads or [], typed or "", stop, words, *who, *text)
            for line, done in each_told(work, outcome, words):
                halt = gr.skip() if done else gr.Button(visible=True)
                yield line, files, *(["" if done else gr.skip()] * 3), halt, gr.skip()
                files = gr.skip()
        finally:
            self.adding.pop(session, None)
        yield line, gr.skip() if done else uploads, *([gr.skip()] * 3), gr.Button(visible=False), new

    def add_files(self, uploads: list[str] | None, language: str, request: gr.Request) -> Iterator[Update]:
        """Files as soon as they are chosen; what is typed and pasted stays."""
        for line, files, *_, halt, new in self.add(uploads, "", "", "", language, request):
            yield line, files, *([gr.skip()] * 3), halt, new

    def questioned(self, language: str, new: list[str], request: gr.Request) -> Iterator[Any]:
        """Render what was added once more for each question that the first document is found to answer."""
        words, report = words_of(request, language), self.actions.reports.pop(str(request.session_hash), None)
        if new and report:
            for _ in self.actions.offered(new[0]):
                yield self._outcome(words, report)
        yield gr.skip()  # without an update Gradio would empty the line

    def in_hand(self, language: str, only: list[str] | None, request: gr.Request) -> Iterator[Any]:
        """Render which document is searched with questions to it, as long as it is the one that is chosen."""
        words, hand, session = words_of(request, language), tuple(only or ()), str(request.session_hash)
        for questions in self.actions.offered(hand[0]) if len(hand) == 1 else ():
            if self.actions.hands.get(session) != hand:
                break
            yield narrow_html(self.actions.listing(), hand, words, questions=questions)
        yield gr.skip()  # Gradio sends the last update twice, and the choice may be another by then

    def stop(self, request: gr.Request) -> None:
        """Stop the adding of this page."""
        if stop := self.adding.get(str(request.session_hash)):
            stop.set()

    def _outcome(self, words: Words, event: AddReport | Document) -> Markup:
        return outcome_html(event, words, lambda document_id: self.actions.glance(document_id, words))
