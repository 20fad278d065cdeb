"""A folder of documents in an index of its own, with the chain over it: the corpus, or a user's FOLDER/docs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from app.pipeline.chain import Chain
from app.pipeline.load import load_chain
from app.progress import sync_bar
from app.settings import Settings, read_settings
from ingest.errors import AskError, IndexMismatch
from ingest.index import Index
from ingest.models.load import load_embedder
from ingest.questions.store import QuestionStore
from ingest.sync import sync


def open_folder(folder: Path, settings: Settings) -> Chain:
    """Index a folder of documents for an evaluation with a progress bar, and load its chain.

    The index is separate from the user's own, so that neither changes the other. A second time is quick. Only the
    folder's own `_words.yaml` says what else things in it are called. Files that could not be read are named.

    Raises:
        CorpusError: See `ingest.sync.sync`.
        IndexBusy: See `ingest.sync.sync`.
        ModelError: See `ingest.sync.sync`.
    """
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    index = Index(settings.data / "eval" / name)
    embedder = load_embedder(settings.embedding_model)
    with sync_bar() as step:
        try:
            report = sync([folder], index, embedder, step)
        except IndexMismatch:  # nothing of a user's stands here: built anew
            report = sync([folder], index, embedder, step, rebuild=True)
        QuestionStore(index.folder).update(folder, index, embedder, step)
    for file, reason in report.failed:
        click.echo(f"not read: {file}: {reason}", err=True)
    return load_chain(settings.model_copy(update={"corpus": folder}), index, embedder)


def documents_of(chain: Chain) -> dict[str, str]:
    """Return the ids of a chain's documents by the names of their files without suffix."""
    return {Path(origin).stem: key for origin, (_, key) in chain.index.catalogue.origins().items()}


@contextmanager
def corpus_chain() -> Iterator[Chain]:
    """Open the chain on the corpus of the settings, for a script.

    Raises:
        click.ClickException: The corpus cannot be opened; the message says why and what to do.
    """
    try:
        settings = read_settings()
        chain = open_folder(settings.corpus, settings)
    except AskError as error:
        raise click.ClickException(error.sentence()) from error
    with closing(chain.index):
        yield chain
