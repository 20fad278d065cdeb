"""Quotations in a sentence: each must stand in the evidence, word for word."""

from __future__ import annotations

import re

from app.text.words import chinese

_QUOTED = re.compile(
    r"“([^”]{2,})”|\"([^\"]{2,})\"|「([^」]{2,})」|『([^』]{2,})』|《([^》]{2,})》|(?<!\w)‘([^’]{8,})’(?!\w)"
)


def missing_quotation(claim: str, evidence: str) -> str:
    """A claim and its evidence -> what is wrong with the claim's quotations, '' where the evidence holds them word for
    word."""
    held = _bare(evidence)
    for match in _QUOTED.finditer(claim):
        quoted = next(q for q in match.groups() if q)
        if chinese(quoted) and not chinese(evidence):
            continue  # a Chinese name for what the evidence says in English
        if _bare(quoted) not in held:
            return f"The words “{quoted.strip(' .,')}” are not in the evidence."
    return ""


def _bare(text: str) -> str:
    """Letters and digits alone, in small letters, so that quotation marks, dashes and spaces make no difference."""
    return re.sub(r"[\W_]+", "", text.casefold())
