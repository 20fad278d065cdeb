"""A follow-up that puts one thing in another's place ("And Shanghai?", "What about 2024?", "And the second?"), put into the
question that it goes on from."""

from __future__ import annotations

import re

from app.query.answer_type import LONGEST, YEAR, things
from app.query.translate import definitions, is_name, names_in
from app.text.names import MONTH, NEAR
from ingest.documents import guess_language
from ingest.words import STOPWORDS, tokens

OPENING = "and|but|so"
"""Words that a question begins with which goes on from another."""
_OPENS = re.compile(
    rf"^(?:那么?|还有)[，,\s]*|^(?:(?:{OPENING}|then)\b[,\s]*)?(?:(?:what|how) about\b\s*)?(?=\S)", re.IGNORECASE
)
_CLOSES = re.compile(  # each run is looked through from its beginning alone
    r"(?<![\s,])[\s,]++(?:then|please)[\s?？!.。]*+$|(?<![\s?？!.。])[\s?？!.。]++$|呢[?？]*+$"
)
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
    rf"^(\d{{1,4}}|{'|'.join(_NUMBERS)}|a) years? (later|after|afterwards|earlier|before)(?: (?:that|this|then))?$",
    re.IGNORECASE,
)
_CENTURY = r"(?:the )?(?:(?:end|middle|beginning) of (?:the|this) (?:century|decade)|mid-century)"
_AT = r"(?:(?:in|by|for|since|until|after|before|during|at) )?"
_TIME = re.compile(rf"{_AT}(?:(?:early |late |mid-|the end of )?{YEAR}(?!\w)|{_CENTURY})|{YEAR}年", re.IGNORECASE)
ORDINAL = re.compile(
    r"\b(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|former|latter|\d{1,2}(?:st|nd|rd|th))\b(?!-)"
    r"|第[一二三四五六七八九十]|[一二三四五六七八九十]期",
    re.IGNORECASE,
)
_MONTH = re.compile(rf"\b{MONTH}\b")
_NAME = re.compile(r"(?<=[\w,’'] )[A-Z][\w&-]*(?: [A-Z][\w&-]*)*")
_NUMBERED = re.compile(r"(?:the )?(?P<what>[a-z]\w+) (?P<number>\d+|[IVX]+)", re.IGNORECASE)
_LIKE = re.compile(
    r"(?:the |its |their )?(?P<new>(?!(?:the|its|their|same|other|whole|next|new|old)\b)[\w&'’-]+(?: [\w&'’-]+){0,3})"
    r" (?P<head>[a-z]{3,})"
)
_COUNTED = re.compile(
    rf"\b(?:the )?(?P<things>(?:{'|'.join(list(_NUMBERS)[1:])}) (?:(?!(?:of|in|by|for)\b)[a-z-]+ ){{0,3}}[a-z-]+s)\b"
)
_YEAR_ONE = re.compile(rf"(?:the )?(?P<year>{YEAR}) one")
_OBJECT = re.compile(
    r"\b(?:for|of) (?:the )?(?P<what>[a-z][\w&-]+(?: [a-z][\w&-]+){0,2}?)(?=\?|$| (?:in|by|at|of|to|from|on)\b)"
)
_NO_OBJECT = STOPWORDS | set("result outcome total rest reason source latest today before earlier later actually".split())
_A_THING = re.compile(r"\b(?:it|its)\b", re.IGNORECASE)
_DONE_BY = re.compile(r"^(?:\w+(?:ed|s)|led|ran|made|set|put|won|held|built|wrote|gave) (?=the |an? |[A-Z])")
_DONE = re.compile(r" (?:released|issued|published|founded|come out|say|start|begin|happen)$")
_SHORT = 4  # characters of a name that the dictionary may not have
_HAN = re.compile(r"[\u4e00-\u9fff]{2,8}")
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
    answered again. For "it" that is a thing, without who did what to it. A Chinese question is kept whole."""
    if guess_language(base) == "zh":
        return f"{base} {question}"
    about = topic(base)
    if _A_THING.search(question) and not STOPWORDS.issuperset(tokens(question)):
        about = _DONE_BY.sub("", _DONE.sub("", about)) or about
    return f"{question} ({about})" if about else question


def replaced(base: str, question: str) -> tuple[str, bool]:
    """The base question with what the follow-up names in place of its like, and whether that is in doubt; '' where the
    follow-up asks something itself or the base holds nothing of the kind.

    A year takes the place of the last year, an ordinal of the ordinal, "the forest plan" of "the lake plan", a name of the
    only name: with a second name in the base it is in doubt which was meant.
    """
    if len(base) > LONGEST or len(question) > LONGEST:
        return "", False
    opens = _OPENS.match(question)
    term = _CLOSES.sub("", question[opens.end() :] if opens else question).strip()
    named = (opens is not None and opens.end() > 0) or question.rstrip("?？").endswith("呢")
    if not base or not named or not term or len(term.split()) > _MOST or _ASKS.search(term):
        return "", False
    for put in (_time, _ordinal, _month, _opposite, _numbered, _year_one, _counted, _like, _chinese):
        if found := put(base, term):
            return found, False
    found, in_doubt = _name(base, term)
    if not found:
        found = _object(base, term)
        in_doubt = bool(found)
    return found, in_doubt


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


def _numbered(base: str, term: str) -> str:
    """Another number of the same thing: "Article 49"."""
    new = _NUMBERED.fullmatch(term)
    old = re.search(rf"\b{new['what']} (?:\d+|[IVX]+)\b", base, re.IGNORECASE) if new else None
    return base[: old.start()] + term.removeprefix("the ") + base[old.end() :] if old else ""


def _year_one(base: str, term: str) -> str:
    """Another year in place of the last, also in a name: "the 2025 one"."""
    new, old = _YEAR_ONE.fullmatch(term), list(re.finditer(rf"\b{YEAR}\b", base))
    return base[: old[-1].start()] + new["year"] + base[old[-1].end() :] if new and old else ""


def _counted(base: str, term: str) -> str:
    """As many or more of other things: "the four lakes" in place of "the seven hills of the plan"."""
    new, old = _COUNTED.fullmatch(term), _COUNTED.search(base)
    return f"{base[: old.start('things')]}{new['things']}{base[old.end('things') :]}" if new and old else ""


def _like(base: str, term: str) -> str:
    """Another thing of the same kind: "the forest plan" in place of "the lake plan"."""
    new = _LIKE.fullmatch(term)
    old = re.search(rf"\bthe (?P<old>(?:[\w&'’-]+ ){{1,5}}?){new['head']}\b", base) if new else None
    return base[: old.start("old")] + new["new"] + " " + base[old.end("old") :] if new and old else ""


def _object(base: str, term: str) -> str:
    """Another thing in place of what "for" or "of" names: "And steel?" after "What is the target for copper?"."""
    new = re.fullmatch(r"(?:for |of )?(?:the )?(?P<what>[a-z][\w&-]+(?: [a-z][\w&-]+){0,2})", term)
    if new is None or not _NO_OBJECT.isdisjoint(new["what"].split()):
        return ""
    old = _OBJECT.search(base)
    return base[: old.start("what")] + new["what"] + base[old.end("what") :] if old else ""


def _chinese(base: str, term: str) -> str:
    """What ends on the same word in place of its like ("规划"), or a name in place of the last one; a short word that the
    dictionary does not have may be a name."""
    if not _HAN.fullmatch(term):
        return ""
    if len(term) > 2 and (old := re.search(rf"[^\W\d_的年在和了是、，]{{1,10}}{term[-2:]}", base)):
        return base[: old.start()] + term + base[old.end() :]
    names = names_in(base) if is_name(term) or (len(term) <= _SHORT and not definitions(term)) else []
    return term.join(base.rsplit(names[-1], 1)) if names else ""


def _name(base: str, term: str) -> tuple[str, bool]:
    """A name in place of the base's; with several, of the one behind the same preposition, else of the last."""
    found = re.fullmatch(
        r"(?:(?P<at>in|of|for|by|to|from|with|at) )?(?:the )?(?P<name>[A-Z][\w&-]*(?: [A-Z][\w&-]*)*)(?:['’]s?)?", term
    )
    if found is None:
        return "", False
    names = [
        m
        for m in _NAME.finditer(base)
        if not base[max(0, m.start() - NEAR) : m.start()].rstrip()[-1:].isdecimal() and "-" not in m[0]
    ]
    names = [m for m in names if m[0] not in _MEASURES]
    behind = [
        m for m in names if found["at"] and base[max(0, m.start() - NEAR) : m.start()].lower().endswith(f"{found['at']} ")
    ]
    if not names:
        return "", False
    old = (behind or names)[-1]
    return base[: old.start()] + found["name"] + base[old.end() :], len(behind or names) > 1
