"""`ask-the-plan`: chat, ask, add, list, show, remove, sync, compile, model, settings.

Other packages add commands by the entry-point group `ask_the_plan.commands`. Nothing heavy is imported at the top, so that
`ask` with a running page answers at once. Exit status: 0 done (also for `not_found`), 1 some files failed, 2 something that
the user can mend.
"""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import asdict
from functools import partial
from importlib.metadata import entry_points
from typing import Any

import click

from app.cli.asking import announce, answerer, as_text, open_index, resync, say, say_json, say_table, settings_of
from app.cli.corpus import FOLDER, NAME, add, corpus, feedback, remove, verify
from app.cli.model import compile_documents, model
from app.cli.originals import originals
from app.errors import AskError, require_extra
from app.progress import sync_bar
from app.query.understand import check_question


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Keep the value of a flag of the program, which stands before or behind the command."""
    if value is not None:
        ctx.ensure_object(dict)[param.name] = value


flag = partial(click.option, callback=_keep, expose_value=False)


class Commands(click.Group):
    """The group: an `AskError` becomes its sentence and exit status 2; commands of other packages load when named."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run the command."""
        try:
            return super().main(*args, **options)
        except AskError as error:
            announce(f"ask-the-plan: {error.sentence()}")
            sys.exit(2)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a closed pipe ends it without an error."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, those of other packages too."""
        return sorted({*super().list_commands(ctx), *entry_points(group="ask_the_plan.commands").names})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Our own command, or another package's."""
        command = super().get_command(ctx, name)
        for entry in entry_points(group="ask_the_plan.commands", name=name) if command is None else ():
            command = entry.load()
        if command is not None:
            self._share_flags(command)
        return command

    def _share_flags(self, command: click.Command) -> None:
        """Let a command, and the commands in it, take the program's flags too; its own go first."""
        own = {param.name for param in command.params}
        command.params += [param for param in self.params if param.callback is _keep and param.name not in own]
        for part in command.commands.values() if isinstance(command, click.Group) else ():
            self._share_flags(part)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ask-the-plan")
@flag("--corpus", type=FOLDER, help="Folder of the documents.")
@flag("--data", type=FOLDER, help="Folder of what users make.")
@flag("--index", type=FOLDER, help="Folder of the index.")
@flag("--embedding-model", help="Bundled name, folder or hub name.")
@flag("--reranker", help="Bundled name, folder or hub name.")
@flag("--threshold", type=float, help="Confidence below which the answer is 'not found', 0 to 1.")
@flag("--engine", help="Who words the answers: quotes, or a language model (docs/models.md).")
@flag("--llm", help="The language model, PROVIDER:MODEL.")
@flag("--llm-url", help="Address of its OpenAI-compatible endpoint.")
@click.option("-v", "--verbose", is_flag=True, help="Say more on stderr.")
@click.pass_context
def main(ctx: click.Context, verbose: bool) -> None:
    """Ask a folder of documents; every sentence of an answer is quoted and cited."""
    ctx.ensure_object(dict)
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, format="%(name)s: %(message)s")


@main.command()
@click.option("--host", help="Address to listen on (127.0.0.1).")
@click.option("--port", type=int, help="Port (7860); 0 for any free one.")
@click.option("--auth", help="NAME:PASSWORD that the page asks for; several with commas between them.")
@click.option("--open/--no-open", "open_browser", default=False, help="Open the page in a browser.")
@click.pass_context
def chat(ctx: click.Context, host: str | None, port: int | None, auth: str | None, open_browser: bool) -> None:
    """Serve the chat page."""
    require_extra("page")
    from app.ui.mount import mount
    from app.web.server import serve

    serve(settings_of(ctx, host=host, port=port, auth=auth), mount, open_browser)


@main.command()
@click.argument("question")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--local", is_flag=True, help="Load the models here, even if a page is running.")
@click.pass_context
def ask(ctx: click.Context, question: str, as_json: bool, local: bool) -> None:
    """Answer QUESTION."""
    settings = settings_of(ctx)
    check_question(question, settings.max_question)
    answer = answerer(settings, local)(question)
    if as_json:
        say_json(answer)
    else:
        click.echo(as_text(answer))


@main.command()
@click.option("--rebuild", is_flag=True, help="Build the index anew, with the models that the settings name.")
@click.pass_context
def sync(ctx: click.Context, rebuild: bool) -> None:
    """Make the index match the corpus folder and the added documents."""
    from app.store.documents import index_of, rebuild_reason

    settings = settings_of(ctx)
    index = index_of(settings)
    if not rebuild and (reason := rebuild_reason(settings, index)):
        announce(reason)
    report = resync(settings, index, rebuild)
    counts = [f"{len(getattr(report, n))} {n}" for n in ("added", "changed", "unchanged", "removed", "failed")]
    say(f"{', '.join(counts)}; {report.embedded} passages embedded")
    for _, reason in report.failed:
        announce(f"failed: {reason}")
    with sync_bar() as progress:  # it may be stopped: the next sync, or a page, goes on
        index.vectors.tidy(progress)
    ctx.exit(1 if report.failed else 0)


@main.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON Lines.")
@click.pass_context
def list_documents(ctx: click.Context, as_json: bool) -> None:
    """List the documents in the index."""

    rows = open_index(settings_of(ctx)).catalogue.listing()
    if as_json:
        for d in rows:
            say_json(asdict(d))
        return
    heads = ("id", "title", "date", "language", "passages", "file")
    say_table(heads, ((d.id, d.title, d.date, d.language, str(d.passages), d.origin) for d in rows))


@main.command()
@click.argument("document_id", type=NAME)
@click.pass_context
def show(ctx: click.Context, document_id: str) -> None:
    """Print a document's passages with their offsets and sources; DOCUMENT_ID may be shortened, or be a file's name."""
    from app.store.documents import find_document

    catalogue = open_index(settings_of(ctx)).catalogue
    document = find_document(catalogue, document_id)
    say(f"{document.title}\n{document.origin}  {document.date}  {document.id}\n")
    for chunk in catalogue.document_chunks(document.id):
        for p in chunk.passages:
            say(f"{p.start:>6}-{p.end:<6} {p.kind:<8} {p.read(document.text)}  {' '.join(p.sources)}".rstrip())


@main.command()
@click.pass_context
def settings(ctx: click.Context) -> None:
    """Print each setting with its value and its origin.

    Passwords and keys are not shown.
    """
    from app.settings import displayed_settings, setting_origins

    values, sources = settings_of(ctx), setting_origins(ctx.find_root().obj)
    rows = [(s.variable, s.value, sources[s.name], s.description) for s in displayed_settings(values)]
    token = ("token", str(values.data / "token"), "ASK_DATA", "the file of what programs send to a page with --auth")
    say_table(("setting", "value", "from", "what it is"), [*rows, token])


for command in (corpus, add, originals, remove, verify, feedback, compile_documents, model):
    main.add_command(command)
