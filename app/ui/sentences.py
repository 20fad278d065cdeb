"""What goes wrong, in the page's language: errors say so in English, wherever they are raised (`sentences.toml`)."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).with_name("sentences.toml")
_BRACES = re.compile(r"\{(\w+)\}")
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
    """Those with most words of their own first: what fits one of them may fit another that says less."""
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
