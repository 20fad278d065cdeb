"""Keys for language models in a file that only its owner can read: `NAME=value` lines, as ASK_SECRETS names one."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from app.errors import AskError
from app.llm.found import KEYS
from ingest.storage import private_file, private_folder, told

_KEY = re.compile(r"[!#-&(-\[\]-~]{1,1000}")  # printable, without white space, quotes and backslashes


def read_keys(path: Path) -> dict[str, str]:
    """A file -> its variables.

    Raises:
        AskError: it cannot be read, or others can read it as well.
    """
    from dotenv import dotenv_values

    try:
        mode = path.stat().st_mode
        values = dotenv_values(path, interpolate=False)
    except OSError as error:
        raise AskError(f"The file of secrets {path} cannot be read ({error.strerror}).", "See ASK_SECRETS.") from error
    if os.name == "posix" and mode & 0o077:
        raise AskError(f"Others can read the file of secrets {path}.", f"Run: chmod 600 {path}")
    return {name: value for name, value in values.items() if value}


def keep_key(path: Path, variable: str, key: str) -> None:
    """Write a key into the file, in the place of an older one; the file is written whole.

    Raises:
        AskError: the file cannot be read or written.
    """
    kept = path.read_text(encoding="utf-8").splitlines() if path.is_file() and read_keys(path) is not None else []
    lines = [line for line in kept if line.split("=")[0].strip().removeprefix("export ").strip() != variable]
    new = path.with_name(f"{path.name}.new")
    with told(path):
        private_folder(path.parent)
        new.unlink(missing_ok=True)
        private_file(new)
        new.write_text("\n".join([*lines, f"{variable}='{key}'"]) + "\n", encoding="utf-8")
        new.replace(path)


def checked_key(key: str) -> str:
    """What was typed as a key -> the key.

    Raises:
        AskError: it holds what no key does.
    """
    key = key.strip()
    if key and not _KEY.fullmatch(key):
        raise AskError("This is not a key.", "It is one line without spaces or quotation marks.")
    return key


def variable_of(provider: str, address: str) -> str:
    """A provider and its address, '' for its own -> the variable of the key: a key for one place is sent to no other."""
    if not address:
        return KEYS.get(provider, f"{provider.upper()}_API_KEY")
    place = urlsplit(address).netloc.lower()
    distinct = hashlib.sha256(place.encode()).hexdigest()[:8]  # a.b and a-b are not one place
    return f"KEY_OF_{re.sub(r'[^a-z0-9]', '_', place)}_{distinct}".upper()
