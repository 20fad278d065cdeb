"""A sentence and the words that it rests on -> whether they support it.

What it says of figures, dates, names and status must be bound in the evidence to the same subject; what follows from quoted
figures is worked out. Other words may differ: whether they mean the same is for a judge.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from app.groundedness.arithmetic import Quoted, outcome, worked_out
from app.groundedness.binding import unbound
from app.groundedness.dates import missing_date
from app.groundedness.denial import denial, turned
from app.groundedness.entities import missing_name, missing_quotation
from app.groundedness.figures import Figure
from app.groundedness.hanzi import chinese
from app.groundedness.places import names_of, places, said_of
from app.groundedness.quantities import missing_figure, same_size, undated, unit_fits
from app.groundedness.scope import other_plan, overstated
from app.groundedness.support import covered, nearest, sentences

LEAST = 0.3  # share of its words that the evidence must hold
UNBOUND = 0.5  # the same where it has no figure, date or name that could be bound
LEAST_ZH = 0.2
FEW = 4  # sentences of the evidence that are all compared; of more, those nearest to the claim
LONGEST = 3_000  # characters of a sentence; a row of a table with its headings has fewer
_BREAKS_OFF = re.compile(
    r"[:,;：，；]$|\b(?:a|an|the|of|from|with|under|between|into|and|or|as|than|which|who|its|their"
    r"|are|was|were|will|would|such|very)[.…]*$",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")
_ANSWER = re.compile(r"^(?:yes|no|是的?|不是?|否|没有)[,.:;—–-]+\s*|^(?:是的|没有|不)[，。]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence stands; where it does not, `reason` says in one plain sentence what is wrong."""

    supported: bool
    reason: str = ""


class ClaimChecker:
    """Checks sentences against the passages that they cite."""

    def check(self, claim: str, evidence: Sequence[str], breadcrumb: str = "", judged: bool = False) -> Verdict:
        """One sentence -> the verdict on it.

        `evidence` holds the cited passages as one reads them, in any order; `breadcrumb` is what stands above them (titles
        and headings), where names, figures and dates may come from but nothing that is said of them. A sentence that is
        `judged` afterwards by somebody who understands it is only held to its figures and quotations: the other rules
        refuse too much that is true where they are not needed (docs/decisions/051).
        """
        if len(claim) > LONGEST:
            return Verdict(False, "The sentence is too long to be checked.")
        claim, passages, breadcrumb = _ANSWER.sub("", plain(claim)), sorted({plain(e) for e in evidence}), plain(breadcrumb)
        if any(_verbatim(claim, p) for p in passages):
            return Verdict(True)
        if judged:
            said = "\n".join([*passages, breadcrumb])
            reason = missing_quotation(claim, said) or _unfounded_figure(claim, passages, breadcrumb)
            return Verdict(not reason, reason)
        reason = "The sentence breaks off." if _BREAKS_OFF.search(claim) else objection(claim, passages, breadcrumb)
        least = LEAST_ZH if chinese(claim) else LEAST if said_of(claim) or names_of(claim) else UNBOUND
        if not reason and covered(claim, "\n".join([*passages, breadcrumb])) < least:
            reason = "Too little of the sentence is in the evidence."
        return Verdict(not reason, reason)


def _verbatim(claim: str, passage: str) -> bool:
    """Whether the claim is the passage or whole sentences of it, character for character."""
    border = r"(?:^|[.!?:;。！？；]\s*)"
    return (
        claim == passage or re.search(border + re.escape(claim.rstrip(" .。")) + r"(?:$|[.!?。！？])", passage) is not None
    )


def objection(claim: str, evidence: Sequence[str], breadcrumb: str = "") -> str:
    """A claim and its evidence -> the first thing in the claim that the evidence does not say, or says otherwise; '' where
    there is none."""
    said = "\n".join([*evidence, breadcrumb])
    ours, known = said_of(claim), places(tuple(evidence))
    every = sentences(evidence)
    made_from = every if len(every) <= FEW else nearest(claim, every)
    came = outcome(claim, known)
    if came is False:
        return "By the figures of the evidence it came out otherwise."
    return (
        missing_quotation(claim, said)
        or missing_date(claim, said)
        or _missing_figure(claim, evidence, breadcrumb)
        or missing_name(claim, said)
        or other_plan(claim, "\n".join(evidence), breadcrumb)
        or unbound(ours, known)
        or ("" if came else denial(claim, made_from or every) or turned(claim, made_from or every))
        or overstated(claim, "\n".join(made_from or every), said)
    )


def _missing_figure(claim: str, evidence: Sequence[str], breadcrumb: str) -> str:
    said = "\n".join([*evidence, breadcrumb])
    quoted = Quoted.of(evidence, breadcrumb)
    known = [*quoted.figures, *undated(breadcrumb)]
    for place in said_of(claim):
        if isinstance(figure := place.item, Figure) and figure.text.lower() != "first":
            reason = missing_figure(figure, known, claim, said)
            stands = any(same_size(figure, k) and unit_fits(figure, k) for k in known)  # with another bound
            if reason and (stands or not worked_out(figure, claim, quoted)):
                return reason
    return ""


def _unfounded_figure(claim: str, evidence: Sequence[str], breadcrumb: str) -> str:
    """A figure in digits that neither stands in the evidence, whatever it counts there, nor is made of what stands there."""
    said = {digits.replace(",", "") for digits in _DIGITS.findall("\n".join([*evidence, breadcrumb]))}
    quoted = Quoted.of(evidence, breadcrumb)
    for figure in undated(claim):
        digits = _DIGITS.search(figure.text)
        if digits is None or digits[0].replace(",", "") in said or any(same_size(figure, k) for k in quoted.figures):
            continue
        if not worked_out(figure, claim, quoted):
            return f"The figure {figure.text} is not in the evidence."
    return ""


def plain(text: str) -> str:
    """A text -> the same as all checks read it: one form of each character."""
    return unicodedata.normalize("NFKC", text).strip()
