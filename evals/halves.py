"""Halves of a set of questions: one is for choosing, the other for reporting.

Questions about one document belong together, or what was chosen would be reported on the same: they form a group, and a
group lies in one half.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

Half = Literal["tune", "report"]


def group_of(raw: Mapping[str, Any]) -> str:
    """A question -> what it belongs to: its `group`, the document it is about, its conversation, its scope, else itself."""
    meta = raw.get("meta")
    about = meta.get("about_doc") if isinstance(meta, dict) else None
    scope = raw.get("scope")
    name = str(raw.get("id", ""))
    conversation = name.split("<", 1)[0] if "<" in name else ""
    first = scope[0] if isinstance(scope, list) and scope else ""
    return str(raw.get("group") or about or conversation or first or name)


def half_of(group: str) -> Half:
    """A group -> `tune` if the first hexadecimal digit of the group's SHA-256 is below 8, else `report`."""
    return "tune" if int(hashlib.sha256(group.encode()).hexdigest()[0], 16) < 8 else "report"
