"""The files of a folder that are documents, and those that cannot be read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.added import load_added, sidecar
from ingest.documents import Document, readable_name
from ingest.errors import CorpusError, LoadError
from ingest.limits import Limits
from ingest.load import LOADERS, load
from ingest.loaders.files import read_bytes, unreadable_error
from ingest.storage import kind_of_special


def document_files(folder: Path) -> list[Path]:
    """Return the documents in a folder, by path.

    README.md is left out, and so are hidden files and folders and those with `_` in front.

    Raises:
        CorpusError: the folder is missing, not a folder, unreadable, or without a document.
    """
    return [f.path for f in _list_corpus(folder).files]


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """A file or sub-folder that could not be looked at, by its name in the index, and why in a sentence."""

    name: str
    reason: str

    def covers(self, name: str) -> bool:
        """Return True if it is this file, or the file would stand in it."""
        return name == self.name or name.startswith(f"{self.name}/")


@dataclass(frozen=True, slots=True)
class File:
    """A file with the name that the index knows it by; `root` is the folder that it must not lead out of."""

    name: str
    path: Path
    root: Path
    added: bool

    def digest(self, limits: Limits) -> str:
        """Return a hash that changes with the file's bytes, and with its sidecar's if it has one.

        Raises:
            LoadError: the file is too large, unreadable, or a link that leads out of the folder.
        """
        if self.path.is_symlink() and not self.path.resolve().is_relative_to(self.root.resolve()):
            raise LoadError("{path} is a link that points outside its folder.", "Put the file itself there.", self.path)
        digest = hashlib.sha256(read_bytes(self.path, limits))
        if self.added and sidecar(self.path).is_file():
            digest.update(sidecar(self.path).read_bytes())
        return digest.hexdigest()

    def load(self, limits: Limits) -> Document:
        """Load the document in the file."""
        return (load_added if self.added else load)(self.path, self.root, limits)


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """The content of folders: the files that are documents, and those that could not be read."""

    files: tuple[File, ...] = ()
    unreadable: tuple[UnreadableFile, ...] = ()

    def __add__(self, other: FolderFiles) -> FolderFiles:
        return FolderFiles(self.files + other.files, self.unreadable + other.unreadable)


def list_files(folders: Sequence[Path], added: Path | None) -> FolderFiles:
    """List the files of folders by their path in there, then those of `added` with `added/` in front.

    `added` may be empty or missing.

    Raises:
        CorpusError: see `document_files`.
    """
    listing = sum((_list_corpus(f) for f in folders), FolderFiles())
    return listing + _list_folder(added, "added") if added is not None else listing


def _list_corpus(folder: Path) -> FolderFiles:
    if not os.path.lexists(folder):
        raise CorpusError("The folder {folder} does not exist.", "Give another with --corpus or ASK_CORPUS.", folder)
    if not os.access(folder, os.R_OK | os.X_OK):
        raise CorpusError("The folder {folder} cannot be read.", "Check its permissions.", folder)
    if not folder.is_dir():
        raise CorpusError("{folder} is not a folder.", "Give the folder that holds the documents.", folder)
    listing = _list_folder(folder, "")
    if not listing.files and listing.unreadable:
        raise CorpusError("Nothing in the folder {folder} can be read.", listing.unreadable[0].reason, folder)
    if not listing.files:
        kinds = ", ".join(LOADERS)
        message = "The folder {folder} holds no documents."
        raise CorpusError(message, "Put files of these kinds into it: {kinds}.", folder, kinds)
    return listing


def _list_folder(root: Path, prefix: str) -> FolderFiles:
    """List the documents below a folder, by path, and what could not be read.

    Links to folders are not followed. `prefix` comes before the names in the index.
    """
    files: list[File] = []
    unreadable: list[UnreadableFile] = []

    def name_of(path_text: str) -> str:
        relative = readable_name(path_text[len(str(root)) :].strip(os.sep))
        return "/".join(part for part in (prefix, relative) if part)

    def note_error(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # `added` may be missing, and a folder may go while it is walked
            problem = unreadable_error(Path(error.filename), error)
            unreadable.append(UnreadableFile(name_of(str(error.filename)), problem.sentence()))

    for folder, folders, names in os.walk(root, onerror=note_error):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "_")))
        for name in filter(_is_document, sorted(names)):
            path = Path(folder, name)
            _sort_file(path, File(name_of(os.path.join(folder, name)), path, root, bool(prefix)), files, unreadable)  # noqa: PTH118
    return FolderFiles(tuple(sorted(files, key=lambda f: f.path.parts)), tuple(unreadable))


def _is_document(name: str) -> bool:
    return not name.startswith((".", "_")) and os.path.splitext(name)[1].lower() in LOADERS and name != "README.md"  # noqa: PTH122


def _sort_file(path: Path, file: File, files: list[File], unreadable: list[UnreadableFile]) -> None:
    """Add a file to `files`, or to `unreadable` if it is a pipe, a socket or a device.

    Reading one of these may never end. A link that leads nowhere is skipped. A file that cannot be examined goes to
    `files`, since reading it raises the error.
    """
    try:
        if path.is_file():
            files.append(file)
        elif path.exists():
            special = kind_of_special(path)
            problem = LoadError("{path} is {kind}, not a file.", "It is left out.", path, special)
            unreadable.append(UnreadableFile(file.name, problem.sentence()))
    except OSError:  # it says what is wrong when it is read
        files.append(file)
