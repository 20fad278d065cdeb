"""The page's own words in the language of a visitor.

Errors say what goes wrong in English, wherever they are raised; the messages hold their templates in other languages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.text.messages import LANGUAGES, message, messages, spell_date, translate

_IN_BRACKETS = re.compile(r"(.+?) ?\(([^()]+)\)")


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
        return key in messages(self.language)

    def sentence(self, english: str) -> str:
        """Translate the sentence of an error to this language; one that is not known stays in English."""
        return translate(english, self.language)

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
    return {code: {k: said for k, said in messages(code).items() if "." not in k} for code in LANGUAGES}
