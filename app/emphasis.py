"""The figure, date or name that a question asks for, inside the sentence that answers: what is set in bold.

None when in doubt: a wrong figure in bold is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answers import DraftSentence
from app.asked import Question
from app.kinds import YEAR, Asked, asked, content, stem, things
from app.names import Span
from ingest.words import CHARACTERS, STOPWORDS, tokens

REACH = 12  # words within which a word of the question counts for what stands near it
BORDER = 4  # words that a comma or semicolon counts for
CLEAR = 1.15  # times that the best place must be better than the next
_LETTERS = rf"[^\W_{CHARACTERS}]+"
_TOKEN = re.compile(rf"[{CHARACTERS}]|{_LETTERS}(?:[.,'’]{_LETTERS})*|[,;:()，；：。]")
_OF_ALL = re.compile(r"\bof (?:the|its|their|these|all)(?: \w+)? $", re.IGNORECASE)
"""In front of a total of which only some are counted."""
_STANDS_ALONE = re.compile(r"\s(?:is|are|was|were|of|had|have|in|on|at|by|to|from|and)\b|[,;]|\.?$")
"""Behind a figure whose noun stands elsewhere."""
_ALIKE = tuple(
    frozenset(stem(w) for w in group.split())
    for group in (
        "company companies firm firms enterprise enterprises business businesses affiliates subsidiaries startups",
        "people persons inhabitants residents population citizens",
        "people workers employees staff researchers",
        "departments ministries agencies bodies",
        "countries nations states",
        "fields areas sectors industries",
        "people members delegates",
        "types kinds sorts forms",
        "indicators targets goals",
    )
)


def emphases(question: Question, sentences: Sequence[DraftSentence]) -> list[Span | None]:
    """What to set in bold in each sentence: in the first that answers a part of the question, if anything."""
    found: list[Span | None] = []
    seen: set[int] = set()
    for sentence in sentences:
        kind, words = _of_part(question, sentence.part)
        first = kind and sentence.part not in seen
        found.append(emphasis(words, sentence.text, kind, sentence.own) if first else None)
        seen.add(sentence.part)
    return found


def _of_part(question: Question, part: int) -> tuple[Asked | None, str]:
    """What a part asks for, and the words that it is searched with: a follow-up's own words say what it asks for."""
    if question.parts:
        found = question.parts[part]
        return asked(found.words or found.search), found.search
    return asked(question.text) or asked(question.read_as), question.read_as


def emphasis(question: str, sentence: str, wanted: Asked | None = None, own: int = 0) -> Span | None:
    """Where the sentence, from `own` on, holds what the question asks for; code points in the sentence, end exclusive.

    `wanted` is that where it is known already.
    """
    wanted = wanted or asked(question)
    if wanted is None:
        return None
    # who introduces a list may be who was asked for: then no name of its items is
    found = [span for span in candidates(question, sentence, wanted) if span[0] >= own or wanted.kind == "name"]
    if not found:
        return None
    scored = sorted(((_near(question, sentence, s), s) for s in found), key=lambda pair: -pair[0])
    (best, span), *others = scored
    return None if span[0] < own or (others and best <= CLEAR * others[0][0]) else span


def candidates(question: str, sentence: str, wanted: Asked) -> list[Span]:
    """The places where the sentence holds something of the kind that the question does not say itself."""
    found = [s for s in things(wanted.kind, sentence) if not _said(sentence, s, question)]
    found = [s for s in found if not _of_another_year(sentence, s, question)]
    if wanted.kind == "figure":  # "the three largest" is no answer to "how large"
        found = [s for s in found if not re.fullmatch("[A-Za-z]+", sentence[slice(*s)])]
    if wanted.kind in ("name", "place"):
        found = [s for s in found if not content(sentence[slice(*s)]) & content(question)]
    return _counting(wanted.unit, sentence, found) if wanted.unit else found


def _counting(unit: str, sentence: str, spans: Sequence[Span]) -> list[Span]:
    """The figures in front of the noun, else those without a noun of their own in a sentence that holds it."""
    same = {stem(unit), stem(unit.removesuffix("s"))}.union(*(group for group in _ALIKE if stem(unit) in group))
    partial = [s for s in spans if not _OF_ALL.search(sentence[: s[0]])]
    if direct := [s for s in partial if same.intersection(_noun(sentence, s))]:
        return direct
    if not same.intersection(stem(w) for w in tokens(sentence)):
        return []
    return [s for s in partial if _STANDS_ALONE.match(sentence, s[1]) and sentence[slice(*s)].replace(",", "")[-1].isalnum()]


def _noun(sentence: str, span: Span) -> list[str]:
    """The words that may be what a figure counts: those behind it, or the heading of its cell in a table."""
    after = re.split(r"[.,;:，。；](?:\s|$)| (?:of|and) ", sentence[span[1] :], maxsplit=1)[0]
    before = sentence[: span[0]]
    heading = re.split(r"[;.] ", before)[-1] if before.endswith(": ") else ""
    return [stem(w) for text in (sentence[slice(*span)], after, heading) for w in tokens(text)[:4]]


def _said(sentence: str, span: Span, question: str) -> bool:
    """Whether the question says it itself."""
    bare = re.sub(r"\s*\([\u4e00-\u9fff]+\)$", "", sentence[slice(*span)])
    known = " ".join(question.split())
    return re.search(rf"(?<![\w.,]){re.escape(bare)}(?!\w|[.,]\d)", known, re.IGNORECASE) is not None


def _of_another_year(sentence: str, span: Span, question: str) -> bool:
    """Whether the figure is said to be of a year that the question does not name while it names one."""
    year = re.match(rf"\s(?:in|by) ({YEAR})\b", sentence[span[1] :])
    return year is not None and re.search(YEAR, question) is not None and year[1] not in question


def _near(question: str, sentence: str, span: Span) -> float:
    """How near the words of the question stand: for each its nearest place, a word away 1/2, two away 1/3, …"""
    wanted = content(question)
    tokens_at = [(m.start(), m[0]) for m in _TOKEN.finditer(sentence)]
    inside = [n for n, (at, _) in enumerate(tokens_at) if span[0] <= at < span[1]]
    if not inside:
        return 0.0
    total = 0.0
    for word in wanted:
        steps = [
            d for n, (_, t) in enumerate(tokens_at) if stem(t.lower()) == word and (d := _distance(tokens_at, n, inside))
        ]
        total += max((1.0 / (1 + d) for d in steps if d <= REACH), default=0.0)
    return total


def _distance(tokens_at: Sequence[tuple[int, str]], at: int, inside: Sequence[int]) -> int:
    """Words between a place and the span, commas and the like counting for more; 0 within the span."""
    low, high = (at, inside[0]) if at < inside[0] else (inside[-1], at)
    if inside[0] <= at <= inside[-1]:
        return 0
    between = [t for _, t in tokens_at[low + 1 : high]]
    return 1 + sum(
        BORDER if re.fullmatch(r"[,;，；。]", t) else 1 for t in between if t not in ":：()" and t.lower() not in STOPWORDS
    )
