"""The page's own words, English and Chinese. What a document or a user says is never translated.

Errors say what goes wrong in English, wherever they are raised; `sentences.toml` has them in the page's language.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app.store.labels import day

_FILE = Path(__file__).with_name("sentences.toml")
_BRACES = re.compile(r"\{(\w+)\}")
_IN_BRACKETS = re.compile(r"(.+?) ?\(([^()]+)\)")
_NUMBERS = ("n", "m", "most")
LONGEST = 1_000
"""Characters of what is looked up; a name of a file within an archive may be much longer."""


@lru_cache(maxsize=1)
def chinese() -> dict[str, str]:
    """English sentences with braces for what is named in them -> the same in Chinese."""
    found: dict[str, str] = tomllib.loads(_FILE.read_text("utf-8"))
    return found


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """The patterns, those with most words of their own first: a sentence that fits one may fit another that says less."""
    by_length = sorted(chinese(), key=lambda text: -len(_BRACES.sub("", text)))
    return [(_pattern(text), chinese()[text]) for text in by_length]


def _pattern(text: str) -> re.Pattern[str]:
    """A sentence -> what fits it, and the sentences behind it, if there are any."""
    parts = enumerate(_BRACES.split(text))
    said = "".join(_value(part) if number % 2 else re.escape(part) for number, part in parts)
    return re.compile(rf"{said}(?: (?P<_behind>.+))?", re.DOTALL)


def _value(name: str) -> str:
    return f"(?P<{name}>{r'[0-9][0-9,.]*' if name in _NUMBERS else '.+?'})"


@lru_cache(maxsize=256)
def in_chinese(text: str) -> str:
    """Sentences as an error says them, one behind another -> the same in Chinese, those that are not known as they are."""
    for pattern, said in _patterns() if len(text) <= LONGEST else ():
        if found := pattern.fullmatch(text):
            values = found.groupdict()
            behind = values.pop("_behind") or ""
            return said.format(**{name: in_chinese(value) for name, value in values.items()}) + in_chinese(behind)
    return text


LANGUAGES = ("en", "zh")

_WORDS_FILE = Path(__file__).with_name("words.toml")
_WORDS: dict[str, tuple[str, str]] = {k: (en, zh) for k, (en, zh) in tomllib.loads(_WORDS_FILE.read_text("utf-8")).items()}


@dataclass(frozen=True, slots=True)
class Words:
    """The words in one language: `words("stop")`."""

    language: str = "en"

    def __call__(self, key: str, **values: object) -> str:
        """The words of a key with its values filled in; a key that is not listed is its own words, in this
        language if they are known."""
        pair = _WORDS.get(key)
        if pair is None:
            return self.sentence(key)
        return pair[LANGUAGES.index(self.language)].format(**values)

    def sentence(self, english: str) -> str:
        """A sentence of an error or a check -> the same in this language, if its words are known."""
        return in_chinese(english) if self.language == "zh" else english

    def day(self, date: str) -> str:
        """A date as sources have it (`2021-03-05`, `2021-03`, `2021`) -> the same as people write it."""
        return day(date, self.language)

    def tongue(self, code: str) -> str:
        """A language by its code; a code that is not known here is its own name."""
        key = f"language_{code.partition('-')[0].lower()}"
        return self(key) if key in _WORDS else code

    def term(self, name: str) -> str:
        """A column's name or a unit -> the same in this language, a unit in brackets as well. Others stay as they are."""
        if (key := f"term {name.lower()}") in _WORDS:
            return self(key)
        if (found := _IN_BRACKETS.fullmatch(name)) and (unit := self.term(found[2])) != found[2]:
            return self.term(found[1]) + self("in_brackets", said=unit)
        return name

    def count(self, one: str, many: str, number: int) -> str:
        """The words for one, or those for a number of things."""
        return self(one) if number == 1 else self(many, n=number)


def words_for(chosen: str, accepted: str) -> Words:
    """A choice and the browser's `Accept-Language` -> words in the language that was chosen, else the first of the
    browser's that there are words for."""
    wanted = [chosen, *(part.split(";")[0].strip() for part in accepted.split(","))]
    found = (code for want in wanted for code in LANGUAGES if want.lower().startswith(code))
    return Words(next(found, "en"))


def translations() -> Mapping[str, dict[str, str]]:
    """By language, for Gradio's own translation of labels."""
    return {code: {key: pair[n] for key, pair in _WORDS.items()} for n, code in enumerate(LANGUAGES)}
