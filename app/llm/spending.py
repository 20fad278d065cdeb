"""Counts the tokens that language models take in a day, against the most that a page may spend.

The count is kept in a file, so that it survives a restart and all models of a page share it.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingest.storage import private_folder, write_whole

log = logging.getLogger(__name__)

FILE = "tokens.json"  # in the data folder
_writing = threading.Lock()


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


@dataclass(frozen=True, slots=True)
class Spending:
    """The tokens of a day (UTC) in a file, and the most of them; nothing is counted without a `limit`."""

    file: Path = Path(FILE)
    limit: int = 0
    today: Callable[[], str] = _today

    @property
    def is_over(self) -> bool:
        """True if the tokens of today are spent."""
        return 0 < self.limit <= self._spent()

    def add(self, tokens: int) -> None:
        """Count the tokens of a call."""
        if not self.limit:
            return
        try:
            with _writing:
                private_folder(self.file.parent)
                write_whole(self.file, json.dumps({self.today(): self._spent() + tokens}))
        except OSError as error:  # the answer is worth more than its count
            log.warning("%s cannot be written (%s)", self.file, type(error).__name__)

    def _spent(self) -> int:
        try:
            return int(json.loads(self.file.read_bytes()).get(self.today(), 0))
        except (OSError, ValueError, AttributeError, TypeError):  # missing, or damaged: the day begins anew
            return 0
