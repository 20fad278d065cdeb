"""The progress of a long piece of work, the time that it will still take, and a way to stop it.

Whoever works calls a `Progress` between two files and between two batches. So this is also where it can be stopped.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from copy import copy

from ingest.errors import Stopped

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, done so far, of how many)."""
Timed = Callable[[str, int, int, float | None], None]
"""The same with the seconds that are left, None while that is not known."""
DOCUMENTS_STOPPED = Stopped("Stopped: the documents are as they were before.", "What has been read so far is kept.")


def quiet(what: str, done: int, total: int) -> None:
    """Says nothing."""
    del what, done, total


def timed(report: Timed, clock: Callable[[], float] = time.monotonic) -> Progress:
    """Make a progress that also reports how many seconds the work will still take.

    They are estimated for each kind of work from its pace so far.
    """
    starts: dict[str, tuple[float, int]] = {}

    def progress(what: str, done: int, total: int) -> None:
        now = clock()
        started, done_before = starts.setdefault(what, (now, done))
        if done < done_before:  # it begins anew
            started, done_before = starts[what] = (now, done)
        pace = (now - started) / (done - done_before) if done > done_before else None
        report(what, done, total, None if pace is None else max(total - done, 0) * pace)

    return progress


def stoppable(progress: Progress, stop: threading.Event | None, stopped: Stopped = DOCUMENTS_STOPPED) -> Progress:
    """Make a progress that ends the work once `stop` is set.

    Args:
        progress: Is called until then.
        stop: Ends the work when it is set.
        stopped: What is raised then.

    Raises:
        Stopped: by the progress, when it is called after that.
    """

    def stopping_progress(what: str, done: int, total: int) -> None:
        if stop is not None and stop.is_set():
            raise copy(stopped)
        progress(what, done, total)

    return stopping_progress
