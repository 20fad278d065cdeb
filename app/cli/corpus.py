"""The commands `add`, `remove`, `corpus`, `verify` and `feedback` of `ask-the-plan`.

The first three change and check documents. `verify` and `feedback` process what the page saved. An empty name of a file or
folder is an error (a variable that is not set), and never means the working directory.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import click

from app.cli.asking import announce, open_index, resync, say, say_table, settings_of
from app.errors import AskError
from app.progress import sync_bar


class NonEmptyPath(click.Path):
    """A name of a file or folder that is not empty."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Convert a name to a path.

        Raises:
            AskError: The name is empty.
        """
        if not str(value).strip():
            what = param.opts[0] if param else "A path"
            raise AskError(
                "{what} is empty.", "Give a name, or leave it out; a variable of your shell may not be set.", what
            )
        return super().convert(value, param, ctx)


FOLDER = NonEmptyPath(path_type=Path)
NAME = NonEmptyPath(path_type=str)
_FILE = NonEmptyPath(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("sources", metavar="PATH|URL…", nargs=-1, required=True, type=NAME)
@click.option("--title", default="", help="Title, where the document's own is not meant.")
@click.option("--publisher", default="", help="Who published it.")
@click.option("--date", default="", help="Its date, YYYY-MM-DD, YYYY-MM or YYYY.")
@click.option("--url", default="", help="Where a reader finds it.")
@click.pass_context
def add(ctx: click.Context, sources: tuple[str, ...], title: str, publisher: str, date: str, url: str) -> None:
    """Add documents: files, folders, patterns, zip archives, http(s) addresses.

    Read are texts, web pages, PDFs with a text layer, e-mails, e-books, office documents and tables. A copy is kept; adding
    a file again replaces it.
    """
    from app.store.documents import add as add_documents
    from app.store.documents import index_of
    from ingest.added import Details
    from ingest.models.load import load_embedder

    settings = settings_of(ctx)
    index = index_of(settings)
    load, details = partial(load_embedder, settings.embedding_model), Details(title, publisher, date, url)
    with sync_bar() as progress:
        report = add_documents(settings, index, load, sources, details, progress)
    _print(report.outcomes, f"{report.embedded} passages embedded")
    ctx.exit(1 if report.failed else 0)


def _print(outcomes: Any, note: str) -> None:
    """Print a table of what changed or failed, and a line that counts everything."""
    rows = [(o.name, o.status, o.reason) for o in outcomes if o.status != "unchanged"]
    if rows:
        say_table(("file", "result", "reason"), rows)
    counts = [f"{sum(o.status == s for o in outcomes)} {s}" for s in ("added", "updated", "unchanged", "removed", "failed")]
    say(f"{', '.join(counts)}; {note}")


@click.command()
@click.argument("document_id", type=NAME)
@click.pass_context
def remove(ctx: click.Context, document_id: str) -> None:
    """Remove an added document; DOCUMENT_ID may be shortened, or be a file's name."""
    from app.store.documents import remove as remove_document

    settings = settings_of(ctx)
    index = open_index(settings)
    document = remove_document(settings, index.catalogue, document_id)
    report = resync(settings, index)
    name = f"“{document.title}” ({document.id})" if document.text else document.title  # that was never read
    say(f"Removed {name}; {len(report.unchanged)} files unchanged.")


@click.group()
def corpus() -> None:
    """Check the corpus, or write its vectors."""


@corpus.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Print each problem of the corpus as FILE:LINE, then what the corpus contains.

    The exit status is 1 if there is a problem.
    """
    from app.authoring.statements import check_written
    from ingest.check import check as check_folder

    folder = settings_of(ctx).corpus
    report = check_folder(folder)
    problems = [*report.problems, *(() if report.problems else check_written(folder))]
    for problem in problems:
        say(f"{folder / str(problem)}")
    say(report.table())
    for note in report.notes:
        say(f"Note: {note}")
    count = len(problems)
    say(f"{count} problem{'s' if count != 1 else ''}." if count else "No problems.")
    ctx.exit(1 if count else 0)


@corpus.command()
@click.pass_context
def vectors(ctx: click.Context) -> None:
    """Write the vectors that are shipped with the folder.

    With them, nothing in the folder has to be embedded when it is first opened.
    """
    from ingest.models.load import load_embedder
    from ingest.vectors.shipped import write_shipped

    folder = settings_of(ctx).corpus
    with sync_bar() as progress:
        written, anew = write_shipped(folder, load_embedder(), progress)
    click.echo(f"{written:,} vectors in {folder / '_vectors'}, {anew:,} of them embedded now.")


# --- `ask-the-plan verify` and `feedback`: what the page saved, checked again and listed.


@click.command()
@click.argument("file", type=_FILE)
@click.pass_context
def verify(ctx: click.Context, file: Path) -> None:
    """Check the evidence of an answer against the documents as they are now.

    FILE is what "Save evidence" on the page wrote. Every quote is checked. The exit status is 1 if something does not
    hold.
    """
    from app.store.records import RecordError, read_record
    from app.store.revalidate import revalidate

    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecordError("{file} is not JSON.", "Give a file that “Save evidence” wrote.", file) from error
    record = read_record(value)
    findings = revalidate(record, open_index(settings_of(ctx)))
    say(f"{record.answer.question}\nasked {record.asked}\n")
    for finding in findings:
        say(f"{'holds ' if finding.holds else 'FAILS '} {finding.sentence}")
    failed = sum(not f.holds for f in findings)
    say(f"\n{failed} of {len(findings)} checks fail." if failed else f"\nAll {len(findings)} checks hold.")
    ctx.exit(1 if failed else 0)


@click.command()
@click.pass_context
def feedback(ctx: click.Context) -> None:
    """List what users said of answers."""
    from app.store.feedback import read_feedback

    settings = settings_of(ctx)
    file = settings.data / "feedback.jsonl"
    place = "the database" if settings.database else file
    items, skipped = read_feedback(file, settings.database)
    if skipped:
        announce(f"{skipped} lines of {place} are cut or no feedback, and were passed over.")
    if not items:
        raise AskError("There is no feedback in {place}.", "The thumbs below an answer of the page write it.", place)
    for item in items:
        comment = f"  {item.comment}" if item.comment else ""
        say(f"{item.verdict:<5} {item.record.answer.question}{comment}")
