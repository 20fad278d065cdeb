"""The disk: its refusals become sentences, and what is written is for its owner's eyes only, whatever the umask."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ingest.errors import StorageError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)
ROOM = "Free some space, then do it again; what was there before is still there."
RIGHTS = "Check its permissions, or name another folder with --data or --index."


def storage_error(error: OSError, place: Path) -> StorageError:
    """Make the error that says why nothing can be read or written at a place, and what to do."""
    if error.errno in FULL:
        return StorageError("There is no room left on the disk for {place}.", ROOM, place)
    message = "{place} cannot be used ({why})."
    step = RIGHTS if error.errno in CLOSED else "Check that folder and its disk."
    return StorageError(message, step, place, error.strerror or type(error).__name__)


@contextmanager
def storage_errors(place: Path) -> Iterator[None]:
    """Raise what the disk refuses in here as a `StorageError` about the place."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, place) from error


def may_write(folder: Path) -> bool:
    """Return True if this process may make files in a folder."""
    return os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder for temporary files, which is removed at the end.

    Raises:
        StorageError: There is no room for it.
    """
    with storage_errors(Path("temporary files")):
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    with folder as path:
        yield Path(path)


def private_folder(folder: Path) -> None:
    """Make a folder that only its owner enters; one that others write to by design (`/tmp`) is left as it is."""
    for missing in reversed([f for f in (folder, *folder.parents) if not f.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    if not folder.stat().st_mode & stat.S_ISVTX:
        _close(folder, 0o700)


def private_file(path: Path) -> None:
    """Make a file that only its owner reads, empty if it is missing, in a folder that is there."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    _close(path, 0o600)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file that only its owner reads, whole or not at all, in the place of an older one; its folder is there."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".draft")  # closed to others
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content.encode() if isinstance(content, str) else content)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def append_line(path: Path, line: str) -> None:
    """Append a line to a file that only its owner reads.

    It is written at once, so that two lines do not mix. A last line that was cut stays a line of its own.
    """
    private_folder(path.parent)
    private_file(path)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b", buffering=0) as out:
        data = ("\n" * _is_cut(out) + line + "\n").encode("utf-8", "surrogatepass")
        while data:  # a full disk takes a part without an error, and refuses the next
            data = data[out.write(data) :]


def _is_cut(file: IO[bytes]) -> bool:
    """Return True if the last line has no end."""
    if not file.seek(0, os.SEEK_END):
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


def close_to_others(place: Path) -> None:
    """Close a file, or all of a folder, to everybody but its owner; links are not followed."""
    if place.is_symlink() or not place.exists():
        return
    _close(place, 0o700 if place.is_dir() else 0o600)
    for folder, folders, files in os.walk(place):
        for name in folders:
            _close(Path(folder, name), 0o700)
        for name in files:
            _close(Path(folder, name), 0o600)


def _close(path: Path, mode: int) -> None:
    """Take from a file or folder what goes beyond `mode`; another user's is not ours to change."""
    with suppress(OSError):
        mode_before = path.lstat().st_mode
        if not stat.S_ISLNK(mode_before) and stat.S_IMODE(mode_before) & ~mode:
            path.chmod(stat.S_IMODE(mode_before) & mode)


def kind_of_special(path: Path) -> str:
    """Return in words what a path is that is neither a file nor a folder.

    It is '' for a file, a folder and a missing path.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return ""
    kinds = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
    return "" if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else kinds.get(stat.S_IFMT(mode), "something special")
