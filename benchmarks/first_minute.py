"""The first minute, each program in a process of its own: first answer after installation, cold page, cold `ask`."""

from __future__ import annotations

import json
import os
import re
import signal
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
MEASURED = """
import json, resource, signal, subprocess, sys
running = subprocess.Popen(sys.argv[2:])
signal.signal(signal.SIGTERM, lambda *_: running.terminate())
code = running.wait()
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as file:
    json.dump([used.ru_utime + used.ru_stime, used.ru_maxrss], file)
sys.exit(code if code >= 0 else 128 - code)
"""
"""A process begins with the peak of the one that started it: so a small one starts it, and writes down what it took."""


@dataclass(frozen=True, slots=True)
class Used:
    """The cost of a process in all: seconds of processors, and the most memory that it had, in bytes."""

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
    """Start the page on a data folder, ask it one question over HTTP, and time it.

    With an empty folder, this is the first minute of `make run`.
    """
    began = time.perf_counter()
    with program(data, *flags, "chat", "--port", "0") as running:
        url = _address(running)
        _until(lambda: httpx.get(url, timeout=PATIENCE).status_code == 200)
        reachable = time.perf_counter() - began
        said = httpx.post(f"{url}/v1/ask", json={"question": QUESTION}, timeout=PATIENCE).raise_for_status().json()
        answering = time.perf_counter() - began
        assert said["status"] == "answered", said
        running.terminate()
        return Page(reachable, answering, ended(running, data))


def ask(data: Path, *flags: str) -> Asked:
    """One question on a data folder whose index stands already."""
    began = time.perf_counter()
    with program(data, *flags, "ask", "--local", QUESTION) as running:
        said = running.stdout.read()
        used = ended(running, data)
        assert "2017" in said, said
        return Asked(time.perf_counter() - began, used)


@contextmanager
def program(data: Path, *words: str) -> Any:
    """Run the program in its own process, with this data folder and otherwise the default settings."""
    command = [sys.executable, "-m", "ask_the_plan", "--data", str(data), *words]
    measured = [sys.executable, "-I", "-S", "-c", MEASURED, str(_beside(data, "used")), *command]
    mine = {k: v for k, v in os.environ.items() if not k.startswith("ASK_")} | {"PYTHONUNBUFFERED": "1"}
    with _beside(data, "log").open("w") as log:
        running = subprocess.Popen(
            measured, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, env=mine, start_new_session=True
        )
        try:
            yield running
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
            running.communicate()


def ended(running: subprocess.Popen[str], data: Path) -> Used:
    """Wait for the end of a program that was started on this data folder; what it took."""
    running.wait(PATIENCE)
    cpu, peak = json.loads(_beside(data, "used").read_text())
    return Used(cpu, peak * UNIT)


def _beside(data: Path, kind: str) -> Path:
    return data.parent / f"{data.name}.{kind}"


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
