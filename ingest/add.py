"""Copies the files that a user names into the folder of added documents, each once it is known that it can be read."""

from __future__ import annotations

import datetime
import logging
import re
import stat
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, Literal

from ingest.added import AddedFolder, Details, Note
from ingest.documents import Document, is_address, readable_name
from ingest.errors import AskError, LoadError, Stopped, StorageError, Translatable
from ingest.fetch import Fetched, fetch
from ingest.limits import Limits, over_limit
from ingest.load import LOADERS, load
from ingest.loaders.files import damaged, read_bytes
from ingest.progress import Progress
from ingest.storage import kind_of_special, scratch_folder, storage_errors

log = logging.getLogger(__name__)
ENTRY_BYTES = 1_000  # bytes of a file in an archive's list, generously
_IN_GROUPS = "Add its files in smaller groups."
TAIL_BYTES = 66_000  # bytes at an archive's end that hold its last records, with the longest comment
Status = Literal["added", "updated", "unchanged", "removed", "failed"]


@dataclass(frozen=True, slots=True)
class FileToAdd:
    """A file to add.

    `origin` says where the file came from and stays the same the next time it is added. `name` is what a reader sees of
    it. `path` holds its bytes: the file itself, or a copy in the scratch folder.
    """

    origin: str
    name: str
    path: Path
    url: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file that cannot be taken, with the reason and the next step."""

    origin: str
    reason: str


ExpandedFiles = Iterator[FileToAdd | Rejected]


def _rejected(origin: str, message: str, next_step: str, *values: object) -> Rejected:
    return Rejected(origin, LoadError(message, next_step, *values).sentence())


def expand_sources(argument: str, scratch: Path, limits: Limits) -> ExpandedFiles:
    """Yield the files that one argument stands for.

    The argument is a file, a folder, a pattern, an archive or an address. Files of unknown kinds inside folders and
    archives are skipped silently. What cannot be read is yielded as a `Rejected` instead of being raised.
    """
    if not argument.strip():
        yield _rejected(argument, "A name is empty.", "Give a file, a folder, a pattern, an archive or an address.")
        return
    try:
        path = Path(argument).expanduser()
        if is_address(argument):
            yield from _expand_address(argument, scratch, limits)
        elif path.is_dir():
            yield from _expand_folder(path, limits)
        elif path.exists():
            yield from _expand_file(path, scratch, limits)
        elif matches := sorted(Path(path.anchor or ".").glob(str(path.relative_to(path.anchor)))):
            for match in matches:
                yield from _expand_folder(match, limits) if match.is_dir() else _expand_file(match, scratch, limits)
        else:
            yield _rejected(argument, "{path} does not exist.", "Check its spelling.", argument)
    except AskError as error:
        yield Rejected(argument, error.sentence())
    except Exception as error:  # too long a name, a pattern or a home that is none, no permission, whatever a server sends
        log.info("%r cannot be looked at", argument, exc_info=True)
        message, what = "{path} cannot be looked at ({why}).", (argument[:200], str(error)[:200])
        yield _rejected(argument, message, "Check its spelling and permissions.", *what)


def _expand_address(url: str, scratch: Path, limits: Limits) -> ExpandedFiles:
    page = fetch(url, limits)
    path = save_page(page, scratch)
    if path.suffix == ".zip":
        yield from _expand_archive(path, url, url, scratch, limits)
    else:
        yield FileToAdd(url, url, path, page.url)


def save_page(page: Fetched, scratch: Path) -> Path:
    """Write what an address gave into the scratch folder; returns the file."""
    path = _new_path(scratch, page.name)
    with storage_errors(scratch):
        path.write_bytes(page.raw)
    return path


def _expand_file(path: Path, scratch: Path, limits: Limits) -> ExpandedFiles:
    origin = readable_name(str(path.resolve()))
    if special := kind_of_special(path):
        step = "Save its contents as a file and add that."
        yield _rejected(origin, "{path} is {kind}, not a file.", step, path, special)
    elif path.suffix.lower() == ".zip":
        yield from _expand_archive(path, origin, readable_name(path.name), scratch, limits)
    else:
        yield FileToAdd(origin, readable_name(path.name), path)


def _expand_folder(folder: Path, limits: Limits) -> ExpandedFiles:
    root = folder.resolve()
    count = 0
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if not _is_readable(relative) or path.is_dir() or not path.exists():  # a link that leads nowhere, or gone since
            continue
        count += 1
        if count > limits.files:
            yield _rejected(str(folder), "{folder} has more than {n:,} files.", _IN_GROUPS, folder, limits.files)
            return
        if not path.resolve().is_relative_to(root):
            message = "{path} is a link that points outside the folder."
            yield _rejected(str(path), message, "Name the file itself.", path)
        elif special := kind_of_special(path):
            yield _rejected(str(path), "{path} is {kind}, not a file.", "It is left out.", path, special)
        else:
            yield FileToAdd(readable_name(str(path.resolve())), readable_name(relative.as_posix()), path)


def _expand_archive(path: Path, origin: str, name: str, scratch: Path, limits: Limits) -> ExpandedFiles:
    """Yield the files of a zip archive.

    No file is written at a path that the archive chose: each goes into a new folder of its own.

    Raises:
        LoadError: the archive is damaged, has too many files, or is too large when unpacked.
    """
    if (list_size := _list_size(path)) > limits.files * ENTRY_BYTES:
        message = "The file list of {name} has {n:,} bytes, more than {most:,} files need."
        raise LoadError(message, _IN_GROUPS, name, list_size, limits.files)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise damaged(path) from error
    with archive:
        entries = [e for e in archive.infolist() if e.filename and not e.is_dir()]
        size = sum(e.file_size for e in entries)
        if size > limits.unpacked_bytes:
            step = "Unpack it and add its files in smaller groups"
            raise over_limit(name, "unpacks to {n:,} bytes", limits, "unpacked_bytes", size, step=step)
        if len(entries) > limits.files:
            raise LoadError("{name} has {n:,} files; the limit is {most:,}.", _IN_GROUPS, name, len(entries), limits.files)
        for entry in entries:
            relative = PurePosixPath(readable_name(entry.filename.replace("\\", "/")))
            label = f"{name}/{relative}"
            if fault := _suspicious(entry, relative, label):
                yield _rejected(label, fault, "It is left out.")
            elif _is_readable(relative):
                file = FileToAdd(f"{origin}!{relative}", label, _new_path(scratch, relative.name))
                yield _unpack(archive, entry, file, limits)


def _list_size(path: Path) -> int:
    """Bytes of an archive's list of entries, which `zipfile` reads whole; 0 if there is none to be found.

    All records that may say it are asked: which of them counts is the reader's choice.
    """
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - TAIL_BYTES))
        tail = file.read(TAIL_BYTES)
    sizes = [0]
    for record, layout, offset in ((b"PK\x05\x06", "<L", 12), (b"PK\x06\x06", "<Q", 40)):
        for match in re.finditer(re.escape(record), tail):  # a comment may hold what looks like one
            field = tail[match.start() + offset :][: struct.calcsize(layout)]
            if len(field) == struct.calcsize(layout) and field != b"\xff\xff\xff\xff":  # which means: see the other record
                sizes.append(struct.unpack(layout, field)[0])
    return max(sizes)


def _suspicious(entry: zipfile.ZipInfo, relative: PurePosixPath, label: str) -> str:
    """Return why an archive's entry is refused, as a sentence; '' if it is not."""
    if relative.is_absolute() or not relative.parts or ".." in relative.parts or ":" in relative.parts[0]:
        return Translatable("{path} points outside the archive.", path=label)
    mode = entry.external_attr >> 16
    if stat.S_ISLNK(mode):
        return Translatable("{path} is a link.", path=label)
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return Translatable("{path} is a pipe, a socket or a device.", path=label)
    if relative.suffix.lower() == ".zip":
        return Translatable("{path} is an archive within an archive.", path=label)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return Translatable("{path} is compressed in a way that is not accepted (neither stored nor deflated).", path=label)
    return Translatable("{path} is password-protected.", path=label) if entry.flag_bits & 0x1 else ""


