"""The figure, date or name that a question asks for, inside the sentence that answers: what is set in bold.

None when in doubt: a wrong figure in bold is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answers import DraftSentence, Question
from app.kinds import Asked, Span, asked, content, stem, things
from ingest.words import STOPWORDS, tokens

REACH = 12  # words within which a word of the question counts for what stands near it
BORDER = 4  # words that a comma or semicolon counts for
CLEAR = 1.15  # times that the best place must be better than the next
_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+(?:[.,'’][^\W_\u3400-\u9fff]+)*|[,;:()，；：。]")
_OF_ALL = re.compile(r"\bof (?:the|its|their|these|all)(?: \w+)? $", re.IGNORECASE)
"""In front of a total of which only some are counted."""
_STANDS_ALONE = re.compile(r"\s(?:is|are|was|were|of|had|have|lagged)\b")
_ALIKE = tuple(
    frozenset(stem(w) for w in group.split())
    for group in (
        "company companies firm firms enterprise enterprises business businesses affiliates subsidiaries startups",
        "people persons inhabitants residents population citizens",
        "people workers employees staff researchers",
        "departments ministries agencies bodies",
        "countries nations states",
        "firms listings companies flotations",
        "fields areas sectors industries",
        "members delegates",
        "indicators targets goals",
        "robots units",
        "ICs chips circuits",
    )
)


def emphases(question: Question, sentences: Sequence[DraftSentence]) -> list[Span | None]:
    """What to set in bold in each sentence: once for each part of the question, where its first sentence or the next has it."""
    asked_for = [q.read_as for q in question.asked()]
    found: list[Span | None] = []
    done: set[int] = set()
    for sentence in sentences:
        span = None if sentence.part in done else emphasis(asked_for[sentence.part], sentence.text)
        done |= {sentence.part} if span else set()
        found.append(span)
    return found


def emphasis(question: str, sentence: str) -> Span | None:
    """Where the sentence holds what the question asks for; code points in the sentence, end exclusive."""
    wanted = asked(question)
    if wanted is None:
        return None
    known = " ".join(question.split()).lower()
    found = [s for s in things(wanted.kind, sentence) if not _said(sentence[slice(*s)], known)]
    if wanted.unit:
        alone = [s for s in found if _STANDS_ALONE.match(sentence[s[1] :])]
        found = [s for s in found if counts(wanted, sentence, s)] or alone
    if not found:
        return None
    scored = sorted(((_near(question, sentence, s), s) for s in found), key=lambda pair: -pair[0])
    (best, span), *others = scored
    if best <= 0 or (others and best < CLEAR * others[0][0]):
        return None
    return span


def counts(wanted: Asked, sentence: str, span: Span) -> bool:
    """Whether a figure counts what the question counts: the noun follows it, or is the heading of its cell in a table."""
    if _OF_ALL.search(sentence[: span[0]]):
        return False
    after = re.split(r"[.;:，。；](?:\s|$)", sentence[span[1] :], maxsplit=1)[0]
    following = [stem(w) for w in tokens(after)[:5]]
    before = [stem(w) for w in tokens(re.split(r"[;.] ", sentence[: span[0]])[-1])] if sentence[: span[0]].endswith(": ") else []
    inside = [stem(w) for w in tokens(sentence[slice(*span)])]
    same = {stem(wanted.unit), stem(wanted.unit.removesuffix("s"))}.union(*(g for g in _ALIKE if stem(wanted.unit) in g))
    return any(w in same or w.removesuffix("s") in same for w in (*following, *before, *inside))


def _said(text: str, known: str) -> bool:
    """Whether the question says it itself."""
    bare = re.sub(r"\s*\([\u4e00-\u9fff]+\)$", "", text).lower()
    return re.search(rf"(?<![\w.,]){re.escape(bare)}(?![\w]|[.,]\d)", known) is not None


def _near(question: str, sentence: str, span: Span) -> float:
    """How near the words of the question stand: for each its nearest place, a word away 1/2, two away 1/3, …"""
    wanted = content(question)
    tokens_at = [(m.start(), m[0]) for m in _TOKEN.finditer(sentence)]
    inside = [n for n, (at, _) in enumerate(tokens_at) if span[0] <= at < span[1]]
    if not inside:
        return 0.0
    total = 0.0
    for word in wanted:
        steps = [d for n, (_, t) in enumerate(tokens_at) if stem(t.lower()) == word and (d := _distance(tokens_at, n, inside))]
        total += max((1.0 / (1 + d) for d in steps if d <= REACH), default=0.0)
    return total or 0.01


def _distance(tokens_at: Sequence[tuple[int, str]], at: int, inside: Sequence[int]) -> int:
    """Words between a place and the span, commas and the like counting for more; 0 within the span."""
    low, high = (at, inside[0]) if at < inside[0] else (inside[-1], at)
    if inside[0] <= at <= inside[-1]:
        return 0
    between = [t for _, t in tokens_at[low + 1 : high]]
    return 1 + sum(BORDER if re.fullmatch(r"[,;，；。]", t) else 1 for t in between if t not in ":：()" and t.lower() not in STOPWORDS)
