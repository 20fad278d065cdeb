"""The documents that users added: a copy of each file or fetched page, with a sidecar `.yaml` that says where it came from.

A copy's name ends in the hash of its bytes: the same file is kept once however often and from wherever it is added, and a
changed one takes the place of the copy that came from the same place.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

import yaml
from filelock import FileLock

from ingest.documents import Document, readable, readable_name
from ingest.errors import LoadError
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.load import LOADERS, load, read_yaml, scalar
from ingest.loaders.files import read_bytes
from ingest.questions.written import delete_files, move_files
from ingest.storage import private_folder, storage_errors, write_whole

Change = Literal["added", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class Details:
    """Details that the user gives of a document; '' if the document itself is to say it."""

    title: str = ""
    publisher: str = ""
    date: str = ""
    url: str = ""
    original_of: str = ""
    """The key of the source whose own text it is."""


@dataclass(frozen=True, slots=True)
class Note(Details):
    """The content of a sidecar. `origins`: the paths and addresses that gave these bytes; `names`: as readers know them."""

    added: str = ""
    names: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            cleaned = readable(value) if isinstance(value, str) else tuple(map(readable, value))
            object.__setattr__(self, field.name, cleaned)


_DETAILS = tuple(detail.name for detail in fields(Details))


def _details(note: Note) -> dict[str, Any]:
    """Return the details that a note gives of its document, by field; empty ones are left out."""
    return {name: value for name in _DETAILS if (value := getattr(note, name))}


def sidecar(path: Path) -> Path:
    """Return the path of the note on a copy."""
    return path.with_name(path.name + ".yaml")


def read_note(path: Path) -> Note:
    """Read the note on a copy; it is empty if there is none.

    Raises:
        LoadError: the sidecar is not a file that can be read, not YAML, or too long for a note.
    """
    if not os.path.lexists(sidecar(path)):
        return Note()
    try:
        content = read_yaml(read_bytes(sidecar(path), DEFAULT_LIMITS).decode())
    except (ValueError, yaml.YAMLError) as error:  # a ValueError: no UTF-8, a date in no calendar
        raise LoadError("{path} cannot be read as YAML.", "Fix or delete it.", sidecar(path)) from error
    values: dict[str, Any] = content if isinstance(content, dict) else {}
    texts = {n: scalar(values.get(n)) for n in ("added", *_DETAILS)}
    return Note(**texts, names=_texts(values.get("names")), origins=_texts(values.get("came_from")))


def _texts(value: object) -> tuple[str, ...]:
    """Return the texts of a list, without empty ones; () for any other value."""
    return tuple(filter(None, map(scalar, value))) if isinstance(value, list) else ()


def load_added(path: Path, root: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Load a copy as a document with the name and the details that its note gives.

    Raises:
        LoadError: see `ingest.load.load`.
    """
    document, note = load(path, root, limits), read_note(path)
    return replace(document, origin=", ".join(note.names) or document.origin, **_details(note))


