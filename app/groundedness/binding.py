"""Whether what a claim says of a figure or date is what the evidence says of it: the year, the subject, target or result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from app.groundedness.dates import Date
from app.groundedness.figures import Figure
from app.groundedness.places import Place
from app.groundedness.quantities import same_size, unit_fits

STATUS = {"planned": "a target or plan", "done": "a result"}


def unbound(claim: Sequence[Place], known: Sequence[Place]) -> str:
    """The places of a claim and of its evidence -> what is bound to another year, subject or status there; else ''."""
    plans = any(p.status == "planned" for p in claim)
    measured = {p.clause for p in claim if isinstance(p.item, Figure) and p.item.unit not in ("ordinal", "day", "month")}
    for place in claim:
        if isinstance(place.item, Date) and place.clause in measured:
            continue  # read with its figure
        if (place.status == "done" and plans) or (place.status == "planned" and isinstance(place.item, Date)):
            place = replace(place, status="")
        same = [k for k in known if alike(place.item, k.item)]
        if same and (
            reason := _other_year(place, same, known)
            or _other_status(place, same)
            or _other_subject(place, same, claim, known)
        ):
            return reason
    return ""


def alike(ours: Figure | Date, theirs: Figure | Date) -> bool:
    """Whether the evidence's figure or date is the claim's."""
    if isinstance(ours, Date) or isinstance(theirs, Date):
        return isinstance(ours, Date) and isinstance(theirs, Date) and theirs.says(ours)
    return same_size(ours, theirs) and unit_fits(ours, theirs)


def _other_year(place: Place, same: Sequence[Place], known: Sequence[Place]) -> str:
    if isinstance(place.item, Date) or place.item.unit == "ordinal" or not place.years:
        return ""
    elsewhere = frozenset[int]().union(*(k.years for k in known))
    for found in same:
        if not found.years or (found.years & place.years and (not found.row or not (place.years & elsewhere) - found.years)):
            return ""
    return f"In the evidence {place.item.text} belongs to {', '.join(map(str, sorted(same[0].years)))}."


def _other_status(place: Place, same: Sequence[Place]) -> str:
    held = {s.status for s in same}
    if isinstance(place.item, Figure) and place.item.unit == "ordinal":
        return ""
    if place.status and len(held) == 1 and not held & {"", place.status}:
        return f"In the evidence {place.item.text} is {STATUS[held.pop()]}."
    return ""


def _other_subject(place: Place, same: Sequence[Place], claim: Sequence[Place], known: Sequence[Place]) -> str:
    """Another figure of its kind in the evidence has what the claim says of this one, and this one has not."""
    beside = [c.item for c in claim if c.clause == place.clause]
    for rival in known:
        if not _of_a_kind(place.item, rival.item) or any(alike(item, rival.item) for item in beside):
            continue
        if all(_nearer(place, rival, s) for s in same):
            return f"In the evidence {place.item.text} is not said of this, but {rival.item.text}."
    return ""


def _of_a_kind(ours: Figure | Date, theirs: Figure | Date) -> bool:
    if isinstance(ours, Figure) and isinstance(theirs, Figure):
        counts = not ours.unit and max(ours.value, theirs.value) < 1000  # of different things, mostly
        return (
            ours.unit == theirs.unit != "ordinal" and not counts and not math.isclose(ours.value, theirs.value, rel_tol=1e-9)
        )
    return isinstance(ours, Date) and isinstance(theirs, Date)


def _nearer(place: Place, rival: Place, own: Place) -> bool:
    """Whether names, or else words, of the claim stand with the rival and not with its own place."""
    named = len(place.names & (rival.names - own.names)), len(place.names & (own.names - rival.names))
    said = len(place.words & (rival.words - own.words)), len(place.words & (own.words - rival.words))
    if named[0] or named[1]:
        return named[0] > 0 == named[1]
    return said[0] > (0 if own.row and rival.row else 1) and not said[1]
