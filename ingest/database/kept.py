"""Keeps files that users make: copies of documents and what lies beside them, exams, the token.

They lie in a folder, or in a database that several machines share. The folder is then a copy of the database and is brought
up to date whenever it is used.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from filelock import FileLock

from ingest.database.database import Database
from ingest.storage import private_folder, storage_errors, write_whole

LOCK_TIMEOUT = 3_600.0  # seconds that a writer waits for another
SHARED = Path("team", "shared.db")  # names the schema of what users make, in a PostgreSQL database
_TABLES = "CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, digest TEXT NOT NULL, bytes BLOB NOT NULL);\n"
Stat = tuple[int, int, int]


class SharedFolder:
    """A folder; with a `url` it is a copy of what the database there holds. Safe to share between processes."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder, self.url = folder, url
        self._stamp = -1  # of the tables when they were last looked at
        self._digests: dict[str, tuple[Stat, str]] = {}  # of files that were looked at, as they were then

    @cached_property
    def _tables(self) -> Database:
        return Database(SHARED, _TABLES, self.url)

    def updated(self) -> Path:
        """Make the folder equal to what the database has, and return it.

        Newer files are written, and files that the database lacks are deleted. Without a database nothing is done.

        Raises:
            AskError: the database does not answer, or the folder cannot be written.
        """
        if self.url and self._tables.stamp != self._stamp:
            with self._locked():
                self._pull()
        return self.folder

    @contextmanager
    def changing(self) -> Iterator[Path]:
        """Bring the folder up to date and store the changes that are made to it.

        With a database, one process on any machine changes it at a time and the others wait. Without one, nothing is
        locked.

        Raises:
            AskError: see `seen`.
        """
        if not self.url:
            yield self.folder
            return
        with self._tables.locked("writer", LOCK_TIMEOUT), self._locked():
            self._pull()
            before = self._file_digests()
            try:
                yield self.folder
            finally:
                self._push(before)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Lock the folder against other processes of this machine, which may share it."""
        with storage_errors(self.folder):
            private_folder(self.folder)
            with FileLock(self.folder / ".lock", mode=0o600):
                yield

    def _pull(self) -> None:
        digests = self._file_digests()
        with self._tables.snapshot() as db:
            stamp = self._tables.stamp
            stored = dict(db.execute("SELECT path, digest FROM files"))
            for path in (p for p, digest in stored.items() if digests.get(p) != digest):
                row = db.execute("SELECT bytes FROM files WHERE path = ?", (path,)).fetchone()
                file = self.folder / path
                if not file.parent.exists():
                    private_folder(file.parent)
                write_whole(file, row[0])
        for path in digests.keys() - stored.keys():
            (self.folder / path).unlink(missing_ok=True)
        self._stamp = stamp

    def _push(self, before: dict[str, str]) -> None:
        """Write the files that differ from before into the tables, all or nothing."""
        now = self._file_digests()
        changed = [path for path, digest in now.items() if before.get(path) != digest]
        deleted = sorted(before.keys() - now.keys())
        if not (changed or deleted):
            return
        with self._tables.transaction() as db:
            for path in changed:
                row = (path, now[path], (self.folder / path).read_bytes())
                db.execute(
                    "INSERT INTO files VALUES (?, ?, ?) "
                    "ON CONFLICT (path) DO UPDATE SET digest = excluded.digest, bytes = excluded.bytes",
                    row,
                )
            db.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in deleted])

    def _file_digests(self) -> dict[str, str]:
        """Each file below the folder with the hash of its bytes; locks and drafts have a dot in front."""
        files: dict[str, tuple[Stat, str]] = {}
        for folder, folders, names in os.walk(self.folder):
            folders[:] = [f for f in folders if not f.startswith(".")]
            for file in (Path(folder, n) for n in names if not n.startswith(".")):
                path, status = file.relative_to(self.folder).as_posix(), file.stat()
                stat, cached = (status.st_ino, status.st_size, status.st_mtime_ns), self._digests.get(path)
                is_same = cached is not None and cached[0] == stat
                files[path] = cached if cached and is_same else (stat, hashlib.sha256(file.read_bytes()).hexdigest())
        self._digests = files
        return {path: digest for path, (_, digest) in files.items()}
