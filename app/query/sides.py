"""A question for several things -> the names or years of its sides, as they are written."""

from __future__ import annotations

import re

from app.query.followup import NAME

_CALLED = re.compile(rf"{NAME.pattern}(?: [A-Z][\w&-]*)*")
_JOINED = re.compile(r"\s*,?\s*(?:[a-z.]+\s*)?(?:the\s*)?")
"""What may stand between two of them: a comma, one small word."""
MOST = 4  # columns that a page has room for


def sides(text: str) -> tuple[str, ...]:
    """The names or years that stand side by side in a question, or the two that it has; () where there are no two."""
    best: list[str] = []
    run: list[str] = []
    called = list(_CALLED.finditer(text))
    for before, name in zip([None, *called], called, strict=False):
        run = run if before and _JOINED.fullmatch(text, before.end(), name.start()) else []
        run.append(re.sub("['’]s$", "", name[0]))
        best = list(run) if len(run) > len(best) else best
    if len(best) < 2 and len(called) == 2:
        best = [re.sub("['’]s$", "", name[0]) for name in called]
    found = tuple(dict.fromkeys(best))
    return found if 2 <= len(found) <= MOST else ()
