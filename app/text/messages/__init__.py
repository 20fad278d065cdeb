"""The messages of the program, all that it says to a visitor, by language and key, and dates as people write them.

The texts are in the files beside this one. What a document or a user says is never translated.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

from ingest.errors import Translatable

LANGUAGES = ("en", "zh")
"""The languages that the page offers, each with a file here. The first one serves readers of all others."""
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")


@lru_cache(maxsize=len(LANGUAGES))
def messages(language: str) -> Mapping[str, str]:
    """Return the messages in a language, read once, by key: `stop` or, in a section of the file, `exports.quote`.

    The section `sentences` has the sentences of errors by their English template. A language without a file gets the first.
    """
    file = resources.files(__package__).joinpath(f"{language if language in LANGUAGES else LANGUAGES[0]}.toml")
    texts = tomllib.loads(file.read_text(encoding="utf-8"))
    sections = {key: value for key, value in texts.items() if isinstance(value, dict)}
    in_sections = {f"{key}.{name}": text for key, section in sections.items() for name, text in section.items()}
    return {key: text for key, text in texts.items() if key not in sections} | in_sections


def message(key: str, language: str, **values: object) -> str:
    """Return the message of a key in a language, with its values filled in."""
    return messages(language)[key].format(**values)


def translate(text: str, language: str) -> str:
    """Say an English sentence in a language; a sentence that is in no catalogue stays in English."""
    template, values = (text.template, text.values) if isinstance(text, Translatable) else (text, {})
    said = messages(language).get(f"sentences.{template}", template if values else text)
    return (
        said.format(**{n: translate(v, language) if isinstance(v, str) else v for n, v in values.items()})
        if values
        else said
    )


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
