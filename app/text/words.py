"""Words as the claim checker compares them: of English ones lemma, spelling and ending are made alike."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Protocol

import simplemma
import snowballstemmer

from ingest.words import STOPWORDS

INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
"""Control characters, signs without width that turn text around or join it, and halves of characters."""
MIN_SAME = 0.6  # confidence from which 3 of some 35 readings were another question, as one reader counted
_STEMMERS = threading.local()  # one a thread: a stemmer keeps the word that it works on
_TOKEN = re.compile(r"[A-Za-z\u00c0-\u024f]+(?:[&.'’][A-Za-z\u00c0-\u024f]+)*|\d+(?:[.,]\d+)*|[\u3400-\u4dbf\u4e00-\u9fff]")
_IRREGULAR = {"rose": "rise", "risen": "rise", "grown": "grow", "fell": "fall", "fallen": "fall", "shrunk": "shrink",
              "less": "less", "least": "least", "more": "more", "most": "most", "better": "better", "best": "best",
              "worse": "worse", "worst": "worst", "further": "further", "later": "later", "last": "last"}  # fmt: skip
_SPELLINGS = ((r"is(e|ed|es|ing|ation|ations)$", r"iz\1"), (r"our(?=$|s$|ed$|ing$|al$)", "or"), (r"tre(s?)$", r"ter\1"),
              (r"^programme", "program"), (r"(licen|defen)ce", r"\1se"))  # fmt: skip
_BRACKETS = re.compile(r"\s*\([^()]*\)|（[^（）]*）")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


def one_line(text: str) -> str:
    """Return a text on one line, its words one space apart."""
    return " ".join(text.split())


def cleaned(text: str) -> str:
    """Remove unseen characters from a text and separate its words by single blanks."""
    return one_line(INVISIBLE.sub(" ", text))


def letters(text: str) -> str:
    """Return the letters and digits of a text in lower case.

    They are the same however the text is typed.
    """
    return "".join(c for c in text.casefold() if c.isalnum())


class Titled(Protocol):
    """A document, a citation of it, or an original behind it."""

    @property
    def title(self) -> str:
        """As it stands."""

    @property
    def title_zh(self) -> str:
        """The title in Chinese, '' if there is none."""


def titles(titled: Titled, language: str) -> tuple[str, str]:
    """Return the title in the reader's language, and the original title if that is a different one.

    Args:
        titled: A document, a citation or an original.
        language: The reader's language.

    Returns:
        The title to show, and the title as it stands in the document ('' if it is the same). The second serves to find
            the document.
    """
    title_zh = titled.title_zh if language == "zh" else ""
    return (title_zh, titled.title) if title_zh and title_zh != titled.title else (titled.title, "")


def other_question(asked: str, searched: str, confidence: float) -> str:
    """Return the query that was searched for, if a reader would call it another question, without what we put in brackets.

    It is another one if it has a word that was not asked, or lacks most of the words that were, unless the answer is
    likely enough to be a good one. Chinese has no words to compare, so a third of its characters may be new.

    Args:
        asked: The question as it was asked.
        searched: The query that was searched for, '' if it is the question itself.
        confidence: How likely the answer is a good one, from 0 to 1.
    """
    told, before = searched, ""
    while told != before:  # brackets within brackets
        before, told = told, _BRACKETS.sub(lambda found: found[0] if found[0].strip() in asked else "", told).strip()
    asked_words, told_words = ({t for t in _TOKEN.findall(q.casefold()) if t not in STOPWORDS} for q in (asked, told))
    new_words = [t for t in told_words if not get_close_matches(t, asked_words, 1)]
    allowed = len(told_words) / 3 if any(map(_HAN.match, told_words)) else 0
    differs = len(new_words) > allowed or 2 * len(told_words) < len(asked_words)
    return told if differs and confidence < MIN_SAME else ""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it stands in a text, its key for comparison, and its start."""

    text: str
    key: str
    start: int


@lru_cache(maxsize=50_000)
def lemma(word: str) -> str:
    """Return the dictionary form of a word in lower case; if none is known, the word itself."""
    word = word.lower().removesuffix("'s").removesuffix("’s")
    return _IRREGULAR.get(word) or str(simplemma.lemmatize(word, lang="en")).lower()


@lru_cache(maxsize=50_000)
def key(word: str) -> str:
    """Return the key that the forms of a word share.

    `centre` and `centers` have the same key, and so do `industry` and `industrial`, `rose` and `rises`.
    """
    base = lemma(word)
    for pattern, replacement in _SPELLINGS:
        base = re.sub(pattern, replacement, base) if len(base) > 4 else base
    if not hasattr(_STEMMERS, "english"):
        _STEMMERS.english = snowballstemmer.stemmer("english")
    return str(_STEMMERS.english.stemWord(base))


@lru_cache(maxsize=50_000)
def is_common(word: str) -> bool:
    """Return True if a dictionary has a word in lower case; names and unknown words are not common."""
    low = word.lower()
    base = str(simplemma.lemmatize(low, lang="en"))
    return bool(simplemma.is_known(low, lang="en")) and base[:1].islower()


def words(text: str) -> Iterator[Word]:
    """Yield the words, numbers and Han characters of a text in order."""
    for match in _TOKEN.finditer(text):
        yield Word(match[0], key(match[0]), match.start())


def is_chinese(text: str) -> bool:
    """Return True if a sentence is to be read as Chinese: if over a quarter of its characters are Han."""
    return len(_HAN.findall(text)) > len(text) / 4
