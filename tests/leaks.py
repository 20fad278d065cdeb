"""A test that leaves something open fails itself: a file or a socket, a process, a thread that keeps Python from ending."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

PATIENCE = 5.0  # seconds in which a thread that was told to end does so on a busy machine
DESCRIPTORS = Path("/proc/self/fd")  # without it, not on Linux, only processes and threads are looked at

Resources = frozenset[tuple[str, object]]
"""What a process has open, each with its name."""


def open_resources() -> Resources:
    """Return what this process has open now."""
    resources: set[tuple[str, object]] = {(f"thread {t.name}", t) for t in threading.enumerate() if not t.daemon}
    if DESCRIPTORS.is_dir():
        for number in os.listdir(DESCRIPTORS):  # noqa: PTH208  a Path for each would take most of the time
            with suppress(OSError):  # the descriptor that lists them
                resources.add((os.readlink(f"{DESCRIPTORS}/{number}"), number))  # noqa: PTH115
    with suppress(ChildProcessError):  # most tests have no child, which is cheap to ask
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        resources.update((f"process {child.pid}", child) for child in psutil.Process().children())
    return frozenset(resources)


class Leaks:
    """Compares what is open before and after each test.

    What a fixture of a module or a session opens belongs to the fixture.
    """

    def __init__(self) -> None:
        self._of_fixtures: set[tuple[str, object]] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Iterator[None]:
        """Note what a fixture opens that lives longer than a test."""
        if fixturedef.scope == "function":
            return (yield)
        before = open_resources()
        result = yield
        self._of_fixtures.update(open_resources() - before)
        return result

    def since(self, before: Resources) -> Resources:
        """Return what was opened and not closed, after cycles are collected and threads have had time to end."""
        if not self._new(before):
            return frozenset()
        gc.collect()
        end = time.monotonic() + PATIENCE
        while (left := self._new(before)) and time.monotonic() < end:
            time.sleep(0.02)
        return left

    def _new(self, before: Resources) -> Resources:
        return open_resources() - before - self._of_fixtures


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Leaks(), "leaks")


@pytest.fixture(autouse=True)
def nothing_left_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test that leaves something open; one that failed is left alone, since its traceback holds what it had."""
    leaks: Leaks = request.config.pluginmanager.get_plugin("leaks")
    before, failed = open_resources(), request.session.testsfailed
    yield
    if request.session.testsfailed == failed and (left := leaks.since(before)):
        pytest.fail("left open: " + ", ".join(sorted(name for name, _ in left)), pytrace=False)
