"""What the command line says to people: the one place through which texts of documents and of others reach a terminal.

Signs that a terminal would obey, or that turn lines around, are shown as a mark, and nothing is read as rich's markup.
Nothing heavy is imported at the top, as in `app.cli.main`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from app.sentences import Citation
    from ingest.sync import SyncReport

WIDTH = 160
"""Of what is written to a file or a pipe."""


_OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def safe(text: str) -> str:
    """A text -> the same, as long as it was, with a mark for each sign that is none to read; line breaks and tabs stay."""
    return _OBEYED.sub("\ufffd", text)


def say(text: str) -> None:
    """A text on standard output."""
    click.echo(safe(text))


def announce(text: str) -> None:
    """A text on stderr."""
    click.echo(safe(text), err=True)


def say_json(value: Any) -> None:
    """One JSON object on a line: the same value, with escapes for what a terminal would obey."""
    click.echo(_OBEYED.sub(lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(value, ensure_ascii=False)))


def say_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table on standard output; markup in its cells is text like any other."""
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for head in heads:
        table.add_column(head, overflow="fold")  # a path is never cut
    for row in rows:
        table.add_row(*(Text(safe(cell)) for cell in row))
    console().print(table)


def console() -> Any:
    """Standard output for tables: as wide as the terminal, else wide enough."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else WIDTH)


def report_text(report: SyncReport) -> str:
    """A sync's report -> what it did, in a line."""
    names = ("added", "changed", "unchanged", "removed", "failed")
    return ", ".join(f"{len(getattr(report, n))} {n}" for n in names) + f"; {report.embedded} passages embedded"


def answer_text(answer: dict[str, Any]) -> str:
    """The public object -> the same for people: sentences, then the sources behind each number; the figure asked for is in
    bold, which `click.echo` leaves out where nobody sees it."""
    from app.store.records import read_citations
    from ingest.documents import guess_language

    answer, language = _safe(answer), guess_language(answer.get("question", ""))  # before anything is set in bold
    lines = [f"(read as: {answer['read_as']})\n"] if answer.get("read_as") else []
    lines += [answer["note"]] if answer.get("note") else []
    lines += [_bold(s) + " " + "".join(f"[{n}]" for n in s["citations"]) for s in answer["sentences"]]
    if (used := answer.get("model")) and used["written"] > used["removed"] + used["replaced"]:
        lines.append(f"(worded by {used['name']}, each sentence checked)")
    for citation in read_citations(answer["citations"] or answer["nearest"]):
        lines += _cited(citation, language)
    return "\n".join(lines)


def _cited(citation: Citation, language: str) -> Iterator[str]:
    """A quote, the document in which it stands, and the sources that this is based on."""
    from app.store.export import attribution, named, quoted
    from app.store.labels import label

    where = f" › {citation.heading}" if citation.heading else ""
    where += label("page", language, n=citation.page) if citation.page else ""
    yield f"\n[{citation.number}] “{quoted(citation)}”"
    yield "    " + "".join(attribution(citation, language)) + where
    document = citation.document
    if place := document.url or document.where:
        yield f"    {place}"
    for source in citation.based_on:
        told = label("between", language).join(filter(None, (named(source, language), source.url or source.where)))
        yield "    " + label("based_on", language, sources=told)


def _safe(value: Any) -> Any:
    """A JSON value with all its texts safe."""
    if isinstance(value, dict):
        return {key: _safe(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_safe(item) for item in value]
    return safe(value) if isinstance(value, str) else value


def _bold(sentence: dict[str, Any]) -> str:
    """The sentence with what was asked for in bold."""
    start, end = sentence.get("emphasis") or (0, 0)
    text: str = sentence["text"]
    return text[:start] + click.style(text[start:end], bold=True) + text[end:] if end else text
