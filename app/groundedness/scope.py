"""What a claim says beyond its evidence: a cause, all or only, another plan."""

from __future__ import annotations

import re
from itertools import takewhile

from app.groundedness.cues import CAUSE, LINK
from app.groundedness.hanzi import chinese
from app.groundedness.lemmas import key
from app.groundedness.support import content, sentences
from ingest.words import STOPWORDS

_NUMBER = r"(?:\d|two|three|four|five|six|seven|eight|nine|ten)"
_WIDE = (  # (what a claim may say, what its evidence must say for it)
    (
        rf"\b(?:all(?! the same| told| (?:of )?(?:the )?{_NUMBER})|every(?! {_NUMBER}| other)|everyone|everything"
        rf"|entire(?:ly)?|any)\b|所有|全部|一切|全体",
        r"\b(?:all|each|every\w*|entire\w*|whole|any|total|none|no)\b|所有|全部|一切|全体|各|均",
    ),
    (
        r"\b(?:only (?!on\b|in\b|after\b|when\b|by\b|\d|one\b|two\b|three\b)|solely?|alone|exclusively|nothing but|no"
        r" other|no one else)|唯一|只有|仅有",
        r"\b(?:only|solely?|alone|exclusive\w*|single|unique|the one|any other|but (?:not|no)|except|without|no other"
        r"|nothing|nobody)\b|唯一|只有|仅",
    ),
)
_WIDE_FORMS = tuple((re.compile(ours, re.IGNORECASE), re.compile(theirs, re.IGNORECASE)) for ours, theirs in _WIDE)


_OF_A_LIST = re.compile(r"\band [^,.;]{2,80} $")  # A, B and C all …
_POINTS_BACK = re.compile(r"\b(?:th(?:is|at|ese|ose)|it|they|which is why|therefore|thus)\b", re.IGNORECASE)
_HEADS = "plan|programme|program|outline|report|strategy|law|fund|list|notice|regulations|policy|initiative|proposals"
_HEAD = re.compile(rf"\b(?P<head>{_HEADS})\b(?: (?:of|from) (?P<year>(?:19|20)\d\d))?", re.IGNORECASE)
_BEFORE = 60  # characters in front of it, where its name stands
_NOT_OF_NAME = STOPWORDS | frozenset(
    "china’s china's municipal local later earlier previous implementation action special current new same such each other"
    " national state"
    " set sets first both another draft whole".split()
)


def overstated(claim: str, near: str, said: str) -> str:
    """A claim, the sentences nearest to it and all that its evidence says -> what it says beyond them; '' where nothing."""
    for ours, theirs in _WIDE_FORMS:
        if (found := ours.search(claim)) and not theirs.search(near) and not _OF_A_LIST.search(claim[: found.start()]):
            return f"The evidence does not say “{found[0].strip().lower()}”."
    if (found := CAUSE.search(claim)) and not any(_links(claim, found, s) for s in sentences(said.split("\n"))):
        return f"The evidence does not say “{found[0].strip().lower()}”."
    return ""


def _links(claim: str, cue: re.Match[str], sentence: str) -> bool:
    """Whether a sentence of the evidence gives a cause, and speaks of both sides of the claim's, or points back."""
    if not LINK.search(sentence):
        return False
    at = claim.find(",", cue.end()) if cue.start() < 3 else cue.start()
    held = set(content(sentence))
    sides = [set(content(side)) for side in (claim[:at], claim[at:])]
    return chinese(claim) or _POINTS_BACK.search(sentence) is not None or all(len(s & held) * 3 >= len(s) for s in sides)


def other_plan(claim: str, evidence: str, breadcrumb: str) -> str:
    """A claim and its evidence -> a plan, law or fund that goes by another name or year there; '' without one."""
    held = list(_heads(evidence)) or list(_heads(breadcrumb))
    for head, names in _heads(claim):
        others = [n for h, n in held if h == head]
        if names and others and not any(_may_be(names, n) for n in others):
            return f"The evidence speaks of another {head}: {' '.join(sorted(others[0]))}."
    return ""


def _heads(text: str) -> list[tuple[str, frozenset[str]]]:
    """Plans, laws, funds of a text -> each with the keys of what tells it from others: words before it, its year."""
    found = []
    for match in _HEAD.finditer(text):
        words = re.split(r"[^\w&’' -]", text[max(0, match.start() - _BEFORE) : match.start()])[-1]
        before = re.findall(r"[\w&-]+(?:['’]s?(?= ))?", words)
        names = list(takewhile(lambda w: w.lower() not in _NOT_OF_NAME, reversed(before[-4:])))
        owner = next((n for n, w in enumerate(names) if w[-2:] in ("'s", "’s")), 4)  # Beijing's regulations
        names = [re.sub("['’]s$", "", w) for w in names[: owner + 1]]
        found.append((key(match["head"]), frozenset(key(w) for w in [*names, *filter(None, [match["year"]])])))
    return found


def _may_be(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether years and ordinals, and the other words, meet where both names have any."""
    for digits in (True, False):
        one, other = ({w for w in n if w[0].isdigit() is digits} for n in (ours, theirs))
        if one and other and not one & other:
            return False
    return True
