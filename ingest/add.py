"""Copies the files that a user names into the folder of added documents, each once it is known that it can be read."""

from __future__ import annotations

import datetime
import re
import stat
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, Literal

from ingest.added import Added, Details, Note
from ingest.documents import Document, readable_name
from ingest.errors import AskError, LoadError, Stopped, StorageError
from ingest.fetch import Fetched, fetch, is_address
from ingest.limits import Limits, beyond
from ingest.load import LOADERS, load
from ingest.loaders.files import damaged, read_bytes
from ingest.progress import Progress
from ingest.storage import kind_of_special, told


@dataclass(frozen=True, slots=True)
class Item:
    """A file to add.

    `place` says where the file came from and stays the same the next time it is added. `name` is what a reader sees of
    it. `path` holds its bytes: the file itself, or a copy in the scratch folder.
    """

    place: str
    name: str
    path: Path
    url: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that cannot be taken, with the reason and the next step."""

    place: str
    reason: str


Expanded = Iterator[Item | Refused]
ENTRY = 1_000  # bytes of a file in an archive's list, generously
TAIL = 66_000  # bytes at an archive's end that hold its last records, with the longest comment


def expand_sources(named: str, scratch: Path, limits: Limits) -> Expanded:
    """Yield the files that one argument stands for.

    The argument is a file, a folder, a pattern, an archive or an address. Files of unknown kinds inside folders and
    archives are skipped silently. What cannot be read is yielded as a `Refused` instead of being raised.
    """
    if not named.strip():
        yield Refused(named, "A name is empty. Give a file, a folder, a pattern, an archive or an address.")
        return
    try:
        path = Path(named).expanduser()
        if is_address(named):
            yield from _address(named, scratch, limits)
        elif path.is_dir():
            yield from _folder(path, limits)
        elif path.exists():
            yield from _file(path, scratch, limits)
        elif found := sorted(Path(path.anchor or ".").glob(str(path.relative_to(path.anchor)))):
            for match in found:
                yield from _folder(match, limits) if match.is_dir() else _file(match, scratch, limits)
        else:
            yield Refused(named, f"{named} does not exist. Check its spelling.")
    except AskError as error:
        yield Refused(named, error.sentence())
    except (OSError, ValueError, RuntimeError) as error:  # too long a name, a pattern or a home that is none, no permission
        yield Refused(named, f"{named[:200]} cannot be looked at ({str(error)[:200]}). Check its spelling and permissions.")


def _address(url: str, scratch: Path, limits: Limits) -> Expanded:
    page = fetch(url, limits)
    path = save_page(page, scratch)
    if path.suffix == ".zip":
        yield from _archive(path, url, url, scratch, limits)
    else:
        yield Item(url, url, path, page.url)


def save_page(page: Fetched, scratch: Path) -> Path:
    """Write what an address gave into the scratch folder; returns the file."""
    path = _fresh(scratch, page.name)
    with told(scratch):
        path.write_bytes(page.raw)
    return path


def _file(path: Path, scratch: Path, limits: Limits) -> Expanded:
    place = readable_name(str(path.resolve()))
    if special := kind_of_special(path):
        yield Refused(place, f"{path} is {special}, not a file. Save its contents as a file and add that.")
    elif path.suffix.lower() == ".zip":
        yield from _archive(path, place, readable_name(path.name), scratch, limits)
    else:
        yield Item(place, readable_name(path.name), path)


def _folder(folder: Path, limits: Limits) -> Expanded:
    root = folder.resolve()
    count = 0
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not _wanted(inside) or path.is_dir() or not path.exists():  # a link that leads nowhere, or gone since
            continue
        count += 1
        if count > limits.files:
            yield Refused(str(folder), f"{folder} has more than {limits.files:,} files. Add its files in smaller groups.")
            return
        if not path.resolve().is_relative_to(root):
            yield Refused(str(path), f"{path} is a link that points outside the folder. Name the file itself.")
        elif special := kind_of_special(path):
            yield Refused(str(path), f"{path} is {special}, not a file. It is left out.")
        else:
            yield Item(readable_name(str(path.resolve())), readable_name(inside.as_posix()), path)


def _archive(path: Path, place: str, name: str, scratch: Path, limits: Limits) -> Expanded:
    """Yield the files of a zip archive.

    No file is written at a path that the archive chose: each goes into a new folder of its own.

    Raises:
        LoadError: the archive is damaged, has too many files, or is too large when unpacked.
    """
    if (listed := _list_size(path)) > limits.files * ENTRY:
        raise LoadError(
            f"The file list of {name} has {listed:,} bytes, more than {limits.files:,} files need.",
            "Add its files in smaller groups.",
        )
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise damaged(path) from error
    with archive:
        entries = [e for e in archive.infolist() if e.filename and not e.is_dir()]
        size = sum(e.file_size for e in entries)
        if size > limits.unpacked_bytes:
            raise beyond(
                name, f"unpacks to {size:,} bytes", limits, "unpacked_bytes", "Unpack it and add its files in smaller groups"
            )
        if len(entries) > limits.files:
            raise LoadError(
                f"{name} has {len(entries):,} files; the limit is {limits.files:,}.", "Add its files in smaller groups."
            )
        for entry in entries:
            inside = PurePosixPath(readable_name(entry.filename.replace("\\", "/")))
            shown = f"{name}/{inside}"
            if reason := _suspicious(entry, inside):
                yield Refused(shown, f"{shown} {reason}. It is left out.")
            elif _wanted(inside):
                yield _unpacked(archive, entry, Item(f"{place}!{inside}", shown, _fresh(scratch, inside.name)), limits)


def _list_size(path: Path) -> int:
    """Bytes of an archive's list of entries, which `zipfile` reads whole; 0 if there is none to be found.

    All records that may say it are asked: which of them counts is the reader's choice.
    """
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - TAIL))
        tail = file.read(TAIL)
    sizes = [0]
    for record, layout, behind in ((b"PK\x05\x06", "<L", 12), (b"PK\x06\x06", "<Q", 40)):
        for found in re.finditer(re.escape(record), tail):  # a comment may hold what looks like one
            said = tail[found.start() + behind :][: struct.calcsize(layout)]
            if len(said) == struct.calcsize(layout) and said != b"\xff\xff\xff\xff":  # which means: see the other record
                sizes.append(struct.unpack(layout, said)[0])
    return max(sizes)


def _suspicious(entry: zipfile.ZipInfo, inside: PurePosixPath) -> str:
    """Return why an archive's entry is refused, as the end of a sentence; '' if it is not."""
    if inside.is_absolute() or not inside.parts or ".." in inside.parts or ":" in inside.parts[0]:
        return "points outside the archive"
    mode = entry.external_attr >> 16
    if stat.S_ISLNK(mode):
        return "is a link"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "is a pipe, a socket or a device"
    if inside.suffix.lower() == ".zip":
        return "is an archive within an archive"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is compressed in a way that is not accepted (neither stored nor deflated)"
    return "is password-protected" if entry.flag_bits & 0x1 else ""


