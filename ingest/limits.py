"""Limits on one file or address; what goes beyond is refused with the number, the limit and its setting."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from ingest.errors import LoadError


@dataclass(frozen=True, slots=True)
class Limits:
    """Highest values that are accepted."""

    file_bytes: int = 50_000_000
    """Of one file or fetched page."""
    unpacked_bytes: int = 300_000_000
    """Of everything in one archive, and of a packed format (as DOCX is) after unpacking."""
    pages: int = 3_000
    """Of a PDF, or slides of a presentation."""
    rows: int = 100_000
    """Of a spreadsheet or CSV file."""
    added_bytes: int = 2_000_000_000
    """Of all copies of added documents together."""
    cells: int = 2_000_000
    """Of one table: its rows times its columns, the empty ones too."""
    characters: int = 5_000_000
    """Of a document's text, and of what it states of its sources."""
    passages: int = 100_000
    """Of a document."""
    passage_characters: int = 50_000_000
    """Of a document's passages, each with what is read with it: title, headings, column headings, a list's first line."""
    title: int = 1_000
    """Characters of a document's title."""
    heading: int = 2_000
    """Characters of the headings above a passage, from the highest to its own."""
    parse_memory: int = 1_500_000_000
    """Bytes that the process may take that parses a file."""
    parse_seconds: float = 60.0
    """For parsing one file: processor time, and by the clock."""
    files: int = 5_000
    """Of one folder or archive."""
    seconds: float = 60.0
    """For one address, redirects and download included."""
    allow_hosts: tuple[str, ...] = ()
    """`host:port` that may be fetched although they stand in a private network."""


DEFAULT_LIMITS = Limits()

_NAMED = {"parse_memory": "ASK_PARSE_MEMORY", "parse_seconds": "ASK_PARSE_SECONDS", "seconds": "ASK_FETCH_SECONDS"}
SETTINGS = {f.name: _NAMED.get(f.name, f"ASK_MAX_{f.name.upper()}") for f in fields(Limits) if f.name != "allow_hosts"}
"""The setting that moves each limit."""


def over_limit(
    path: Path | str, has: str, limits: Limits, name: str, *values: int, step: str = "Split it into smaller files"
) -> LoadError:
    """Make the error for a file that exceeds the limit `name`.

    It says what the file has (`has`, the rest of a template with its values), the limit, and the way out: `step`, or
    raising the setting.
    """
    message = "{path} " + has + "; the limit is {most:,}" + (" cells." if name == "cells" else ".")
    return LoadError(message, step + ", or raise {setting}.", path, *values, getattr(limits, name), SETTINGS[name])
