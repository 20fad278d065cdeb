"""Models that are made of bundled weights in seconds, kept ready in the user's cache folder: the next start reads them.

A file is named by what it is made of, begins with the hash of the rest, and may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)
MADE = "1"  # by which code: higher where the same weights are made into another file
DIGEST = 32  # bytes of a SHA-256


def ready(name: str, made_of: str, make: Callable[[], bytes]) -> bytes:
    """What a model is called, what it is made of, and how -> the model: the one that is kept, if it is whole, else a new
    one, which is kept in place of former ones of its name where that is possible."""
    key = hashlib.sha256(f"{MADE} {made_of}".encode()).hexdigest()[:24]
    path = _folder() / f"{name}-{key}.onnx"
    kept = _read(path)
    if kept is None:
        kept = make()
        _keep(path, kept, name)
    return kept


def _folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("ask-the-plan") / "models"


def _read(path: Path) -> bytes | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None
    model = data[DIGEST:]
    return model if hashlib.sha256(model).digest() == data[:DIGEST] else None


def _keep(path: Path, model: bytes, name: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        former = set(path.parent.glob(f"{name}-{'?' * 24}.onnx"))
        handle, beside = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(model).digest() + model)
            Path(beside).replace(path)  # whole or not at all, also where two processes make it
        except OSError:
            Path(beside).unlink(missing_ok=True)
            raise
        for old in former - {path}:
            old.unlink(missing_ok=True)
    except OSError as error:  # no home, no room: it is made anew each time
        log.info("%s is not kept in %s (%s)", name, path.parent, error.strerror)
