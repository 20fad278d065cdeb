"""What a claim says beyond its evidence: a cause, all or only, a first or largest, a rule made of one case, another plan."""

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
    (
        r"\b(?:usually|generally|typically|normally|as a rule|routinely|in general|tend(?:s|ed)? to|most(?! of all|ly"
        r" recent)(?! \w+(?:ed|ous|ful|ant|ent)\b))\b|一般|通常|往往|大多|多数",
        r"\b(?:usual\w*|general\w*|typical\w*|normal\w*|average|most\w*|majority|main\w*|over half|more than half)\b|一般"
        r"|通常|往往|大多|多数|平均",
    ),
    (
        r"\b(?:always|ever since|throughout|without exception|every time|(?:each|every) year|year after year)\b|始终|一直"
        r"|每年|历来",
        r"\b(?:always|ever|throughout|each|every|annual\w*|a year|per year|since|continu\w+|years)\b|始终|一直|每年|历来"
        r"|以来|年均",
    ),
)
_WIDE_FORMS = tuple((re.compile(ours, re.IGNORECASE), re.compile(theirs, re.IGNORECASE)) for ours, theirs in _WIDE)
_SUPERLATIVE = re.compile(
    r"\b(?P<top>largest|biggest|highest|greatest|strongest|longest|richest|leading)\b|\b(?P<bottom>smallest|lowest"
    r"|weakest|shortest|least(?<!at least))\b"
    r"|(?P<first>(?<=the |..a |.’s |.'s |its )"
    r"first (?!and\b|or\b|step|phase|half|quarter|day|time since|\d|two|three|four|five|six)|\bearliest\b|首[次个批家])"
    r"|(?P<most>\bmost"
    r" (?=\w+(?:ed|ous|ful|ant|ent|ive)\b))"
    r"|最(?P<han>[大高多快强长])|最(?P<hanlow>[低小少晚短])",
    re.IGNORECASE,
)
_TOP = (
    r"\b(?:\w+est|most|top|first (?:place|in|among)|came first|lead\w*|record|best|No\.? ?1|peak|more \w+ than any)\b"
    r"|最[大高多强快长]|第一|首位"
)
_HELD = {
    "top": _TOP,
    "han": _TOP,
    "most": _TOP,
    "bottom": r"\b(?:\w+est|least|last|bottom|minimum)\b|最[低小少晚短]",
    "hanlow": r"\b(?:\w+est|least|last|bottom|minimum)\b|最[低小少晚短]",
    "first": r"\b(?:first|initial\w*|new|beg[aiu]n\w*|start\w*|open\w*|launch\w*|found\w*|second|original\w*|earliest|1st"
    "|I|never)\b|首|第一|开始|最早",
}


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
    for found in _SUPERLATIVE.finditer(claim):
        if not re.search(_HELD[found.lastgroup or "top"], said, re.IGNORECASE) and found[0].lower() not in said.lower():
            return f"The evidence does not say “{found[0]}”."
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
