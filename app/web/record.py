"""The records of running pages, a file for each, by which the command line finds them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from ingest.storage import private_folder, storage_errors, write_whole

PATTERN = "server*.json"


def read_records(data: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the records in a data folder with their files, the latest first; what cannot be read is {}."""
    for path in sorted(data.glob(PATTERN), key=_changed, reverse=True):
        record: Any = {}
        with suppress(OSError, ValueError):
            record = json.loads(path.read_text(encoding="utf-8"))
        yield path, record if isinstance(record, dict) else {}


def latest_record(data: Path) -> dict[str, Any]:
    """Return the latest record in a data folder; {} if there is none."""
    return next((record for _, record in read_records(data)), {})


def write_record(data: Path, record: dict[str, Any]) -> None:
    """Write the record of this process, at once and for this user's eyes only, since it holds the token.

    Records of processes that were killed are deleted.

    Raises:
        StorageError: The folder cannot be written.
    """
    with storage_errors(data):
        private_folder(data)
        write_whole(_own(data), json.dumps(record | {"pid": os.getpid()}))
        for path, other in read_records(data):
            if not (isinstance(pid := other.get("pid"), int) and psutil.pid_exists(pid)):
                path.unlink(missing_ok=True)


def remove_record(data: Path) -> None:
    """Remove the record of this process."""
    with suppress(OSError):
        _own(data).unlink(missing_ok=True)


def _own(data: Path) -> Path:
    return data / f"server-{os.getpid()}.json"


def _changed(path: Path) -> float:
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0
