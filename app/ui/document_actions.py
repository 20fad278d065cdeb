"""What the Documents tab does: adding with progress, listing, opening, removing. Rights are checked here, since a page's
functions can be called without its buttons."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from app.errors import AskError
from app.settings import Settings
from app.store.documents import AddReport, add, find, match, remove
from app.web.auth import open_for_changes
from app.web.service import Service
from ingest.add import Details
from ingest.catalogue import Listed
from ingest.documents import Document, Passage
from ingest.fetch import is_address
from ingest.progress import Progress, timed

if TYPE_CHECKING:
    from app.pipeline.chain import Chain

T = TypeVar("T")
POLL = 0.25  # seconds between two looks at a job


class DocumentActions:
    """The documents of a page."""

    def __init__(self, service: Service) -> None:
        self.service = service

    @property
    def open_for_changes(self) -> bool:
        """Whether visitors may add and remove."""
        return open_for_changes(self.service.settings)

    def listing(self) -> list[Listed]:
        """All documents; none while the page loads."""
        chain = self.service.chain
        return chain.index.catalogue.listing() if chain else []

    def read(self, document_id: str) -> tuple[Document, tuple[Passage, ...]]:
        """A document with its passages.

        Raises:
            AskError: it is gone, or the page still loads.
        """
        index = self._chain().index
        return find(index.catalogue, document_id), index.passages(document_id)

    def add(self, uploads: Sequence[str], address: str, stop: threading.Event | None = None) -> Iterator[str | AddReport]:
        """Lines that say how far it is, then the report. `uploads` are files that the page has received.

        Raises:
            AskError: visitors may not, nothing was given, or the address is a path on this machine.
            Stopped: `stop` was set.
        """
        settings, chain = self._changing()
        address = address.strip()
        if address and not is_address(address):
            raise AskError(f"{address} is not an address.", "It begins with http:// or https://.")
        if not uploads and not address:
            raise AskError("Nothing was given.", "Choose files or type an address, then press Add.")
        named = [*map(_received, uploads), *([address] if address else [])]

        def job(progress: Progress) -> AddReport:
            try:
                given = (named, Details(), progress, _upload_place, stop)
                report = add(settings, chain.index, lambda: chain.embedder, *given, later=True)
                self.service.embed_rest()
                for path in uploads:  # where it is stopped or fails, the visitor may press Add again
                    Path(path).unlink(missing_ok=True)
                return report
            finally:
                chain.index.catalogue.close()

        yield from _followed(job, stop)

    def remove(self, document_id: str) -> Iterator[str | Document]:
        """Lines that say how far it is, then the document that is gone.

        Raises:
            AskError: visitors may not, it is unknown, or it stands in the corpus folder.
        """
        settings, chain = self._changing()
        document = remove(settings, chain.index.catalogue, document_id)

        def job(progress: Progress) -> Document:
            try:
                match(settings, chain.index, chain.embedder, progress, later=True)
                self.service.embed_rest()
                return document
            finally:
                chain.index.catalogue.close()

        yield from _followed(job)

    def _changing(self) -> tuple[Settings, Chain]:
        if not self.open_for_changes:
            said = "Visitors of this page cannot change its documents."
            raise AskError(said, "Whoever runs it can allow that with ASK_PAGE_CHANGES=yes.")
        if self.service.chain is not None and self.service.renew():
            raise AskError("The page is loading the model that the index was rebuilt with.", "Try again in a moment.")
        return self.service.settings, self._chain()

    def _chain(self) -> Chain:
        if self.service.chain is None:
            raise AskError("The page is still loading.", "Try again in a moment.")
        return self.service.chain


def _received(path: str) -> str:
    """An upload's path, once it is sure that it is one and no other file of this machine."""
    from gradio.utils import get_upload_folder

    folder = Path(get_upload_folder()).resolve()
    if not Path(path).resolve().is_relative_to(folder):
        raise AskError("That is not a file that was uploaded.", "Choose the file again.")
    return path


def _upload_place(place: str) -> str:
    """An upload lies in another folder each time: its name says whether it takes the place of an earlier one."""
    return place if is_address(place) else "upload:" + re.sub(r"^.*[/\\][0-9a-f]{20,}[/\\]", "", place)


def _followed(job: Callable[[Progress], T], stop: threading.Event | None = None) -> Iterator[str | T]:
    """What a job in a thread says of itself, then what it gives."""
    said = "Beginning"
    done: list[T] = []
    failed: list[BaseException] = []

    def report(what: str, number: int, total: int, left: float | None) -> None:
        nonlocal said
        said = _line(what, number, total, left)

    def run() -> None:
        try:
            done.append(job(timed(report)))
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="documents", daemon=True)
    thread.start()
    shown = ""
    while thread.is_alive():
        now = "Stopping" if stop and stop.is_set() else said
        if now != shown:
            shown = now
            yield shown
        thread.join(POLL)
    if failed:
        raise failed[0]
    yield done[0]


def _line(what: str, number: int, total: int, left: float | None) -> str:
    """`Embedding 12 of 80, about 3 minutes left`."""
    so_far = f"{what} {number} of {total}" if total > 1 else what
    if not left:
        return so_far
    return f"{so_far}, about {left:.0f} seconds left" if left < 90 else f"{so_far}, about {left / 60:.0f} minutes left"
