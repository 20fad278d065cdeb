"""Follows a long job of the page: it runs in a thread while its progress is shown, and can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from app.ui.words import Words
from ingest.progress import Progress, timed

POLL = 0.25  # seconds between two looks at a job
T = TypeVar("T")


def followed(job: Callable[[Progress], T], stop: threading.Event | None, words: Words) -> Iterator[str | T]:
    """Run a job in a thread, and yield its lines of progress, then its result.

    An error of the job is raised here.
    """
    said = words("Beginning")
    done: list[T] = []
    failed: list[BaseException] = []

    def report(what: str, number: int, total: int, left: float | None) -> None:
        nonlocal said
        said = progress_line(what, number, total, left, words)

    def run() -> None:
        try:
            done.append(job(timed(report)))
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="following", daemon=True)
    thread.start()
    shown = ""
    while thread.is_alive():
        now = words("Stopping") if stop and stop.is_set() else said
        if now != shown:
            shown = now
            yield shown
        thread.join(POLL)
    if failed:
        raise failed[0]
    yield done[0]


def progress_line(what: str, number: int, total: int, left: float | None, words: Words) -> str:
    """`Embedding 12 of 80, about 3 minutes left`."""
    if what == "Downloading":  # in megabytes
        so_far = words("so_far_gb", what=words(what), n=number / 1_000, all=total / 1_000)
    else:
        so_far = words("so_far", what=words(what), n=number, all=total) if total > 1 else words(what)
    if not left:
        return so_far
    return so_far + (words("left_seconds", n=f"{left:.0f}") if left < 90 else words("left_minutes", n=f"{left / 60:.0f}"))
