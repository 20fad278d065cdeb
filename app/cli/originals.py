"""`ask-the-plan originals` lists the texts that the documents rest on, and fetches them onto this machine."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.asking import open_index, say, say_table, settings_of
from app.cli.corpus import FOLDER, NAME
from app.errors import AskError
from app.progress import sync_bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.settings import Settings
    from app.store.originals import CitedSource, FetchResult
    from ingest.index import Index


@click.group(invoke_without_command=True)
@click.pass_context
def originals(ctx: click.Context) -> None:
    """List the sources of the documents; `fetch` and `add` bring their own texts onto this machine."""
    if ctx.invoked_subcommand is not None:
        return
    _, _, sources = _listed(ctx)
    say_table(("source", "title", "publisher", "language", "official", "link", "sentences", "state"), map(_row, sources))
    say(f"{len(sources)} sources; the originals of {sum(bool(s.held) for s in sources)} are held.")


def _row(cited: CitedSource) -> tuple[str, ...]:
    source, official = cited.source, "yes" if cited.source.official else ""
    columns = (source.title, source.publisher, source.language, official, source.url or source.where)
    return cited.name, *columns, str(len(cited.sentences)), cited.state


@originals.command()
@click.argument("names", metavar="SOURCE…", nargs=-1, type=NAME)
@click.option("--yes", is_flag=True, help="Do not ask first.")
@click.pass_context
def fetch(ctx: click.Context, names: tuple[str, ...], yes: bool) -> None:
    """Fetch the texts of SOURCE… from the addresses at which they were published.

    By default, all sources are fetched that have an address and are not held. Each host receives one request at a time,
    with a pause between two. What its robots.txt forbids is not fetched.
    """
    from app.store.originals import chosen_sources, fetch_originals, requests_per_host
    from ingest.models.load import load_embedder

    settings, index, sources = _listed(ctx)
    chosen = chosen_sources(sources, names) if names else [s for s in sources if s.state == "not held"]
    requests = requests_per_host(chosen)
    if not requests:
        raise AskError("Nothing is to be fetched.", "`ask-the-plan originals` lists the sources and what is held.")
    hosts = ", ".join(f"{host} ({n})" for host, n in requests.most_common())
    say(f"Originals to fetch: {requests.total()}, from {hosts}.")
    if not yes and not click.confirm("Fetch them?"):
        return
    with sync_bar() as progress:
        results = fetch_originals(settings, index, partial(load_embedder, settings.embedding_model), chosen, progress)
    _report(ctx, results)


@originals.command("add")
@click.argument("source", type=NAME)
@click.argument("file", type=FOLDER)
@click.option("--surely", is_flag=True, help="Take it although its title and figures do not fit.")
@click.pass_context
def add_file(ctx: click.Context, source: str, file: Path, surely: bool) -> None:
    """Take FILE as the text of SOURCE: one that you hold already. A source may have one in each of several languages."""
    from app.store.originals import add_original, chosen_sources
    from ingest.models.load import load_embedder

    settings, index, sources = _listed(ctx)
    (chosen,) = chosen_sources(sources, [source])
    with sync_bar() as progress:
        load = partial(load_embedder, settings.embedding_model)
        results = add_original(settings, index, load, chosen, file, progress, surely)
    _report(ctx, results)


def _listed(ctx: click.Context) -> tuple[Settings, Index, list[CitedSource]]:
    """Return the settings, their index, and the sources that its documents cite."""
    from app.store.originals import cited_sources

    settings = settings_of(ctx)
    index = open_index(settings)
    return settings, index, cited_sources(index.catalogue)


def _report(ctx: click.Context, results: Sequence[FetchResult]) -> None:
    """Print the result for each source; the exit status is 1 if an original is missing."""
    say_table(("source", "result", "reason"), ((result.name, result.result, result.reason) for result in results))
    count = sum(result.result in ("added", "updated", "unchanged") for result in results)
    say(f"{count} held, {len(results) - count} not.")
    ctx.exit(0 if count == len(results) else 1)
