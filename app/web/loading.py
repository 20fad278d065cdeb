"""Loads the chain of a page in the background, at its start and after its index was rebuilt with another model."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from app.errors import AskError
from app.settings import Settings
from app.text.messages import LANGUAGES, messages
from app.web.replies import INTERNAL, NOT_LOADED, NotLoaded
from ingest.errors import IndexDamaged, StorageError, Translatable

if TYPE_CHECKING:
    from app.llm.writing import Writing
    from app.pipeline.chain import Chain
    from ingest.index import Index
    from ingest.models.load import Embedder

log = logging.getLogger(__name__)

POLL_SECONDS = 0.2  # seconds between two looks at the loading

FIRST, AGAIN = "Loading the models", "Loading the model for the rebuilt index"
Status = Literal["loading", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class LoadState:
    """The state of a page at one moment.

    Attributes:
        settings: The settings that the chain goes by.
        chain: The chain that answers; it may be there although a later one could not be loaded.
        unread: The reasons why some files are not in the index, a sentence each.
        error: The reason why the latest chain could not be loaded, None if it could.
    """

    settings: Settings
    status: Status = "loading"
    message: str = FIRST
    chain: Chain | None = None
    unread: tuple[str, ...] = ()
    error: AskError | None = None


def load_first(settings: Settings, say: Callable[[str], None]) -> LoadState:
    """Load the chain of the settings, with its index matched to the folders.

    `say` is called with the progress in words.

    Raises:
        AskError: A model, the corpus or the index cannot be used.
    """
    # Imported here: torch takes seconds, and the page is to be reachable meanwhile.
    from app.pipeline.load import load_chain
    from app.store.documents import index_of
    from ingest.models.load import load_embedder, load_in_background

    reranker = load_in_background(settings.reranker)
    embedder = load_embedder(settings.embedding_model)
    index, failed = index_of(settings), tuple[str, ...]()
    try:
        failed = _match(settings, index, embedder, say)
    except IndexDamaged as error:
        log.error("%s It is made anew.", error)
        failed = _match(settings, index, embedder, say, rebuild=True)
    except StorageError as error:
        index = index_of(settings, exact=True)  # the vector store would have to be written
        if not index.exists:
            raise
        log.error("%s Until then the page answers from the index as it is.", error.sentence())
    say("Loading the models")
    return LoadState(settings, chain=load_chain(settings, index, embedder, reranker()), unread=failed)


def _match(
    settings: Settings, index: Index, embedder: Embedder, say: Callable[[str], None], rebuild: bool = False
) -> tuple[str, ...]:
    """Make the index match the folders, and return the reasons why some files are not in it."""
    from app.progress import sync_bar
    from app.store.documents import match, rebuild_reason

    is_anew = rebuild or rebuild_reason(settings, index)
    line = "Rebuilding the index: {what} {n} of {most}" if is_anew else "Indexing: {what} {n} of {most}"
    with sync_bar() as draw:

        def progress(what: str, done: int, total: int) -> None:
            draw(what, done, total)
            step = messages(LANGUAGES[0]).get(what, what).lower()
            say(Translatable(line, what=step, n=done, most=total))

        report = match(settings, index, embedder, progress, rebuild=rebuild, later=True)
    return tuple(_by_name(reason, settings) for _, reason in report.failed)


def _by_name(reason: str, settings: Settings) -> str:
    """Remove the paths of the server's folders from the reason that a file is not read."""
    for folder in (settings.corpus, settings.corpus.resolve(), settings.added_folder, settings.added_folder.resolve()):
        reason = reason.replace(f"{folder}/", "")
    return reason


def load_again(settings: Settings, former: Chain) -> LoadState:
    """Load a chain for the index as it is now, with the model that it was rebuilt with.

    The settings that are returned name that model. The language model of the former chain is kept, its vectors are closed.

    Raises:
        AskError: That model cannot be loaded here, or another version of the program rebuilt the index.
    """
    from app.pipeline.load import load_chain
    from app.store.documents import index_of
    from ingest.models.load import load_embedder

    index = index_of(settings)
    try:
        if not index.fits_program():
            raise AskError("Another version of the program rebuilt the index.", "Restart the program.")
        settings = settings.model_copy(update={"embedding_model": index.built_with()[2].rpartition("@")[0]})
        chain = load_chain(settings, index, load_embedder(settings.embedding_model), writing=former.writing)
        former.index.vectors.close()  # Chroma would keep their files, deleted by now, for as long as the process lives
        return LoadState(settings, message=AGAIN, chain=chain)
    except BaseException:
        index.close()
        raise


