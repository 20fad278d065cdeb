"""Opens a folder for the commands: indexed with a progress bar, unread files named on stderr."""

from __future__ import annotations

from pathlib import Path

import click

from app.progress import sync_bar
from app.settings import Settings
from evals.folder import Opened, open_folder


def open_with_bar(folder: Path, settings: Settings) -> Opened:
    """A folder's chain.

    Raises:
        CorpusError, IndexBusy, ModelError: see `ingest.sync.sync`.
    """
    with sync_bar() as step:
        opened = open_folder(folder, settings, step)
    for name, reason in opened.report.failed:
        click.echo(f"not read: {name}: {reason}", err=True)
    return opened
