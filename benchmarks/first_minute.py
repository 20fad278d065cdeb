"""The first minute, each program in a process of its own: first answer after installation, cold page, cold `ask`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "When was the comprehensive national science centre in Hefei approved?"
PATIENCE = 300.0
UNIT = 1024 if sys.platform == "linux" else 1  # of ru_maxrss


@dataclass(frozen=True, slots=True)
class Used:
    """What a process took in all: seconds of processors, and the most memory that it had, in bytes."""

    cpu: float
    peak: int


@dataclass(frozen=True, slots=True)
class Page:
    """Seconds since its process began."""

    reachable: float
    """Its HTML is there."""
    answering: float
    """The first question, asked as soon as that, is answered."""
    used: Used


@dataclass(frozen=True, slots=True)
class Asked:
    """`ask` without a page: seconds from its start to its end."""

    seconds: float
    used: Used


def page(data: Path, *flags: str) -> Page:
    """The page on a data folder, asked one question by a program; with an empty one, the first minute of `make run`."""
    began = time.perf_counter()
    with program(data, *flags, "chat", "--port", "0") as running:
        url = _address(running)
        _until(lambda: httpx.get(url, timeout=PATIENCE).status_code == 200)
        reachable = time.perf_counter() - began
        said = httpx.post(f"{url}/v1/ask", json={"question": QUESTION}, timeout=PATIENCE).raise_for_status().json()
        answering = time.perf_counter() - began
        assert said["status"] == "answered", said
        running.terminate()
        return Page(reachable, answering, ended(running))


def ask(data: Path, *flags: str) -> Asked:
    """One question on a data folder whose index stands already."""
    began = time.perf_counter()
    with program(data, *flags, "ask", "--local", QUESTION) as running:
        said = running.stdout.read()
        used = ended(running)
        assert "2017" in said, said
        return Asked(time.perf_counter() - began, used)


@contextmanager
def program(data: Path, *words: str) -> Any:
    """The program in a process of its own, with the data folder that is given and no other settings than the defaults."""
    command = [sys.executable, "-m", "ask_the_plan", "--data", str(data), *words]
    mine = {k: v for k, v in os.environ.items() if not k.startswith("ASK_")}
    with (data.parent / f"{data.name}.log").open("w") as log:
        running = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, env={**mine, "PYTHONUNBUFFERED": "1"}
        )
        try:
            yield running
        finally:
            if running.returncode is None:
                running.kill()
            running.communicate()


def ended(running: subprocess.Popen[str]) -> Used:
    """Wait for its end; what it took."""
    _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    return Used(used.ru_utime + used.ru_stime, used.ru_maxrss * UNIT)


def _address(running: subprocess.Popen[str]) -> str:
    lines: Sequence[str] = iter(running.stdout.readline, "")  # type: ignore[union-attr, assignment]
    found = next((m[0] for line in lines if (m := re.search(r"http://\S+", line))), "")
    assert found, "the page said no address"
    return found


def _until(there: Any) -> None:
    until = time.perf_counter() + PATIENCE
    while time.perf_counter() < until:
        try:
            if there():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise TimeoutError("the page did not come")