class AddedFolder:
    """The folder of copies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._size_estimate = sys.maxsize  # bytes; not counted yet

    @contextmanager
    def changing(self) -> Iterator[None]:
        """One process at a time; the others wait."""
        with ExitStack() as stack:
            with storage_errors(self.folder):
                private_folder(self.folder)
                stack.enter_context(FileLock(self.folder / ".lock", mode=0o600))
                self._sweep()
            yield

    def _sweep(self) -> None:
        """Remove what a kill left: drafts, and notes whose copies are gone."""
        for note in self.folder.glob("*.yaml"):
            copy = note.with_suffix("")
            if copy.suffix.lower() in LOADERS and not os.path.lexists(copy):
                self.remove(copy)
        for draft in self.folder.glob(".*.draft"):
            draft.unlink(missing_ok=True)

    def size_with(self, raw: bytes, limit: int, notes: dict[Path, Note]) -> int:
        """Return how many bytes all copies have once `raw` is kept as well.

        It is 0 if a copy has these bytes already, since nothing is added then. Below `limit` it is an upper estimate:
        the copies are only measured when the estimate exceeds the limit.
        """
        if self._existing(raw, notes) is not None:
            return 0  # nothing is added
        self._size_estimate += len(raw)
        if self._size_estimate > limit:
            self._size_estimate = len(raw) + sum(p.stat().st_size for p in self.folder.iterdir() if p.suffix != ".yaml")
        return self._size_estimate

    def _existing(self, raw: bytes, notes: dict[Path, Note]) -> Path | None:
        """Return the copy that has these bytes, or None."""
        digest = hashlib.sha256(raw).hexdigest()[:12]
        return next((p for p in notes if p.stem.endswith(f"-{digest}")), None)

    def notes(self) -> dict[Path, Note]:
        """Each copy with its note, by path; those that cannot be read are left out."""
        notes = {}
        for path in sorted(self.folder.glob("*.yaml")) if self.folder.is_dir() else ():
            copy = path.with_suffix("")
            if copy.is_file():
                with suppress(LoadError):
                    notes[copy] = read_note(copy)
        return notes

    def named(self, name: str) -> list[Path]:
        """Return the copies with a given name: their own, or that of a file that they were made from."""
        notes = self.notes()
        copies = [p for p in sorted(self.folder.iterdir()) if p.is_file()] if self.folder.is_dir() else []
        copies = [p for p in copies if p.suffix != ".yaml" and not p.name.startswith(".")]
        return [p for p in copies if name in (readable_name(p.name), *(notes[p].names if p in notes else ()))]

    def put(self, raw: bytes, suffix: str, note: Note, notes: dict[Path, Note]) -> tuple[Change, Path]:
        """Keep a copy of what came from `note.origins[0]`; `notes` (see there) is brought up to date.

        Each file appears whole or not at all, a new copy before the old one goes: a kill loses nothing.
        """
        (origin,), (name,) = note.origins, note.names
        stem = re.sub(r"[^\w.-]+", "-", Path(name).stem).strip("-.")[:60].lstrip("_") or "document"
        digest = hashlib.sha256(raw).hexdigest()[:12]
        existing = self._existing(raw, notes)
        former = [p for p, n in notes.items() if origin in n.origins and p != existing]
        if former:  # what was said of the file before still holds if nothing is said now
            former_note = notes[former[0]]
            note = replace(note, **{n: getattr(note, n) or getattr(former_note, n) for n in ("publisher", "date", "url")})
        path = existing or self.folder / f"{stem}-{digest}{suffix}"
        if existing is not None:
            note = _merge(notes[existing], note)
        if existing is None or not existing.is_file():
            write_whole(path, raw)
        changed = notes.get(path) != note
        if changed:
            _write_note(path, note)
            notes[path] = note
        for old in former:
            self._drop_origin(old, origin, notes, path.name)
        if former:
            return "updated", path
        return ("unchanged" if not changed else "added" if existing is None else "updated"), path

    def _drop_origin(self, path: Path, origin: str, notes: dict[Path, Note], successor: str) -> None:
        """Drop a copy whose `origin` gives another file now, `successor`, unless it came from elsewhere too."""
        note = notes[path]
        remaining = [(n, p) for n, p in zip(note.names, note.origins, strict=False) if p != origin]
        if remaining:
            notes[path] = replace(note, names=tuple(n for n, _ in remaining), origins=tuple(p for _, p in remaining))
            _write_note(path, notes[path])
        else:
            move_files(self.folder, path.name, successor)  # known questions: those hold whose passages are still there
            self.remove(path)
            del notes[path]

    def remove(self, path: Path) -> None:
        """Delete a copy, its note and its known questions."""
        path.unlink(missing_ok=True)
        delete_files(self.folder, path.name)
        sidecar(path).unlink(missing_ok=True)


def _merge(old: Note, new: Note) -> Note:
    """Merge two notes on the same bytes: the details of the new one replace those of the old one."""
    merged = replace(old, **_details(new))
    if new.origins[0] in old.origins:
        return merged
    return replace(merged, names=(*old.names, *new.names), origins=(*old.origins, *new.origins))


def _write_note(path: Path, note: Note) -> None:
    values = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(note).items() if v}
    if origins := values.pop("origins", None):
        values["came_from"] = origins
    write_whole(sidecar(path), yaml.safe_dump(values, allow_unicode=True, sort_keys=False).encode())
