"""Checks that the evidence holds a sentence's dates, and its figures with their units and bounds (`more than`, `about`)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from app.text.dates import dates
from app.text.figures import Bound, Figure, mentions


def same_size(claim: Figure, found: Figure) -> bool:
    """Two figures -> whether the claim's is the one found, or its rounding: to two digits or more, or where the claim says
    `about`, `over` or `under`."""
    if math.isclose(claim.value, found.value, rel_tol=1e-9):
        return True
    if claim.unit == "%" == found.unit and not claim.text[:1].isdigit():
        return abs(claim.value - found.value) <= 0.7  # a third is 33 percent
    over = found.value - claim.value
    rounded = abs(over) <= min(claim.step / 2, 0.025 * claim.value)
    near = {"": rounded, "~": abs(over) <= claim.step / 2, ">": 0 < over < claim.step, "<": 0 < -over < claim.step}
    return near[claim.bound] and found.bound in ("", "~")


_MAY_STAND: dict[Bound, str] = {"": "~", "~": "~", ">": ">", "<": "<"}
_SAID: dict[Bound, str] = {"": "exactly", "~": "about", ">": "more than", "<": "at most"}


def missing_date(claim: str, evidence: str) -> str:
    """A claim and its evidence -> what is wrong with the claim's dates, '' where the evidence holds them all."""
    known = dates(evidence)
    missing = (d for d in dates(claim) if not any(k.says(d) for k in known))
    return next((f"The date {d.text} is not in the evidence." for d in missing), "")


def missing_figure(figure: Figure, known: Sequence[Figure], claim: str, evidence: str) -> str:
    """A figure of a claim and those of its evidence -> what is wrong with it, '' where the evidence holds it with its unit
    and bound."""
    same = [k for k in known if same_size(figure, k)]
    if not same:
        return f"The figure {figure.text} is not in the evidence."
    same = [k for k in same if unit_fits(figure, k) or _unit_elsewhere(figure, k, claim, evidence)]
    if not same:
        return f"The evidence gives {figure.text} in another unit."
    if not any(_bound_fits(figure, k) for k in same):
        return f"The evidence does not say “{_SAID[figure.bound]} {figure.text}”."
    return ""


def unit_fits(claim: Figure, found: Figure) -> bool:
    """Two figures of one size -> whether they count the same kind of thing, as far as their units tell."""
    if claim.unit == found.unit:
        return True
    if claim.unit == "times" and not found.unit:  # met three times: three meetings
        return not re.match(r"(?:doub|trip)l|\w+fold", claim.text, re.I)
    return not found.unit and claim.unit == "ordinal"


def _unit_elsewhere(claim: Figure, found: Figure, said: str, evidence: str) -> bool:
    if not found.unit:  # a bare number: its unit may stand elsewhere, as at the head of a table
        return mentions(evidence, claim.unit)
    counted = re.match(r"[ -]?[a-z]{3,}", said[claim.end :])  # `41 firms` is not 41 percent; `up from 41` may be
    return not claim.unit and (not counted or counted[0].strip(" -") in _SMALL_WORDS) and found.unit != "ordinal"


_SMALL_WORDS = frozenset(
    "and but for from that the then while with was were are against compared after before more less higher above in"
    " by".split()
)


def _bound_fits(claim: Figure, found: Figure) -> bool:
    if not math.isclose(claim.value, found.value, rel_tol=1e-9):
        return found.bound in ("", "~", claim.bound)
    return found.bound in (claim.bound, _MAY_STAND[claim.bound]) or (claim.bound == "~" and not found.bound)
