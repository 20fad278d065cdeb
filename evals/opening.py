"""Opens a folder for the commands: indexed with a progress bar, unread files named on stderr."""

from __future__ import annotations

from pathlib import Path

import click

from app.pipeline.chain import Chain
from app.progress import sync_bar
from app.settings import Settings, read_settings
from evals.folder import Opened, open_folder
from ingest.errors import AskError


def open_with_bar(folder: Path, settings: Settings) -> Opened:
    """A folder -> its chain.

    Raises:
        CorpusError, IndexBusy, ModelError: see `ingest.sync.sync`.
    """
    with sync_bar() as step:
        opened = open_folder(folder, settings, step)
    for name, reason in opened.report.failed:
        click.echo(f"not read: {name}: {reason}", err=True)
    return opened


def corpus_chain() -> Chain:
    """The chain on the corpus of the settings, for a command of its own.

    Raises:
        click.ClickException: it cannot be opened; says why and what to do.
    """
    try:
        settings = read_settings()
        return open_with_bar(settings.corpus, settings).chain
    except AskError as error:
        raise click.ClickException(error.sentence()) from error
