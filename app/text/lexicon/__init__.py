"""Words of English and Chinese that the rooms share (numbers, pronouns …), read from the files beside this one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

YEAR = r"(?:(?:1[6-9]|20)\d\d)"
HAN = r"\u4e00-\u9fff"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`words` are lists of English words by name, `zh_words` the English of Chinese question words and particles."""

    words: Mapping[str, tuple[str, ...]]
    zh_words: Mapping[str, str]
    zh_digits: str

    @property
    def macros(self) -> dict[str, str]:
        """The expressions that a pattern may name in double braces.

        Each word list is there as alternatives; `year`, `han` and `zh_digits` come in addition.
        """
        lists = {name: "|".join(sorted(words, key=len, reverse=True)) for name, words in self.words.items()}
        return lists | {"year": YEAR, "han": HAN, "zh_digits": self.zh_digits}

    def number(self, word: str) -> int | None:
        """Return the value of a cardinal of one word, None for any other word."""
        return self.words["cardinals"].index(word) + 1 if word in self.words["cardinals"] else None


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Both languages, read once."""
    folder = resources.files(__package__)
    en, zh = (tomllib.loads(folder.joinpath(f"{name}.toml").read_text(encoding="utf-8")) for name in ("en", "zh"))
    return Lexicon({k: tuple(v) for k, v in en.items()}, zh["interrogatives"] | zh["particles"], zh["digits"])


def alternatives(name: str) -> str:
    """Return a list of English words as a pattern."""
    return f"(?:{lexicon().macros[name]})"
