"""`ask-the-plan add`, `remove` and `corpus` change documents, and check them for those who write them.

An empty name of a file or folder is a mistake (a variable that is not set), never the working directory.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from app.cli.asking import announce, say, say_table, settings_of
from app.errors import AskError


class Named(click.Path):
    """A path that is not empty."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path.

        Raises:
            AskError: the name is empty.
        """
        if not str(value).strip():
            raise nothing(param.opts[0] if param else "A path")
        return super().convert(value, param, ctx)


FOLDER = Named(path_type=Path)


def nothing(what: str) -> AskError:
    """The error for an empty name; `what` says of which thing."""
    return AskError(f"{what} is empty.", "Give a name, or leave it out; a variable of your shell may not be set.")


def check_names(what: str, given: Iterable[str]) -> None:
    """Check that none of the names is empty.

    Raises:
        AskError: one is.
    """
    if any(not name.strip() for name in given):
        raise nothing(what)


@click.command()
@click.argument("named", metavar="PATH|URL…", nargs=-1, required=True)
@click.option("--title", default="", help="Title, where the document's own is not meant.")
@click.option("--publisher", default="", help="Who published it.")
@click.option("--date", default="", help="Its date, YYYY-MM-DD, YYYY-MM or YYYY.")
@click.option("--url", default="", help="Where a reader finds it.")
@click.pass_context
def add(ctx: click.Context, named: tuple[str, ...], title: str, publisher: str, date: str, url: str) -> None:
    """Add documents: files, folders, patterns, zip archives, http(s) addresses.

    Read are Markdown, plain text in any usual encoding, HTML, PDF with a text layer, DOCX, PPTX, XLSX, CSV, TSV and EPUB. A
    copy is kept; adding a file again replaces it.
    """
    from app.progress import sync_bar
    from app.store.documents import add as add_documents
    from app.store.documents import index_of
    from ingest.add import Details
    from ingest.models.load import load_embedder

    check_names("A name to add", named)
    settings = settings_of(ctx)
    index = index_of(settings)
    with sync_bar() as progress:
        report = add_documents(
            settings,
            index,
            lambda: load_embedder(settings.embedding_model),
            named,
            Details(title, publisher, date, url),
            progress,
        )
    _print(report.outcomes, f"{report.embedded} passages embedded")
    ctx.exit(1 if report.failed else 0)


def _print(outcomes: Any, also: str) -> None:
    """A table of what changed or failed, and a line that counts everything."""
    told = [(o.name, o.status, o.reason) for o in outcomes if o.status != "unchanged"]
    if told:
        say_table(("file", "result", "reason"), told)
    counts = [f"{sum(o.status == s for o in outcomes)} {s}" for s in ("added", "updated", "unchanged", "removed", "failed")]
    say(f"{', '.join(counts)}; {also}")


@click.command()
@click.argument("document_id")
@click.pass_context
def remove(ctx: click.Context, document_id: str) -> None:
    """Remove an added document; DOCUMENT_ID may be shortened, or be a file's name."""
    from app.cli.asking import built, synchronise
    from app.progress import sync_bar
    from app.store.documents import remove as remove_document

    check_names("The name of the document", [document_id])
    settings = settings_of(ctx)
    index = built(settings, sync_bar, announce)
    document = remove_document(settings, index.catalogue, document_id)
    report = synchronise(settings, index, sync_bar)
    name = f"“{document.title}” ({document.id})" if document.text else document.title  # that was never read
    say(f"Removed {name}; {len(report.unchanged)} files unchanged.")


def _folder(ctx: click.Context, given: Path | None) -> Path:
    """The folder that was named here, else the corpus of the settings."""
    from app.settings import read_settings

    return given or read_settings(**(ctx.find_root().obj or {})).corpus


@click.group()
def corpus() -> None:
    """Check the corpus, or begin a document."""


@corpus.command()
@click.option("--folder", type=FOLDER, help="Folder of the documents (default: the corpus).")
@click.option("--originals", is_flag=True, help="Also name the sentences that no original carries.")
@click.pass_context
def check(ctx: click.Context, folder: Path | None, originals: bool) -> None:
    """Say what is wrong, as FILE:LINE, then what the corpus holds. Exit status 1 where something is wrong."""
    from app.authoring.check import check_written
    from ingest.check import check as check_folder

    folder = _folder(ctx, folder)
    report = check_folder(folder)
    problems = [*report.problems, *(() if report.problems else check_written(folder))]
    for problem in problems:
        say(f"{folder / str(problem)}")
    say(report.table())
    for note in report.notes:
        say(f"Note: {note}")
    if originals:
        _say_uncarried(ctx)
    found = len(problems)
    say(f"{found} problem{'s' if found != 1 else ''}." if found else "No problems.")
    ctx.exit(1 if found else 0)


def _say_uncarried(ctx: click.Context) -> None:
    """Name the sentences that their originals do not carry, as far as the program can tell, then their share."""
    from app.cli.asking import built
    from app.progress import sync_bar
    from app.store.carried import uncarried

    many, without = uncarried(built(settings_of(ctx), sync_bar, announce).catalogue)
    for one in without:
        say(f"{one.file}: no original carries “{one.sentence}” ({'; '.join(one.sources)}).")
    if not many:
        say("No original of a source is held: `ask-the-plan originals` lists what can be fetched.")
        return
    carried = many - len(without)
    say(f"{many} sentences rest on originals that are held; these carry {carried} of them ({carried / many:.0%}).")


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

    check_names("The document's name", [name])
    path = new_document(_folder(ctx, folder), name, datetime.date.today())
    say(f"{path} is written. Fill it, then run `ask-the-plan corpus check`.")
