"""A follow-up that puts one thing in another's place ("And Shanghai?", "What about 2024?", "And the second?"), put into the
question that it goes on from."""

from __future__ import annotations

import re

from app.kinds import YEAR, things
from ingest.documents import guess_language

OPENING = "and|but|so"
"""Words that a question begins with which goes on from another."""
_OPENS = re.compile(
    rf"^(?:(?:{OPENING}|then)\b[,\s]*)?(?:(?:what|how) about\b\s*)?(?=\S)|^(?:那么?|还有)[，,\s]*", re.IGNORECASE
)
_CLOSES = re.compile(r"(?:[\s,]+(?:then|please))?[\s?？!.。]*$|呢?[?？]*$")
_MOST = 7  # words of a follow-up that only names something
_ASKS = re.compile(
    r"\b(?:who|whom|whose|what|when|where|which|why|how|is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b"
    r"|什么|谁|哪|多少|几|为何|怎么|如何|是|有",
    re.IGNORECASE,
)
_QUESTION_WORDS = re.compile(
    r"\b(?:(?:who|what|when|where|how|that|it)['’]s|"
    r"who|whom|whose|what|when|where|which|why|how(?: (?:much|many|large|big|long|high|far|old|fast))?|is|are|was|were|"
    r"do|does|did|has|have|had|can|could|will|would|should|may|might|"
    r"(?:tell|show|give) me(?: (?:more )?about)?|explain|describe|please)\b"
    r"|什么时候|什么|谁|哪[些个]?|多少|几|为什么|为何|怎么|如何|吗",
    re.IGNORECASE,
)
_NUMBERS = {w: n for n, w in enumerate("one two three four five six seven eight nine ten".split(), 1)}
_LATER = re.compile(
    rf"^(\d+|{'|'.join(_NUMBERS)}|a) years? (later|after|afterwards|earlier|before)(?: (?:that|this|then))?$", re.IGNORECASE
)
_CENTURY = r"(?:the )?(?:(?:end|middle|beginning) of (?:the|this) (?:century|decade)|mid-century)"
_AT = r"(?:(?:in|by|for|since|until|after|before|during|at) )?"
_TIME = re.compile(rf"{_AT}(?:(?:early |late |mid-|the end of )?{YEAR}(?!\w)|{_CENTURY})|{YEAR}年", re.IGNORECASE)
ORDINAL = re.compile(
    r"\b(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|former|latter)\b(?!-)|第[一二三四五六七八九十]",
    re.IGNORECASE,
)
_MONTH = re.compile(r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\b")
_NAME = re.compile(r"(?<=[\w,’'] )[A-Z][\w&-]*(?: [A-Z][\w&-]*)*")
_MEASURES = frozenset("GDP R&D AI IPO IP IT ICT VAT CO2 GW".split())  # in capitals, and no names that others may stand for
_OPPOSITES = (
    ("import", "export"), ("men", "women"), ("revenue", "profit"), ("urban", "rural"), ("highest", "lowest"),
    ("largest", "smallest"), ("minimum", "maximum"),
)  # fmt: skip


def topic(question: str) -> str:
    """What a question is about: its words without those that ask."""
    bare = _QUESTION_WORDS.sub(" ", _CLOSES.sub("", question)).replace("? (", " (")
    return re.sub(r"^(?:of|in|by|for) ", "", " ".join(bare.split()))


def joined(question: str, base: str) -> str:
    """A follow-up with what the question that it goes on from is about, in brackets: whole, that question would be
    answered again. A Chinese question is kept whole."""
    if guess_language(base) == "zh":
        return f"{base} {question}"
    return f"{question} ({about})" if (about := topic(base)) else question


def replaced(base: str, question: str) -> tuple[str, bool]:
    """The base question with what the follow-up names in place of its like, and whether that is in doubt; '' where the
    follow-up asks something itself or the base holds nothing of the kind.

    A year takes the place of the last year, an ordinal of the ordinal, a name of the only name: with a second name in the
    base it is in doubt which was meant.
    """
    opens = _OPENS.match(question)
    term = _CLOSES.sub("", question[opens.end() :] if opens else question).strip()
    named = (opens is not None and opens.end() > 0) or question.rstrip("?？").endswith("呢")
    if not base or not named or not term or len(term.split()) > _MOST or _ASKS.search(term):
        return "", False
    for put in (_time, _ordinal, _month, _opposite):
        if found := put(base, term):
            return found, False
    return _name(base, term)


def _time(base: str, term: str) -> str:
    """Another year, or as many years later, in place of the last one that is no part of a name."""
    years = things("year", base)
    if not years:
        return ""
    start, end = years[-1]
    digits = re.search(YEAR, base[start:end])
    if digits and (later := _LATER.match(term)):
        step = int(later[1]) if later[1].isdigit() else _NUMBERS.get(later[1].lower(), 1)
        year = int(digits[0]) + (step if later[2].lower() in ("later", "after", "afterwards") else -step)
        return f"{base[:start]}{year}{base[end:]}"
    new = _TIME.fullmatch(term)
    if new is None:
        return ""
    before = re.search(r"(?:\b(?:in|by|for|since|until|after|before|during|at) )$", base[:start], re.IGNORECASE)
    if before and " " in term:
        start = before.start()
    return base[:start] + term.removesuffix("年") + base[end:]


def _ordinal(base: str, term: str) -> str:
    old, new = ORDINAL.search(base), ORDINAL.search(term)
    rest = re.sub(r"^the\s+", "", term, flags=re.IGNORECASE)
    if not old or not new or len(rest.split()) > 2:
        return ""
    return base[: old.start()] + new[0].lower() + base[old.end() :]


def _month(base: str, term: str) -> str:
    old, new = _MONTH.search(base), _MONTH.search(term)
    return base[: old.start()] + new[0] + base[old.end() :] if old and new and len(term.split()) <= 2 else ""


def _opposite(base: str, term: str) -> str:
    """The opposite in place of a word ("imports", "exports"), in the form that stands there."""
    word = re.sub(r"^the\s+", "", term, flags=re.IGNORECASE).lower().removesuffix("s")
    for pair in _OPPOSITES:
        if word in pair:
            other = pair[1 - pair.index(word)]
            found = re.search(rf"\b{other}(?=(?:s|ed)?\b)", base, re.IGNORECASE)
            return base[: found.start()] + word + base[found.end() :] if found else ""
    return ""


def _name(base: str, term: str) -> tuple[str, bool]:
    """A name in place of the base's; with several, of the one behind the same preposition, else of the last."""
    found = re.fullmatch(
        r"(?:(?P<at>in|of|for|by|to|from|with|at) )?(?:the )?(?P<name>[A-Z][\w&-]*(?: [A-Z][\w&-]*)*)(?:['’]s?)?", term
    )
    if found is None:
        return "", False
    names = [m for m in _NAME.finditer(base) if not re.search(r"\d$", base[: m.start()].rstrip()) and "-" not in m[0]]
    names = [m for m in names if m[0] not in _MEASURES]
    behind = [m for m in names if found["at"] and base[: m.start()].lower().endswith(f"{found['at']} ")]
    if not names:
        return "", False
    old = (behind or names)[-1]
    return base[: old.start()] + found["name"] + base[old.end() :], len(behind or names) > 1
