"""What a user names, a file, a folder, a pattern, a zip archive or an address -> its files."""

from __future__ import annotations

import re
import stat
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ingest.documents import readable_name
from ingest.errors import LoadError, StorageError
from ingest.fetch import fetch, is_address
from ingest.limits import Limits, beyond
from ingest.load import LOADERS
from ingest.loaders.files import damaged
from ingest.storage import kind_of_special, told


@dataclass(frozen=True, slots=True)
class Item:
    """One file: `place` says where it came from and is the same next time, `name` is what a reader sees of that.

    `path` holds the bytes: the file itself, or a copy in the scratch folder.
    """

    place: str
    name: str
    path: Path
    url: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """What cannot be taken, with the reason and the next step."""

    place: str
    reason: str


Expanded = Iterator[Item | Refused]
ENTRY = 1_000  # bytes of a file in an archive's list, generously
TAIL = 66_000  # bytes at an archive's end that hold its last records, with the longest comment


def expand_sources(named: str, scratch: Path, limits: Limits) -> Expanded:
    """One argument -> the files behind it. Within folders and archives files of unknown kinds are passed over in silence."""
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
    except LoadError as error:
        yield Refused(named, error.sentence())
    except StorageError as error:
        yield Refused(named, error.sentence())
    except (OSError, ValueError, RuntimeError) as error:  # too long a name, a pattern or a home that is none, no permission
        yield Refused(named, f"{named[:200]} cannot be looked at ({str(error)[:200]}). Check its spelling and permissions.")


def _address(url: str, scratch: Path, limits: Limits) -> Expanded:
    page = fetch(url, limits)
    path = _fresh(scratch, page.name)
    with told(scratch):
        path.write_bytes(page.raw)
    if path.suffix == ".zip":
        yield from _archive(path, url, url, scratch, limits)
    else:
        yield Item(url, url, path, page.url)


def _file(path: Path, scratch: Path, limits: Limits) -> Expanded:
    place = readable_name(str(path.resolve()))
    if special := kind_of_special(path):
        yield Refused(place, f"{path} is {special}, not a file. Save what it gives as a file and add that.")
    elif path.suffix.lower() == ".zip":
        yield from _archive(path, place, readable_name(path.name), scratch, limits)
    else:
        yield Item(place, readable_name(path.name), path)


def _folder(folder: Path, limits: Limits) -> Expanded:
    root = folder.resolve()
    count = 0
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if any(p.startswith(".") for p in inside.parts) or path.suffix.lower() not in LOADERS or path.is_dir():
            continue
        if not path.exists():  # a link that leads nowhere, or gone since
            continue
        count += 1
        if count > limits.files:
            yield Refused(str(folder), f"{folder} has more than {limits.files:,} files. Add its parts one by one.")
            return
        if not path.resolve().is_relative_to(root):
            yield Refused(str(path), f"{path} is a link that leads out of the folder. Name the file itself.")
        elif special := kind_of_special(path):
            yield Refused(str(path), f"{path} is {special}, not a file. It is left out.")
        else:
            yield Item(readable_name(str(path.resolve())), readable_name(inside.as_posix()), path)


def _archive(path: Path, place: str, name: str, scratch: Path, limits: Limits) -> Expanded:
    """The files of a zip archive. Nothing is written under a name that the archive chose."""
    if (listed := _list_size(path)) > limits.files * ENTRY:
        raise LoadError(
            f"{name} lists its files in {listed:,} bytes, more than {limits.files:,} files need.", "Add its parts."
        )
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise damaged(path) from error
    with archive:
        entries = [e for e in archive.infolist() if e.filename and not e.is_dir()]
        size = sum(e.file_size for e in entries)
        if size > limits.unpacked_bytes:
            raise beyond(name, f"unpacks to {size:,} bytes", limits, "unpacked_bytes", "Unpack it and add its parts")
        if len(entries) > limits.files:
            raise LoadError(f"{name} has {len(entries):,} files; the limit is {limits.files:,}.", "Add its parts.")
        for entry in entries:
            inside = PurePosixPath(readable_name(entry.filename.replace("\\", "/")))
            shown = f"{name}/{inside}"
            if reason := _suspicious(entry, inside):
                yield Refused(shown, f"{shown} {reason}. It is left out.")
            elif _wanted(inside):
                yield _unpacked(archive, entry, Item(f"{place}!{inside}", shown, _fresh(scratch, inside.name)), limits)


def _list_size(path: Path) -> int:
    """Bytes of an archive's list of entries, which `zipfile` reads whole; 0 where there is none to be found.

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
    """Why an entry is not taken, '' where it may be."""
    if inside.is_absolute() or not inside.parts or ".." in inside.parts or ":" in inside.parts[0]:
        return "leads out of the archive"
    mode = entry.external_attr >> 16
    if stat.S_ISLNK(mode):
        return "is a link"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "is a pipe, a socket or a device"
    if inside.suffix.lower() == ".zip":
        return "is an archive within an archive"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed in a way that unfolds without bounds (not stored, not deflated)"
    return "is locked by a password" if entry.flag_bits & 0x1 else ""


def _wanted(inside: PurePosixPath) -> bool:
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
        return Refused(item.name, f"{item.name} is damaged. Pack it again.")
    with told(item.path.parent):
        item.path.write_bytes(raw)
    return item


def _fresh(scratch: Path, name: str) -> Path:
    """A path in the scratch folder, in a folder of its own, so that the file keeps its name."""
    number = sum(1 for _ in scratch.iterdir())
    folder = scratch / str(number)
    folder.mkdir()
    ending = name.lstrip("._").encode()[-200:].decode(errors="ignore")  # a name has at most 255 bytes
    return folder / (ending.lstrip("._") or "document")
