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
TIMEOUT = 300.0
MEMORY_UNIT = 1024 if sys.platform == "linux" else 1  # of ru_maxrss
MEASURING_SCRIPT = """
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
class Usage:
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
    used: Usage


@dataclass(frozen=True, slots=True)
class AskRun:
    """`ask` without a page: seconds from its start to its end."""

    seconds: float
    used: Usage


def page(data: Path, *flags: str) -> Page:
    """Start the page on a data folder, ask it one question over HTTP, and time it.

    With an empty folder, this is the first minute of `make run`.
    """
    start = time.perf_counter()
    with program(data, *flags, "chat", "--port", "0") as running:
        url = _address(running)
        _until(lambda: httpx.get(url, timeout=TIMEOUT).status_code == 200)
        reachable = time.perf_counter() - start
        reply = httpx.post(f"{url}/v1/ask", json={"question": QUESTION}, timeout=TIMEOUT).raise_for_status().json()
        answering = time.perf_counter() - start
        assert reply["status"] == "answered", reply
        running.terminate()
        return Page(reachable, answering, wait_for_end(running, data))


def ask(data: Path, *flags: str) -> AskRun:
    """One question on a data folder whose index stands already."""
    start = time.perf_counter()
    with program(data, *flags, "ask", "--local", QUESTION) as running:
        output = running.stdout.read()
        used = wait_for_end(running, data)
        assert "2017" in output, output
        return AskRun(time.perf_counter() - start, used)


@contextmanager
def program(data: Path, *words: str) -> Any:
    """Run the program in its own process, with this data folder and otherwise the default settings."""
    command = [sys.executable, "-m", "ask_the_plan", "--data", str(data), *words]
    measured_command = [sys.executable, "-I", "-S", "-c", MEASURING_SCRIPT, str(_beside(data, "used")), *command]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ASK_")} | {"PYTHONUNBUFFERED": "1"}
    with _beside(data, "log").open("w") as log:
        running = subprocess.Popen(
            measured_command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment,
            start_new_session=True,
        )
        try:
            yield running
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
            running.communicate()


def wait_for_end(running: subprocess.Popen[str], data: Path) -> Usage:
    """Wait for the end of a program that was started on this data folder; what it took."""
    running.wait(TIMEOUT)
    cpu, peak = json.loads(_beside(data, "used").read_text())
    return Usage(cpu, peak * MEMORY_UNIT)


def _beside(data: Path, kind: str) -> Path:
    return data.parent / f"{data.name}.{kind}"


def _address(running: subprocess.Popen[str]) -> str:
    lines: Sequence[str] = iter(running.stdout.readline, "")  # type: ignore[union-attr, assignment]
    address = next((m[0] for line in lines if (m := re.search(r"http://\S+", line))), "")
    assert address, "the page said no address"
    return address


def _until(is_ready: Any) -> None:
    deadline = time.perf_counter() + TIMEOUT
    while time.perf_counter() < deadline:
        try:
            if is_ready():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    raise TimeoutError("the page did not come")
