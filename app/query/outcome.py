"""Plan and outcome: whether a question asks for a plan or for what came of it, and whether a sentence tells a plan.

"Was it reached?" is as much about the target as about the result, and a model that ranks by what a text is about takes the
one for the other.
"""

from __future__ import annotations

import re

from app.query.answer_type import LONGEST

PLANNED = 3.0  # logits that a passage loses which tells a plan alone, where a question asks what came of it
_ENDED = "met|reached|hit|achieved|attained|fulfilled|missed|exceeded|surpassed|beaten|accomplished"
_END = "meet|reach|hit|achieve|attain|fulfil|miss|exceed|surpass|beat|make it|get there|get to|manage|succeed|deliver|work"
_THEY = "it|that|they|he|she|we|things"
_ASKS = re.compile(
    rf"\b(?:was|were|is|are|been|got|get|has|have) (?:[\w'’%.,&()-]+ ){{0,8}}?(?:{_ENDED})\b"
    rf"|\bdid (?:[\w'’%.,&-]+ ){{0,10}}?(?:{_END})\b"
    rf"|\bdid (?:{_THEY}|china)\s*\?|\bwhat did (?:{_THEY}) get\b|\bhow far (?:did|has|have)\b"
    r"|\bhow did [^?]*\b(?:turn out|go|fare|end)\b|\bwhat (?:came|became|happened)\b"
    r"|\bthe (?:result|outcome|reality)s?\b|\bvs\.? (?:the )?(?:actual|result)"
    r"|\bactual (?:figure|number|value|result|level|growth|share|total|amount)s?\b|\bactuals?\s*(?:\?|$)"
    rf"|\b(?:is|are) (?:{_THEY}) now\b|\bwhere (?:do|does) (?:{_THEY}) stand\b|\b(?:so far|to date|on track)\b"
    r"|达标|兑现|(?:达到|实现|完成)了?(?:吗|没有)|结果(?:如何|怎么样|呢)|实际",
    re.IGNORECASE,
)
_PLANNED = re.compile(
    r"\b(?:targets?|targeted|targeting|aims?|aimed|aiming|goals?|wants?|wanted|planned|plans to|foresees?|foresaw|expects?"
    r"|expected|intends?|intended|(?:is|are|was|were|had|has) to|by (?:the end of )?20\d\d)\b"
    r"|\bputs? (?:\S+ ){1,10}at(?: \S+){1,6}? (?:for|in) 20\d\d\b"
    r"|\b(?:issued|released|published)\b[^.:]{0,300}?\bplans?\b|目标|力争|计划|预期",
    re.IGNORECASE,
)
_ASKS_PLAN = re.compile(
    r"\b(?:targets?|targeted|aims?|aimed|goals?|objectives?|ambitions?|supposed|planned|plans? to|wants?|wanted|promised?"
    r"|expected|foresees?|foreseen|meant|should|intend(?:s|ed)?)\b|目标|计划",
    re.IGNORECASE,
)
_TELLS_PLAN = re.compile(r"\b(?:target\w*|aim\w*|goals?|wants?|wanted|(?:is|are|was|were) to|planned)\b", re.IGNORECASE)
_HAPPENED = re.compile(
    rf"\b(?:{_ENDED}|rose|fell|grew|stood|amounted|totalled|completed|made up|accounted|results?|actual(?:ly)?)\b"
    r"|\b(?:so far|ahead of|passed|topped|increased|decreased|dropped|climbed|against the (?:target|goal))\b"
    r"|\b(?:was|were)\b(?! (?:to|targeted|expected|planned|supposed|foreseen|set|named|released|issued|published)\b)"
    r"|\bhad\b(?! to\b)|\b(?:has|have) (?:been )?\w+ed\b|达到|完成|实现了|增长了",
    re.IGNORECASE,
)
_WANTED = re.compile(
    r" (?:(?:the|its|their) )?(?:targets?|goals?|aims?|objectives?)(?: (?:of|for|to be|was|is))?(?=\W|$)"
    r"| (?:was |were |is |are )?(?:supposed|meant|planned|expected|targeted) to(?=\W|$)"
    r"| aim(?:ed|ing)? (?:for|at|to)(?=\W|$)| (?:promised to|wanted(?: to)?)(?=\W|$)| by (?:the end of )?20\d\d(?=\W|$)",
    re.IGNORECASE,
)
_NO_NAME = re.compile(r"(?:(?:the|a|any|its|their|every|all|that|this|those|these)\b\s*)*", re.IGNORECASE)
_WAS_MET = re.compile(
    r"^(?:and |but |so )?(?:was|were|is|are|has|have) "
    r"(?:(?P<of>(?:(?!(?:was|were|is|are)\b)[\w&'’%()-]+ ){0,6}?)(?:targets?|goals?|aims?|objectives?)"
    rf"(?: (?:of|for|on) (?P<on>[\w&'’%() -]+?))??|{_THEY})"
    rf"(?: (?:been|ever|actually|finally|really)){{0,2}} (?:{_ENDED})(?: (?:in|by|on) [\w ]+)?[\s?.!]*(?:$|(?=\())",
    re.IGNORECASE,
)
_WAS_MET_ZH = re.compile(
    r"的?目标(?:是否|有没有)?(?:已经?)?(?:实现|达到|完成|达成)了?(?:吗|没有)?|的?目标达标了?(?:吗|没有)?"
)


def asks_outcome(question: str) -> bool:
    """Whether it asks what came of something: "was it met?", "did they get there?", "target and actual figure"."""
    return _ASKS.search(question[:LONGEST]) is not None


def asks_plan(question: str) -> bool:
    """Whether it asks what was wanted, and not what came of it."""
    return _ASKS_PLAN.search(question[:LONGEST]) is not None and not asks_outcome(question)


def tells_plan(text: str) -> bool:
    """Whether a sentence, or a row with its headings, tells what is wanted, alone or beside what happened."""
    return _TELLS_PLAN.search(text) is not None


def only_planned(text: str) -> bool:
    """Whether a sentence, or a row with its headings, tells what is wanted or expected and nothing that happened."""
    return _PLANNED.search(text) is not None and _HAPPENED.search(text) is None


def without_plan(question: str) -> str:
    """The question without its words for a plan, which would only find the plan again; "Was the target for 5G met?" is
    "How far did 5G get?"."""
    question = _WAS_MET_ZH.sub("达到多少", question)
    found = _WAS_MET.match(question) if len(question) <= LONGEST else None
    about = _WANTED.sub("", question[found.end() :]) if found else ""
    named = " ".join(w for w in (found["of"], found["on"]) if w and not _NO_NAME.fullmatch(w)) if found else ""
    if not named and not about:
        return _WANTED.sub("", question)
    return f"How far did {' '.join(named.split()) or 'it'} get? {about}".strip()
