"""Servers as tests start them: an application in a thread, PostgreSQL and Chroma as programs in a folder of their own.

No port is looked for: PostgreSQL listens on a socket in its folder, the others on the port that the system gives them.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import uvicorn

BIN = next((p for p in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True) if (p / "initdb").is_file()), None)
USER = "postgres"  # root may not run the server
PATIENCE = 240.0  # seconds that a test waits for what comes within moments: pytest's own limit is 300


@contextmanager
def serving(make: Callable[[], Any], port: int = 0) -> Iterator[str]:
    """The address of an application; it is made while its loop runs: Gradio makes no loop then that it would not close."""
    server = uvicorn.Server(uvicorn.Config(make))

    async def serve(listener: socket.socket) -> None:
        server.config = uvicorn.Config(make(), log_level="error", timeout_graceful_shutdown=1)
        await server.serve([listener])

    with socket.create_server(("127.0.0.1", port)) as listener:
        thread = threading.Thread(target=asyncio.run, args=(serve(listener),))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(PATIENCE)


def port_of(process: subprocess.Popen[bytes]) -> int:
    """The port on which a program listens, once it does; it was told to take any: 0."""
    found: list[int] = []

    def listens() -> bool:
        assert process.poll() is None, "the program has ended"
        connections = psutil.Process(process.pid).net_connections("tcp")
        found[:] = [c.laddr.port for c in connections if c.status == psutil.CONN_LISTEN]
        return bool(found)

    waited_for(listens)
    return found[0]


def why_no_postgres() -> str:
    """Why none can be started here; '' where one can."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "the extra [team] is not installed"
    return "" if BIN or shutil.which("initdb") else "PostgreSQL's programs are not installed"


def waited_for(ready: Callable[[], Any], seconds: float = PATIENCE) -> None:
    """Wait until that is so: it comes within moments, late on a busy machine, never at a time."""
    until = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.02)


class Postgres:
    """A server of PostgreSQL that can be killed and started again."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ask-postgres-"))
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
        words = ["-D", "data", "-k", str(self.folder), "-h", "", "-c", "fsync=off"]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            [self._bin / "postgres", *words], cwd=self.folder, stdout=log, stderr=log, **self._as
        )
        log.close()
        waited_for(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, (self.folder / "log").read_text()
        words = ["-q", "-h", str(self.folder)]
        return subprocess.run([self._bin / "pg_isready", *words], check=False).returncode == 0

    def kill(self) -> None:
        """As by a crash: nothing is brought to an end."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(PATIENCE)

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

    def url(self, name: str, user: str = "ask") -> str:
        return f"postgresql://{user}@/{name}?host={quote(str(self.folder), safe='')}"


class Chroma:
    """`chroma run`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ask-chroma-"))
        words = ["run", "--path", str(self.folder), "--port", "0", "--host", "127.0.0.1"]
        program = Path(sys.executable).parent / "chroma"
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([program, *words], stdout=log, stderr=log)
        self.url = f"http://127.0.0.1:{port_of(self.process)}"

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)
