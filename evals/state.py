"""Which program a run measured, and when: stands in a run's settings, so that a report says it."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent


def state() -> dict[str, str]:
    """`{"date": today, "state": version, and the commit where the program runs from its repository}`."""
    found = version("ask-the-plan") + (f", commit {commit}" if (commit := _commit()) else "")
    return {"date": datetime.now(UTC).date().isoformat(), "state": found}


def _commit() -> str:
    """Short; with `-dirty` behind it where files differ from it; '' outside a repository."""
    command = ["git", "-C", str(HERE), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
