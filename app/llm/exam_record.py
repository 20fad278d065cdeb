"""Results of exams, kept in the data folder: one file a model and address, for its owner's eyes only."""

from __future__ import annotations

import json
import logging
import os
import re
import tempfile
from pathlib import Path

from app.llm.exam import ExamResult, read_result
from app.llm.exam_paper import paper
from ingest.documents import content_id
from ingest.storage import private_folder, told

log = logging.getLogger(__name__)
FOLDER = "models"  # in the data folder


def keep(data: Path, result: ExamResult) -> Path:
    """Write a result whole, in the place of an older one.

    Raises:
        StorageError: it cannot be written.
    """
    path = _path(data, result.model, result.address)
    with told(path):
        private_folder(path.parent)
        handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".new")  # closed to others
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                json.dump(result.to_dict(), out, ensure_ascii=False, indent=2)
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
    return path


def known(data: Path, model: str, address: str) -> ExamResult | None:
    """What a model did in the exam as it is now; None where it was not examined, or in another version."""
    result = _read(_path(data, model, address))
    return result if result and (result.model, result.address, result.version) == (model, address, paper().version) else None


def all_known(data: Path) -> list[ExamResult]:
    """All that is kept, those of an earlier version too, by name."""
    found = (_read(path) for path in sorted((data / FOLDER).glob("*.json")))
    return [result for result in found if result]


def _path(data: Path, model: str, address: str) -> Path:
    name = re.sub(r"[^\w.-]+", "-", model).strip("-.")[:60]
    return data / FOLDER / f"{name}-{content_id(json.dumps([model, address]))[:8]}.json"


def _read(path: Path) -> ExamResult | None:
    try:
        return read_result(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:  # the model is examined again
        log.warning("%s cannot be read (%s)", path, type(error).__name__)
        return None
