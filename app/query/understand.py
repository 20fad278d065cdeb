"""A question as it was typed becomes a `Question` as it is read: cleaned, with what a follow-up leaves unsaid."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from app.errors import QuestionError
from app.query.answer_type import LONGEST, content
from app.query.decompose import LEAST, NAME, PRONOUNS, parts
from app.query.followup import OPENING, joined, replaced, topic
from app.query.values import Question, Turn
from app.text.clean import cleaned
from ingest.documents import guess_language
from ingest.split import sentences
from ingest.words import STOPWORDS, tokens

SHORT = 12  # characters of a Chinese question that may lean on the one before
SAME = 1 / 3  # of the words of a question that its next one's answer must have for both to be about the same
_POINTS_BACK = re.compile(
    rf"\b({PRONOUNS}|the same|which ones?|the (?:\w+ )?ones?)\b|\bthat\s*[?.!]*$|它|他们|这个|那个|其中|这些|那些",
    re.IGNORECASE,
)
_MAY_POINT_BACK = re.compile(rf"\b({PRONOUNS}|that|there|such|same|another|other|else|elsewhere)\b", re.IGNORECASE)
_OPENS_WITH_POINTER = re.compile(rf"(?:\w+\s+)?(?:{PRONOUNS}|that|there)\b", re.IGNORECASE)
_POINTS_FURTHER_BACK = re.compile(r"\b(it|they|them|he|she|him|this|these|those)\b", re.IGNORECASE)
_EMPTY_IT = re.compile(r"^(is|was) it (true|correct|right|possible|likely|clear|known|planned|\d)", re.IGNORECASE)
_CAPITAL = re.compile(r"(?<=\s)[A-Z]")
_POLITE = re.compile(
    r"(?:(?:ok(?:ay)?|yes|no|sure|thanks?|thx|thank you|great|fine|good|nice|perfect|cool|wow|interesting|helpful|cheers|"
    r"right|alright|understood|i see|got it|to know|sorry|hi|hello|that is|that's|a lot|many|very|so|much)\b[\s,.!]*"
    r"|(?:谢谢|多谢|好的?|明白了?|知道了|嗯|不错|太好了)[\s，。！]*)+",
    re.I,
)
_OPENS_ON = re.compile(rf"^(?:{OPENING})\b[,\s]*", re.IGNORECASE)
_GOES_ON = re.compile(rf"^({OPENING}|what about|how about)\b|^(那|还有|为什么[？?]?$)|呢[？?]?$", re.IGNORECASE)


def check_question(text: str, longest: int) -> str:
    """The question without control characters and with single spaces.

    Raises:
        QuestionError: empty, without a word, or longer than `longest` characters.
    """
    if len(text) > longest:
        raise QuestionError(f"The question has {len(text):,} characters; the limit is {longest:,}.", "Shorten it.")
    clean = cleaned(text)
    if not re.search(r"\w", clean):
        raise QuestionError("The question is empty.", "Type a question.")
    return clean


def read_question(text: str, history: Sequence[Turn], within: tuple[str, ...] | None, longest: int) -> Question:
    """The question to search with.

    Raises:
        QuestionError: empty, without a word, or longer than `longest` characters.
    """
    clean = check_question(text, longest)
    base = _base(history)
    put, in_doubt = replaced(base, clean)
    read_as = put or resolve(clean, base)
    language, asks = guess_language(clean), not _POLITE.fullmatch(clean)
    doubtful = base and read_as == clean and asks and _may_lean(clean)
    first = joined(clean, base) if doubtful else _only_questions(clean)
    otherwise = clean if first else joined(clean, base) if in_doubt else ""
    if base and not put and read_as != clean:
        otherwise = otherwise or _whole(clean)
    read_as = first or read_as
    asked = parts(clean) if read_as == clean and not otherwise else ()
    return Question(clean, read_as, language, within, asked, otherwise, asks)


def _first_half(question: str) -> str:
    """What a double question asks first, which its second half may point back to; any other question unchanged."""
    return next((part.words for part in parts(question)), "") or question


def _only_questions(text: str) -> str:
    """The sentences that ask, where others stand beside them (what the user has heard, or wants the program to do)."""
    found = [text[start:end].strip() for start, end in sentences(text, 0, len(text))]
    asking = [s for s in found if s.endswith(("?", "？"))]
    said = " ".join(asking)
    if len(asking) == len(found) or len([w for w in tokens(said) if w not in STOPWORDS]) <= LEAST:
        return ""
    return "" if _OPENS_WITH_POINTER.match(said) else said


def _base(history: Sequence[Turn]) -> str:
    """The last question of the conversation as it can be understood alone; '' where nothing was asked."""
    base = ""
    for turn, following in zip_longest(history, history[1:]):
        asked = " ".join(turn.content[:LONGEST].split())
        if turn.role == "user" and asked and not _POLITE.fullmatch(asked):
            answer = following.content if following and following.role == "assistant" else ""
            base = _next_base(asked, base, answer)
    return base


def _next_base(asked: str, base: str, answer: str) -> str:
    """What a question that comes after this one goes back to: the base with what this one puts in its place, this one, the
    base still where it only leans on that, or both where its answer was about what the base is about."""
    put, _ = replaced(base, asked)
    if put or not base:
        return put or asked
    alone = not _POINTS_FURTHER_BACK.search(_first_half(asked)) or _EMPTY_IT.search(asked)
    if not alone or resolve(asked, base) != asked:
        return _whole(asked) or base
    about = content(topic(base))
    same = _may_lean(asked) and len(about & content(answer)) > len(about) * SAME
    return joined(asked, base) if same else asked


def _may_lean(question: str) -> bool:
    """Whether it has no name that shows what it is about, or a word that may point back before any; whether a Chinese
    question has one cannot be seen from capital letters, but the shortest have none."""
    if guess_language(question) == "zh":
        return len(question) <= SHORT
    first_half = _first_half(question)
    return not (_CAPITAL.search(question) or first_half != question) or _MAY_POINT_BACK.search(first_half) is not None


def _whole(question: str) -> str:
    """What a question asks that begins like a follow-up ("And when was the CPC founded?") and may well be understood alone,
    without its beginning; '' for any other."""
    if not _GOES_ON.match(question) or _leans_back(question) or guess_language(question) == "zh":
        return ""
    own = _OPENS_ON.sub("", question)
    meaning = len([w for w in tokens(own) if w not in STOPWORDS])
    return own if meaning > (0 if NAME.search(own) else 2 * LEAST) else ""


def resolve(question: str, base: str) -> str:
    """A follow-up read with the question that it goes on from; any other question unchanged.

    A follow-up goes on ("And Hefei?"), holds nothing of its own ("Why?"), or points back with no name before it that could
    be meant, nor a first half.
    """
    empty = not [w for w in tokens(question) if w not in STOPWORDS]
    goes_on = (empty or _leans_back(question) or _GOES_ON.search(question)) and not _POLITE.fullmatch(question)
    return joined(question, base) if base and goes_on else question


def _leans_back(question: str) -> bool:
    """Whether it points back with no name before that, nor a first half, that could be meant."""
    back, name = _POINTS_BACK.search(_first_half(question)), NAME.search(question)
    return bool(back and (not name or back.start() < name.start()) and not _EMPTY_IT.search(question))
