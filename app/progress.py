"""Progress bars on stderr, for the edge only. rich is imported when a bar is drawn: `ask` starts without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from ingest.progress import Progress as Report

if TYPE_CHECKING:
    from rich.progress import Progress

T = TypeVar("T")


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


@contextmanager
def sync_bar() -> Iterator[Report]:
    """Yield a callback for `ingest.sync.sync` that draws one bar for each phase."""
    with _bar() as bar:
        tasks = {}

        def report(phase: str, done: int, total: int) -> None:
            if total and phase not in tasks:
                tasks[phase] = bar.add_task(phase, total=total)
            if phase in tasks:
                bar.update(tasks[phase], completed=done, total=total)

        yield report


def track(items: Sequence[T], label: str) -> Iterator[T]:
    """Yield the items in order, and move a progress bar as they are taken."""
    with _bar() as bar:
        yield from bar.track(items, description=label)
