"""`ask-the-plan add` and `remove`. Nothing heavy is imported at the top, as in `app.cli.main`."""

from __future__ import annotations

from typing import Any

import click

from app.cli.naming import named as check_named
from app.cli.printing import announce, say, say_table


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
    from app.cli.main import settings_of
    from app.progress import sync_bar
    from app.store.documents import add as add_documents
    from app.store.documents import index_of
    from ingest.add import Details
    from ingest.models.load import load_embedder

    check_named("A name to add", named)
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
    from app.cli.main import settings_of
    from app.progress import sync_bar
    from app.store.documents import remove as remove_document

    check_named("The name of the document", [document_id])
    settings = settings_of(ctx)
    index = built(settings, sync_bar, announce)
    document = remove_document(settings, index.catalogue, document_id)
    report = synchronise(settings, index, sync_bar)
    name = f"“{document.title}” ({document.id})" if document.text else document.title  # that was never read
    say(f"Removed {name}; {len(report.unchanged)} files unchanged.")
