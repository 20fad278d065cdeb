"""A sentence and the words that it rests on -> whether they support it.

A sentence that a judge reads afterwards is held to its figures and quotations: rules refuse too much else that is true
(docs/decisions/051). Where nobody judges, it must say nearly word for word what a passage says, and no figure, date, unit or
name that does not stand there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from app.groundedness.arithmetic import Quoted, worked_out
from app.groundedness.near import close_to
from app.groundedness.quantities import figures_of, missing_date, missing_figure, same_size
from app.groundedness.support import missing_quotation
from app.text.figures import undated

LONGEST = 3_000  # characters of a sentence; a row of a table with its headings has fewer
NOT_NEAR = "It does not keep to the words of the passage."
_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")
_ANSWER = re.compile(r"^(?:yes|no|是的?|不是?|否|没有)[,.:;—–-]+\s*|^(?:是的|没有|不)[，。]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence stands; where it does not, `reason` says in one plain sentence what is wrong."""

    supported: bool
    reason: str = ""


class ClaimChecker:
    """Checks sentences against the passages that they cite."""

    def check(
        self, claim: str, evidence: Sequence[str], breadcrumb: str = "", judged: bool = False, rows: Sequence[int] = ()
    ) -> Verdict:
        """One sentence -> the verdict on it.

        `evidence` holds the cited passages as one reads them, in any order; `breadcrumb` is what stands above them (titles
        and headings), where names, figures and dates may come from but nothing that is said of them. `judged`: somebody who
        understands the sentence looks at it afterwards. `rows` says how many items and rows stand together in the evidence.
        """
        if len(claim) > LONGEST:
            return Verdict(False, "The sentence is too long to be checked.")
        claim, passages, breadcrumb = plain(claim), sorted({plain(e) for e in evidence}), plain(breadcrumb)
        if any(verbatim(claim, p) for p in passages):
            return Verdict(True)
        said = "\n".join([*passages, breadcrumb])
        if judged:
            claim = _ANSWER.sub("", claim)
            reason = missing_quotation(claim, said) or _unfounded_figure(claim, passages, breadcrumb, rows)
        else:
            reason = (
                missing_quotation(claim, said)
                or missing_date(claim, said)
                or _missing_figure(claim, passages, said, breadcrumb)
                or ("" if any(close_to(claim, p) for p in passages) else NOT_NEAR)
            )
        return Verdict(not reason, reason)


def verbatim(claim: str, passage: str) -> bool:
    """Whether the claim is the passage or whole sentences of it, character for character; a colon may stand before it."""
    claim, passage = plain(claim), plain(passage)
    border = r"(?:^|[.!?:;。！？；]\s*)"
    return (
        claim == passage or re.search(border + re.escape(claim.rstrip(" .。")) + r"(?:$|[.!?。！？])", passage) is not None
    )


def _missing_figure(claim: str, evidence: Sequence[str], said: str, breadcrumb: str) -> str:
    known = [*(f for passage in evidence for f in figures_of(passage)), *undated(breadcrumb)]
    wrong = (missing_figure(f, known, claim, said) for f in figures_of(claim) if f.text.lower() != "first")
    return next(filter(None, wrong), "")


def _unfounded_figure(claim: str, evidence: Sequence[str], breadcrumb: str, rows: Sequence[int]) -> str:
    """A figure in digits that neither stands in the evidence, whatever it counts there, nor is made of what stands there."""
    said = {digits.replace(",", "") for digits in _DIGITS.findall("\n".join([*evidence, breadcrumb]))}
    quoted = Quoted.of(evidence, breadcrumb, rows)
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
