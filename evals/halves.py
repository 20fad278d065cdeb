"""How a set of questions is halved: one half is for choosing, the other for reporting.

Questions about one document belong together, or what was chosen would be reported on the same: they form a group, and a
group lies in one half.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Half = Literal["tune", "report"]
Flags = NDArray[np.bool_]


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
    """A group -> `tune` where the first hexadecimal digit of the group's SHA-256 is below 8, else `report`."""
    return "tune" if int(hashlib.sha256(group.encode()).hexdigest()[0], 16) < 8 else "report"


def balanced_accuracy(answerable: Flags, answered: Flags) -> float:
    """Whether each question is answerable and was answered -> the mean of the share of answerable questions answered and of
    unanswerable ones refused; NaN without both kinds."""
    if answerable.all() or not answerable.any():
        return float("nan")
    return float(answered[answerable].mean() + 1.0 - answered[~answerable].mean()) / 2.0