def _is_readable(relative: PurePath) -> bool:
    """Return True if a file within a folder or an archive is of a kind that is read, and not hidden."""
    hidden = any(p.startswith((".", "__MACOSX")) for p in relative.parts)
    return not hidden and relative.suffix.lower() in LOADERS


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, item: FileToAdd, limits: Limits) -> FileToAdd | Rejected:
    """At most as many bytes as the archive says are read, whatever is packed."""
    if entry.file_size > limits.file_bytes:
        error = over_limit(item.name, "has {n:,} bytes", limits, "file_bytes", entry.file_size)
        return Rejected(item.name, error.sentence())
    try:
        with archive.open(entry) as stream:
            raw = stream.read(entry.file_size)
    except Exception:  # whatever damaged packing does to its library
        return _rejected(item.name, "{path} is damaged.", "Create the archive again.", item.name)
    with storage_errors(item.path.parent):
        item.path.write_bytes(raw)
    return item


def _new_path(scratch: Path, name: str) -> Path:
    """Make a new folder in the scratch folder and return the path in it at which the file keeps its name.

    The name loses what cannot be printed, dots and underscores at its beginning, and all but its last 200 bytes.
    """
    number = sum(1 for _ in scratch.iterdir())
    folder = scratch / str(number)
    folder.mkdir()
    printable = "".join(filter(str.isprintable, name)).lstrip("._")
    ending = printable.encode()[-200:].decode(errors="ignore")  # a name has at most 255 bytes
    return folder / (ending.lstrip("._") or "document")


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


