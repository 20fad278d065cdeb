"""The actions of the Documents tab: adding with progress, listing, opening, removing.

Rights are checked here, since a page's functions can be called without its buttons.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from app.answering.outline import gist
from app.answering.suggest import MAX_OFFERED, first_questions, proven
from app.answers import Answer
from app.errors import AskError
from app.store.documents import AddReport, add, match, remove
from app.store.originals import FetchResult, cited_sources, fetch_originals
from app.ui.common import status_line
from app.ui.following import POLL, followed
from app.ui.listing import ROWS, Leaf, Row
from app.ui.template import macros
from app.ui.titles import name_of, read_sources
from app.ui.uploads import Waiting, often
from app.ui.words import Words
from app.web.auth import may_change, open_for_changes
from app.web.queue import NOBODY, Asker
from app.web.replies import visible
from app.web.service import Service
from app.web.shelf import KnownQuestions, Reading
from app.web.visitors import Hourly, limited_names
from ingest.add import Outcome
from ingest.added import Details
from ingest.database.catalogue import Listed
from ingest.documents import Document, Source, is_address
from ingest.progress import Progress, stoppable

if TYPE_CHECKING:
    from app.pipeline.chain import Chain


log = logging.getLogger(__name__)
ENGLISH = Words()
PATIENCE = 40  # looks at a queue in which somebody else asks
MAX_WAIT = 20.0  # seconds that a page waits for questions to offer
MAX_HANDS = 1_000  # pages of which the chosen documents are remembered
FIRST = 2  # sentences that are shown of an added document
TITLES = 3
"""Documents that are shown of those that were added."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What is shown of a document as soon as it was added.

    Attributes:
        title: Its title.
        facts: Its date, language and size, and what could not be read of it, on one line.
        told: The first sentences of what it is about.
        questions: The questions that it was found to answer so far.
    """

    title: str = ""
    facts: str = ""
    told: str = ""
    questions: tuple[str, ...] = ()


UNSEEN = Glance()


def each_told(work: Iterator[Any], outcome: Callable[[Any], Markup], words: Words) -> Iterator[tuple[Markup, bool]]:
    """Yield a line for each step of some work and then for its outcome, with True once it is done.

    If the work fails, the last line is the error.
    """
    try:
        for event in work:
            yield (status_line("busy", event), False) if isinstance(event, str) else (outcome(event), True)
    except AskError as error:
        yield status_line("error", words.sentence(visible(error))), False
    except Exception:
        log.exception("the documents could not be changed")
        yield status_line("error", words("documents_failed")), False


def outcome_html(
    event: AddReport | Document, words: Words = ENGLISH, read: Callable[[str], Glance] = lambda _: UNSEEN
) -> Markup:
    """Render the outcome of adding files or of removing a document; `read` looks at an added one."""
    if isinstance(event, Document):
        return status_line("done", words("removed", title=name_of(event, words)))
    failed = [o for o in event.outcomes if o.status == "failed"]
    sentences = [
        _became(s, [o for o in event.outcomes if o.status == s], read, words) for s in ("added", "updated", "unchanged")
    ]
    sentences += [words("n_failed", n=len(failed))] * bool(failed)
    sentences += [words("found_later")] * bool(event.lacking)
    line = status_line("error" if failed else "done", words("marks.between").join(filter(None, sentences)))
    reasons = [words.sentence(o.reason) or o.name for o in failed]
    new = [o.document_id for o in event.outcomes if o.status in ("added", "updated") and o.document_id]
    return macros("listing", words).outcome(line, reasons, [(key, read(key)) for key in new[:TITLES]])


def _became(status: str, outcomes: Sequence[Outcome], read: Callable[[str], Glance], words: Words) -> str:
    """Write a sentence on the files that have a status; '' if there are none.

    It has their titles, or for more than `TITLES` files the first titles and the number of files.
    """
    if not outcomes:
        return ""
    titles = [words("in_quotes", said=read(o.document_id).title or o.name) for o in outcomes[:TITLES]]
    if len(outcomes) == 1:
        return words(f"one_{status}", title=titles[0])
    named = words("marks.listed").join(titles)
    rest = len(outcomes) - len(titles)
    return words(f"n_{status}", n=len(outcomes), titles=words("more_titles", titles=named, n=rest) if rest else named)


def got_html(got: FetchResult, source: Source, words: Words) -> Markup:
    """Render the result of fetching an original: that it is stored, or why it is not."""
    if got.result in ("added", "updated", "unchanged"):
        return status_line("done", words("got", title=name_of(source, words)))
    return status_line("error", words.sentence(got.reason) or words("documents_failed"))


@dataclass(slots=True)
class Offer:
    """The questions that a document was found to answer so far, and whether all were tried."""

    questions: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)


class DocumentActions:
    """The documents of a page."""

    def __init__(self, service: Service, waiting: Waiting) -> None:
        self.service, self.known, self.waiting = service, KnownQuestions(), waiting
        self._seen: tuple[object, list[Listed]] = (None, [])
        self._hourly = Hourly(service.settings.max_uploads_hour)
        self._offers: dict[str, Offer] = {}
        self.hands: dict[str, tuple[str, ...]] = {}
        """The documents that a page has chosen to search, by its session."""
        self.reports: dict[str, AddReport] = {}
        """What a page has added and not yet shown with its questions, by its session."""

    @property
    def open_for_changes(self) -> bool:
        """True if visitors may add and remove."""
        return open_for_changes(self.service.settings)

    def listing(self) -> list[Listed]:
        """All documents, read again if they changed; none while the page loads."""
        chain = self.service.chain
        if chain is None:
            return []
        stamp, (seen, rows) = (id(chain.index), chain.index.catalogue.stamp), self._seen
        if seen != stamp:
            rows = chain.index.catalogue.listing()
            self._seen = (stamp, rows)
        return rows

    def leaf(self, rows: Sequence[Listed], number: int) -> Leaf:
        """Return a page of the listed documents, counted from 0; the last if there are not so many."""
        number = min(max(number, 0), max(0, len(rows) - 1) // ROWS)
        chain, numbers = self.service.chain, self.known.of(self.service.chain).numbers
        found = []
        for row in rows[number * ROWS : (number + 1) * ROWS]:
            document = chain.index.document(row.id) if chain else None
            if document:
                found.append(Row(row, read_sources(document), numbers.get(row.id, 0)))
        return Leaf(found, number, len(rows), len(self.listing()))

    def read(self, document_id: str) -> Reading:
        """Return a document with its passages.

        Raises:
            AskError: The document is gone, or the page is still loading.
        """
        self._chain()
        reading = self.service.shelf.reading(document_id)
        if reading is None:
            raise AskError("This document is no longer there.", "The list shows which documents are there.")
        return reading

    def asked_of(self, reading: Reading, language: str) -> tuple[str, ...]:
        """Questions to begin with on a document: what an added one was found to answer, else known ones and its own."""
        if self._is_added(reading.document.id):
            return tuple(self._offer(reading).questions)
        known = self.known.of(self.service.chain).of(language).get(reading.document.id, ())
        return first_questions(reading.document, reading.passages, known)

    def glance(self, document_id: str, words: Words) -> Glance:
        """Look at a document that was added; nothing is seen of one that is gone."""
        try:
            reading = self.read(document_id)
        except AskError:
            return UNSEEN
        document = reading.document
        size = words.count("passage_one", "passages_n", len(reading.passages))
        pages = words("pages_read", n=document.pages_read, all=len(document.pages)) if document.pages else ""
        left_out = words("attachments_unread", what=reading.attached) if reading.attached else ""
        facts = " · ".join(filter(None, (document.date, words.tongue(document.language), pages, size, left_out)))
        told = " ".join(p.read(document.text) for p in gist(document, reading.passages)[:FIRST])
        return Glance(name_of(document, words), facts, told, tuple(self._offer(reading).questions))

    def offered(self, document_id: str) -> Iterator[tuple[str, ...]]:
        """Yield the questions that a document was found to answer, whenever there is one more.

        It ends when all were tried, or after `MAX_WAIT` seconds.
        """
        try:
            reading = self.read(document_id)
        except AskError:
            return
        if not self._is_added(document_id):
            yield self.asked_of(reading, reading.document.language)[:MAX_OFFERED]
            return
        offer, shown, began = self._offer(reading), 0, time.monotonic()
        while time.monotonic() - began < MAX_WAIT:
            done = offer.done.wait(POLL)
            if len(offer.questions) > shown:
                shown = len(offer.questions)
                yield tuple(offer.questions)
            if done:
                return

    def take_in_hand(self, session: str, chosen: Iterable[str]) -> None:
        """Remember which documents a page has chosen; the pages that chose last are remembered."""
        self.hands.pop(session, None)
        self.hands[session] = tuple(chosen)
        if len(self.hands) > MAX_HANDS:
            self.hands.pop(next(iter(self.hands)))

    def found(self, hand: Sequence[str]) -> tuple[str, ...]:
        """Return the questions that the one document in hand was found to answer so far."""
        return tuple(self._offers.get(hand[0], Offer()).questions) if len(hand) == 1 else ()

    def _is_added(self, document_id: str) -> bool:
        return any(row.added for row in self.listing() if row.id == document_id)

    def _offer(self, reading: Reading) -> Offer:
        """Return what a document was found to answer; the first time, a thread begins to ask it."""
        offer = Offer()
        known = self._offers.setdefault(reading.document.id, offer)
        if known is offer:
            threading.Thread(target=self._prove, args=(reading, offer), name="offering", daemon=True).start()
        return known

    def _prove(self, reading: Reading, offer: Offer) -> None:
        """Ask a document the questions that its words make, whenever nobody else asks."""

        def ask(question: str) -> Answer | None:
            for _ in range(PATIENCE):
                if answer := self.service.ask_if_idle(question, (reading.document.id,)):
                    return answer
                time.sleep(POLL)
            return None

        try:
            for question in proven(reading.document, reading.passages, ask):
                offer.questions.append(question)
        except AskError:
            log.exception("no questions could be found for a document")
        finally:
            offer.done.set()
            if not offer.questions:  # it is tried again when somebody looks at it
                self._offers.pop(reading.document.id, None)

    def removable(self, document_id: str, elsewhere: bool) -> bool:
        """Return True if a visitor may remove the document, which must be an added one.

        `elsewhere` is True if a proxy has passed the request on.
        """
        return self._open_to(elsewhere) and any(row.added for row in self.listing() if row.id == document_id)

    def add(
        self,
        uploads: Sequence[str],
        address: str,
        stop: threading.Event | None = None,
        words: Words = ENGLISH,
        elsewhere: bool = False,
        asker: Asker = NOBODY,
        text: str = "",
        title: str = "",
    ) -> Iterator[str | AddReport]:
        """Lines that say how far it is, then the report.

        `uploads` are files that the page has received, `text` is what was pasted, under a `title` that may be empty.

        Raises:
            AskError: visitors may not, this one has added many, nothing was given, the address is a path on this machine, or
                the page could not load.
            Stopped: `stop` was set.
        """
        self._check_open(elsewhere)
        address = address.strip()
        if address and not is_address(address):
            raise AskError("{address} is not a web address.", "A web address begins with http:// or https://.", address)
        named = [*map(self._received, uploads), *([address] if address else [])]
        if not (number := len(named) + bool(text.strip())):
            raise AskError("There is nothing to add.", "Choose files, or type an address or paste a text and press Add.")
        if minutes := self._hourly.wait(*limited_names(asker), number=number):
            raise often(self._hourly.most, minutes)
        yield from self._loading(stop, words)
        settings, chain = self.service.settings, self.service.ready()

        def job(progress: Progress) -> AddReport:
            pasted = [self.waiting.paste(text, title)] if text.strip() else []
            try:
                given = ([*named, *pasted], Details(), progress, _upload_place, stop)
                report = add(settings, chain.index, lambda: chain.embedder, *given, later=True)
                self.service.embed_rest()
                for path in uploads:  # if it is stopped or fails, the visitor may press Add again
                    self.waiting.remove(path)
                return report
            finally:
                for path in pasted:
                    self.waiting.remove(path)
                chain.index.catalogue.close()

        yield from followed(job, stop, words)

    def get_original(
        self, key: str, words: Words = ENGLISH, elsewhere: bool = False, asker: Asker = NOBODY
    ) -> Iterator[str | FetchResult]:
        """Lines that say how far it is, then the result. Only addresses that documents name as sources are fetched.

        Raises:
            AskError: visitors may not, this one has added many, or no document rests on the source.
        """
        self._check_open(elsewhere)
        if minutes := self._hourly.wait(*limited_names(asker)):
            raise often(self._hourly.most, minutes)
        yield from self._loading(None, words)
        settings, chain = self.service.settings, self.service.ready()
        wanted = [s for s in cited_sources(chain.index.catalogue) if s.source.key == key]
        if not wanted:
            raise AskError("No document is based on this source any more.", "Ask the question again.")

        def job(progress: Progress) -> FetchResult:
            try:
                (got,) = fetch_originals(settings, chain.index, lambda: chain.embedder, wanted, progress)
                return got
            finally:
                chain.index.catalogue.close()

        yield from followed(job, None, words)

    def remove(self, document_id: str, words: Words = ENGLISH, elsewhere: bool = False) -> Iterator[str | Document]:
        """Lines that say how far it is, then the document that is gone.

        Raises:
            AskError: visitors may not, or it was not added.
        """
        self._check_open(elsewhere)
        yield from self._loading(None, words)
        if not self.removable(document_id, elsewhere):
            raise AskError(
                "This is not an added document, or it has already been removed.", "Only added documents can be removed here."
            )
        settings, chain = self.service.settings, self.service.ready()
        document = remove(settings, chain.index.catalogue, document_id)

        def job(progress: Progress) -> Document:
            try:
                match(settings, chain.index, chain.embedder, progress, later=True)
                self.service.embed_rest()
                return document
            finally:
                chain.index.catalogue.close()

        yield from followed(job, None, words)

    def _open_to(self, elsewhere: bool) -> bool:
        return may_change(self.service.settings, elsewhere)

    def _check_open(self, elsewhere: bool) -> None:
        if not self._open_to(elsewhere):
            raise AskError("Visitors to this page cannot change its documents.", "Whoever runs the page can allow it.")

    def _loading(self, stop: threading.Event | None, words: Words) -> Iterator[str]:
        """Wait until everything is loaded, and yield what is being loaded.

        A file that is added in a page's first moments waits, as a question does.

        Raises:
            AskError: Loading failed, or the index was rebuilt once more.
            Stopped: `stop` was set.
        """
        self.service.renew()
        for said in self.service.loading():
            stoppable(lambda *_: None, stop)(said, 0, 0)
            yield words(said)
        if self.service.renew():  # that failed, or it was rebuilt once more
            raise AskError("The page is loading the model for its rebuilt index.", "Try again in a moment.")

    def _chain(self) -> Chain:
        if self.service.chain is None:
            raise AskError("The page is still loading.", "Try again in a moment.")
        return self.service.chain

    def _received(self, path: str) -> str:
        """Return the path of an upload, after checking that it is in the upload folder.

        Raises:
            AskError: It is another file of the server.
        """
        if not Path(path).resolve().is_relative_to(self.waiting.folder):
            raise AskError("That is not a file that was uploaded.", "Choose the file again.")
        return path


def _upload_place(place: str) -> str:
    """Return the place to store for an upload: its name without its folder; an address stays as it is.

    Each upload is in another folder. Its name alone decides if it replaces an earlier one.
    """
    return place if is_address(place) else "upload:" + re.sub(r"^.*[/\\][0-9a-f]{20,}[/\\]", "", place)
