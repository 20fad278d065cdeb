"""What the command line says to people. Nothing heavy is imported at the top, as in `app.cli.main`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ingest.sync import SyncReport

WIDTH = 160
"""Of what is written to a file or a pipe."""


def console() -> Any:
    """Standard output for tables: as wide as the terminal, else wide enough."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else WIDTH)


def announce(message: str) -> None:
    """A line on stderr."""
    click.echo(message, err=True)


def report_text(report: SyncReport) -> str:
    """What a sync did, in a line."""
    names = ("added", "changed", "unchanged", "removed", "failed")
    return ", ".join(f"{len(getattr(report, n))} {n}" for n in names) + f"; {report.embedded} passages embedded"


def answer_text(answer: dict[str, Any]) -> str:
    """The public object for people: sentences, then the sources behind each number."""
    lines = [f"(read as: {answer['read_as']})\n"] if answer.get("read_as") else []
    lines += [answer["note"]] if answer.get("note") else []
    lines += [_bold(s) + " " + "".join(f"[{n}]" for n in s["citations"]) for s in answer["sentences"]]
    if (used := answer.get("model")) and used["written"] > used["removed"] + used["replaced"]:
        lines.append(f"(worded by {used['name']}, each sentence checked)")
    for item in answer["citations"] or answer["nearest"]:
        where = f" › {item['heading']}" if item["heading"] else ""
        where += f", p. {item['page']}" if item.get("page") else ""
        lines.append(f"\n[{item['number']}] {item['title']}{where}\n    “{item['quote']}”")
        for source in item["sources"]:
            parts = (source["title"], source["publisher"], source["date"], source.get("url") or source.get("where"))
            lines.append("    ← " + ", ".join(p for p in parts if p))
    return "\n".join(lines)


def _bold(sentence: dict[str, Any]) -> str:
    """The sentence with what was asked for in bold; `click.echo` leaves that out where nobody sees it."""
    start, end = sentence.get("emphasis") or (0, 0)
    text: str = sentence["text"]
    return text[:start] + click.style(text[start:end], bold=True) + text[end:] if end else text
