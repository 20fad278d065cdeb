"""Parses files in processes of their own, with limits.

Whatever a file does to the library that reads it, the process that answers questions goes on. A process that did its work is
kept for the next file, since starting one takes longer than reading a page of text.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, cast

import psutil

from ingest.documents import Document, Mark, Source
from ingest.errors import LoadError, Translatable
from ingest.limits import SETTINGS, Limits

log = logging.getLogger(__name__)

MEMORY_ENFORCED = sys.platform == "linux"  # whether the system keeps a process below its memory; macOS does not
MAX_PARSERS = 2  # files that are parsed at the same time: each may take all the memory that it is allowed
_HOME = Path(__file__).resolve().parent.parent
_PASSED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONHOME", "PYTHONUTF8", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""Of the environment, what Python and its libraries need to start: keys and passwords stay here."""


class _LimitExceeded(Exception):
    """The process went beyond the limit that is named, '' if it died of something else; `cause` says of what."""

    def __init__(self, limit: str, cause: str = "") -> None:
        super().__init__(limit)
        self.limit, self.cause = limit, cause


class _StartFailed(Exception):
    """The process died before it could be asked; its text says of what."""


class _Exited(Exception):
    """The process had waited too long for a file and ended before it was asked."""


def parse_in_child(path: Path, root: Path, limits: Limits) -> Document:
    """Load a file as a document, parsing it in another process.

    Its origin is the path relative to `root`.

    Raises:
        LoadError: see `ingest.load.load`; also if the process exceeded a limit or died.
    """
    absolute = path.absolute()
    request = {"path": str(absolute), "root": str(root.absolute()), "limits": asdict(limits), "hold_memory": MEMORY_ENFORCED}
    try:
        answer = _processes.ask(request, limits)
    except _LimitExceeded as failure:
        raise _parse_error(path, failure, limits) from None
    except _StartFailed as failure:
        message = "{path} cannot be read: the process that reads files died before it began ({how})."
        advice = "Allow the program more memory, time and processes: `ulimit -a` shows the limits."
        raise LoadError(message, advice, path, failure) from None
    if "error" in answer:
        log.debug("reading %s failed\n%s", path, answer["trace"])
        message, step = (Translatable(answer[part], **answer["values"]) for part in ("error", "next_step"))
        raise LoadError(message.replace(str(absolute), str(path)), step)
    return _document(answer["document"])


def _document(fields: dict[str, Any]) -> Document:
    sources = tuple(Source(**s) for s in fields.pop("sources"))
    marks = tuple(Mark(m["position"], tuple(m["ids"])) for m in fields.pop("marks"))
    return Document(sources=sources, marks=marks, pages=tuple(fields.pop("pages")), **fields)


def _parse_error(path: Path, failure: _LimitExceeded, limits: Limits) -> LoadError:
    """Make the error for a file whose process exceeded a limit or died."""
    reason = {
        "parse_seconds": Translatable("reading it takes longer than {n:g} seconds", n=limits.parse_seconds),
        "parse_memory": Translatable("reading it takes more than {n:,} bytes of memory", n=limits.parse_memory),
    }.get(failure.limit, Translatable("the process that read it died ({how})", how=failure.cause))
    setting = SETTINGS[failure.limit or "parse_memory"]
    next_step = "Save it again in the program that made it, split it into smaller files, or raise {setting}."
    return LoadError("{path} is damaged or too large: {why}.", next_step, path, reason, setting)


