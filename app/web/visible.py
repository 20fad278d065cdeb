"""What visitors are told of an error. What they can mend is said in the error's own words. Of what is wrong inside they hear
one fixed sentence: an error's words may hold paths of this machine, and are for its log."""

from __future__ import annotations

import logging

from app.errors import AskError, ServerError, SettingsError
from ingest.errors import (
    CorpusError,
    DatabaseDown,
    IndexBusy,
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
    ModelError,
    StorageError,
)

log = logging.getLogger(__name__)

INSIDE = (
    CorpusError, IndexBusy, IndexDamaged, IndexMismatch, IndexMissing, ModelError, ServerError, SettingsError, StorageError,
)  # fmt: skip
"""Errors that no visitor can mend."""
DOWN = "The page's database does not answer just now. Try again in a moment."
BUSY = "The documents are being changed just now. Try again in a moment."
CANNOT = "The page cannot use its documents just now. Whoever runs it finds the reason in its log."
NO_LOADING = "The page could not load. Whoever runs it finds the reason in its log."


def visible(error: AskError) -> str:
    """An error -> the sentence for visitors; what it leaves out goes to the log."""
    if not isinstance(error, INSIDE):
        return error.sentence()
    log.error("%s", error.sentence())
    if isinstance(error, DatabaseDown):
        return DOWN
    return BUSY if isinstance(error, IndexBusy) else CANNOT
