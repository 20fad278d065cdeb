"""The figure, date or name that a question asks for, inside the sentence that answers: what is set in bold.

None when in doubt: a wrong figure in bold is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from app.answers import DraftSentence
from app.query.values import AnswerType, Query
from app.text.lexicon import YEAR
from app.text.names import Span, match_before
from app.text.spans import cell_heading, content_stems, find_spans, stem
from ingest.words import CHARACTERS, STOPWORDS, tokens

_OF_ALL = re.compile(r"\bof (?:the|its|their|these|all)(?: \w+)? $", re.IGNORECASE)
"""In front of a total of which only some are counted."""
_STANDS_ALONE = re.compile(r"\s(?:is|are|was|were|of|had|have|in|on|at|by|to|from|and)\b|[,;]|\.?$")
"""Behind a figure whose noun stands elsewhere."""
_CHINESE_NAME = re.compile(r"(?<!\s)\s*+\([\u4e00-\u9fff]+\)$")
_PART_BEFORE = re.compile(r"[\w.,]$")
_PART_BEHIND = re.compile(r"\w|[.,]\d")
_OF_A_YEAR = re.compile(rf"\s(?:in|by) ({YEAR})\b")
_ENDS_NOUN = re.compile(r"[.,;:，。；](?:\s|$)| (?:of|and) ")
NOUN = 100  # characters behind a figure in which its noun stands
LONGEST = 3_000  # characters of a sentence, a row with its headings, that are looked at
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


def answer_candidates(question: str, sentence: str, wanted: AnswerType) -> list[Span]:
    """Find the spans of a sentence that are of the wanted type and not in the question itself."""
    sentence, known = sentence[:LONGEST], " ".join(question.split()).lower()
    found = [s for s in find_spans(wanted.kind, sentence) if not _said(sentence, s, known)]
    found = [s for s in found if not _of_another_year(sentence, s, question)]
    if wanted.kind == "figure":  # "the three largest" is no answer to "how large"
        found = [s for s in found if not re.fullmatch("[A-Za-z]+", sentence[slice(*s)])]
    if wanted.kind in ("name", "place"):
        asking = content_stems(question)
        found = [s for s in found if not content_stems(sentence[slice(*s)]) & asking]
    return _counting(wanted.unit, sentence, found) if wanted.unit else found


def _counting(unit: str, sentence: str, spans: Sequence[Span]) -> list[Span]:
    """Return the figures that stand before the noun `unit`, or else those without a noun of their own.

    The latter are returned only if the sentence contains the noun. A total ("of the 50 companies") is left out, since
    only some of it are counted.
    """
    same = {stem(unit), stem(unit.removesuffix("s"))}.union(*(group for group in _ALIKE if stem(unit) in group))
    partial = [s for s in spans if not match_before(_OF_ALL, sentence, s[0])]
    if direct := [s for s in partial if same.intersection(_noun(sentence, s))]:
        return direct
    if not same.intersection(stem(w) for w in tokens(sentence)):
        return []
    return [s for s in partial if _STANDS_ALONE.match(sentence, s[1]) and sentence[slice(*s)].replace(",", "")[-1].isalnum()]


def _noun(sentence: str, span: Span) -> list[str]:
    """Return the stems of the words that may name what a figure counts.

    These are the words of the figure and those after it, and the heading of its cell in a table.
    """
    after = _ENDS_NOUN.split(sentence[span[1] : span[1] + NOUN], maxsplit=1)[0]
    above = cell_heading(sentence, span[0]) if sentence.endswith(": ", 0, span[0]) else ""
    return [stem(w) for text in (sentence[slice(*span)], after, above) for w in tokens(text)[:4]]


def _said(sentence: str, span: Span, known: str) -> bool:
    """Return True if the question, in small letters, says it itself."""
    bare = _CHINESE_NAME.sub("", sentence[slice(*span)]).lower()
    at = known.find(bare)
    while at >= 0:
        if not _PART_BEFORE.search(known, max(0, at - 1), at) and not _PART_BEHIND.match(known, at + len(bare)):
            return True
        at = known.find(bare, at + 1)
    return False


def _of_another_year(sentence: str, span: Span, question: str) -> bool:
    """Return True if the figure is of a year that the question does not name while it names another."""
    year = _OF_A_YEAR.match(sentence, span[1])
    return year is not None and re.search(YEAR, question) is not None and year[1] not in question


REACH = 12  # words within which a word of the question counts for what stands near it
BORDER = 4  # words that a comma or semicolon counts for
CLEAR = 1.15  # times that the best place must be better than the next
_LETTERS = rf"[^\W_{CHARACTERS}]+"
_TOKEN = re.compile(rf"[{CHARACTERS}]|{_LETTERS}(?:[.,'’]{_LETTERS})*|[,;:()，；：。]")
AROUND = 5 * REACH  # words, small ones too, on either side of a place that are looked at


def highlights(question: Query, sentences: Sequence[DraftSentence]) -> list[Span | None]:
    """Choose the span to set in bold in each sentence, or None.

    Only the first sentence that answers a part of the question can have one. If the part asks for a series of years,
    each sentence can.
    """
    found: list[Span | None] = []
    seen: set[int] = set()
    for sentence in sentences:
        part = question.subqueries()[sentence.part]
        first = part.answer_type and (part.scope.years or sentence.part not in seen)
        found.append(highlight(part.standalone, sentence.text, part.answer_type, sentence.lead_length) if first else None)
        seen.add(sentence.part)
    return found


def highlight(question: str, sentence: str, wanted: AnswerType | None, own: int = 0) -> Span | None:
    """Find the span that holds what the question asks for, or None if no candidate is clearly the best.

    Args:
        question: The question or one of its parts, in words that can be read alone.
        sentence: The sentence that answers it.
        wanted: The type of the expected answer; without one the result is None.
        own: The position at which the passage's own words begin. A span before it is never returned.

    Returns:
        The span in code points of the sentence, end exclusive.
    """
    if wanted is None or len(sentence) > LONGEST:
        return None
    # who introduces a list may be who was asked for: then no name of its items is
    found = [span for span in answer_candidates(question, sentence, wanted) if span[0] >= own or wanted.kind == "name"]
    if not found:
        return None
    asking, words = content_stems(question), [(m.start(), m[0]) for m in _TOKEN.finditer(sentence)]
    scored = sorted(((_near(asking, words, s), s) for s in found), key=lambda pair: -pair[0])
    (best, span), *others = scored
    return None if span[0] < own or (others and best <= CLEAR * others[0][0]) else span


def _near(asking: Set[str], tokens_at: Sequence[tuple[int, str]], span: Span) -> float:
    """Score how near the words of the question are to a span.

    Each word counts once, at its nearest place: 1/2 if it is one word away, 1/3 if it is two away, and so on.
    """
    inside = [n for n, (at, _) in enumerate(tokens_at) if span[0] <= at < span[1]]
    if not inside:
        return 0.0
    nearest: dict[str, float] = {}
    for n in range(max(0, inside[0] - AROUND), min(len(tokens_at), inside[-1] + AROUND)):
        word = stem(tokens_at[n][1].lower())
        if word in asking and (d := _distance(tokens_at, n, inside)) and d <= REACH:
            nearest[word] = max(nearest.get(word, 0.0), 1.0 / (1 + d))
    return sum(nearest[word] for word in asking if word in nearest)


def _distance(tokens_at: Sequence[tuple[int, str]], at: int, inside: Sequence[int]) -> int:
    """Words between a place and the span, commas and the like counting for more; 0 within the span."""
    low, high = (at, inside[0]) if at < inside[0] else (inside[-1], at)
    if inside[0] <= at <= inside[-1]:
        return 0
    between = [t for _, t in tokens_at[low + 1 : high]]
    return 1 + sum(
        BORDER if re.fullmatch(r"[,;，；。]", t) else 1 for t in between if t not in ":：()" and t.lower() not in STOPWORDS
    )