def _wanted(inside: PurePath) -> bool:
    """Return True if a file within a folder or an archive is of a kind that is read, and not hidden."""
    hidden = any(p.startswith((".", "__MACOSX")) for p in inside.parts)
    return not hidden and inside.suffix.lower() in LOADERS


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, item: Item, limits: Limits) -> Item | Refused:
    """At most as many bytes as the archive says are read, whatever is packed."""
    if entry.file_size > limits.file_bytes:
        return Refused(item.name, beyond(item.name, f"has {entry.file_size:,} bytes", limits, "file_bytes").sentence())
    try:
        with archive.open(entry) as packed:
            raw = packed.read(entry.file_size)
    except Exception:  # whatever damaged packing does to its library
        return Refused(item.name, f"{item.name} is damaged. Create the archive again.")
    with told(item.path.parent):
        item.path.write_bytes(raw)
    return item


def _fresh(scratch: Path, name: str) -> Path:
    """Make a new folder in the scratch folder and return the path in it at which the file keeps its name.

    The name loses dots and underscores at its beginning, and all but its last 200 bytes.
    """
    number = sum(1 for _ in scratch.iterdir())
    folder = scratch / str(number)
    folder.mkdir()
    ending = name.lstrip("._").encode()[-200:].decode(errors="ignore")  # a name has at most 255 bytes
    return folder / (ending.lstrip("._") or "document")