def import_files(
    arguments: Sequence[str],
    folder: Path,
    details: Details,
    limits: Limits,
    progress: Progress,
    origin_of: Callable[[str], str] = str,
    check: Callable[[Document], None] | None = None,
) -> tuple[Outcome, ...]:
    """Copy files into `folder`, each after checking that it can be read.

    `origin_of` gives another name to the place that a file comes from, since an upload lies in another temporary folder each
    time. `check` raises a `LoadError` about a document that is not wanted.

    Returns:
        An outcome for each file. A file that cannot be added has the status `failed` and a reason.

    Raises:
        Stopped: `progress` raised it; the copies of new files are removed again.
    """
    outcomes: list[Outcome] = []
    try:
        outcomes.extend(_Import(AddedFolder(folder), details, limits, progress, origin_of, check).outcomes(arguments))
    except Stopped:
        undo(outcomes, folder)
        raise
    return tuple(outcomes)


@dataclass(frozen=True, slots=True)
class _Import:
    """An import under way; see `import_files`."""

    added: AddedFolder
    details: Details
    limits: Limits
    progress: Progress
    origin_of: Callable[[str], str]
    check: Callable[[Document], None] | None

    def outcomes(self, arguments: Sequence[str]) -> Iterator[Outcome]:
        with scratch_folder() as scratch, self.added.changing():
            notes = self.added.notes()
            for number, argument in enumerate(arguments):
                self.progress("Fetching" if "://" in argument else "Opening", number, len(arguments))
                files = list(expand_sources(argument, scratch, self.limits))
                if not files:
                    message = "{name} contains no file of a type that can be read here."
                    kinds = ", ".join(LOADERS)
                    files = [_rejected(argument, message, "Types that can be read: {kinds}.", argument, kinds)]
                for done, item in enumerate(files):
                    self.progress("Checking", done, len(files))
                    if isinstance(item, FileToAdd):
                        yield self._add(replace(item, origin=self.origin_of(item.origin)), notes)
                    else:
                        yield Outcome(item.origin, "failed", item.reason)
                self.progress("Checking", len(files), len(files))
            self.progress("Fetching" if any("://" in n for n in arguments) else "Opening", len(arguments), len(arguments))

    def _add(self, item: FileToAdd, notes: dict[Path, Note]) -> Outcome:
        try:
            document = load(item.path, item.path.parent, self.limits)
            if self.check:
                self.check(document)
            raw, limit = read_bytes(item.path, self.limits), self.limits.added_bytes
            size = self.added.size_with(raw, limit, notes)
            if size > limit:
                message = "With {name}, the added documents would come to {n:,} bytes; the limit is {most:,}."
                raise LoadError(message, "Remove some of them, or set ASK_MAX_ADDED_BYTES higher.", item.name, size, limit)
            with storage_errors(self.added.folder):
                change, copy = self.added.put(raw, item.path.suffix.lower(), self._note(item, document), notes)
        except (LoadError, StorageError) as error:
            return Outcome(item.name, "failed", error.sentence().replace(readable_name(str(item.path)), item.name))
        except Exception as error:  # the others are added all the same
            log.warning("%r cannot be added", item.name, exc_info=True)
            reason = Translatable("{name} cannot be added ({why}).", name=item.name, why=type(error).__name__)
            return Outcome(item.name, "failed", reason)
        return Outcome(item.name, change, "", document.id, copy if change == "added" else None)

    def _note(self, item: FileToAdd, document: Document) -> Note:
        fields: dict[str, Any] = {"title": document.title, "url": item.url}
        fields |= {name: text for name, text in asdict(self.details).items() if text}
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        return Note(**fields, added=now, names=(item.name,), origins=(item.origin,))


def undo(outcomes: Iterable[Outcome], folder: Path) -> None:
    """Undo an import: remove the copies of files that were not there before.

    A file that the import updated stays updated.
    """
    added = AddedFolder(folder)
    with added.changing():
        for outcome in outcomes:
            if outcome.copy is not None:
                added.remove(outcome.copy)
