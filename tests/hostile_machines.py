"""The tests on machines that mean no good, each time in a fresh clone of what is committed; Linux only.

    python -m tests.hostile_machines [--only busy,stranger,midnight] [--marks EXPRESSION] [arguments of pytest]

busy: the ports that a page may take are taken, one by a page of ours on another folder; six programs keep two cores busy.
stranger: not root, a read-only HOME, a TMPDIR with a blank and Chinese signs, a Chinese LANG; no PostgreSQL, no browser.
midnight: half a minute before a new year in Kiritimati, 14 hours ahead of UTC, with what an older version left; no browser.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from shlex import quote
from zoneinfo import ZoneInfo

import click

ROOT = Path(__file__).resolve().parent.parent
MARKS = "not llm and not hostile"  # as in pyproject.toml, whose own expression ours would replace
PORTS = range(7860, 7961)
LOAD = 6
OLDER = "9d698f16"  # the commit whose data and index lie there
STRANGER = "nobody"
AS_STRANGER = ["--reuid", STRANGER, "--regid", "nogroup", "--clear-groups"]
HIDDEN = """for folder in /usr/lib/postgresql /usr/lib/chromium /opt/google; do
  [ ! -d $folder ] || mount -t tmpfs tmpfs $folder
done
for program in initdb chromium chromium-browser google-chrome; do
  path=$(command -v $program || true)
  [ -z "$path" ] || mount --bind /dev/null "$(readlink -f "$path")"
done
"""
ZONE = "Pacific/Kiritimati"
FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
COUNTS = re.compile(r"(\d+) (passed|failed|errors?|skipped|deselected)")


class LeftOut(Exception):
    """A machine cannot be had here; the message says why."""


@dataclass
class Machine:
    """Where and how the tests run.

    Attributes:
        clone: The folder of the checkout.
        environment: What is set beside the environment of this process.
        prefix: The command that runs a command on this machine.
        marks: Tests that are left out, as a part of pytest's `-m`.
        cores: How many cores the tests have, 0 for all.
    """

    clone: Path
    environment: dict[str, str] = field(default_factory=dict)
    prefix: Sequence[str] = ()
    marks: str = ""
    cores: int = 0

    def command(self, *words: str) -> dict[str, object]:
        """Return the arguments of `subprocess.Popen` that run Python on this machine."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("ASK_", "LC_", "XDG_"))}
        environment |= {"PYTHONPATH": str(self.clone)} | self.environment
        wanted: dict[str, object] = {
            "args": [*self.prefix, self.clone / ".venv/bin/python", *words],
            "cwd": self.clone,
            "env": environment,
        }
        if self.cores:
            wanted["preexec_fn"] = lambda: os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: self.cores])
        return wanted


@contextmanager
def busy(machine: Machine) -> Iterator[None]:
    """Take the ports and the cores, and let a page run that has the first port."""
    machine.cores = 2
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "corpus").mkdir()
        (folder / "corpus/tea.md").write_text("# Tea\n\nTea is green.\n", encoding="utf-8")
        port = next(filter(_is_free, PORTS), 0)
        where = ["--corpus", str(folder / "corpus"), "--data", str(folder / "data")]
        _start(stack, machine.command("-m", "app", *where, "chat", "--port", str(port)), folder / "log")
        _until(lambda: "http://" in (folder / "log").read_text(encoding="utf-8"), 300)
        for taken in filter(_is_free, PORTS):
            stack.enter_context(socket.create_server(("127.0.0.1", taken)))
        for _ in range(LOAD):
            _start(stack, machine.command("-c", "while True: pass"), folder / "load")
        yield


@contextmanager
def stranger(machine: Machine) -> Iterator[None]:
    """Be somebody who may write nothing but the clone and a folder for temporary files."""
    machine.marks = "not browser"
    with tempfile.TemporaryDirectory() as place:
        home, scratch = Path(place, "home"), Path(place, "scratch 临时 文件")
        home.mkdir(mode=0o555)
        scratch.mkdir()
        Path(place).chmod(0o755)
        machine.environment = {"HOME": str(home), "TMPDIR": str(scratch), "LANG": "zh_CN.UTF-8"}
        if os.geteuid() == 0:
            view = "\n".join(["set -e", HIDDEN, *_shown_to_others(Path(place, "shown")), 'exec "$@"'])
            machine.prefix = ["unshare", "--mount", "sh", "-c", view, "sh", "setpriv", *AS_STRANGER]
            if subprocess.run(**machine.command("-c", ""), check=False).returncode:  # type: ignore[call-overload]
                raise LeftOut("this root may not mount, or has no unshare and setpriv (util-linux)")
            subprocess.run(["chown", "-Rh", STRANGER, machine.clone, scratch], check=True)
        yield


