"""The messages of the program, all that it says to a visitor, by language and key, and dates as people write them.

The texts are in the files beside this one. What a document or a user says is never translated.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from ingest.errors import Translatable

LANGUAGES = ("en", "zh")
"""The languages that the page offers, each with a file here. The first one serves readers of all others."""


@dataclass(frozen=True, slots=True)
class Messages:
    """The messages in one language.

    Attributes:
        by_key: The messages by key: `stop` or, in a section of the file, `exports.quote`.
        sentences: The sentences of errors by their English template.
    """

    by_key: Mapping[str, str]
    sentences: Mapping[str, str]


@lru_cache(maxsize=len(LANGUAGES))
def messages(language: str) -> Messages:
    """Read the messages in a language, once."""
    texts = tomllib.loads(resources.files(__package__).joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    sentences = texts.pop("sentences", {})
    by_key: dict[str, str] = {}
    for key, value in texts.items():
        by_key |= {f"{key}.{name}": text for name, text in value.items()} if isinstance(value, dict) else {key: value}
    return Messages(by_key, sentences)


def message(key: str, language: str, **values: object) -> str:
    """Return the message of a key in a language, with its values filled in."""
    return messages(language if language in LANGUAGES else LANGUAGES[0]).by_key[key].format(**values)


def translate(text: str, language: str) -> str:
    """Say an English sentence in a language; a sentence that is in no catalogue stays in English."""
    known = messages(language if language in LANGUAGES else LANGUAGES[0]).sentences
    if not isinstance(text, Translatable) or not text.values:
        return known.get(text, text)
    values = {n: translate(v, language) if isinstance(v, str) else v for n, v in text.values.items()}
    return known.get(text.template, text.template).format(**values)


_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")


def spell_date(when: str, language: str) -> str:
    """Spell a date of a source (`2021-03-05`, `2021-03`, `2021`) as people write it.

    Anything else is returned unchanged.
    """
    match = _DATE.fullmatch(when)
    year, month, day = match.groups("") if match else ("", "", "")
    months = message("dates.months", language).split()
    if not year or not 1 <= int(month or 1) <= len(months):
        return when
    form = "dates.day" if day else "dates.month" if month else "dates.year"
    return message(form, language, y=year, month=months[int(month or 1) - 1], d=int(day or 0))
