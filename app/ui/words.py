"""The page's own words in the language of a visitor.

Errors say what goes wrong in English, wherever they are raised; the messages hold their sentences in other languages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.text.messages import LANGUAGES, message, messages, spell_date

_BRACES = re.compile(r"\{(\w+)\}")
_IN_BRACKETS = re.compile(r"(.+?) ?\(([^()]+)\)")
_NUMBERS = ("n", "m", "most")
LONGEST = 1_000
"""Characters of what is looked up; a name of a file within an archive may be much longer."""


@lru_cache(maxsize=len(LANGUAGES))
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    """Return the patterns of known sentences with their translations, those with most words of their own first.

    A sentence that fits one pattern may fit another that says less.
    """
    known = messages(language).sentences
    by_length = sorted(known, key=lambda text: -len(_BRACES.sub("", text)))
    return [(_pattern(text), known[text]) for text in by_length]


def _pattern(text: str) -> re.Pattern[str]:
    """Make the pattern that fits a sentence, and other sentences after it if there are any."""
    parts = enumerate(_BRACES.split(text))
    said = "".join(_value(part) if number % 2 else re.escape(part) for number, part in parts)
    return re.compile(rf"{said}(?: (?P<_behind>.+))?", re.DOTALL)


def _value(name: str) -> str:
    return f"(?P<{name}>{r'[0-9][0-9,.]*' if name in _NUMBERS else '.+?'})"


@lru_cache(maxsize=256)
def _translated(text: str, language: str) -> str:
    for pattern, said in _patterns(language) if len(text) <= LONGEST else ():
        if found := pattern.fullmatch(text):
            values = found.groupdict()
            behind = values.pop("_behind") or ""
            told = said.format(**{name: _translated(value, language) for name, value in values.items()})
            return message("marks.between", language).join(filter(None, (told, _translated(behind, language))))
    return text


@dataclass(frozen=True, slots=True)
class Words:
    """The words in one language: `words("stop")`."""

    language: str = LANGUAGES[0]

    def __call__(self, key: str, **values: object) -> str:
        """Return the words of a key, with its values filled in.

        A key that is not listed stands for itself, in this language if its words are known.
        """
        return message(key, self.language, **values) if self._has(key) else self.sentence(key)

    def _has(self, key: str) -> bool:
        return key in messages(self.language).by_key

    def sentence(self, english: str) -> str:
        """Translate the sentences of an error to this language, one after another.

        A sentence that is not known is returned in English.
        """
        return _translated(english, self.language)

    def day(self, date: str) -> str:
        """Write a date of a source (`2021-03-05`, `2021-03`, `2021`) as people do."""
        return spell_date(date, self.language)

    def tongue(self, code: str) -> str:
        """Return the name of a language by its code; a code that is not known is its own name."""
        key = f"language_{code.partition('-')[0].lower()}"
        return self(key) if self._has(key) else code

    def term(self, name: str) -> str:
        """Translate the name of a column or a unit, and a unit in brackets; others stay as they are."""
        if self._has(key := f"terms.{name.lower()}"):
            return self(key)
        if (found := _IN_BRACKETS.fullmatch(name)) and (unit := self.term(found[2])) != found[2]:
            return self.term(found[1]) + self("marks.brackets", said=unit)
        return name

    def count(self, one: str, many: str, number: int) -> str:
        """Return the words for one thing, or those for a number of things."""
        return self(one) if number == 1 else self(many, n=number)


def words_for(chosen: str, accepted: str) -> Words:
    """Return the words in the chosen language, else in the first of the browser's that has words.

    `accepted` is the browser's `Accept-Language`. If none has words, the language is English.
    """
    wanted = [chosen, *(part.split(";")[0].strip() for part in accepted.split(","))]
    found = (code for want in wanted for code in LANGUAGES if want.lower().startswith(code))
    return Words(next(found, LANGUAGES[0]))


def in_all(key: str) -> str:
    """Return the words of a key in all languages, for a text that is written once for all visitors."""
    return " / ".join(Words(code)(key) for code in LANGUAGES)


def translations() -> Mapping[str, dict[str, str]]:
    """By language, for Gradio's own translation of labels: the words that stand in no section."""
    return {code: {k: said for k, said in messages(code).by_key.items() if "." not in k} for code in LANGUAGES}