class _Process:
    """One process that parses."""

    def __init__(self) -> None:
        # Not the folder where the program was started: a file in it could pass itself off as a library.
        environment = {name: os.environ[name] for name in _PASSED if name in os.environ}
        environment |= {"PYTHONPATH": str(_HOME), "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ingest.parse_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        self._stdin, self._stdout = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        self._peak = 0
        self._was_asked = self._has_begun = False

    def ask(self, request: dict[str, Any], limits: Limits) -> dict[str, Any]:
        """Send a request and return its answer.

        Raises:
            _LimitExceeded: the process exceeded a limit, or died.
            _StartFailed: it died before it began.
            _Exited: it had ended before the request.
        """
        self._peak, was_idle, self._was_asked = 0, self._was_asked, True
        deadline = time.monotonic() + limits.parse_seconds
        try:
            if not self._has_begun:
                self._receive(limits, deadline)
                self._has_begun = True
            self._stdin.write(json.dumps(request).encode() + b"\n")
            self._stdin.flush()
            received = self._receive(limits, deadline)
        except (BrokenPipeError, EOFError):
            raise self._exit_error(limits, was_idle) from None
        answer: dict[str, Any] = json.loads(received.decode("utf-8", "surrogatepass"))
        if "over" in answer:
            raise _LimitExceeded(answer["over"])
        return answer

    def _receive(self, limits: Limits, deadline: float) -> bytes:
        data = bytearray()
        limit = 20 * limits.characters + 1_000_000  # whatever the process says
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdout, selectors.EVENT_READ)
            while not data.endswith(b"\n"):
                self._check_limits(limits, deadline)
                if not selector.select(0.05):
                    continue
                part = os.read(self._stdout.fileno(), 1 << 20)
                if not part:
                    raise EOFError
                data += part
                if len(data) > limit:
                    raise _LimitExceeded("", f"{limit:,} bytes said")
        return bytes(data)

    def _check_limits(self, limits: Limits, deadline: float) -> None:
        """Check that the process is within its memory and its time.

        A process that has died passes, since what it sent last can still be read.

        Raises:
            _LimitExceeded: it exceeded one of them.
        """
        try:
            memory = psutil.Process(self._process.pid).memory_info()
        except psutil.Error:
            return  # it died; what was said last can be read
        self._peak = max(self._peak, memory.rss)
        if memory.rss > limits.parse_memory:
            raise _LimitExceeded("parse_memory")
        if time.monotonic() > deadline:
            raise _LimitExceeded("parse_seconds")

    def _exit_error(self, limits: Limits, was_idle: bool) -> _LimitExceeded | _StartFailed | _Exited:
        code = self._process.wait()
        cause = signal.Signals(-code).name if code < 0 else f"status {code}"
        if not self._has_begun:
            return _StartFailed(cause)
        if code == 0 and was_idle:
            return _Exited()
        if code == -signal.SIGXCPU:
            return _LimitExceeded("parse_seconds")
        # A library that gets no more memory crashes in one of many ways.
        return _LimitExceeded("parse_memory" if self._peak > limits.parse_memory / 2 else "", cause)

    def has_exited(self) -> bool:
        """Return True if the process had begun and has ended since.

        A process that waits may be ended by the system, or end by itself.
        """
        return self._has_begun and self._process.poll() is not None

    def is_spent(self, limits: Limits) -> bool:
        """Return True if the last file took so much memory that too little may be left for the next."""
        return self._peak > 0.25 * limits.parse_memory

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._stdout.close()
        with suppress(BrokenPipeError):  # it died before it read
            self._stdin.close()


class _Processes:
    """The parsers that wait for a file, and a limit on how many work at the same time."""

    def __init__(self) -> None:
        self._idle: list[_Process] = []
        self._turns = threading.BoundedSemaphore(MAX_PARSERS)

    def ask(self, request: dict[str, Any], limits: Limits) -> dict[str, Any]:
        """Return the answer of a free process; one is started if none is free.

        Raises:
            _LimitExceeded, _StartFailed: see `_Process.ask`.
        """
        with self._turns:
            while True:
                try:
                    process = self._idle.pop()
                except IndexError:
                    process = _Process()
                try:
                    if process.has_exited():
                        raise _Exited
                    answer = process.ask(request, limits)
                except _Exited:
                    process.close()
                    continue
                except BaseException:
                    process.close()
                    raise
                if process.is_spent(limits):
                    process.close()
                else:
                    self._idle.append(process)
                return answer

    def close(self) -> None:
        """End those that wait."""
        while self._idle:
            self._idle.pop().close()


_processes = _Processes()
atexit.register(_processes.close)
