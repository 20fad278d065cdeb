"""`ask-the-plan verify` and `feedback`: what the page saved, checked again, made into eval cases and known questions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.asking import announce, say, settings_of
from app.cli.corpus import Named
from ingest.errors import AskError

if TYPE_CHECKING:
    from app.store.feedback import Feedback
    from ingest.questions.known import Quote

_FILE = Named(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@click.pass_context
def verify(ctx: click.Context, file: Path) -> None:
    """Check the evidence of an answer again: every quote against the documents as they are now.

    FILE is what "Save evidence" on the page wrote. Exit status 1 where something does not hold.
    """
    from app.cli.asking import built
    from app.progress import sync_bar
    from app.store.records import RecordError, read_record
    from app.store.revalidate import revalidate

    try:
        given = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecordError(f"{file} is not JSON.", "Give a file that “Save evidence” wrote.") from error
    record = read_record(given)
    findings = revalidate(record, built(settings_of(ctx), sync_bar, announce))
    say(f"{record.answer.question}\nasked {record.asked}\n")
    for finding in findings:
        say(f"{'holds ' if finding.holds else 'FAILS '} {finding.sentence}")
    broken = sum(not f.holds for f in findings)
    say(f"\n{broken} of {len(findings)} checks fail." if broken else f"\nAll {len(findings)} checks hold.")
    ctx.exit(1 if broken else 0)


@click.command()
@click.option("--cases", type=Named(dir_okay=False, path_type=Path), help="Write eval cases of the good answers here.")
@click.option("--questions", type=Named(dir_okay=False, path_type=Path), help="Write known questions of the bad ones here.")
@click.pass_context
def feedback(ctx: click.Context, cases: Path | None, questions: Path | None) -> None:
    """List what users said of answers.

    --cases makes eval cases of those that they called right, --questions known questions of those that they called bad and
    named the right passage for, to be looked through and put into a folder's `_questions`.
    """
    from app.store.feedback import cases as made
    from app.store.feedback import read_feedback

    settings = settings_of(ctx)
    file = settings.data / "feedback.jsonl"
    place = "the database" if settings.database else file
    said, passed_over = read_feedback(file, settings.database)
    if passed_over:
        announce(f"{passed_over} lines of {place} are cut or no feedback, and were passed over.")
    if not said:
        raise AskError(f"There is no feedback in {place}.", "The thumbs below an answer of the page write it.")
    for item in said:
        comment = f"  {item.comment}" if item.comment else ""
        say(f"{item.verdict:<5} {item.record.answer.question}{comment}")
    if cases is not None:
        lines = made(said)
        cases.write_text("".join(json.dumps(c, ensure_ascii=False) + "\n" for c in lines), encoding="utf-8")
        announce(f"{len(lines)} cases in {cases}; run them with `ask-the-plan eval --cases {cases}`.")
    if questions is not None:
        _write_questions(ctx, said, questions)


def _write_questions(ctx: click.Context, said: Sequence[Feedback], path: Path) -> None:
    """The known questions that users' words make, never over a file: it may have been looked through."""
    from app.authoring.drafts import held_as
    from app.cli.asking import built
    from app.progress import sync_bar
    from app.store.feedback import questions as made
    from ingest.questions.known import all_questions, passage_of, to_yaml

    if path.exists():
        raise AskError(f"{path} is there already.", "Name another file; what is in it stays.")
    settings = settings_of(ctx)
    index = built(settings, sync_bar, announce)
    settings.kept.seen()

    def holds(quote: Quote) -> bool:
        held = held_as(index, quote.file)
        return held is not None and passage_of(quote, {quote.file: held}) is not None

    found, left_out = made(said, all_questions(settings.corpus, settings.added_folder), holds)
    also = f" {left_out} are known already, or their passage is gone." if left_out else ""
    if not found:
        raise AskError(f"No right passage makes a known question.{also}", "Thumbs down in the page asks for it.")
    path.write_text(to_yaml(found), encoding="utf-8")
    place = settings.corpus / "_questions"
    announce(f"{len(found)} known questions in {path}; look them through and put the file into {place}.{also}")
