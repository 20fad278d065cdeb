"""A table, for the terminal and for a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.cli.asking import say, say_table


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below headings; a table without rows is its title alone."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Return it as Markdown."""
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        body = ("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines)
        return f"## {self.title}\n\n" + "\n".join(body) + "\n"


def show(*parts: Table | str) -> None:
    """Print tables and sentences on standard output."""
    for part in parts:
        say(part if isinstance(part, str) else part.title)
        if isinstance(part, Table) and part.rows:
            say_table(part.head, part.rows)