Status = Literal["added", "updated", "unchanged", "removed", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for one file; `reason` says why it failed and what to do, `document_id` is '' then.

    `copy` is the new copy of a file that is added.
    """

    name: str
    status: Status
    reason: str = ""
    document_id: str = ""
    copy: Path | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", readable_name(self.name))
        object.__setattr__(self, "reason", readable_name(self.reason))


def import_files(
    named: Sequence[str],
    folder: Path,
    details: Details,
    limits: Limits,
    progress: Progress,
    place: Callable[[str], str] = str,
    check: Callable[[Document], None] | None = None,
) -> tuple[Outcome, ...]:
    """Copy files into `folder`, each after checking that it can be read.

    `place` gives another name to the place that a file comes from, since an upload lies in another temporary folder each
    time. `check` raises a `LoadError` about a document that is not wanted.

    Returns:
        An outcome for each file. A file that cannot be added has the status `failed` and a reason.

    Raises:
        Stopped: `progress` raised it; the copies of new files are removed again.
    """
    outcomes: list[Outcome] = []
    try:
        outcomes.extend(_Import(Added(folder), details, limits, progress, place, check).outcomes(named))
    except Stopped:
        undo(outcomes, folder)
        raise
    return tuple(outcomes)


@dataclass(frozen=True, slots=True)
class _Import:
    """An import under way; see `import_files`."""

    added: Added
    details: Details
    limits: Limits
    progress: Progress
    place: Callable[[str], str]
    check: Callable[[Document], None] | None

    def outcomes(self, named: Sequence[str]) -> Iterator[Outcome]:
        with tempfile.TemporaryDirectory() as scratch, self.added.changing():
            notes = self.added.notes()
            for number, name in enumerate(named):
                self.progress("Fetching" if "://" in name else "Opening", number, len(named))
                taken = list(expand_sources(name, Path(scratch), self.limits))
                if not taken:
                    reason = f"{name} contains no file of a type that can be read here."
                    taken = [Refused(name, f"{reason} `ask-the-plan add --help` lists the kinds.")]
                for at, item in enumerate(taken):
                    self.progress("Checking", at, len(taken))
                    if isinstance(item, Item):
                        yield self._taken(replace(item, place=self.place(item.place)), notes)
                    else:
                        yield Outcome(item.place, "failed", item.reason)
                self.progress("Checking", len(taken), len(taken))
            self.progress("Fetching" if any("://" in n for n in named) else "Opening", len(named), len(named))

    def _taken(self, item: Item, notes: dict[Path, Note]) -> Outcome:
        try:
            document = load(item.path, item.path.parent, self.limits)
            if self.check:
                self.check(document)
            raw, most = read_bytes(item.path, self.limits), self.limits.added_bytes
            size = self.added.size_with(raw, most, notes)
            if size > most:
                said = f"With {item.name}, the added documents would come to {size:,} bytes; the limit is {most:,}."
                raise LoadError(said, "Remove some of them, or set ASK_MAX_ADDED_BYTES higher.")
            with told(self.added.folder):
                change, copy = self.added.put(raw, item.path.suffix.lower(), self._note(item, document), notes)
        except (LoadError, StorageError) as error:
            return Outcome(item.name, "failed", error.sentence().replace(str(item.path), item.name))
        return Outcome(item.name, change, "", document.id, copy if change == "added" else None)

    def _note(self, item: Item, document: Document) -> Note:
        said: dict[str, Any] = {"title": document.title, "url": item.url}
        said |= {name: text for name, text in asdict(self.details).items() if text}
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        return Note(**said, added=now, names=(item.name,), origins=(item.place,))


def undo(outcomes: Iterable[Outcome], folder: Path) -> None:
    """Undo an import: remove the copies of files that were not there before.

    A file that the import updated stays updated.
    """
    added = Added(folder)
    with added.changing():
        for outcome in outcomes:
            if outcome.copy is not None:
                added.remove(outcome.copy)
