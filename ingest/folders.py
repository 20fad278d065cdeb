"""Which files of a folder are documents, whether one of them changed, and what a folder says of itself in YAML."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ingest.added import load_added, sidecar
from ingest.documents import Document, readable
from ingest.errors import CorpusError, LoadError
from ingest.limits import Limits
from ingest.load import LOADERS, load


def document_files(folder: Path) -> list[Path]:
    """The files of a folder that are documents, by path; hidden ones, README.md and names with `_` in front are not.

    Raises:
        CorpusError: missing, not a folder, unreadable, or without a document.
    """
    if not folder.exists():
        raise CorpusError(f"The folder {folder} does not exist.", "Give another with --corpus or ASK_CORPUS.")
    if not folder.is_dir():
        raise CorpusError(f"{folder} is not a folder.", "Give the folder that holds the documents.")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise CorpusError(f"The folder {folder} cannot be read.", "Check its permissions.")
    found = [p for p in sorted(folder.rglob("*")) if p.is_file() and _is_document(p.relative_to(folder))]
    if not found:
        kinds = ", ".join(LOADERS)
        raise CorpusError(f"The folder {folder} holds no documents.", f"Put files of these kinds into it: {kinds}.")
    return found


def _is_document(path: Path) -> bool:
    hidden = any(part.startswith((".", "_")) for part in path.parts)
    return not hidden and path.suffix.lower() in LOADERS and path.name != "README.md"


@dataclass(frozen=True, slots=True)
class File:
    """A file with the name that the index knows it by; `root` is the folder that it must not lead out of."""

    name: str
    path: Path
    root: Path
    added: bool

    def digest(self) -> str:
        """Changes with the file's bytes, and with its sidecar's where it has one."""
        if self.path.is_symlink() and not self.path.resolve().is_relative_to(self.root.resolve()):
            raise LoadError(f"{self.path} is a link that leads out of its folder.", "Put the file itself there.")
        found = hashlib.sha256(self.path.read_bytes())
        if self.added and sidecar(self.path).is_file():
            found.update(sidecar(self.path).read_bytes())
        return found.hexdigest()

    def load(self, limits: Limits) -> Document:
        """The document in it."""
        return (load_added if self.added else load)(self.path, self.root, limits)


def files_of(folders: Sequence[Path], added: Path | None) -> list[File]:
    """All files of the folders by their path in there, and those of `added` (which may be empty) behind `added/`."""
    found = [File(readable(p.relative_to(f).as_posix()), p, f, False) for f in folders for p in document_files(f)]
    if added is not None and added.is_dir():
        inside = (p for p in sorted(added.rglob("*")) if p.is_file() and _is_document(p.relative_to(added)))
        found += [File(f"added/{readable(p.relative_to(added).as_posix())}", p, added, True) for p in inside]
    return found


def read_mapping(path: Path, next_step: str) -> dict[Any, Any]:
    """A file of a folder's own words as YAML; {} where it is empty.

    Raises:
        CorpusError: unreadable, not YAML, or no mapping.
    """
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError, yaml.YAMLError) as error:
        raise CorpusError(f"{path} cannot be read as YAML.", next_step) from error
    if given is not None and not isinstance(given, dict):
        raise CorpusError(f"{path} is not a mapping.", next_step)
    return given or {}
