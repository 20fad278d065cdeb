"""The chain behind the page: it loads in the background, and a question that comes earlier waits for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app.answers import Answer, Turn
from app.errors import AskError
from app.settings import Settings
from ingest.documents import Passage

if TYPE_CHECKING:
    from app.chain import Chain, Step

log = logging.getLogger(__name__)

POLL = 0.2  # seconds between two looks at the loading
Status = Literal["loading", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Said while the chain is not there yet: what is being loaded or indexed."""

    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A document's text and the passages that it was split into."""

    text: str
    passages: tuple[Passage, ...]


class Service:
    """One chain for all visitors. `status` and `message` say how far it is."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.status: Status = "loading"
        self.message = "Loading the models"
        self.unread: tuple[str, ...] = ()
        """Why some files are not in the index, a sentence each."""
        self._chain: Chain | None = None
        self._error: AskError | None = None
        self._done = threading.Event()

    def start(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Begin to load; returns at once. `on_ready` is called when questions are answered."""
        threading.Thread(target=self._run, args=(on_ready,), name="load", daemon=True).start()

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Waiting | Step | Answer]:
        """What the answer waits for, each step as it begins, then the answer.

        Raises:
            AskError: the question cannot be asked, or loading failed.
        """
        said = ""
        while not self._done.wait(POLL):
            if self.message != said:
                said = self.message
                yield Waiting(said)
        if self._chain is None:
            assert self._error is not None
            raise AskError(str(self._error), self._error.next_step)
        from app.chain import Request

        yield from self._chain.stream(Request(question, tuple(history)))

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The answer; waits for the chain where it is not there yet.

        Raises:
            AskError: see `stream`.
        """
        events = list(self.stream(question, history))
        answer = events[-1]
        assert isinstance(answer, Answer)
        return answer

    @property
    def chain(self) -> Chain | None:
        """The chain, None until it is loaded."""
        return self._chain

    @property
    def fingerprint(self) -> str:
        """Names the embedding model of the index; '' until ready."""
        return self._chain.embedder.fingerprint if self._chain else ""

    def holdings(self) -> tuple[int, str]:
        """(number of documents, date of the newest); (0, '') until ready."""
        if self._chain is None:
            return 0, ""
        catalogue = self._chain.index.catalogue
        return catalogue.counts()["documents"], catalogue.newest()

    def reading(self, document_id: str) -> Reading | None:
        """A document's text with its passages in order, to show a quote where it stands; None where it is gone."""
        index = self._chain.index if self._chain else None
        document = index.document(document_id) if index else None
        if index is None or document is None:
            return None
        return Reading(document.text, index.passages(document_id))

    def _run(self, on_ready: Callable[[], None]) -> None:
        try:
            self._chain = self._load()
            on_ready()
            self.status, self.message = "ready", ""
        except AskError as error:
            self._fail(error)
        except Exception as error:  # shown on the page: a thread has nobody else to tell
            log.exception("loading failed")
            reason = f"{type(error).__name__}: {error}"
            self._fail(AskError(f"The page could not load ({reason}).", "`ask-the-plan --verbose chat` says more."))
        finally:
            self._done.set()

    def _fail(self, error: AskError) -> None:
        log.error("%s", error.sentence())
        self._error, self._chain = error, None
        self.status, self.message = "failed", error.sentence()

    def _load(self) -> Chain:
        # Imported here: torch takes seconds, and the page is to be reachable meanwhile.
        from app.chain import load_chain
        from app.documents import match
        from app.progress import sync_bar
        from ingest.index import Index
        from ingest.models import load_embedder

        embedder = load_embedder(self.settings.embedding_model)
        index = Index(self.settings.index_folder, self.settings.chroma_url)
        with sync_bar() as draw:

            def progress(what: str, done: int, total: int) -> None:
                draw(what, done, total)
                self.message = f"Indexing: {what.lower()} {done} of {total}"

            report = match(self.settings, index, embedder, progress)
        self.unread = tuple(reason for _, reason in report.failed)
        self.message = "Loading the models"
        return load_chain(self.settings, index, embedder)
