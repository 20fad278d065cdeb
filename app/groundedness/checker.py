"""A sentence and the passages that it cites -> whether they support it.

Strict on figures, dates, names, quotations, negation, direction and scope; above that, enough of the sentence must be held
by the evidence.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from app.groundedness.dates import dates, missing_date
from app.groundedness.entities import missing_name, missing_quotation, name_key, names, one_form
from app.groundedness.hanzi import chinese
from app.groundedness.quantities import missing_figure, undated
from app.groundedness.support import Support, content, nearest, sentences, support
from app.groundedness.wording import contradiction
from ingest.models import Reranker

# fitted by `python -m evals.claims --fit`: constant, then one for each field of Support
WITH_SCORES = (-9.00, 4.04, 2.41, 2.11, 2.77, 0.12)
WITHOUT = (-9.44, 3.79, 4.25, 2.23, 2.79, 0.00)
# share of a sentence's words that the nearest sentences hold, from which wording and names are compared with theirs
ALIGNED, RESTATED = 0.5, 0.7
ENOUGH = 0.5  # probability from which a sentence counts as supported
LEAST = 0.66  # share of its words that the passages must hold: one in twenty true paraphrases of the tuning half has less
LONGEST = 3_000  # characters of a sentence; a row of a table with its headings has fewer
_BREAKS_OFF = re.compile(
    r"[:,;：，；]$|\b(?:a|an|the|of|in|on|at|by|to|for|from|with|under|between|into|and|or|as|than|which|who|its|their"
    r"|is|are|was|were|be|been|has|have|had|will|would|can|such|very)[.…]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence stands; where it does not, `reason` says in one plain sentence what is wrong."""

    supported: bool
    reason: str = ""


class ClaimChecker:
    """Checks sentences against the passages that they cite. `scorer` is the cross-encoder that ranks passages, if any."""

    def __init__(self, scorer: Reranker | None) -> None:
        self._scorer = scorer

    def check(self, claim: str, evidence: Sequence[str], breadcrumb: str = "") -> Verdict:
        """One sentence -> the verdict on it.

        `evidence` holds the cited passages as one reads them, in any order; `breadcrumb` is what stands above them (titles
        and headings), where names, figures and dates may come from but nothing that is said of them.
        """
        if len(claim) > LONGEST:
            return Verdict(False, "The sentence is too long to be checked.")
        claim, passages, breadcrumb = plain(claim), sorted({plain(e) for e in evidence}), plain(breadcrumb)
        if any(_verbatim(claim, p) for p in passages):
            return Verdict(True)
        reason = "The sentence breaks off." if _BREAKS_OFF.search(claim) else objection(claim, passages, breadcrumb)
        if not reason and self.probability(claim, passages, breadcrumb) < ENOUGH:
            reason = "Too little of the sentence is in the evidence."
        return Verdict(not reason, reason)

    def probability(self, claim: str, evidence: Sequence[str], breadcrumb: str = "") -> float:
        """A claim and its evidence -> how likely it is that the evidence says what the claim says, figures and names aside:
        0..1.

        0 where the evidence holds too few of the claim's words.
        """
        found = support(claim, evidence, self._scorer, breadcrumb)
        if chinese(claim):
            return found.covered
        return 0.0 if found.covered < LEAST else logistic(WITH_SCORES if self._scorer else WITHOUT, found)


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
    every = sentences(evidence)
    made_from = nearest(claim, every)
    words = set(content(claim))
    restated = 1.0 if chinese(claim) else len(words & set(content(" ".join(made_from)))) / max(len(words), 1)
    return (
        missing_quotation(claim, said)
        or missing_date(claim, said)
        or missing_figure(claim, said)
        or missing_name(claim, said)
        or ("" if chinese(claim) else _goes_round(claim, said) or _listed_too_much(claim, said))
        or (contradiction(claim, made_from) if restated >= ALIGNED else "")
        or (swapped_entity(claim, made_from, said) if restated >= RESTATED else "")
    )


def swapped_entity(claim: str, made_from: Sequence[str], evidence: str) -> str:
    """A claim -> a name, year or figure of it from elsewhere in the evidence where the nearest sentences have another; ''
    without one."""
    near = " ".join(made_from)
    for find in (_names, _years, _amounts):
        ours, theirs = find(claim), find(near)
        unsupported, left_out = ours - theirs, theirs - ours
        if unsupported and left_out and unsupported <= find(evidence):
            return f"The sentence nearest to it says {_listed(left_out)}, not {_listed(unsupported)}."
    return ""


def _goes_round(claim: str, said: str) -> str:
    """Two or more words said more often than all the evidence does: small models explain a thing by itself."""
    ours, theirs = Counter(content(claim)), Counter(content(said))
    return "The sentence goes round in a circle." if sum(1 < n > theirs[w] for w, n in ours.items()) > 1 else ""


def _listed_too_much(claim: str, said: str) -> str:
    """An item of a list behind a colon of which less than half is in the evidence."""
    held = set(content(said))
    for item in re.split(r"[,;](?!\d)", claim.partition(": ")[2]):
        words = set(content(item))
        if len(words & held) * 2 < len(words):
            return f"The evidence does not list “{item.strip(' .')}”."
    return ""


def _listed(items: frozenset[str]) -> str:
    return ", ".join(sorted(items)[:3])


def _names(text: str) -> frozenset[str]:
    return frozenset(name_key(n) for n in names(one_form(text)))


def _amounts(text: str) -> frozenset[str]:
    return frozenset(f"{f.value:.10g} {f.unit}" for f in undated(text))


def _years(text: str) -> frozenset[str]:
    return frozenset(str(d.year) for d in dates(text) if d.year)


def logistic(weights: Sequence[float], found: Support) -> float:
    """Features -> the probability that the fitted weights give to them."""
    values = (1.0, *astuple(found))
    return 1.0 / (1.0 + math.exp(-sum(w * v for w, v in zip(weights, values, strict=True))))


def plain(text: str) -> str:
    """A text -> the same as all checks read it: one form of each character."""
    return unicodedata.normalize("NFKC", text).strip()
