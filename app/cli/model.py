"""`ask-the-plan model`: a language model's exam. Nothing heavy is imported at the top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from app.cli.asking import announce, say, say_json, say_table, settings_of
from app.errors import AskError

if TYPE_CHECKING:
    from app.llm.client import Writer
    from app.llm.exam import ExamResult


@click.group()
def model() -> None:
    """Test the language model that --llm names, or list what is known of models."""


@model.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each model.")
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Examine the model, and the one that ASK_JUDGE names, on statements and questions of our own, and keep what came of it.

    Nothing of your documents is sent.
    """
    from app.llm.exam import keep
    from app.llm.provider import load_judge, load_writer

    settings = settings_of(ctx)
    if not settings.llm:
        raise AskError(
            "No language model is set.", "Name one before the command: ask-the-plan --llm PROVIDER:MODEL model check."
        )
    models = [load_writer(settings), load_judge(settings)]  # a wrong setting is said before anything is sent
    for judges, writer in enumerate(models):
        if writer:
            result = _examined(writer, writes=not judges)
            with settings.kept.changing() as data:
                path = keep(data, result)
            _tell(result, as_json)
            announce(f"Kept in {path}.")


@model.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON Lines.")
@click.pass_context
def list_models(ctx: click.Context, as_json: bool) -> None:
    """List the models that were examined, with what came of it."""
    from app.llm.exam import all_known, paper, sentence

    found = all_known(settings_of(ctx).kept.seen())
    if as_json:
        for result in found:
            say_json(_public(result))
        return
    if not found:
        say("No model was examined yet.")
        return
    now = paper().version
    rows = ((r.model, r.address, r.date, sentence(r) if r.version == now else "To be examined anew.") for r in found)
    say_table(("model", "address", "date", "what it may do"), rows)


def _examined(writer: Writer, writes: bool) -> ExamResult:
    """The model's exam, with a bar."""
    from app.llm.exam import examine, paper
    from app.progress import sync_bar

    place = f"{writer.name} at {writer.address}" if writer.address else writer.name
    total, done = paper().calls(writes), 0
    announce(f"{place} is asked up to {total} times.")
    with sync_bar() as progress:

        def step() -> None:
            nonlocal done
            progress("Examining", done, total)
            done += 1

        result = examine(writer, writes, step)
        progress("Examining", total, total)
    return result


def _tell(result: ExamResult, as_json: bool) -> None:
    from app.llm.exam import sentence, table

    if as_json:
        say_json(_public(result))
        return
    say_table((result.model, ""), table(result))
    say(sentence(result))


def _public(result: ExamResult) -> dict[str, Any]:
    """What was counted, and what follows from it."""
    from app.llm.exam import sentence

    follows = {"judges": result.judges, "quotes": result.quotes}
    return result.to_dict() | follows | {"sentence": sentence(result)}
