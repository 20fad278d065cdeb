"""How much a question asks for: one thing, several things, or all of a list."""

from __future__ import annotations

import re

from app.query.rules import LONGEST, Trace
from app.query.values import Scope
from app.text.lexicon import lexicon

_TO_BE = re.compile(r"\s+(?:are|were|else|other)\b", re.IGNORECASE)
_ENDS_PHRASE = frozenset(
    """is are was were do does did has have had can could will would should may might must
    of for in on at by with from under without within to into among between that who whose which what when where
    makes drives gives takes gets leads runs sets holds wants needs counts limits says covers shows helps plays grows comes
    goes happens means remains concerns supports belongs deals applies""".split()
)
_LINKS = frozenset("the its their these those all of and or".split())
_NO_PLURAL = re.compile(r"(?:ss|us|is|['’]s)$|^(?:news|series|its)$", re.IGNORECASE)
_LOOKED_AT = 4  # words behind "which" that may name what is asked for, where no verb or preposition ends them


def scope(text: str, standalone: str, trace: Trace) -> Scope:
    """The scope of a question as typed and as read."""
    number = trace.search("number", standalone)
    return Scope(
        _lists(standalone, trace) or _lists(text, trace),
        lexicon().number(number["number"].lower()) or int(number["number"]) if number else None,
        trace.search("several", text) is not None,
    )


def _lists(question: str, trace: Trace) -> bool:
    """Whether all things of a kind are asked for: "list …", "which sectors …", "what are …", but not "which sector …"."""
    if trace.search("list", question):
        return True
    for rule in trace.rules.of("plural"):
        if any(_plural(m["asks"], m["behind"]) for m in rule.pattern.finditer(question, 0, LONGEST)):
            trace.fired[rule.id] = None
            return True
    return False


def _plural(asking: str, behind: str) -> bool:
    """Whether the words behind "which" or "what" name several things; these may stand in front of a verb that is not known
    here ("which people sat on …")."""
    words = _TO_BE.sub("", behind, count=1).split() if _TO_BE.match(behind) else behind.split()
    phrase: list[str] = []
    for word in words:
        if word.lower() in _ENDS_PHRASE:
            return bool(phrase) and (_many(phrase[-1]) or (asking.lower() == "which" and _many(phrase[0])))
        if word.lower() not in _LINKS:
            phrase.append(word)
    return any(_many(word) for word in phrase[:_LOOKED_AT])


def _many(word: str) -> bool:
    """Whether a word looks like a plural."""
    return word.lower() in ("people", "criteria", "media") or (word[-1:] in "sS" and not _NO_PLURAL.search(word))
