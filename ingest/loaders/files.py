"""Reads files, within the limits: bytes that are what the file's name says, and text in any usual encoding."""

from __future__ import annotations

import codecs
import io
import os
import stat
import zipfile
from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path

from ingest.documents import CONTROL
from ingest.errors import LoadError
from ingest.limits import DEFAULT_LIMITS, Limits, over_limit

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
    "an old Office file, or one with a password": "Save it in a current format (.docx, .pptx, .xlsx) without a password.",
    "an RTF file": "Save it as .docx.",
}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_TEXT = ("idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7", "undefined")  # Python's own, or slow
_SAMPLE_BYTES = 100_000  # bytes that the detector looks at
# Few enough that a short text is not taken for a rare neighbour (cp1252 for cp1250); GB18030 holds GB2312 and GBK.
_LIKELY_ENCODINGS = ["gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp1251", "cp1252"]


def read_bytes(path: Path, limits: Limits) -> bytes:
    """Read the bytes of a file.

    Raises:
        LoadError: the file is too large, unreadable, or not a regular file.
    """
    try:
        # Opened without waiting and then looked at: what a name stands for may change between two looks.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            _check(path, os.fstat(file.fileno()), limits)
            return file.read(limits.file_bytes)
    except OSError as error:
        raise unreadable_error(path, error) from error


def check_file(path: Path, limits: Limits) -> None:
    """Refuse what is no file, or is too large, without opening it.

    Raises:
        LoadError: a folder, device or pipe; too large; or not there.
    """
    try:
        _check(path, path.stat(), limits)
    except OSError as error:
        raise unreadable_error(path, error) from error


def _check(path: Path, status: os.stat_result, limits: Limits) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device, pipe or socket"
        raise LoadError("{path} is {kind}, not a file that can be read.", "Save its contents as a file.", path, kind)
    if status.st_size > limits.file_bytes:
        raise over_limit(path, "has {n:,} bytes", limits, "file_bytes", status.st_size)


def unreadable_error(path: Path, error: OSError) -> LoadError:
    """Make the error for a file or folder that the system does not let the program read."""
    return LoadError("{path} cannot be read ({why}).", "Check its permissions.", path, error.strerror)


def kind_of(raw: bytes) -> str:
    """Return the kind of a binary file, in words, by its first bytes; '' if they say nothing."""
    return next((kind for signature, kind in _SIGNATURES if raw.startswith(signature)), "")


def another_kind(path: Path, raw: bytes) -> LoadError:
    """Make the error for a file that is not what its name says."""
    kind = kind_of(raw) or "something else"
    message = "{path} is not what its name says: it is {kind}."
    return LoadError(message, _SAVE_AS.get(kind, "Give it the right extension."), path, kind)


def open_package(path: Path, limits: Limits, member: str) -> zipfile.ZipFile:
    """Open a file of a format that is a zip archive inside (as DOCX is).

    Raises:
        LoadError: the file is of another kind, damaged, without `member`, or too large when unpacked.
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
        raise over_limit(path, "unpacks to {n:,} bytes", limits, "unpacked_bytes", size)
    if member not in package.namelist():
        message = "{path} is not what its name says: {member} is missing from it."
        raise LoadError(message, "Give it the right extension.", path, member)
    return package


def title_of(path: Path) -> str:
    """Return the title of a file that states none: its name with spaces for underscores."""
    return path.stem.replace("_", " ")


def join_pages(pages: Iterable[str]) -> tuple[str, tuple[int, ...]]:
    """Join the pages to one text, and return it with the places at which they begin."""
    parts = list(pages)
    return "".join(parts), tuple(accumulate(map(len, parts), initial=0))[:-1]


def damaged(path: Path) -> LoadError:
    """Make the error for a file that its library cannot read."""
    return LoadError("{path} is damaged.", "Open it in the program that made it and save it again.", path)


# --- text in any usual encoding: by its byte-order mark, as UTF-8, else as charset-normalizer names it.


def encoding_of(raw: bytes) -> str:
    """Return the encoding of a text; '' if it is not in a usual one."""
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return name
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return _utf16_encoding(raw) or _detect_encoding(raw)
    return _utf16_encoding(raw) or "utf-8"


def _utf16_encoding(raw: bytes) -> str:
    """UTF-16 without a mark: every other byte of Latin text is zero."""
    sample = raw[:4_000]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if len(sample) < 4 or len(raw) % 2 or max(even, odd) < len(sample) / 8 or min(even, odd) > len(sample) / 50:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _detect_encoding(raw: bytes) -> str:
    from charset_normalizer import from_bytes

    sample = raw[:_SAMPLE_BYTES]
    if len(raw) > _SAMPLE_BYTES:  # it may be cut through the middle of a character
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    guess = from_bytes(sample, cp_isolation=_LIKELY_ENCODINGS).best()
    cyrillic = sum(b > 127 for b in sample) > len(sample) / 3  # a few accents in Latin text are not
    if guess is not None and (guess.encoding != "cp1251" or cyrillic):
        return guess.encoding
    try:
        raw.decode("cp1252")
    except UnicodeDecodeError:
        return ""
    return "cp1252"


def read_text(path: Path, limits: Limits = DEFAULT_LIMITS) -> str:
    r"""Read a file as text with `\n` as line ends, whatever its encoding.

    Raises:
        LoadError: the file is too large, unreadable, binary, or in an unusual encoding.
    """
    return clean_text(decode(read_bytes(path, limits), path))


def read_utf8(path: Path) -> str:
    """Read a file that must be UTF-8, as the corpus documents must be.

    Raises:
        LoadError: the file is too large, unreadable or not UTF-8.
    """
    raw = read_bytes(path, DEFAULT_LIMITS)
    try:
        return clean_text(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        where = f"byte 0x{raw[error.start]:02X} at position {error.start:,}"
        raise LoadError("{path} is not UTF-8 ({why}).", "Save it as UTF-8.", path, where) from error


def decode(raw: bytes, path: Path) -> str:
    """Decode a text in any usual encoding; `path` is for the error's message.

    Raises:
        LoadError: the bytes are binary, or in an unusual encoding.
    """
    if kind_of(raw):
        raise another_kind(path, raw)
    name = encoding_of(raw)
    if b"\x00" in raw and not name.startswith("utf-16") and name != "utf-32":
        raise LoadError("{path} is a binary file.", "Give it the right extension, or leave it out.", path)
    try:
        text = raw.decode(name or "ascii")
    except UnicodeDecodeError as error:
        raise LoadError("{path} is in an unknown text encoding.", "Save it as UTF-8.", path) from error
    if len(CONTROL.findall(text[:_SAMPLE_BYTES])) > len(text[:_SAMPLE_BYTES]) / 10:
        raise LoadError("{path} is a binary file.", "Give it the right extension, or leave it out.", path)
    return text


def decode_as(raw: bytes, stated: str, path: Path) -> str:
    """Decode a text with the encoding that it states, '' for none, if that works, else as `decode`.

    Raises:
        LoadError: see `decode`.
    """
    name = stated.lower()
    if name and encoding_of(raw) not in ("utf-8-sig", "utf-16", "utf-32"):
        try:
            if codecs.lookup(name).name not in _NO_TEXT:
                return raw.decode("gb18030" if name in ("gb2312", "gbk") else name)
        except (LookupError, UnicodeError, ValueError):
            pass
    return decode(raw, path)


def clean_text(text: str) -> str:
    r"""Return a text with `\n` as line ends and with spaces for control characters."""
    return CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
