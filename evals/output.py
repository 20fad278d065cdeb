"""What a run leaves behind: its tables on the terminal and in files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from app.cli.asking import console
from evals.report import Part, markdown, table
from evals.run import Run
from ingest.errors import AskError


def write(file: Path | None, text: str) -> None:
    """Nothing without a file.

    Raises:
        AskError: the file cannot be written.
    """
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AskError(f"{file} cannot be written ({error.strerror}).", "Give another file.") from error
    click.echo(f"wrote {file}", err=True)


def publish(run: Run, parts: Sequence[Part], markdown_file: Path | None) -> None:
    """The tables of a run, on the terminal and as Markdown."""
    for part in parts:
        console().print(table(*part))
    settings = ", ".join(f"{name} {value}" for name, value in run.settings.items())
    text = "\n".join(markdown(*part) for part in parts)
    write(markdown_file, f"# Evals\n\n{len(run.results)} cases; {settings}\n\n{text}")
