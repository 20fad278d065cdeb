"""`ask-the-plan corpus`: for those who write documents of the corpus."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.naming import FOLDER, named
from app.cli.printing import say


def _folder(ctx: click.Context, given: Path | None) -> Path:
    """The folder that was named here, else the corpus of the settings."""
    from app.settings import read_settings

    return given or read_settings(**(ctx.find_root().obj or {})).corpus


@click.group()
def corpus() -> None:
    """Check the corpus, or begin a document."""


@corpus.command()
@click.option("--folder", type=FOLDER, help="Folder of the documents (default: the corpus).")
@click.pass_context
def check(ctx: click.Context, folder: Path | None) -> None:
    """Say what is wrong, as FILE:LINE, then what the corpus holds. Exit status 1 where something is wrong."""
    from app.store.written_check import check_written
    from ingest.check import check as check_folder

    folder = _folder(ctx, folder)
    report = check_folder(folder)
    problems = [*report.problems, *(() if report.problems else check_written(folder))]
    for problem in problems:
        say(f"{folder / str(problem)}")
    say(report.table())
    for note in report.notes:
        say(f"Note: {note}")
    found = len(problems)
    say(f"{found} problem{'s' if found != 1 else ''}." if found else "No problems.")
    ctx.exit(1 if found else 0)


@corpus.command()
@click.option("--folder", type=click.Path(path_type=Path), help="Folder of the documents (default: the corpus).")
@click.pass_context
def vectors(ctx: click.Context, folder: Path | None) -> None:
    """Write the vectors that come along with the folder, so that nothing of it is embedded where it is first opened."""
    from app.progress import sync_bar
    from ingest.models.load import load_embedder
    from ingest.vectors.shipped import ship

    folder = _folder(ctx, folder)
    with sync_bar() as progress:
        written, anew = ship(folder, load_embedder(), progress)
    click.echo(f"{written:,} vectors in {folder / '_vectors'}, {anew:,} of them embedded now.")


@corpus.command()
@click.argument("name")
@click.option("--folder", type=FOLDER, help="Folder of the documents (default: the corpus).")
@click.pass_context
def new(ctx: click.Context, name: str, folder: Path | None) -> None:
    """Write the template of a document, NAME.md; never over a file."""
    import datetime

    from ingest.form import new_document

    named("The document's name", [name])
    path = new_document(_folder(ctx, folder), name, datetime.date.today())
    say(f"{path} is written. Fill it, then run `ask-the-plan corpus check`.")
