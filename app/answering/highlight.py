"""The figure, date or name that a question asks for, inside the sentence that answers: what is set in bold.

None when in doubt: a wrong figure in bold is worse than none. A logistic function says how likely the span that stands
nearest to the question's words is what was asked for. It was fitted on judged answers: `python -m evals.training.highlight`
writes `highlight.json`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from app.query.values import AnswerType, Query
from app.sentences import Sentence
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
_LABEL = re.compile(r"[^:：]{1,40}[:：]\s")
_ASKING = re.compile(r"\b(?:how|when|who|which|what|whose|where|why)\b|多少|什么|哪|谁|几|吗|怎", re.IGNORECASE)
_JOINING = re.compile(r"\b(?:and|or|each|vs|than|compared?|before|both|beside|all)\b|和|及|与|还|分别|各|,", re.IGNORECASE)
LEAST = 0.8  # the probability from which a span is marked
ALONE = 0.5  # a lead over other spans, if there are none
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
Features = Mapping[str, float]
REACH = 12  # words within which a word of the question counts for what stands near it
_LETTERS = rf"[^\W_{CHARACTERS}]+"
_TOKEN = re.compile(rf"[{CHARACTERS}]|{_LETTERS}(?:[.,'’]{_LETTERS})*|[,;:()，；：。]")


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a sentence stands: in an answer of which a part is missing, before others that hold such a thing, in a list."""

    partial: bool = False
    others: bool = False
    listed: bool = False


ALONE_IN_ANSWER = Setting()


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


def best_span(
    question: str, sentence: str, answer_type: AnswerType, setting: Setting = ALONE_IN_ANSWER, own_start: int = 0
) -> tuple[Span, Features] | None:
    """Return the span nearest to the question's words, with what tells whether it is asked for; None if there is none."""
    stems, words = content_stems(question), [(m.start(), m[0]) for m in _TOKEN.finditer(sentence)]
    # who introduces a list may be who was asked for: then no name of its items is
    spans = answer_candidates(question, sentence, answer_type)
    able = [span for span in spans if span[0] >= own_start or answer_type.kind == "name"]
    scored = sorted(((_proximity(stems, words, span), span) for span in able), key=lambda pair: -pair[0])
    if not scored or scored[0][1][0] < own_start:
        return None
    (best, span), *rivals = scored
    said = sentence[slice(*span)]
    return span, {
        "first": float(span == min(able)), "ahead": best - rivals[0][0] if rivals else ALONE,
        "width": float(len(said)), "digits": float(any(c.isdigit() for c in said)),
        "questions": float(len(_ASKING.findall(question)) > 1), "joined": float(bool(_JOINING.search(question))),
        "length": len(sentence) / 100, "coverage": len(stems & content_stems(sentence)) / max(1, len(stems)),
        "label": float(bool(_LABEL.match(sentence))), "partial": float(setting.partial),
        "others": float(setting.others), "listed": float(setting.listed),
    }  # fmt: skip


def probability(found: Features, weights: Features) -> float:
    """Return how likely a span with these features is what was asked for."""
    return 1 / (1 + math.exp(-weights["bias"] - sum(weights[name] * value for name, value in found.items())))


@cache
def _weights() -> Features:
    fitted: Features = json.loads(resources.files(__package__).joinpath("highlight.json").read_text(encoding="utf-8"))
    return fitted


def highlight(
    question: str, sentence: str, answer_type: AnswerType | None, own_start: int = 0, setting: Setting = ALONE_IN_ANSWER
) -> Span | None:
    """Find the span that holds what the question asks for, or None if none is likely enough to.

    Args:
        question: The question or one of its parts, in words that can be read alone.
        sentence: The sentence that answers it.
        answer_type: The type of the expected answer; without one the result is None.
        own_start: The position at which the passage's own words begin. A span before it is never returned.
        setting: Where the sentence stands.

    Returns:
        The span in code points of the sentence, end exclusive.
    """
    if answer_type is None or len(sentence) > MAX_SENTENCE:
        return None
    best = best_span(question, sentence, answer_type, setting, own_start)
    return best[0] if best and probability(best[1], _weights()) >= LEAST else None


def first_highlighted(query: Query, sentences: tuple[Sentence, ...], partial: bool) -> tuple[Sentence, ...]:
    """Return the sentences of an answer, with what was asked for marked in the first.

    Sentences of which a later one has a mark, and the rows of a written table, stay as they are.
    """
    first, *others = sentences
    if query.answer_type is None or any(s.highlight for s in others) or (first.place and first.place.cells):
        return sentences
    setting = setting_of(query.answer_type, sentences, partial)
    return (replace(first, highlight=highlight(query.standalone, first.text, query.answer_type, 0, setting)), *others)


def setting_of(answer_type: AnswerType, sentences: Sequence[Sentence], partial: bool) -> Setting:
    """Return where the first sentence of an answer stands."""
    first, *others = sentences
    listed = first.text.endswith((":", "：")) or any(s.place and s.place.kind != "paragraph" for s in sentences)
    return Setting(partial, any(find_spans(answer_type.kind, s.text) for s in others), listed)


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
