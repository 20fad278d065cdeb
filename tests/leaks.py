"""A test that leaves something open fails itself: a file or a socket, a process, a thread that keeps Python from ending.

Five things stay open by design and belong to no test: what a fixture of a module or a session opens, in its own folder also
later; the processes that the program keeps to parse the next file; the event loop that its language models share; the
sockets by which Chroma, from its first client on, hears of the process's signals; and the weights of the
embedding model, which are mapped into memory.
"""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures.thread import _threads_queues as pool_threads
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from chromadb import EphemeralClient

from app.llm import tasks
from ingest import parser

PATIENCE = 30.0  # seconds in which a thread that was told to end does so on a busy machine
WEIGHTS = "e5-small-q4.bin"
DESCRIPTORS = Path("/proc/self/fd")  # without it, not on Linux, only processes and threads are looked at

POOL = "AnyIO worker thread"  # its pool ends them when they have been idle for long

Resources = frozenset[tuple[str, object]]
"""What a process has open, each with its name."""


def open_resources() -> Resources:
    """Return what this process has open now; threads of a pool are left out, since the pool ends them."""
    threads = (t for t in threading.enumerate() if not (t.daemon or t in pool_threads or t.name.startswith(POOL)))
    resources: set[tuple[str, object]] = {(f"thread {t.name}", t) for t in threads}
    if DESCRIPTORS.is_dir():
        for number in os.listdir(DESCRIPTORS):  # noqa: PTH208  a Path for each would take most of the time
            with suppress(OSError):  # the descriptor that lists them
                name = os.readlink(f"{DESCRIPTORS}/{number}")  # noqa: PTH115
                if not name.endswith(WEIGHTS):
                    resources.add((name, int(number)))
    with suppress(ChildProcessError):  # most tests have no child, which is cheap to ask
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        resources.update((f"process {child.pid}", child.pid) for child in psutil.Process().children())
    return frozenset(resources)


def _of_parsers() -> set[object]:
    """Return the descriptors and the ids of the processes that wait for the next file."""
    waiting = list(parser._processes._idle)
    numbers = [(p._process.pid, p._stdin.fileno(), p._stdout.fileno()) for p in waiting]
    return {number for of_one in numbers for number in of_one}


class Leaks:
    """Knows what was opened while a fixture that lives longer than a test was set up."""

    def __init__(self) -> None:
        self._of_fixtures: set[tuple[str, object]] = set()
        tasks._loop()
        EphemeralClient().close()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Iterator[None]:
        """Note what a fixture opens that lives longer than a test."""
        if fixturedef.scope == "function":
            return (yield)
        before = open_resources()
        result = yield
        self._of_fixtures.update(open_resources() - before)
        return result

    def since(self, before: Resources, folder: Path, own_folder: Path | None) -> Resources:
        """Return what was opened and not closed.

        Args:
            before: What was open.
            folder: The folder of all temporary folders.
            own_folder: The test's own, None if it has none. Files in another belong to a wider fixture.
        """
        others = tuple(f"{f}/" for f in (folder, own_folder) if f)

        def left() -> Resources:
            new = open_resources() - before - self._of_fixtures
            of_parsers = _of_parsers() if new else set()
            return frozenset(
                (name, what) for name, what in new
                if what not in of_parsers and (not name.startswith(others[0]) or name.startswith(others[1:]))
            )  # fmt: skip

        if not left():
            return frozenset()
        gc.collect()
        end = time.monotonic() + PATIENCE
        while left() and time.monotonic() < end:  # threads that were told to end may still have to
            time.sleep(0.02)
        return left()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Leaks(), "leaks")


@pytest.fixture(autouse=True)
def nothing_left_open(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fail the test that leaves something open; one that failed is left alone, since its traceback holds what it had."""
    leaks: Leaks = request.config.pluginmanager.get_plugin("leaks")
    before, failed = open_resources(), request.session.testsfailed
    yield
    if request.session.testsfailed == failed:
        left = leaks.since(before, tmp_path_factory.getbasetemp(), request.node.funcargs.get("tmp_path"))
        if left:
            pytest.fail("left open: " + ", ".join(sorted(name for name, _ in left)), pytrace=False)
