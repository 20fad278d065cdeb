"""The chain behind the page: it loads in the background, and a question that comes earlier waits for it.

Where the index was rebuilt with another model the chain is loaded anew, and the question that noticed it waits in the same
way. Questions that come together stand in a line; each sees its place.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from app.answers import Answer, Said
from app.errors import AskError
from app.query.values import Turn
from app.settings import Settings
from app.store.records import Record, make_record
from app.web.loading import Loaded, load_again, load_first
from app.web.preferences import Wish
from app.web.queue import Line
from ingest.documents import Document, Passage
from ingest.errors import IndexMismatch

if TYPE_CHECKING:
    from app.pipeline.chain import Chain
    from app.pipeline.steps import Step
    from ingest.index import Index

log = logging.getLogger(__name__)

POLL = 0.2  # seconds between two looks at the loading
AT_ONCE = 4  # questions answered side by side; the others wait in line
LONGEST = 30  # questions that may wait: each takes a thread, and Gradio has forty
Status = Literal["loading", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Said while the chain is not there yet (what is being loaded or indexed) or busy (how many questions are before)."""

    message: str
    before: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """A document with the passages that it was split into."""

    document: Document
    passages: tuple[Passage, ...]

    @property
    def text(self) -> str:
        """The document's text."""
        return self.document.text


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
        self._lock = threading.Lock()
        self._on_ready: Callable[[], None] = lambda: None
        self.line = Line(AT_ONCE, LONGEST)

    def start(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Begin to load; returns at once. `on_ready` is called whenever a chain is there that answers questions."""
        self._on_ready = on_ready
        self._begin(self.message, lambda: load_first(self.settings, partial(setattr, self, "message")))

    def stream(
        self, question: str, history: Sequence[Turn] = (), wish: Wish | None = None
    ) -> Iterator[Waiting | Step | Said | Answer]:
        """What the answer waits for, each step as it begins, each sentence that a language model wrote and that was
        verified, then the answer.

        Raises:
            AskError: the question cannot be asked, too many wait already, or loading failed.
        """
        wish = wish or Wish()
        yield from self._loading()
        from app.pipeline.steps import Request
        from app.query.understand import check_question

        check_question(question, self.settings.max_question)
        request = Request(question, tuple(history), wish.within, wish.threshold, wish.engine)
        with self.line.place() as place:
            for before in place.waits():
                yield Waiting("", before)
            chain = self._ready()
            try:
                yield from (wish.limited(e) for e in chain.stream(request))
            except IndexMismatch:
                self._renew(chain)
                yield from self._loading()
                if self._ready() is chain and self._error:
                    raise self._error from None
                yield from (wish.limited(e) for e in self._ready().stream(request))

    def ask(self, question: str, history: Sequence[Turn] = (), wish: Wish | None = None) -> Answer:
        """The answer; waits for the chain where it is not there yet.

        Raises:
            AskError: see `stream`.
        """
        events = list(self.stream(question, history, wish))
        answer = events[-1]
        assert isinstance(answer, Answer)
        return answer

    def ask_if_idle(self, question: str, within: tuple[str, ...] | None = None) -> Answer | None:
        """The answer in quotes where nobody else is being answered; None where somebody is."""
        return self.ask(question, wish=Wish(within=within, engine="quotes")) if self.line.idle and self._chain else None

    def record(self, answer: Answer, wish: Wish) -> Record:
        """The answer with all that it rests on, to be kept."""
        threshold = self.settings.threshold if wish.threshold is None else wish.threshold
        built = " ".join(self.index.built_with())
        return make_record(answer, threshold, f"{built} {self.index.catalogue.stamp}", self.index.document)

    def search(self, words: str, limit: int = 10) -> list[dict[str, Any]]:
        """The passages that fit the words best, without an answer: `{document_id, title, heading, text, start, end, score}`.

        Raises:
            AskError: see `stream`.
        """
        answer = self.ask(words, wish=Wish(engine="quotes"))
        kept = self.record(answer, Wish()).considered[:limit]
        names = ("document_id", "title", "heading", "text", "start", "end", "score")
        return [{name: getattr(c, name) for name in names} for c in kept]

    @property
    def report(self) -> Path:
        """Where the latest eval report is looked for."""
        return self.settings.data / "reports" / "eval.json"

    @property
    def index(self) -> Index:
        """The index; an AskError says that it is not loaded."""
        return self._ready().index

    def _ready(self) -> Chain:
        if self._chain is None:
            error = self._error or AskError("The models are still loading.", "Try again in a minute.")
            raise AskError(str(error), error.next_step)
        return self._chain

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
        return Reading(document, index.passages(document_id))

    def renew(self) -> bool:
        """Whether the index was rebuilt with another model than the chain's; the index's is then loaded."""
        chain = self._chain
        if chain is None or chain.index.built_with()[2] == chain.embedder.fingerprint:
            return False
        self._renew(chain)
        return True

    def _renew(self, chain: Chain) -> None:
        """Load a chain in the place of this one; where another visitor began that, nothing."""
        with self._lock:
            if self._chain is chain and self._done.is_set():
                self._begin("Loading the model that the index was rebuilt with", lambda: load_again(self.settings))

    def _begin(self, message: str, load: Callable[[], Loaded]) -> None:
        self._done.clear()
        self.status, self.message = "loading", message
        threading.Thread(target=self._run, args=(load,), name="load", daemon=True).start()

    def _loading(self) -> Iterator[Waiting]:
        """What is being loaded, again and again until all is, so that whoever waits can be stopped."""
        while not self._done.wait(POLL):
            yield Waiting(self.message)

    def _run(self, load: Callable[[], Loaded]) -> None:
        try:
            found = load()
            self._chain, self.settings, self.unread, self._error = found.chain, found.settings, found.unread, None
            self._on_ready()
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
        """Every question is told why; where an older chain is there, the next question tries again."""
        log.error("%s", error.sentence())
        self._error = error
        self.status, self.message = ("ready", "") if self._chain else ("failed", error.sentence())
