"""E-mails: the text of one with its subject, sender and date; what is attached is named, not read."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from ingest.documents import Document
from ingest.errors import LoadError
from ingest.languages import language_of
from ingest.limits import Limits
from ingest.loaders.files import another_kind, clean_text, decode_as, kind_of, read_bytes, title_of
from ingest.loaders.html import page_markdown

UNREAD = "Attachments (not read): "
_HEAD = ("From", "To", "Cc", "Date")
_LONGEST_FIELD = 500  # characters of a header that are read; a list of recipients may have thousands
_QUOTED = re.compile(r"^(?:>[ \t]?)+", re.MULTILINE)


def load_eml(path: Path, origin: str, limits: Limits) -> Document:
    """Load an e-mail: who wrote it to whom and when, then its text; HTML if it has no plain text.

    Raises:
        LoadError: the file is of another kind, too large, no e-mail, or its text is in an unknown encoding.
    """
    raw = read_bytes(path, limits)
    if kind_of(raw):
        raise another_kind(path, raw)
    message = message_from_bytes(raw, policy=policy.default)
    sender, subject = _field(message, "From"), _field(message, "Subject")
    if not sender and not subject:
        raise LoadError("{path} is not what its name says: it contains no e-mail.", "Give it the right extension.", path)
    part = message.get_body(("plain", "html"))
    payload, charset = (part.get_payload(decode=True), part.get_content_charset()) if part else (b"", "")
    body = decode_as(payload if isinstance(payload, bytes) else b"", charset or "", path)
    is_page = part is not None and part.get_content_subtype() == "html"
    body = page_markdown(body) if is_page else _QUOTED.sub("", clean_text(body))
    head = [f"{name}: {text}" for name in _HEAD if (text := _field(message, name))]
    if attached := ", ".join(_name(part) for part in message.iter_attachments())[:_LONGEST_FIELD]:
        head.append(f"{UNREAD}{attached}")
    text = clean_text("\n\n".join(["\n".join(head), body.strip()]))
    date = _date(_field(message, "Date"))
    return Document(text, subject or title_of(path), origin, is_page, sender, date, language_of(body))


def _field(message: EmailMessage, name: str) -> str:
    """Return a header in words; '' if there is none, or none that can be read."""
    try:
        return " ".join(str(message.get(name, "")).split())[:_LONGEST_FIELD]
    except Exception:  # the standard library's parser of addresses fails on some that break the rules
        return ""


def _date(text: str) -> str:
    """Return the day of a header Date, YYYY-MM-DD; '' if it names none."""
    try:
        return parsedate_to_datetime(text).date().isoformat()
    except ValueError:
        return ""


def _name(part: EmailMessage) -> str:
    """Return the name of what is attached, or its media type if it has none."""
    return str(part.get_filename() or part.get_content_type())
