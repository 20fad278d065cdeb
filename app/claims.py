"""Does this evidence support this sentence? Strict on figures; the share of its words that the evidence holds on top."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.models import Reranker
from ingest.words import STOPWORDS, tokens

ENOUGH = 0.5  # share of the claim's content words that the evidence must hold
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence stands; where it does not, `reason` says in one plain sentence what is wrong."""

    supported: bool
    reason: str = ""


class ClaimChecker:
    """Checks sentences against the passages that they cite. `scorer` is the cross-encoder that ranks passages, if any."""

    def __init__(self, scorer: Reranker | None) -> None:
        self._scorer = scorer

    def check(self, claim: str, evidence: Sequence[str]) -> Verdict:
        """The verdict on one sentence; `evidence` holds the cited passages as one reads them in place, in any order."""
        said = " ".join(evidence)
        figures = {f.replace(",", "") for f in _FIGURE.findall(said)}
        for figure in _FIGURE.findall(claim):
            if figure.replace(",", "") not in figures:
                return Verdict(False, f"The figure {figure} is not in the evidence.")
        words = [w for w in dict.fromkeys(tokens(claim)) if w not in STOPWORDS]
        held = set(tokens(said))
        if not words or sum(w in held for w in words) < ENOUGH * len(words):
            return Verdict(False, "Too little of the sentence is in the evidence.")
        return Verdict(True)
