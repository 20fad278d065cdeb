"""How much one file or address may bring; what goes beyond is refused with the number and the limit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Highest values that are accepted."""

    file_bytes: int = 50_000_000
    """Of one file or fetched page."""
    unpacked_bytes: int = 300_000_000
    """Of everything in one archive, and of a packed format (DOCX, PPTX, XLSX, EPUB) after unpacking."""
    pages: int = 3_000
    """Of a PDF, or slides of a presentation."""
    rows: int = 100_000
    """Of a spreadsheet or CSV file."""
    added_bytes: int = 2_000_000_000
    """Of all copies of added documents together."""
    files: int = 5_000
    """Of one folder or archive."""
    seconds: float = 60.0
    """For one address, redirects and download included."""
    allow_hosts: tuple[str, ...] = ()
    """`host:port` that may be fetched although they stand in a private network."""


DEFAULT_LIMITS = Limits()