class Loader:
    """Loads the chain and holds how far that is. Safe to share between threads."""

    def __init__(self, settings: Settings, chain: Chain | None = None, idle: Callable[[], bool] = lambda: True) -> None:
        self._lock, self._idle = threading.Lock(), idle
        self._embedding: Literal["", "wanted", "begun"] = ""
        self._state = LoadState(settings, "ready", "", chain) if chain else LoadState(settings)
        self._done = threading.Event()
        self._on_ready: Callable[[], None] = lambda: None
        if chain:
            self._done.set()

    @property
    def state(self) -> LoadState:
        """As it is now."""
        with self._lock:
            return self._state

    def start(self, on_ready: Callable[[], None]) -> None:
        """Begin to load; returns at once. `on_ready` is called whenever a chain is there that answers questions."""
        with self._lock:
            self._on_ready = on_ready
            self._start_loading(FIRST, lambda: load_first(self.state.settings, lambda text: self._change(message=text)))

    def renew(self, chain: Chain) -> None:
        """Load a chain in the place of this one, unless another visitor began that."""
        with self._lock:
            if self._state.chain is chain and self._done.is_set():
                self._start_loading(AGAIN, lambda: load_again(self.state.settings, chain))

    def use_model(self, writing: Writing | None, settings: Settings) -> None:
        """Use another language model, or none, for all questions from now on.

        A question that is being answered ends with the model that it began with.

        Args:
            writing: The language model, None for quotes alone.
            settings: The settings that name it.

        Raises:
            AskError: The chain is not there, or another is being loaded.
        """
        chain = self.ready()
        new_chain = chain.worded_by(writing, settings)
        with self._lock:
            if not self._done.is_set() or self._state.chain is not chain:
                raise AskError("The models are still loading.", "Try again in a minute.")
            self._state = replace(self._state, chain=new_chain, settings=settings)
        self._on_ready()

    def embed_rest(self) -> None:
        """Make the vectors that matching the index left for later, in the background; returns at once. Answers go first."""
        with self._lock:
            if not self._embedding:
                threading.Thread(target=self._embed_rest, name="embed", daemon=True).start()
            self._embedding = "wanted"  # who has begun looks once more

    def _embed_rest(self) -> None:
        from app.store.documents import embed_rest

        def after_answers(*_: object) -> None:
            until = time.monotonic() + 4.0  # it waits so long before each of its batches
            while not self._idle() and time.monotonic() < until:
                time.sleep(POLL_SECONDS)

        while True:
            with self._lock:
                self._embedding = "begun" if self._embedding == "wanted" and self._state.chain else ""
                state = self._state
                if not self._embedding or state.chain is None:
                    return
            index = state.chain.index
            try:
                embed_rest(state.settings, index, state.chain.embedder, after_answers)
            except AskError as error:
                log.error("what was left could not be embedded: %s", error.sentence())
            except Exception as error:  # what is missing is told on the page, and the next start goes on
                log.exception("the embedding in the background failed: %s", error)
            finally:
                index.catalogue.close()

    def loading(self) -> Iterator[str]:
        """Yield the current step of loading until loading ends.

        It is yielded every `POLL_SECONDS` seconds, so that a waiting caller can be stopped.
        """
        while not self._done.wait(POLL_SECONDS):
            yield self.state.message

    def ready(self) -> Chain:
        """Return the chain.

        Raises:
            NotLoaded: The chain is not there; the error says why.
        """
        state = self.state
        if state.chain is None:
            raise state.error or NotLoaded("The models are still loading.", "Try again in a minute.")
        return state.chain

    def _start_loading(self, message: str, load: Callable[[], LoadState]) -> None:
        """Start to load in the background. The caller holds the lock."""
        self._done.clear()
        self._state = replace(self._state, status="loading", message=message)
        threading.Thread(target=self._run, args=(load, self._on_ready), name="load", daemon=True).start()

    def _run(self, load: Callable[[], LoadState], on_ready: Callable[[], None]) -> None:
        try:
            state = load()
            with self._lock:
                self._state = state
            on_ready()
            self._change(status="ready", message="")
            self.embed_rest()
        except AskError as error:
            log.error("%s", error.sentence())
            self._fail(NotLoaded(NOT_LOADED) if isinstance(error, INTERNAL) else NotLoaded(error.message, error.next_step))
        except Exception:
            log.exception("loading failed")
            self._fail(NotLoaded(NOT_LOADED))
        finally:
            self._done.set()

    def _fail(self, error: NotLoaded) -> None:
        """Tell every question that waits. If an older chain is there, the next question tries again."""
        with self._lock:
            has_chain = self._state.chain is not None
            error.seconds = error.seconds if has_chain else 0
            status: Status = "ready" if has_chain else "failed"
            self._state = replace(self._state, error=error, status=status, message="" if has_chain else error.sentence())

    def _change(self, **changes: Any) -> None:
        with self._lock:
            self._state = replace(self._state, **changes)
