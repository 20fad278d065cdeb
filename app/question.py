"""A question as it was typed becomes a `Question` as it is read: cleaned, with what a follow-up leaves unsaid."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answers import Question, Turn
from app.errors import QuestionError
from ingest.documents import guess_language
from ingest.words import STOPWORDS, tokens

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_POINTS_BACK = re.compile(
    r"\b(it|its|they|them|their|that|those|these|this|he|she|his|her|there|the same|what about|how about)\b"
    r"|^(and|but|so|why|who|when|where|which one|how so|really)\b|^(那|还有|它|其|为什么|何时|谁)",
    re.IGNORECASE,
)


def check_question(text: str, longest: int) -> str:
    """The question without control characters and with single spaces.

    Raises:
        QuestionError: empty, without a word, or longer than `longest` characters.
    """
    if len(text) > longest:
        raise QuestionError(f"The question has {len(text):,} characters; the limit is {longest:,}.", "Shorten it.")
    clean = re.sub(r"\s+", " ", _CONTROL.sub(" ", text)).strip()
    if not re.search(r"\w", clean):
        raise QuestionError("The question is empty.", "Type a question.")
    return clean


def read_question(text: str, history: Sequence[Turn], within: tuple[str, ...] | None, longest: int) -> Question:
    """The question to search with.

    Raises:
        QuestionError: empty, without a word, or longer than `longest` characters.
    """
    clean = check_question(text, longest)
    return Question(clean, resolve(clean, history), guess_language(clean), within)


def resolve(question: str, history: Sequence[Turn]) -> str:
    """A follow-up read with the last question before it; any other question unchanged."""
    asked = [t.content.strip() for t in history if t.role == "user" and t.content.strip()]
    words = [w for w in tokens(question) if w not in STOPWORDS]
    if asked and (len(words) <= 2 or _POINTS_BACK.search(question)):
        return f"{asked[-1]} {question}"
    return question