def _shown_to_others(place: Path) -> Iterator[str]:
    """Yield the commands that show Python and its packages to others, if they lie in a folder that only root may enter."""
    closed = {}
    for folder in dict.fromkeys(map(Path, (sys.base_prefix, sys.prefix))):
        if parents := [f for f in folder.parents if not f.stat().st_mode & 0o001]:
            closed[folder] = parents[-1]
    for number, folder in enumerate(closed):
        yield f"mkdir -p {place}/{number}; mount --bind {quote(str(folder))} {place}/{number}"
    for parent in set(closed.values()):
        yield f"mount -t tmpfs -o mode=755 tmpfs {quote(str(parent))}"
    for number, folder in enumerate(closed):
        yield f"mkdir -p {quote(str(folder))}; mount --move {place}/{number} {quote(str(folder))}"


@contextmanager
def midnight(machine: Machine) -> Iterator[None]:
    """Let a year end in half a minute, ahead of UTC, with what an older version left."""
    if not FAKETIME:
        raise LeftOut("libfaketime is not installed (Debian: apt-get install libfaketime)")
    _leave_older_data(machine.clone)
    now = datetime.now(ZoneInfo(ZONE))
    until = now.replace(month=12, day=31, hour=23, minute=59, second=30, microsecond=0)
    machine.marks = "not browser"
    machine.environment = {
        "TZ": ZONE,
        "LD_PRELOAD": str(FAKETIME[-1]),
        "FAKETIME": f"{(until - now).total_seconds():+.0f}",  # an offset: all processes agree on the time
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # waits are as long as they are
    }
    yield


def _leave_older_data(clone: Path) -> None:
    """Make `.ask` with an index, an added file and asked questions by the older version itself."""
    with tempfile.TemporaryDirectory() as folder:
        older = Machine(_clone(Path(folder), OLDER))
        note = Path(folder, "note.md")
        note.write_text("# Tea of Hefei\n\nHefei grows green tea.\n", encoding="utf-8")
        for words in (["sync"], ["add", str(note)], ["ask", "What is Hefei for?"]):
            done = subprocess.run(**older.command("-m", "app", *words), capture_output=True, text=True)  # type: ignore[call-overload]
            if done.returncode:
                raise LeftOut(f"{OLDER} cannot {words[0]}: {done.stderr[-500:]}")
        shutil.move(older.clone / ".ask", clone / ".ask")


def _clone(folder: Path, commit: str = "HEAD") -> Path:
    """Return a fresh clone of what is committed, with the packages of this checkout."""
    clone = folder / "clone"
    head = subprocess.run(["git", "rev-parse", commit], cwd=ROOT, capture_output=True, text=True, check=False)
    if head.returncode:
        raise LeftOut(f"{commit} is not in the history here")
    subprocess.run(["git", "clone", "-q", "--no-checkout", ROOT, clone], check=True)
    subprocess.run(["git", "checkout", "-q", "--detach", head.stdout.strip()], cwd=clone, check=True)
    (clone / ".venv").symlink_to(sys.prefix)
    folder.chmod(0o755)
    return clone


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) != 0


def _start(stack: ExitStack, command: dict[str, object], log: Path) -> None:
    """Run a program until the stack ends."""
    with log.open("w") as out:
        process = subprocess.Popen(**command, stdout=out, stderr=out)  # type: ignore[call-overload]
    stack.callback(process.wait)
    stack.callback(process.kill)


def _until(ready: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise LeftOut("the page did not start")
        time.sleep(0.1)


MACHINES = {"busy": busy, "stranger": stranger, "midnight": midnight}


def tested(name: str, marks: str, arguments: Sequence[str]) -> tuple[bool, str]:
    """Run the tests on a machine; return True if all passed, and the line of the table."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        try:
            machine = Machine(_clone(Path(folder)))
            stack.enter_context(MACHINES[name](machine))
        except LeftOut as why:
            return True, f"left out: {why}"
        chosen = " and ".join(f"({m})" for m in (marks, machine.marks) if m)
        command = machine.command("-m", "pytest", "-p", "no:cacheprovider", "-m", chosen, *arguments)
        click.echo(f"--- {name}: pytest -m '{chosen}' {' '.join(arguments)}")
        with subprocess.Popen(**command, stdout=subprocess.PIPE, text=True, errors="replace") as process:  # type: ignore[call-overload]
            last = ""
            for line in process.stdout:
                click.echo(line, nl=False)
                last = line if COUNTS.search(line) else last
        counts = (
            ", ".join(f"{number} {what}" for number, what in COUNTS.findall(last))
            or f"pytest ended with {process.returncode}"
        )
        return process.returncode == 0, f"{counts}; {(time.monotonic() - began) / 60:.1f} minutes"


def main() -> None:
    """Run what is asked for, then print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(MACHINES))
    parser.add_argument("--marks", default=MARKS)
    given, arguments = parser.parse_known_args()
    results = {name: tested(name, given.marks, arguments) for name in given.only.split(",")}
    click.echo("\n".join(f"{name:10} {line}" for name, (_, line) in results.items()))
    sys.exit(not all(passed for passed, _ in results.values()))


if __name__ == "__main__":
    main()
