"""How a page comes to its chain: at its start, and again where its index was rebuilt with another model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.errors import AskError
from app.settings import Settings

if TYPE_CHECKING:
    from app.pipeline.chain import Chain


@dataclass(frozen=True, slots=True)
class Loaded:
    """A chain, the settings that it goes by, and why some files are not in its index, a sentence each."""

    chain: Chain
    settings: Settings
    unread: tuple[str, ...] = ()


def load_first(settings: Settings, say: Callable[[str], None]) -> Loaded:
    """The chain of the settings, its index matched to the folders; `say` is told how far it is.

    Raises:
        AskError: a model, the corpus or the index cannot be used.
    """
    # Imported here: torch takes seconds, and the page is to be reachable meanwhile.
    from app.pipeline.chain import load_chain
    from app.progress import sync_bar
    from app.store.documents import match
    from ingest.index import Index
    from ingest.models import load_embedder

    embedder = load_embedder(settings.embedding_model)
    index = Index(settings.index_folder, settings.chroma_url)
    with sync_bar() as draw:

        def progress(what: str, done: int, total: int) -> None:
            draw(what, done, total)
            say(f"Indexing: {what.lower()} {done} of {total}")

        report = match(settings, index, embedder, progress)
    say("Loading the models")
    return Loaded(load_chain(settings, index, embedder), settings, tuple(reason for _, reason in report.failed))


def load_again(settings: Settings) -> Loaded:
    """A chain for the index as it is now, with the model that it was rebuilt with, which the settings then name.

    Raises:
        AskError: that model cannot be loaded here, or another version of the program rebuilt the index.
    """
    from app.pipeline.chain import load_chain
    from ingest.index import Index
    from ingest.models import load_embedder

    index = Index(settings.index_folder, settings.chroma_url)
    try:
        if not index.fits_program():
            said = f"Another version of the program rebuilt the index in {index.folder}."
            raise AskError(said, "Stop this page and start it again.")
        name = index.built_with()[2].rpartition("@")[0]
        settings = settings.model_copy(update={"embedding_model": name})
        return Loaded(load_chain(settings, index, load_embedder(name)), settings)
    except BaseException:
        index.close()
        raise
