"""Where known questions lie: beside the documents of a folder, one file a document."""

from __future__ import annotations

import glob
from pathlib import Path

FOLDER = "_questions"


def question_files(folder: Path) -> list[Path]:
    """A folder -> the files of known questions that it holds, by name."""
    return sorted((folder / FOLDER).rglob("*.yaml"))


def questions_file(folder: Path, name: str) -> Path:
    """A folder's document -> where its known questions stand, `name` being its file there."""
    short = folder / FOLDER / f"{name.removesuffix('.md')}.yaml"
    return short if name.endswith(".md") and short.is_file() else folder / FOLDER / f"{name}.yaml"


def hand_on(folder: Path, old: str, new: str) -> None:
    """What lies beside one document, drafts too, becomes another's that takes its place and has none."""
    for path in _all_of(folder, old):
        after = path.with_name(new + path.name.removeprefix(old))
        if not after.exists():
            path.replace(after)


def leave_none(folder: Path, name: str) -> None:
    """Delete what lies beside a document, drafts too."""
    for path in _all_of(folder, name):
        path.unlink(missing_ok=True)


def _all_of(folder: Path, name: str) -> list[Path]:
    return sorted((folder / FOLDER).glob(f"{glob.escape(name)}.*"))
