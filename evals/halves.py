"""How a set of questions is halved, and how a threshold is chosen on one half and judged on the other.

Questions about one document belong together, or a threshold would be judged on what it was chosen on: they form a
group, and a group lies in one half.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Half = Literal["tune", "report"]
Numbers = NDArray[np.float64]
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


def best_threshold(confidence: Numbers, answerable: Flags) -> float:
    """Confidences -> the threshold (answer when confidence >= threshold) with the best balanced accuracy; the lowest of
    equals.

    Midway between two neighbouring values; the upper one itself where they lie too close for a number between them.
    """
    values = np.unique(confidence)
    between = (values[1:] + values[:-1]) / 2.0
    between = np.where(between > values[:-1], between, values[1:])
    candidates = np.concatenate([[0.0], between, [np.nextafter(values[-1], np.inf)]])
    scores = [balanced_accuracy(answerable, confidence >= t) for t in candidates]
    return float(candidates[int(np.argmax(scores))])


@dataclass(frozen=True, slots=True)
class CrossFit:
    """Each half judged by the threshold chosen on the other; `answered` is over all questions in their order."""

    from_tune: float
    from_report: float
    answered: Flags


def cross_fit(confidence: Numbers, answerable: Flags, tune: Flags) -> CrossFit | None:
    """Confidences -> balanced accuracy, each half by the other's threshold; None where a half lacks answerable or
    unanswerable questions."""
    for part in (answerable[tune], answerable[~tune]):
        if part.all() or not part.any():
            return None
    from_tune = best_threshold(confidence[tune], answerable[tune])
    from_report = best_threshold(confidence[~tune], answerable[~tune])
    return CrossFit(from_tune, from_report, confidence >= np.where(tune, from_report, from_tune))
