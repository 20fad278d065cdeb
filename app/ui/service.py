"""The chain behind the page: it loads in the background, and a question that comes earlier waits for it.

Questions that come together stand in a line; each sees its place.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from app.answers import Answer, Turn
from app.errors import AskError
from app.records import Record, make_record
from app.settings import Settings
from app.ui.line import Line
from ingest.documents import Document, Passage

if TYPE_CHECKING:
    from app.chain import Chain, Step
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
class Wish:
    """What a visitor has set: the most citations of an answer, lists excepted, and the confidence asked for (None: as the
    settings say), and the documents to ask, by id (None: all)."""

    sources: int | None = None
    threshold: float | None = None
    within: tuple[str, ...] | None = None


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
        self.line = Line(AT_ONCE, LONGEST)

    def start(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Begin to load; returns at once. `on_ready` is called when questions are answered."""
        threading.Thread(target=self._run, args=(on_ready,), name="load", daemon=True).start()

    def stream(
        self, question: str, history: Sequence[Turn] = (), wish: Wish | None = None
    ) -> Iterator[Waiting | Step | Answer]:
        """What the answer waits for, each step as it begins, then the answer.

        Raises:
            AskError: the question cannot be asked, too many wait already, or loading failed.
        """
        wish = wish or Wish()
        said = ""
        while not self._done.wait(POLL):
            if self.message != said:
                said = self.message
                yield Waiting(said)
        chain = self._ready()
        from app.chain import Request
        from app.question import check_question

        check_question(question, self.settings.max_question)
        with self.line.place() as place:
            for before in place.waits():
                yield Waiting("", before)
            for event in chain.stream(Request(question, tuple(history), wish.within, wish.threshold)):
                yield _limited(event, wish.sources) if isinstance(event, Answer) else event

    def ask(self, question: str, history: Sequence[Turn] = (), wish: Wish | None = None) -> Answer:
        """The answer; waits for the chain where it is not there yet.

        Raises:
            AskError: see `stream`.
        """
        events = list(self.stream(question, history, wish))
        answer = events[-1]
        assert isinstance(answer, Answer)
        return answer

    def ask_if_idle(self, question: str) -> Answer | None:
        """The answer where nobody else is being answered; None where somebody is."""
        return self.ask(question) if self.line.idle and self._chain else None

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
        answer = self.ask(words)
        kept = self.record(answer, Wish()).considered[:limit]
        names = ("document_id", "title", "heading", "text", "start", "end", "score")
        return [{name: getattr(c, name) for name in names} for c in kept]

    @property
    def report(self) -> Path:
        """Where the latest eval report is looked for."""
        return self.settings.data / "reports" / "eval.json"

    @property
    def index(self) -> Index:
        """The index.

        Raises:
            AskError: it is not loaded.
        """
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


def _limited(answer: Answer, sources: int | None) -> Answer:
    """At most so many sentences, each with its citation; a list stays whole."""
    kinds = {(h.passage.document_id, h.passage.start): h.passage.kind for h in answer.hits}
    listed = sum(kinds.get((c.document_id, c.start)) == "item" for c in answer.citations) > 1
    if sources is None or listed or len(answer.sentences) <= sources:
        return answer
    sentences = answer.sentences[:sources]
    numbers = {n for s in sentences for n in s.citations}
    return replace(answer, sentences=sentences, citations=tuple(c for c in answer.citations if c.number in numbers))
