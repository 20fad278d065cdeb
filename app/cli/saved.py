"""`ask-the-plan verify` and `feedback`: what the page saved, checked again and made into eval cases."""

from __future__ import annotations

import json
from pathlib import Path

import click

from app.cli.naming import Named
from app.cli.printing import announce, say
from ingest.errors import AskError

_FILE = Named(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@click.pass_context
def verify(ctx: click.Context, file: Path) -> None:
    """Check the evidence of an answer again: every quote against the documents as they are now.

    FILE is what "Save evidence" on the page wrote. Exit status 1 where something does not hold.
    """
    from app.cli.asking import built
    from app.cli.main import settings_of
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
@click.pass_context
def feedback(ctx: click.Context, cases: Path | None) -> None:
    """List what users said of answers; --cases makes eval cases of those that they called right."""
    from app.cli.main import settings_of
    from app.store.feedback import cases as made
    from app.store.feedback import read_feedback

    file = settings_of(ctx).data / "feedback.jsonl"
    said, passed_over = read_feedback(file)
    if passed_over:
        announce(f"{passed_over} lines of {file} are cut or no feedback, and were passed over.")
    if not said:
        raise AskError(f"There is no feedback in {file}.", "The thumbs below an answer of the page write it.")
    for item in said:
        comment = f"  {item.comment}" if item.comment else ""
        say(f"{item.verdict:<5} {item.record.answer.question}{comment}")
    if cases is not None:
        lines = made(said)
        cases.write_text("".join(json.dumps(c, ensure_ascii=False) + "\n" for c in lines), encoding="utf-8")
        announce(f"{len(lines)} cases in {cases}; run them with `ask-the-plan eval --cases {cases}`.")
