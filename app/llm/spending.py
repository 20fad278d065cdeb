"""Counts the tokens that language models take in a day, against the most that a page may spend.

The count is kept in a file, so that it survives a restart and all models of a page share it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingest.storage import private_folder, write_whole

FILE = "tokens.json"  # in the data folder
_writing = threading.Lock()


@dataclass(frozen=True, slots=True)
class Spending:
    """The tokens of a day (UTC) in a file, and the most of them; nothing is counted without a `limit`."""

    file: Path = Path(FILE)
    limit: int = 0
    today: Callable[[], str] = lambda: datetime.now(UTC).date().isoformat()

    @property
    def is_over(self) -> bool:
        """True if the tokens of today are spent."""
        return 0 < self.limit <= self._spent()

    def add(self, tokens: int) -> None:
        """Count the tokens of a call."""
        if self.limit:
            with _writing, suppress(OSError):  # the answer is worth more than its count
                private_folder(self.file.parent)
                write_whole(self.file, json.dumps({self.today(): self._spent() + tokens}))

    def _spent(self) -> int:
        try:
            return int(json.loads(self.file.read_bytes()).get(self.today(), 0))
        except (OSError, ValueError, AttributeError, TypeError):  # missing, or damaged: the day begins anew
            return 0
