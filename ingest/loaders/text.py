"""Text in any usual encoding: by its byte-order mark, as UTF-8, else as charset-normalizer names it."""

from __future__ import annotations

import codecs
from pathlib import Path

from ingest.documents import CONTROL
from ingest.errors import LoadError
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.loaders.files import another_kind, kind_of, read_bytes

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD = 100_000  # bytes that the detector looks at
# Few enough that a short text is not taken for a rare neighbour (cp1252 for cp1250); GB18030 holds GB2312 and GBK.
_USUAL = ["gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp1251", "cp1252"]


def encoding_of(raw: bytes) -> str:
    """Bytes -> the encoding of the text, '' where it is in none that is usual."""
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return name
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return _wide(raw) or _detected(raw)
    return _wide(raw) or "utf-8"


def _wide(raw: bytes) -> str:
    """UTF-16 without a mark: every other byte of Latin text is zero."""
    head = raw[:4_000]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if len(head) < 4 or len(raw) % 2 or max(even, odd) < len(head) / 8 or min(even, odd) > len(head) / 50:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _detected(raw: bytes) -> str:
    from charset_normalizer import from_bytes

    head = raw[:_HEAD]
    head = head[: head.rfind(b"\n") + 1] or head if len(raw) > _HEAD else head  # not through the middle of a character
    found = from_bytes(head, cp_isolation=_USUAL).best()
    cyrillic = sum(b > 127 for b in head) > len(head) / 3  # a few accents in Latin text are not
    if found is not None and (found.encoding != "cp1251" or cyrillic):
        return found.encoding
    try:
        raw.decode("cp1252")
    except UnicodeDecodeError:
        return ""
    return "cp1252"


def read_text(path: Path, limits: Limits = DEFAULT_LIMITS) -> str:
    """A file -> its text with `\n` line ends, whatever its encoding.

    Raises:
        LoadError: too large, unreadable, binary, or in an unusual encoding.
    """
    return clean(decode(read_bytes(path, limits), path))


def read_utf8(path: Path) -> str:
    """A file that must be UTF-8, as our own digests are -> its text.

    Raises:
        LoadError: too large, unreadable or not UTF-8.
    """
    raw = read_bytes(path, DEFAULT_LIMITS)
    try:
        return clean(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        where = f"byte 0x{raw[error.start]:02X} at position {error.start:,}"
        raise LoadError(f"{path} is not UTF-8 ({where}).", "Save it as UTF-8.") from error


def decode(raw: bytes, path: Path) -> str:
    """Bytes -> the text; `path` is for the message.

    Raises:
        LoadError: binary, or in an unusual encoding.
    """
    if kind_of(raw):
        raise another_kind(path, raw)
    name = encoding_of(raw)
    if b"\x00" in raw and not name.startswith("utf-16") and name != "utf-32":
        raise LoadError(f"{path} is a binary file.", "Give it its right name, or leave it out.")
    try:
        text = raw.decode(name or "ascii")
    except UnicodeDecodeError as error:
        raise LoadError(f"{path} is in no encoding that is known here.", "Save it as UTF-8.") from error
    if len(CONTROL.findall(text[:_HEAD])) > len(text[:_HEAD]) / 10:
        raise LoadError(f"{path} is a binary file.", "Give it its right name, or leave it out.")
    return text


def clean(text: str) -> str:
    """A text -> the same with `\n` line ends and without control characters."""
    return CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
