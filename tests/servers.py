"""PostgreSQL and Chroma as tests start them: real programs on free ports, in a folder that goes with them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BIN = next((p for p in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True) if (p / "initdb").is_file()), None)
USER = "postgres"  # root may not run the server


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def why_no_postgres() -> str:
    """Why none can be started here; '' where one can."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "the extra [team] is not installed"
    return "" if BIN or shutil.which("initdb") else "PostgreSQL's programs are not installed"


def waited_for(ready: Callable[[], Any], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < until, "the server did not start"
        time.sleep(0.05)


class Postgres:
    """A server of PostgreSQL that can be killed and started again."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ask-postgres-"))
        self.port = free_port()
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            shutil.chown(self.folder, USER, USER)
            self._as = {"user": USER, "group": USER, "extra_groups": []}
        self._bin = BIN or Path(shutil.which("initdb") or "").parent
        words = ["-D", "data", "-U", "ask", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run([self._bin / "initdb", *words], cwd=self.folder, check=True, capture_output=True, **self._as)
        self._made = 0
        self.start()

    def start(self) -> None:
        words = ["-D", "data", "-p", str(self.port), "-k", str(self.folder), "-h", "127.0.0.1", "-c", "fsync=off"]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            [self._bin / "postgres", *words], cwd=self.folder, stdout=log, stderr=log, **self._as
        )
        log.close()
        waited_for(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, (self.folder / "log").read_text()
        words = ["-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run([self._bin / "pg_isready", *words], check=False).returncode == 0

    def kill(self) -> None:
        """As by a crash: nothing is brought to an end."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def database(self) -> str:
        """The URL of a new, empty database."""
        import psycopg

        self._made += 1
        name = f"team{self._made}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as db:
            db.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def url(self, name: str) -> str:
        return f"postgresql://ask@127.0.0.1:{self.port}/{name}"


class Chroma:
    """`chroma run`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ask-chroma-"))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        words = ["run", "--path", str(self.folder), "--port", str(self.port), "--host", "127.0.0.1"]
        program = Path(sys.executable).parent / "chroma"
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen([program, *words], stdout=log, stderr=log)
        log.close()
        waited_for(self._answers, 60)

    def _answers(self) -> bool:
        with socket.socket() as s:
            s.settimeout(1)
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)
