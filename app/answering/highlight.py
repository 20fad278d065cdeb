"""The figure, date or name that a question asks for, inside the sentence that answers: what is set in bold.

None when in doubt: a wrong figure in bold is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from app.answering.extract import answer_candidates
from app.answers import DraftSentence
from app.query.values import AnswerType, Query
from app.text.names import Span
from app.text.spans import content, stem
from ingest.words import CHARACTERS, STOPWORDS

REACH = 12  # words within which a word of the question counts for what stands near it
BORDER = 4  # words that a comma or semicolon counts for
CLEAR = 1.15  # times that the best place must be better than the next
_LETTERS = rf"[^\W_{CHARACTERS}]+"
_TOKEN = re.compile(rf"[{CHARACTERS}]|{_LETTERS}(?:[.,'’]{_LETTERS})*|[,;:()，；：。]")
LONGEST = 3_000  # characters of a sentence, a row with its headings; in a longer one nothing is set in bold
AROUND = 5 * REACH  # words, small ones too, on either side of a place that are looked at


def highlights(question: Query, sentences: Sequence[DraftSentence]) -> list[Span | None]:
    """What to set in bold in each sentence: in the first that answers a part of the question, if anything; in each that
    answers one for a series of years."""
    found: list[Span | None] = []
    seen: set[int] = set()
    for sentence in sentences:
        part = question.subqueries()[sentence.part]
        first = part.answer_type and (part.scope.years or sentence.part not in seen)
        found.append(highlight(part.standalone, sentence.text, part.answer_type, sentence.lead_length) if first else None)
        seen.add(sentence.part)
    return found


def highlight(question: str, sentence: str, wanted: AnswerType | None, own: int = 0) -> Span | None:
    """Where the sentence, from `own` on, holds what the question asks for; code points in the sentence, end exclusive.

    `wanted` is the type of the answer that is expected; without one nothing is.
    """
    if wanted is None or len(sentence) > LONGEST:
        return None
    # who introduces a list may be who was asked for: then no name of its items is
    found = [span for span in answer_candidates(question, sentence, wanted) if span[0] >= own or wanted.kind == "name"]
    if not found:
        return None
    asking, words = content(question), [(m.start(), m[0]) for m in _TOKEN.finditer(sentence)]
    scored = sorted(((_near(asking, words, s), s) for s in found), key=lambda pair: -pair[0])
    (best, span), *others = scored
    return None if span[0] < own or (others and best <= CLEAR * others[0][0]) else span


def _near(asking: Set[str], tokens_at: Sequence[tuple[int, str]], span: Span) -> float:
    """How near the words of the question stand: for each its nearest place, a word away 1/2, two away 1/3, …"""
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
