"""The process that parses: `python -m ingest.parse_child`, started and watched by `ingest.parser`.

A line of JSON on standard input names a file and the limits; a line of JSON on standard output is its document or the
sentence that refuses it. The process ends when its input ends, or when nothing was asked for a while.
"""

from __future__ import annotations

import json
import math
import os
import resource
import select
import signal
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.load import parse


def main() -> None:
    """Say that it has begun, then answer requests until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; who asked decides
    for limit in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):  # it writes and starts nothing
        resource.setrlimit(limit, (0, 0))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    answers.write(b"{}\n")
    answers.flush()
    while select.select([0], [], [], 60.0)[0] and (line := sys.stdin.buffer.readline()):
        answer = _answer(json.loads(line))
        answers.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
        answers.flush()


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    """Parse the file of a request and return the answer to send.

    A request has path, root, limits and hold_memory. The answer has document; or error, next_step, values and trace; or
    over, the limit that was exceeded.
    """
    limits = Limits(**request["limits"])
    _set_limits(limits, request["hold_memory"])
    try:
        return {"document": asdict(parse(Path(request["path"]), Path(request["root"]), limits))}
    except MemoryError:
        return {"over": "parse_memory"}
    except LoadError as error:
        trace = traceback.format_exc() if error.__cause__ else ""
        texts = {"error": error.message.template, "next_step": error.next_step.template}
        return texts | {"values": error.message.values, "trace": trace}


def _set_limits(limits: Limits, hold_memory: bool) -> None:
    """Limit this process's processor time from now on, and its memory if `hold_memory`.

    On a system that does not enforce a limit of memory, the parent process watches it.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(used.ru_utime + used.ru_stime + limits.parse_seconds)
    _lower_limit(resource.RLIMIT_CPU, seconds)
    if hold_memory:
        _lower_limit(resource.RLIMIT_AS, limits.parse_memory)


def _lower_limit(limit: int, value: int) -> None:
    """Set a soft limit to `value`, or to its hard limit if that is lower.

    Only root may raise a hard limit, which may come from whoever started the program.
    """
    hard = resource.getrlimit(limit)[1]
    resource.setrlimit(limit, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


if __name__ == "__main__":
    main()
