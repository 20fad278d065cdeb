"""The figure, date or name that a question asks for, inside the sentence that answers: what is set in bold.

None when in doubt: a wrong figure in bold is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from app.query.values import AnswerType
from app.text.lexicon import YEAR
from app.text.names import Span, match_before
from app.text.spans import cell_heading, content_stems, find_spans, stem
from ingest.words import CHARACTERS, STOPWORDS, tokens

_TOTAL_BEFORE = re.compile(r"\bof (?:the|its|their|these|all)(?: \w+)? $", re.IGNORECASE)
"""In front of a total of which only some are counted."""
_NO_NOUN_BEHIND = re.compile(r"\s(?:is|are|was|were|of|had|have|in|on|at|by|to|from|and)\b|[,;]|\.?$")
"""Behind a figure whose noun stands elsewhere."""
_CHINESE_NAME = re.compile(r"(?<!\s)\s*+\([\u4e00-\u9fff]+\)$")
_OF_A_YEAR = re.compile(rf"\s(?:in|by) ({YEAR})\b")
_ENDS_NOUN = re.compile(r"[.,;:，。；](?:\s|$)| (?:of|and) ")
MAX_SENTENCE = 3_000  # characters of a sentence, a row with its headings, that are looked at
_SYNONYMS = tuple(
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
REACH = 12  # words within which a word of the question counts for what stands near it
_LETTERS = rf"[^\W_{CHARACTERS}]+"
_TOKEN = re.compile(rf"[{CHARACTERS}]|{_LETTERS}(?:[.,'’]{_LETTERS})*|[,;:()，；：。]")


def answer_candidates(question: str, sentence: str, answer_type: AnswerType) -> list[Span]:
    """Find the spans of a sentence that are of the wanted type and not in the question itself."""
    sentence, question_text = sentence[:MAX_SENTENCE], " ".join(question.split()).lower()
    spans = [s for s in find_spans(answer_type.kind, sentence) if not _is_in_question(sentence, s, question_text)]
    spans = [s for s in spans if not _of_another_year(sentence, s, question)]
    if answer_type.kind == "figure":  # "the three largest" is no answer to "how large"
        spans = [s for s in spans if not (sentence[slice(*s)].isascii() and sentence[slice(*s)].isalpha())]
    if answer_type.kind in ("name", "place"):
        question_stems = content_stems(question)
        spans = [s for s in spans if not content_stems(sentence[slice(*s)]) & question_stems]
    return _counting_spans(answer_type.unit, sentence, spans) if answer_type.unit else spans


def _counting_spans(unit: str, sentence: str, spans: Sequence[Span]) -> list[Span]:
    """Return the figures that stand before the noun `unit`, or else those without a noun of their own.

    The latter are returned only if the sentence contains the noun. A total ("of the 50 companies") is left out, since
    only some of it are counted.
    """
    unit_stems = {stem(unit), stem(unit.removesuffix("s"))}.union(*(group for group in _SYNONYMS if stem(unit) in group))
    figures = [s for s in spans if not match_before(_TOTAL_BEFORE, sentence, s[0])]
    if before_unit := [s for s in figures if unit_stems.intersection(_noun_stems(sentence, s))]:
        return before_unit
    if not unit_stems.intersection(stem(w) for w in tokens(sentence)):
        return []
    return [s for s in figures if _NO_NOUN_BEHIND.match(sentence, s[1]) and sentence[slice(*s)].rstrip(",")[-1].isalnum()]


def _noun_stems(sentence: str, span: Span) -> list[str]:
    """Return the stems of the words that may name what a figure counts.

    These are the words of the figure and those after it, and the heading of its cell in a table.
    """
    following = _ENDS_NOUN.split(sentence[span[1] : span[1] + 100], maxsplit=1)[0]
    heading = cell_heading(sentence, span[0]) if sentence.endswith(": ", 0, span[0]) else ""
    return [stem(w) for text in (sentence[slice(*span)], following, heading) for w in tokens(text)[:4]]


def _is_in_question(sentence: str, span: Span, question_text: str) -> bool:
    """Return True if the question, in small letters, says it itself, and not only as part of a word or figure."""
    text = _CHINESE_NAME.sub("", sentence[slice(*span)]).lower()
    return re.search(rf"(?<![\w.,]){re.escape(text)}(?!\w|[.,]\d)", question_text) is not None


def _of_another_year(sentence: str, span: Span, question: str) -> bool:
    """Return True if the figure is of a year that the question does not name while it names another."""
    year = _OF_A_YEAR.match(sentence, span[1])
    return year is not None and re.search(YEAR, question) is not None and year[1] not in question


def highlight(question: str, sentence: str, answer_type: AnswerType | None, own_start: int = 0) -> Span | None:
    """Find the span that holds what the question asks for, or None if no candidate is clearly the best.

    Args:
        question: The question or one of its parts, in words that can be read alone.
        sentence: The sentence that answers it.
        answer_type: The type of the expected answer; without one the result is None.
        own_start: The position at which the passage's own words begin. A span before it is never returned.

    Returns:
        The span in code points of the sentence, end exclusive.
    """
    if answer_type is None or len(sentence) > MAX_SENTENCE:
        return None
    # who introduces a list may be who was asked for: then no name of its items is
    candidates = answer_candidates(question, sentence, answer_type)
    spans = [span for span in candidates if span[0] >= own_start or answer_type.kind == "name"]
    if not spans:
        return None
    question_stems, words = content_stems(question), [(m.start(), m[0]) for m in _TOKEN.finditer(sentence)]
    scored = sorted(((_proximity(question_stems, words, s), s) for s in spans), key=lambda pair: -pair[0])
    (best, span), *others = scored
    return None if span[0] < own_start or (others and best <= 1.15 * others[0][0]) else span


def _proximity(question_stems: Set[str], tokens_at: Sequence[tuple[int, str]], span: Span) -> float:
    """Score how near the words of the question are to a span.

    Each word counts once, at its nearest place: 1/2 if it is one word away, 1/3 if it is two away, and so on.
    """
    inside = [n for n, (start, _) in enumerate(tokens_at) if span[0] <= start < span[1]]
    if not inside:
        return 0.0
    scores: dict[str, float] = {}
    for n in range(max(0, inside[0] - 5 * REACH), min(len(tokens_at), inside[-1] + 5 * REACH)):  # small words too
        word = stem(tokens_at[n][1].lower())
        if word in question_stems and (distance := _distance(tokens_at, n, inside)) and distance <= REACH:
            scores[word] = max(scores.get(word, 0.0), 1.0 / (1 + distance))
    return sum(scores[word] for word in question_stems if word in scores)


def _distance(tokens_at: Sequence[tuple[int, str]], index: int, inside: Sequence[int]) -> int:
    """Return the number of words from a place to the span, a comma or semicolon counting for four; 0 within the span."""
    low, high = (index, inside[0]) if index < inside[0] else (inside[-1], index)
    if inside[0] <= index <= inside[-1]:
        return 0
    between = (t for _, t in tokens_at[low + 1 : high])
    return 1 + sum(4 if t in ",;，；。" else 1 for t in between if t not in ":：()" and t.lower() not in STOPWORDS)
