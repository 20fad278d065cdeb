"""How much a question asks for: one thing, several things, or all of a list."""

from __future__ import annotations

import re

from app.query.answer_type import LONGEST

_DIFFER = re.compile(
    r"\b(?:dates|days|figures|sums|amounts|agree|disagree|dispute|differ(?:s|ent|ently|ence)?|contradict\w*|conflicting|"
    r"reconcile|discrepanc\w+|elsewhere|sources|reports|(?:some|others?) (?:\w+ )?(?:say|put|give|claim)s?)\b"
    r"|不同|矛盾|一致",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"\b(?:than|or|versus|vs|both|each|respectively|compare[ds]?|comparison|as \w+ as|between .+ and)\b"
    r"|\b(?:earlier|later|faster|slower|larger|bigger|smaller|higher|lower|longer|shorter|more|less)\W*$"
    r"|^(?:is|are|was|were|do|does|did|has|have|had)\b.+\b(?:before|after|ahead of)\b"
    r"|, [^,?]+,? and |还是|分别|比较|相比",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_AND_TO = re.compile(" (?:and|to) ")
_TOLD_TO_LIST = re.compile(
    r"\b(?:list|enumerate|name|give me)\b.*\b(?:\w+s|people)\b|\ball of (?:it|them)\b|哪些|哪几|列出|有哪",
    re.IGNORECASE,
)
_WHAT = re.compile(r"\b(which|what)\b(?: of)?((?:\s+[\w'’-]+){1,7})", re.IGNORECASE)
_TO_BE = re.compile(r"\s+(?:are|were|else|other)\b", re.IGNORECASE)
_ENDS_PHRASE = frozenset(
    """is are was were do does did has have had can could will would should may might must
    of for in on at by with from under without within to into among between that who whose which what when where
    makes drives gives takes gets leads runs sets holds wants needs counts limits says covers shows helps plays grows comes
    goes happens means remains concerns supports belongs deals applies""".split()
)
_LINKS = frozenset("the its their these those all of and or".split())
_NO_PLURAL = re.compile(r"(?:ss|us|is|['’]s)$|^(?:news|series|its)$", re.IGNORECASE)
_NUMBERS = {word: n for n, word in enumerate("two three four five six seven eight nine ten eleven twelve".split(), 2)}
_NUMBER = re.compile(rf"\b(?:which|what|name|list|the|all) (?:the )?({'|'.join(_NUMBERS)}|\d{{1,2}})\b", re.IGNORECASE)
_LOOKED_AT = 4  # words behind "which" that may name what is asked for, where no verb or preposition ends them


def asks_several(question: str) -> bool:
    """Whether more than one figure, date or name is asked for: the sides of a comparison, what sources say otherwise, one
    thing after another."""
    question = question[:LONGEST]
    return _SEVERAL.search(question) is not None or _two_years(question) or asks_whether_sources_differ(question)


def _two_years(question: str) -> bool:
    """Whether two years have "and" or "to" between them."""
    years = [m.span() for m in _YEAR.finditer(question)]
    return len(years) > 1 and _AND_TO.search(question, years[0][1], years[-1][0]) is not None


def asks_whether_sources_differ(question: str) -> bool:
    """Whether it is about what is said otherwise elsewhere: "do sources agree …", "which dates …", "some say …"."""
    return _DIFFER.search(question) is not None


def asks_list(question: str) -> bool:
    """Whether all things of a kind are asked for: "list …", "which sectors …", "what are …", but not "which sector …"."""
    question = question[:LONGEST]
    return _TOLD_TO_LIST.search(question) is not None or any(_plural(*m.groups()) for m in _WHAT.finditer(question))


def number_of_things(question: str) -> int | None:
    """How many things the question says that it asks for ("which seven …"); None where it does not say."""
    found = _NUMBER.search(question)
    if found is None:
        return None
    return _NUMBERS.get(found[1].lower()) or int(found[1])


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
