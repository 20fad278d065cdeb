"""A question as it was typed becomes a `Question` as it is read: cleaned, with what a follow-up leaves unsaid."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answers import Question, Turn
from app.errors import QuestionError
from app.followup import joined, replaced
from app.parts import LEAST, NAME, PRONOUNS, parts
from ingest.documents import guess_language
from ingest.split import sentences
from ingest.words import STOPWORDS, tokens

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_POINTS_BACK = re.compile(
    rf"\b({PRONOUNS}|the same)\b|\bthat\s*[?.!]*$|它|他们|这个|那个",
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
_GOES_ON = re.compile(r"^(and|but|so|what about|how about)\b|^(那|还有|为什么[？?]?$)|呢[？?]?$", re.IGNORECASE)

_AIM = r"(?:target|goal|aim)s?"
_CAME = r"(?:met|meet|reach(?:ed)?|hit|achieved?|fulfill?(?:ed)?|miss(?:ed)?|attain(?:ed)?|come true|turn(?:ed)? out)"
_OUTCOME = re.compile(rf"\b{_AIM}\b.*\b{_CAME}\b|\b{_CAME}\b.*\b{_AIM}\b", re.IGNORECASE)
_ASIDE = re.compile(
    rf"\b(?:{_AIM}|{_CAME}|was|were|is|are|has|have|had|did|does|do|been|be|its|the|whether|how|far)\b|[?!.]", re.I
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
    base = _base(history)
    put, in_doubt = replaced(base, clean)
    read_as = put or resolve(clean, base)
    language, asks = guess_language(clean), not _POLITE.fullmatch(clean)
    # whether a Chinese question names its subject cannot be seen from capital letters: only its words can point back
    first_half = _first_half(clean)
    named = (_CAPITAL.search(clean) or first_half != clean) and not _MAY_POINT_BACK.search(first_half)
    doubtful = base and read_as == clean and language != "zh" and not named and asks
    first = joined(clean, base) if doubtful else _only_questions(clean)
    otherwise = clean if first else joined(clean, base) if in_doubt else ""
    read_as = first or read_as
    otherwise = otherwise or (outcome(clean) if read_as == clean else "")
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
    for turn in history:
        asked = turn.content.strip()
        if turn.role != "user" or _POLITE.fullmatch(asked):
            continue
        put, _ = replaced(base, asked)
        alone = not base or not _POINTS_FURTHER_BACK.search(_first_half(asked)) or _EMPTY_IT.search(asked)
        if put or (asked and alone and resolve(asked, base) == asked):
            base = put or asked
    return base


def outcome(question: str) -> str:
    """A question whether a target was met as the heading would put it under which target and result stand; '' for others."""
    if not _OUTCOME.search(question):
        return ""
    about = re.sub(r"^(?:of|for|on|in) ", "", " ".join(_ASIDE.sub(" ", question).split()))
    return f"{about}: target and result" if about else ""


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
