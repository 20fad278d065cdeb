"""Reading bytes: is a file as large as it may be, and is it what its name says?"""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

from ingest.errors import LoadError
from ingest.limits import Limits, beyond

_SIGNATURES = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a zip archive or Office file"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file, or one with a password"),
    (b"{\\rtf", "an RTF file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"GIF8", "an image"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"\x7fELF", "a program"),
)
_SAVE_AS = {
    "an old Office file, or one with a password": "Save it in today's format (.docx, .pptx, .xlsx) without a password.",
    "an RTF file": "Save it as .docx.",
}


def read_bytes(path: Path, limits: Limits) -> bytes:
    """A file -> its bytes.

    Raises:
        LoadError: too large or unreadable.
    """
    try:
        # Opened without waiting and then looked at: what a name stands for may change between two looks.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            _check(path, os.fstat(file.fileno()), limits)
            return file.read(limits.file_bytes)
    except OSError as error:
        raise _unreadable(path, error) from error


def check_file(path: Path, limits: Limits) -> None:
    """Refuse what is no file, or is too large, without opening it.

    Raises:
        LoadError: a folder, device or pipe; too large; or not there.
    """
    try:
        _check(path, path.stat(), limits)
    except OSError as error:
        raise _unreadable(path, error) from error


def _check(path: Path, said: os.stat_result, limits: Limits) -> None:
    if not stat.S_ISREG(said.st_mode):
        kind = "a folder" if stat.S_ISDIR(said.st_mode) else "a device, pipe or socket"
        raise LoadError(f"{path} is {kind}, no file that can be read.", "Save what it holds in a file.")
    if said.st_size > limits.file_bytes:
        raise beyond(path, f"has {said.st_size:,} bytes", limits, "file_bytes")


def _unreadable(path: Path, error: OSError) -> LoadError:
    return LoadError(f"{path} cannot be read ({error.strerror}).", "Check its permissions.")


def kind_of(raw: bytes) -> str:
    """A binary file's first bytes -> what it is, in words; '' where they say nothing."""
    return next((kind for signature, kind in _SIGNATURES if raw.startswith(signature)), "")


def another_kind(path: Path, raw: bytes) -> LoadError:
    """A file that is not what its name says -> the error."""
    kind = kind_of(raw) or "something else"
    return LoadError(f"{path} is not what its name says: it is {kind}.", _SAVE_AS.get(kind, "Give it its right name."))


def open_package(path: Path, limits: Limits, member: str) -> zipfile.ZipFile:
    """A format that is a zip archive inside (DOCX, PPTX, XLSX, EPUB) -> the archive, once it is known to be one and of
    bearable size.

    Raises:
        LoadError: another kind of file, damaged, without `member`, or too large when unpacked.
    """
    raw = read_bytes(path, limits)
    if not raw.startswith(b"PK\x03\x04"):
        raise another_kind(path, raw)
    try:
        package = zipfile.ZipFile(io.BytesIO(raw))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise damaged(path) from error
    size = sum(i.file_size for i in package.infolist())
    if size > limits.unpacked_bytes:
        raise beyond(path, f"unpacks to {size:,} bytes", limits, "unpacked_bytes")
    if member not in package.namelist():
        raise LoadError(f"{path} is not what its name says: {member} is missing in it.", "Give it its right name.")
    return package


def damaged(path: Path) -> LoadError:
    """A file that its library cannot read -> the error."""
    return LoadError(f"{path} is damaged.", "Open it in the program that made it and save it again.")
